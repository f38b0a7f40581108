/* board.c - see board.h: the tasks, who watches them, and what others ask.
 *
 * A task is on the board from its first event to its last. Who watches holds a request open, which
 * is answered with the task's end; when its connection ends the request is cancelled, which is how
 * the watcher is forgotten (on_left). Nothing here keeps a task alive, and nothing waits for a
 * watcher. */
#include "agent/peers/board.h"

#include <stdio.h>
#include <stdlib.h>

#include "agent/peers/board_own.h"
#include "agent/peers/event_wire.h"
#include "agent/session/task.h"
#include "protocol/base/limits.h"
#include "protocol/base/mem.h"
#include "protocol/base/utf8.h"

struct watcher {
	struct list link;
	struct board_task *task;
	struct rpc_request *req; /* kept until the task has ended */
};

static struct board_task *find_id(struct board *b, struct slice id)
{
	LIST_EACH (it, tmp, &b->tasks) {
		struct board_task *t = container_of(it, struct board_task, link);

		if (slice_eq(task_id(t->task), id))
			return t;
	}
	return NULL;
}

struct board_task *board_find(struct board *b, const struct task *task)
{
	LIST_EACH (it, tmp, &b->tasks) {
		struct board_task *t = container_of(it, struct board_task, link);

		if (t->task == task)
			return t;
	}
	return NULL;
}

/* --- who watches --- */

/* A watcher that does not read costs itself: its connection ends when too much waits (conn.h). */
void board_tell(struct board_task *t, const char *method, struct slice params)
{
	LIST_EACH (it, tmp, &t->watchers)
		conn_notify(container_of(it, struct watcher, link)->req->conn, method, params);
}

static void watcher_free(struct watcher *w)
{
	list_remove(&w->link);
	free(w);
}

/* Questions that only watchers could answer have nobody now: they are answered with the reason that
 * the own face gave. */
static void on_left(void *payload, struct rpc_request *req)
{
	struct watcher *w = payload;
	struct board_task *t = w->task;

	watcher_free(w);
	conn_reply_cancelled(req);
	if (!list_empty(&t->watchers))
		return;
	LIST_EACH (it, tmp, &t->asks) {
		struct board_ask *ask = container_of(it, struct board_ask, link);

		if (!ask->own_ask)
			board_ask_answered(ask);
	}
}

/* The past first, then the open questions, then the present: what comes between them cannot be, as
 * all of it is one step of the loop. */
static void on_watch(struct board_task *t, struct rpc_request *req)
{
	struct watcher *w = xcalloc(1, sizeof(*w));
	struct slice past = buf_slice(&t->past), line;

	w->task = t;
	w->req = req;
	conn_keep(req, on_left, w);
	while (slice_next_line(&past, &line))
		conn_notify(req->conn, "event", line);
	LIST_EACH (it, tmp, &t->asks)
		board_ask_tell(container_of(it, struct board_ask, link), req->conn);
	list_append(&t->watchers, &w->link);
}

/* --- events --- */

/* For those who watch later. An event that is larger than all of the room empties it: a past with a
 * hole in it would tell a wrong story. */
static void keep(struct board_task *t, struct slice line)
{
	if (line.len >= t->past.max) {
		buf_clear(&t->past);
		return;
	}
	/* A good part goes at once, as what stays is moved each time. */
	while (t->past.len + line.len + 1 > t->past.max)
		buf_consume(&t->past,
			    slice_find_byte(buf_slice(&t->past), '\n', t->past.len / 4) + 1);
	buf_append(&t->past, line);
	buf_putc(&t->past, '\n');
}

static struct board_task *begin(struct board *b, struct task *task, const struct task_event *ev)
{
	struct board_task *t = xcalloc(1, sizeof(*t));

	t->board = b;
	t->task = task;
	t->started_ms = uv_now(b->loop);
	arena_init(&t->arena);
	t->model = arena_dup(&t->arena, ev->model);
	t->mode = arena_dup(&t->arena, ev->mode);
	buf_init(&t->past, BOARD_PAST_BYTES);
	list_init(&t->watchers);
	list_init(&t->asks);
	list_append(&b->tasks, &t->link);
	b->changed(b->owner);
	return t;
}

static void task_forget(struct board_task *t)
{
	list_remove(&t->link);
	LIST_EACH (it, tmp, &t->watchers)
		watcher_free(container_of(it, struct watcher, link));
	buf_release(&t->past);
	arena_release(&t->arena);
	free(t);
}

static void finish(struct board_task *t, struct slice status)
{
	struct board *b = t->board;

	LIST_EACH (it, tmp, &t->watchers) {
		struct rpc_request *req = container_of(it, struct watcher, link)->req;
		struct jw *w = conn_result_begin(req);

		jw_object(w);
		jw_kstr(w, "status", status);
		jw_end(w);
		conn_result_end(req);
	}
	task_forget(t);
	b->changed(b->owner);
}

/* What `emend tasks` shows in its column: the tool in hand, or that the model is thinking. */
static void note(struct board_task *t, const struct task_event *ev)
{
	struct slice what = ev->text;

	if (ev->kind == TASK_USAGE)
		t->usage = ev->usage;
	if (ev->kind == TASK_TOOL_FINISHED)
		what = SLICE("thinking");
	else if (ev->kind != TASK_TOOL_STARTED)
		return;
	(void)snprintf(t->doing, sizeof(t->doing), "%.*s", SLICE_ARG(what));
	t->doing[utf8_complete_prefix(slice_of(t->doing))] = '\0';
}

