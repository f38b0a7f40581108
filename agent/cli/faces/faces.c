/* faces.c - see faces.h; and the three short ones of these commands.
 *
 *   faces_run() --> remote_find(): all programs that run tasks in this folder are asked --> known(): a request, or a
 *   list --> faces_end() */
#include "agent/cli/faces/faces.h"

#include "agent/cli/json_line.h"
#include "agent/cli/screen/flow.h"
#include "agent/cli/screen/table.h"
#include "agent/cli/task/task_cmd.h"
#include "protocol/base/limits.h"

void faces_end(struct faces *f, const struct err *err)
{
	if (err)
		f->status = cli_fail(f->cli, err);
	remote_close(f->remote);
	f->remote = NULL;
	cli_loop_end(&f->loop);
}

/* The answer to a request that needs no more than a yes. */
static void faces_answered(void *payload, const struct rpc_reply *reply, const struct err *err)
{
	(void)reply;
	faces_end(payload, err);
}

struct jw *faces_ask(struct faces *f, const char *method)
{
	struct jw *w = remote_call_begin(f->remote, f->task, method);
	struct err err;

	if (w)
		return w;
	(void)err_set(&err, ERR_NOT_FOUND, "The task %.*s has ended.", SLICE_ARG(f->task->id));
	faces_end(f, &err);
	return NULL;
}

static void on_known(void *payload, struct remote *r)
{
	struct faces *f = payload;
	const struct args *args = &f->cli->args;
	struct err err;

	if (f->all || remote_pick(r, slice_of(args->n_words ? args->words[0] : ""), &f->task, &err))
		f->known(f);
	else
		faces_end(f, &err);
}

static void on_notified(void *payload, struct slice method, struct json params, struct arena *a)
{
	struct faces *f = payload;

	if (f->notified)
		f->notified(f, method, params, a);
}

static void on_interrupt(void *payload)
{
	struct faces *f = payload;

	f->status = err_exit_code(ERR_CANCELLED);
	faces_end(f, NULL);
}

/* No settings and no agent: only a client of the programs that run tasks here. */
int faces_run(struct faces *f)
{
	struct err err;

	if (!place_workspace(f->cli, &f->place.workspace, &err) ||
	    !cli_loop_init(&f->loop, f->cli, &f->place, false, &err))
		return cli_fail(f->cli, &err);
	f->loop.interrupted = f->interrupted ? f->interrupted : on_interrupt;
	f->loop.payload = f->interrupted ? f->payload : f;
	f->remote = remote_find(&(struct remote_options){ .loop = &f->loop.uv,
							  .runq = &f->loop.runq,
							  .root = f->place.workspace,
							  .own = "",
							  .done = on_known,
							  .notified = on_notified,
							  .payload = f });
	cli_loop_run(&f->loop);
	return f->status;
}

/* --- emend tasks --- */

static void put_json(struct faces *f, const struct remote_task *t)
{
	struct json_line l;
	struct jw *w = json_line_begin(&l, "task");

	jw_kstr(w, "task", t->id);
	jw_kstr(w, "session", t->session);
	jw_kstr(w, "face", t->face);
	jw_kstr(w, "state", t->state);
	jw_kstr(w, "title", t->title);
	jw_kstr(w, "doing", t->doing);
	jw_kstr(w, "workspace", t->workspace);
	jw_kstr(w, "model", t->model);
	jw_kstr(w, "mode", t->mode);
	jw_kf64(w, "usd", t->usd);
	jw_kf64(w, "seconds", t->seconds);
	jw_karray(w, "queue");
	for (size_t i = 0; i < t->n_queue; i++)
		jw_str(w, t->queue[i]);
	jw_end(w);
	json_line_end(&l, &f->cli->out);
}

/* A question is what somebody must come for. */
static void put_row(struct faces *f, struct table *table, const struct remote_task *t)
{
	bool waits = slice_eq_cstr(t->state, "waiting");
	struct arena *a = &f->cli->arena;

	table_cell(table, TERM_PLAIN, t->id);
	table_cell(table, TERM_PLAIN, t->face);
	table_cell(table, waits ? TERM_YELLOW : TERM_GREEN,
		   waits ? SLICE("waits for an answer") : t->state);
	table_cell(table, TERM_PLAIN, arena_printf(a, "%.0f s", t->seconds));
	table_cell(table, TERM_PLAIN, arena_printf(a, "$%.4f", t->usd));
	table_cell(table, TERM_PLAIN, t->title);
}

