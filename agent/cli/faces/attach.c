/* attach.c - emend attach [TASK]: a task of another terminal or of an editor, live in this one. Its questions can be
 * answered here, too: the first answer counts. What is typed goes to it. Leaving does not end it. */
#include <stdlib.h>

#include "agent/cli/chat/steering.h"
#include "agent/cli/faces/faces.h"
#include "agent/cli/screen/flow.h"
#include "agent/cli/task/host_cli.h"
#include "agent/peers/event_wire.h"
#include "protocol/base/limits.h"
#include "protocol/base/mem.h"

enum { WAITING = 16 };

/* The host is a terminal face like that of a task of our own, fed with events that come over the
 * socket. It has no task, so its operations get NULL for one. */
struct attach {
	struct faces faces;
	struct host_cli host;
	bool shown; /* host is there */
	struct steering steering;
	struct slice waiting[WAITING]; /* typed here, and not heard yet */
	size_t n_waiting;
	struct usage usage;
	struct list asks; /* that are open */
};

/* A question that is open here and there. `ask` is the handle of our own asker; freed when
 * either side has settled it. */
struct attach_ask {
	struct list link;
	struct attach *attach;
	int64_t id;
	struct host_ask *ask;
};

static void ask_free(struct attach_ask *ask)
{
	list_remove(&ask->link);
	free(ask);
}

/* The live line and the questions go before the loop does. Also where nothing was shown yet.
 * faces_end() closes the connection, so no callback of it comes afterwards. */
static void leave(struct attach *at, const struct err *err)
{
	LIST_EACH (it, tmp, &at->asks) {
		struct attach_ask *ask = container_of(it, struct attach_ask, link);

		at->host.host.ops->drop(at->host.host.self, ask->ask);
		ask_free(ask);
	}
	steering_close(&at->steering, NULL);
	if (at->shown) {
		live_hide(&at->host.live);
		(void)term_flush(at->host.log);
		host_cli_close(&at->host);
	}
	at->shown = false;
	faces_end(&at->faces, err);
}

/* --- questions --- */

/* Too late is no fault: of an answer the transcript said who was first. */
static void answered(void *payload, const struct rpc_reply *reply, const struct err *err)
{
	struct attach *at = payload;

	(void)reply;
	if (err && at->shown)
		event_as_text(&at->host, &(struct task_event){ .kind = TASK_NOTICE,
							       .text = slice_of(err->msg) });
}

/* The question is done with, and freed. NULL: nobody could be asked here, where others may still answer; or the
 * task is gone. */
static struct jw *begin_answer(struct attach_ask *ask, const struct err *why)
{
	struct faces *f = &ask->attach->faces;
	struct jw *w = why ? NULL : remote_call_begin(f->remote, f->task, "answer");

	if (w)
		jw_ki64(w, "ask", ask->id);
	ask_free(ask);
	return w;
}

static void end_call(struct attach *at)
{
	remote_call_end(at->faces.remote, at->faces.task, LIMIT_PEER_MS, answered, at);
}

static void on_permission(void *payload, const struct permission_answer *answer,
			  const struct err *why)
{
	static const char *const names[] = { [PERMISSION_ONCE] = "once",
					     [PERMISSION_ALWAYS] = "always",
					     [PERMISSION_SAVED] = "saved",
					     [PERMISSION_DENY] = "deny" };
	struct attach_ask *ask = payload;
	struct attach *at = ask->attach;
	struct jw *w = begin_answer(ask, why);

	if (!w)
		return;
	jw_kcstr(w, "choice", names[answer->choice]);
	jw_kstr(w, "comment", answer->comment);
	end_call(at);
}

static void on_words(void *payload, struct slice text, const struct err *why)
{
	struct attach_ask *ask = payload;
	struct attach *at = ask->attach;
	struct jw *w = begin_answer(ask, why);

	if (!w)
		return;
	jw_kstr(w, "text", text);
	end_call(at);
}

static struct slice text_of(struct json v, const char *key, struct arena *a)
{
	return json_str_or(json_get(v, key), a, "");
}

/* From the wire to what the host asks of its own tasks. The request's texts are copied by the
 * host, as `a` goes when this returns. */
static void put_ask(struct attach *at, struct json v, struct arena *a)
{
	const struct host *h = &at->host.host;
	struct json options = json_get(v, "options");
	struct attach_ask *ask = xcalloc(1, sizeof(*ask));
	struct question q = { .text = text_of(v, "question", a) };
	struct slice *texts = arena_array(a, json_len(options) + 1, sizeof(*texts));
	struct permission_request r = { .title = text_of(v, "title", a),
					.subject = text_of(v, "subject", a),
					.reason = text_of(v, "reason", a),
					.note = text_of(v, "note", a),
					.diff = text_of(v, "diff", a),
					.rule = text_of(v, "rule", a),
					.can_save = json_bool_or(json_get(v, "can_save"), false) };

	ask->attach = at;
	ask->id = json_i64_or(json_get(v, "ask"), 0);
	list_append(&at->asks, &ask->link);
	for (struct json_iter it = json_iter(options); json_next(&it);)
		texts[q.n_options++] = json_str_or(it.value, a, "");
	q.options = texts;
	ask->ask = json_present(json_get(v, "question"))
			   ? h->ops->question(h->self, NULL, &q, on_words, ask)
			   : h->ops->permission(h->self, NULL, &r, on_permission, ask);
}

/* Another one was quicker, or the task needs no answer any more. */
static void close_ask(struct attach *at, int64_t id)
{
	LIST_EACH (it, tmp, &at->asks) {
		struct attach_ask *ask = container_of(it, struct attach_ask, link);

		if (ask->id != id)
			continue;
		at->host.host.ops->drop(at->host.host.self, ask->ask);
		ask_free(ask);
		live_show(&at->host.live);
	}
}

