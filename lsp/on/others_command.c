/* others_command.c - the commands about running tasks: tasks, steer, cancel. A task may be one of ours, or of another
 * face of the user on this workspace (agent/peers/remote.h): a terminal, a second editor. */
#include <stdlib.h>

#include "agent/peers/face.h"
#include "agent/peers/remote.h"
#include "lsp/commands.h"
#include "lsp/server.h"
#include "lsp/tell.h"
#include "protocol/base/limits.h"
#include "protocol/base/mem.h"

/* Freed when the request is answered or cancelled. Closing `remote` inside of its own callback is
 * fine. */
struct others {
	struct server *server;
	struct rpc_request *req; /* kept; not answered yet */
	struct remote *remote;
	const struct remote_task *task;
	struct slice id;    /* the one that is meant; in the request's arena, as `text` */
	const char *method; /* of board.h; NULL: all are listed */
	struct slice text;
	bool show; /* in a message, too */
};

static void others_free(struct others *o)
{
	remote_close(o->remote);
	free(o);
}

static void on_cancelled(void *payload, struct rpc_request *req)
{
	others_free(payload);
	conn_reply_cancelled(req);
}

static void failed(struct others *o, const struct err *err)
{
	command_failed(o->req, err);
	others_free(o);
}

/* --- the list --- */

static void write_other(const struct remote_task *t, struct jw *w)
{
	jw_object(w);
	jw_kstr(w, "taskId", t->id);
	jw_kstr(w, "state", t->state);
	jw_kstr(w, "title", t->title);
	if (t->doing.len)
		jw_kstr(w, "message", t->doing);
	jw_kf64(w, "usd", t->usd);
	jw_kf64(w, "seconds", t->seconds);
	jw_kstr(w, "session", t->session);
	jw_kstr(w, "face", t->face); /* ours have none */
	if (t->n_queue) {
		jw_karray(w, "queue");
		for (size_t i = 0; i < t->n_queue; i++)
			jw_str(w, t->queue[i]);
		jw_end(w);
	}
	jw_end(w);
}

/* In editors without a list of their own, the user sees a line. */
static void show_tasks(struct server *s, const struct remote_task *others, size_t n)
{
	struct buf line;

	buf_init(&line, 4096);
	LIST_EACH (it, tmp, &s->tasks.all) {
		struct tracked *t = container_of(it, struct tracked, link);

		if (t->running)
			buf_printf(&line, "%s%s: %s (%s)", line.len ? "; " : "", t->id, t->title,
				   t->message);
	}
	for (size_t i = 0; i < n; i++)
		buf_printf(&line, "%s%.*s: %.*s (%.*s, in emend %.*s)", line.len ? "; " : "",
			   SLICE_ARG(others[i].id), SLICE_ARG(others[i].title),
			   SLICE_ARG(others[i].state), SLICE_ARG(others[i].face));
	messages_show(&s->messages, LSP_MESSAGE_INFO, "Emend: %s",
		      line.len ? buf_cstr(&line) : "no task is running.");
	buf_release(&line);
}

/* Ours from memory, those of others as they said a moment ago. */
static void list_all(struct others *o)
{
	struct server *s = o->server;
	const struct remote_task *tasks;
	struct jw *w;
	size_t n;

	tasks = remote_tasks(o->remote, &n);
	w = conn_result_begin(o->req);
	jw_object(w);
	jw_karray(w, "tasks");
	tasks_write(&s->tasks, w, uv_now(s->loop));
	for (size_t i = 0; i < n; i++)
		write_other(&tasks[i], w);
	jw_end(w);
	jw_end(w);
	conn_result_end(o->req);
	if (o->show)
		show_tasks(s, tasks, n);
	others_free(o);
}

/* --- one of them --- */

static void on_done(void *payload, const struct rpc_reply *reply, const struct err *err)
{
	struct others *o = payload;
	struct slice text;
	struct jw *w;

	if (err) {
		failed(o, err);
		return;
	}
	w = conn_result_begin(o->req);
	jw_object(w);
	jw_kstr(w, "taskId", o->task->id);
	if (strcmp(o->method, "cancel") == 0)
		jw_ki64(w, "cancelled", 1);
	if (json_str(json_get(reply->result, "text"), reply->arena, &text))
		jw_kstr(w, "text", text);
	jw_end(w);
	conn_result_end(o->req);
	others_free(o);
}