static void list_tasks(struct faces *f)
{
	static const struct table_column columns[] = {
		{ .head = "task" },
		{ .head = "in" },
		{ .head = "state" },
		{ .head = "time", .right = true },
		{ .head = "cost", .right = true },
		{ .head = "title", .gives = true },
	};
	struct term *out = &f->cli->out;
	const struct remote_task *tasks;
	struct table table;
	size_t n;

	tasks = remote_tasks(f->remote, &n);
	table_init(&table, &f->cli->arena, columns, ARRAY_LEN(columns));
	for (size_t i = 0; i < n; i++) {
		if (cli_given(f->cli, OPT_JSON))
			put_json(f, &tasks[i]);
		else
			put_row(f, &table, &tasks[i]);
	}
	table_put(&table, out);
	for (size_t i = 0; i < n && !cli_given(f->cli, OPT_JSON); i++)
		for (size_t k = 0; k < tasks[i].n_queue; k++)
			flow_line(out, TERM_DIM,
				  arena_printf(&f->cli->arena, "%.*s hears with its next step: ",
					       SLICE_ARG(tasks[i].id))
					  .ptr,
				  TERM_PLAIN, tasks[i].queue[k]);
	if (n == 0 && !cli_given(f->cli, OPT_JSON))
		term_printf(out, "No task is running in this folder.\n");
	faces_end(f, NULL);
}

int cmd_tasks(struct cli *c)
{
	struct faces f = { .cli = c, .known = list_tasks, .all = true };

	return faces_run(&f);
}

/* --- emend cancel, emend steer --- */

static void on_cancelled(void *payload, const struct rpc_reply *reply, const struct err *err)
{
	struct faces *f = payload;

	if (!err && !cli_given(f->cli, OPT_QUIET))
		flow_line(&f->cli->out, TERM_PLAIN, "Cancelled: ", TERM_PLAIN,
			  arena_printf(&f->cli->arena, "%.*s (%.*s)", SLICE_ARG(f->task->title),
				       SLICE_ARG(f->task->id)));
	faces_answered(f, reply, err);
}

static void cancel(struct faces *f)
{
	if (faces_ask(f, "cancel"))
		remote_call_end(f->remote, f->task, LIMIT_PEER_MS, on_cancelled, f);
}

int cmd_cancel(struct cli *c)
{
	struct faces f = { .cli = c, .known = cancel };

	return faces_run(&f);
}

static void on_steered(void *payload, const struct rpc_reply *reply, const struct err *err)
{
	struct faces *f = payload;

	if (!err && !cli_given(f->cli, OPT_QUIET))
		term_printf(&f->cli->out, "The task hears it with its next step.\n");
	faces_answered(f, reply, err);
}

static void on_withdrawn(void *payload, const struct rpc_reply *reply, const struct err *err)
{
	struct faces *f = payload;

	if (!err)
		flow_line(&f->cli->out, TERM_PLAIN, "Taken back: ", TERM_PLAIN,
			  json_str_or(json_get(reply->result, "text"), reply->arena, ""));
	faces_answered(f, reply, err);
}

static void steer(struct faces *f)
{
	bool back = cli_given(f->cli, OPT_WITHDRAW);
	struct jw *w = faces_ask(f, back ? "unsteer" : "steer");

	if (!w)
		return;
	if (!back)
		jw_kstr(w, "text", task_words(f->cli, 1));
	remote_call_end(f->remote, f->task, LIMIT_PEER_MS, back ? on_withdrawn : on_steered, f);
}

int cmd_steer(struct cli *c)
{
	struct faces f = { .cli = c, .known = steer };
	bool words = slice_trim(task_words(c, 1)).len > 0;

	if (c->args.n_words == 0 || words == cli_given(c, OPT_WITHDRAW))
		return cli_usage(c,
				 "Which task, and what is it to hear? For example: emend steer "
				 "t1a2b \"use pytest instead\"; or emend steer t1a2b --withdraw");
	return faces_run(&f);
}