/* --- what is typed --- */

static bool steer(void *self, struct slice text)
{
	struct attach *at = self;
	struct faces *f = &at->faces;
	struct jw *w =
		at->n_waiting < WAITING ? remote_call_begin(f->remote, f->task, "steer") : NULL;

	if (!w)
		return false;
	jw_kstr(w, "text", text);
	end_call(at);
	at->waiting[at->n_waiting++] = arena_dup(&f->cli->arena, text);
	return true;
}

static bool waits(void *self, size_t i, struct slice *text)
{
	const struct attach *at = self;

	if (i < at->n_waiting)
		*text = at->waiting[i];
	return i < at->n_waiting;
}

static bool unsteer(void *self, struct slice *text)
{
	struct attach *at = self;
	struct faces *f = &at->faces;

	if (at->n_waiting == 0 || !remote_call_begin(f->remote, f->task, "unsteer"))
		return false;
	end_call(at);
	*text = at->waiting[--at->n_waiting];
	return true;
}

static void heard(struct attach *at, struct slice text)
{
	size_t i = 0;

	while (i < at->n_waiting && !slice_eq(at->waiting[i], text))
		i++;
	if (i == at->n_waiting)
		return;
	at->n_waiting--;
	memmove(at->waiting + i, at->waiting + i + 1, (at->n_waiting - i) * sizeof(*at->waiting));
}

static void on_break(void *payload)
{
	struct attach *at = payload;

	steering_restore(&at->steering);
}

/* Of the place only what typing needs. */
static void open_steering(struct attach *at)
{
	const struct steered by = { steer, waits, unsteer, at };
	struct faces *f = &at->faces;
	struct err ignored;

	if (state_dir(&f->cli->arena, &f->place.state, &ignored))
		steering_open(&at->steering, &at->host, &f->loop, &f->place, &by);
	f->loop.breaks = on_break;
}

/* --- events --- */

static void on_event(struct attach *at, struct json v, struct arena *a)
{
	const struct host *h = &at->host.host;
	struct task_event ev;

	if (!event_read(a, v, &ev))
		return; /* of a newer version */
	if (ev.kind == TASK_USAGE)
		at->usage = ev.usage;
	else if (ev.kind == TASK_FINISHED)
		ev.usage = at->usage;
	else if (ev.kind == TASK_STEERED)
		heard(at, ev.text);
	h->ops->event(h->self, NULL, &ev);
}

static void on_notified(struct faces *f, struct slice method, struct json params, struct arena *a)
{
	struct attach *at = container_of(f, struct attach, faces);

	if (!at->shown)
		return;
	if (slice_eq_cstr(method, "event"))
		on_event(at, params, a);
	else if (slice_eq_cstr(method, "ask"))
		put_ask(at, params, a);
	else if (slice_eq_cstr(method, "closed"))
		close_ask(at, json_i64_or(json_get(params, "ask"), 0));
	if (at->host.stdout_gone)
		leave(at, NULL); /* nobody reads any more: the task goes on */
}

/* --- beginning and end --- */

/* The exit status is that of the task. */
static int status_of(struct slice word)
{
	for (enum err_code code = ERR_NONE; code <= ERR_INTERNAL; code++)
		if (slice_eq(task_status(code), word))
			return err_exit_code(code);
	return 1;
}

/* The answer comes when the task is over. An error is the end of its program, or that it was
 * never there. */
static void on_end(void *payload, const struct rpc_reply *reply, const struct err *err)
{
	struct attach *at = payload;
	struct err gone;

	if (!err) {
		at->faces.status =
			status_of(json_str_or(json_get(reply->result, "status"), reply->arena, ""));
		leave(at, NULL);
		return;
	}
	(void)err_set(&gone, err->code == ERR_NOT_FOUND ? ERR_NOT_FOUND : ERR_IO, "%s",
		      err->code == ERR_NOT_FOUND
			      ? err->msg
			      : "The program in which the task runs has gone. `emend sessions` "
				"shows how far it came.");
	leave(at, &gone);
}

/* The request is answered when the task ends; until then the other side sends notifications on
 * the same connection. */
static void watch(struct faces *f)
{
	struct attach *at = container_of(f, struct attach, faces);

	if (!faces_ask(f, "watch"))
		return;
	host_cli_init(&at->host, f->cli, &f->loop, false);
	at->shown = true;
	if (!at->host.json && !at->host.quiet)
		flow_line(at->host.log, TERM_DIM, "", TERM_PLAIN,
			  arena_printf(
				  &f->cli->arena,
				  "Task %.*s of `emend %.*s`; Ctrl-C leaves, and the task goes on.",
				  SLICE_ARG(f->task->id), SLICE_ARG(f->task->face)));
	remote_call_end(f->remote, f->task, 0, on_end, at);
	open_steering(at);
}

static void on_interrupt(void *payload)
{
	struct attach *at = payload;
	struct faces *f = &at->faces;

	if (at->shown && !at->host.json && !at->host.quiet) {
		begin_line(&at->host);
		flow_line(at->host.log, TERM_DIM, "", TERM_PLAIN,
			  arena_printf(&f->cli->arena,
				       "Left; the task goes on. See it again: emend attach %.*s",
				       SLICE_ARG(f->task->id)));
	}
	leave(at, NULL);
}

int cmd_attach(struct cli *c)
{
	struct attach at = { .faces = { .cli = c, .known = watch, .notified = on_notified } };

	list_init(&at.asks);
	at.faces.interrupted = on_interrupt;
	at.faces.payload = &at;
	return faces_run(&at.faces);
}