void board_event(struct board *b, struct task *task, const struct task_event *ev)
{
	struct board_task *t = task ? board_find(b, task) : NULL;
	struct buf line;
	struct jw w;

	if (!t && task && ev->kind == TASK_STARTED)
		t = begin(b, task, ev);
	if (!t)
		return;
	note(t, ev);
	buf_init(&line, LIMIT_LOG_EVENT_BYTES);
	jw_init(&w, &line);
	event_write(&w, ev);
	if (!line.full) {
		keep(t, buf_slice(&line));
		board_tell(t, "event", buf_slice(&line));
	}
	buf_release(&line);
	if (ev->kind == TASK_FINISHED)
		finish(t, ev->status);
}

/* --- requests --- */

static void write_task(const struct board_task *t, struct jw *w)
{
	struct slice text;

	jw_object(w);
	jw_kstr(w, "task", task_id(t->task));
	jw_kstr(w, "session", task_session(t->task));
	jw_kstr(w, "title", task_title(t->task));
	jw_kstr(w, "workspace", task_workspace(t->task));
	jw_kstr(w, "model", t->model);
	jw_kstr(w, "mode", t->mode);
	jw_kcstr(w, "face", t->board->face);
	jw_kcstr(w, "state", list_empty(&t->asks) ? "running" : "waiting");
	jw_kcstr(w, "doing", t->doing);
	jw_kf64(w, "usd", t->usage.usd);
	jw_kf64(w, "seconds", (double)(uv_now(t->board->loop) - t->started_ms) / 1000.0);
	jw_karray(w, "queue");
	for (size_t i = 0; task_waits(t->task, i, &text); i++)
		jw_str(w, text);
	jw_end(w);
	jw_end(w);
}

static void on_tasks(struct board *b, struct rpc_request *req)
{
	struct jw *w = conn_result_begin(req);

	jw_object(w);
	jw_karray(w, "tasks");
	LIST_EACH (it, tmp, &b->tasks)
		write_task(container_of(it, struct board_task, link), w);
	jw_end(w);
	jw_end(w);
	conn_result_end(req);
}

static void on_steer(struct board_task *t, struct rpc_request *req)
{
	struct slice text = json_str_or(json_get(req->params, "text"), &req->arena, "");
	struct err err;

	if (slice_trim(text).len == 0 || text.len > LIMIT_SELECTION_BYTES) {
		conn_reply_error(req, RPC_INVALID_PARAMS, "There is nothing to say, or too much.");
	} else if (task_steer(t->task, text)) {
		conn_reply_result(req, SLICE("{}"));
	} else {
		(void)err_set(&err, ERR_STALE,
			      "The task is ending already: it hears nothing more.");
		conn_reply_err(req, &err);
	}
}

static void on_unsteer(struct board_task *t, struct rpc_request *req)
{
	struct slice text;
	struct err err;
	struct jw *w;

	if (!task_unsteer(t->task, &text)) {
		(void)err_set(&err, ERR_NOT_FOUND, "Nothing waits: the task has heard it already.");
		conn_reply_err(req, &err);
		return;
	}
	w = conn_result_begin(req);
	jw_object(w);
	jw_kstr(w, "text", text);
	jw_end(w);
	conn_result_end(req);
}

static void on_cancel(struct board_task *t, struct rpc_request *req)
{
	task_cancel(t->task);
	conn_reply_result(req, SLICE("{}"));
}

/* Answers of a request whose task has just ended say so, as the list that named it may be a moment
 * old. */
bool board_request(struct board *b, struct rpc_request *req)
{
	static const struct {
		const char *method;
		void (*fn)(struct board_task *t, struct rpc_request *req);
	} all[] = { { "watch", on_watch },
		    { "answer", board_answer },
		    { "steer", on_steer },
		    { "unsteer", on_unsteer },
		    { "cancel", on_cancel } };
	struct slice id = json_str_or(json_get(req->params, "task"), &req->arena, "");
	struct board_task *t = find_id(b, id);
	struct err err;

	if (slice_eq_cstr(req->method, "tasks")) {
		on_tasks(b, req);
		return true;
	}
	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		if (!slice_eq_cstr(req->method, all[i].method))
			continue;
		(void)err_set(&err, ERR_NOT_FOUND, "The task %.*s has ended.",
			      SLICE_ARG(slice_sub(id, 0, 40)));
		if (t)
			all[i].fn(t, req);
		else
			conn_reply_err(req, &err);
		return true;
	}
	return false;
}

void board_list(const struct board *b, struct buf *out)
{
	LIST_EACH (it, tmp, &b->tasks)
		buf_printf(
			out, "task %.*s\n",
			SLICE_ARG(task_workspace(container_of(it, struct board_task, link)->task)));
}

void board_init(struct board *b, uv_loop_t *loop, struct runq *runq, const char *face,
		void (*changed)(void *owner), void *owner)
{
	*b = (struct board){
		.loop = loop, .runq = runq, .face = face, .changed = changed, .owner = owner
	};
	list_init(&b->tasks);
	list_init(&b->answered);
}

void board_release(struct board *b)
{
	LIST_EACH (it, tmp, &b->tasks)
		task_forget(container_of(it, struct board_task, link));
}