/* The lists of other faces are a moment old; a task that has ended meanwhile is said to have. */
static void on_known(void *payload, struct remote *r)
{
	struct others *o = payload;
	struct err err;
	struct jw *w;

	if (!o->method) {
		list_all(o);
		return;
	}
	if (!remote_pick(r, o->id, &o->task, &err)) {
		failed(o, &err);
		return;
	}
	w = remote_call_begin(r, o->task, o->method);
	if (!w) {
		(void)err_set(&err, ERR_NOT_FOUND, "The task %.*s has ended.", SLICE_ARG(o->id));
		failed(o, &err);
		return;
	}
	if (o->text.len)
		jw_kstr(w, "text", o->text);
	remote_call_end(r, o->task, LIMIT_PEER_MS, on_done, o);
}

/* The answer waits until the other faces have said what they run, LIMIT_PEER_MS at most. */
static struct others *find_others(struct server *s, struct rpc_request *req, struct json arg)
{
	struct others *o = xcalloc(1, sizeof(*o));

	o->server = s;
	o->req = req;
	conn_keep(req, on_cancelled, o);
	o->remote =
		remote_find(&(struct remote_options){ .loop = s->loop,
						      .runq = &s->runq,
						      .root = command_workspace(s, req, arg, NULL),
						      .own = face_name(s->face),
						      .done = on_known,
						      .payload = o });
	return o;
}

void command_tasks(struct server *s, struct rpc_request *req, struct json arg, struct json token)
{
	(void)token;
	find_others(s, req, arg)->show = !s->client.emend;
}

/* Our own first: without a task named, only ours are cancelled. */
void command_cancel(struct server *s, struct rpc_request *req, struct json arg, struct json token)
{
	struct slice id = command_text(req, arg, "task");
	size_t n = tasks_cancel(&s->tasks, id);
	struct others *o;
	struct jw *w;

	(void)token;
	if (n == 0 && id.len) {
		o = find_others(s, req, arg);
		o->id = id;
		o->method = "cancel";
		return;
	}
	w = conn_result_begin(req);
	jw_object(w);
	jw_ki64(w, "cancelled", (int64_t)n);
	jw_end(w);
	conn_result_end(req);
	if (n == 0)
		messages_show(&s->messages, LSP_MESSAGE_INFO, "Emend: no task is running.");
}

/* --- emend.steer {task, text} or {task, withdraw: true} --- */

/* `back`: *text becomes what was taken back. */
static bool steer_own(struct tracked *t, bool back, struct slice *text, struct err *err)
{
	if (!t->task)
		return err_set(err, ERR_STALE,
			       "The task %s has ended: emend.chat goes on from there.", t->id);
	if (back && !task_unsteer(t->task, text))
		return err_set(err, ERR_NOT_FOUND, "Nothing waits: the task has heard it already.");
	if (!back && !task_steer(t->task, *text))
		return err_set(err, ERR_STALE,
			       "The task is ending already: it hears nothing more.");
	tell_task(t);
	return true;
}

void command_steer(struct server *s, struct rpc_request *req, struct json arg, struct json token)
{
	struct slice id = json_str_or(json_get(arg, "task"), &req->arena, "");
	struct slice text = json_str_or(json_get(arg, "text"), &req->arena, "");
	bool back = json_bool_or(json_get(arg, "withdraw"), false);
	struct tracked *t = tasks_find(&s->tasks, id);
	struct others *o;
	struct err err;
	struct jw *w;

	(void)token;
	if (id.len == 0 || (slice_trim(text).len == 0) != back ||
	    text.len > LIMIT_SELECTION_BYTES) {
		conn_reply_error(
			req, RPC_INVALID_PARAMS,
			"emend.steer needs one argument: {task: \"...\", text: \"what it is to "
			"hear\"}, or {task: \"...\", withdraw: true}.");
		return;
	}
	if (!t) {
		o = find_others(s, req, arg);
		o->id = id;
		o->method = back ? "unsteer" : "steer";
		o->text = text;
		return;
	}
	if (!steer_own(t, back, &text, &err)) {
		command_failed(req, &err);
		return;
	}
	w = conn_result_begin(req);
	jw_object(w);
	jw_kcstr(w, "taskId", t->id);
	if (back)
		jw_kstr(w, "text", text);
	jw_end(w);
	conn_result_end(req);
}
