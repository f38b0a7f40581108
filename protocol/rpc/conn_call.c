/* conn_call.c - see conn.h: the requests that we sent and that are not answered yet.
 *
 * A call is in `open_calls` from conn_call_end() until its done() has returned or it is
 * dropped, and in the map `calls` as long as an answer can find it. A call that could not be
 * sent waits there too, with its error, for the next tick: done() never runs inside
 * conn_call_end(). */
#include "protocol/rpc/conn.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "protocol/base/limits.h"
#include "protocol/base/log.h"
#include "protocol/base/mem.h"
#include "protocol/rpc/conn_private.h"

struct rpc_call {
	struct conn *conn;
	struct list link;
	rpc_done_cb *done;
	void *payload;
	uint64_t deadline; /* ms; 0: due at once */
	struct err failed; /* ERR_NONE: it was sent */
	bool cancelled, finishing;
	char id[48];
};

struct jw *conn_call_begin(struct conn *c, const char *method)
{
	struct rpc_call *call = xcalloc(1, sizeof(*call));
	struct jw *w = conn_write_begin(c, CONN_CALL);
	char raw[sizeof(call->id) + 2];

	call->conn = c;
	(void)snprintf(call->id, sizeof(call->id), "%s%llu", c->ids,
		       (unsigned long long)++c->next_id);
	(void)snprintf(raw, sizeof(raw), "\"%s\"", call->id);
	c->new_call = call;
	message_request_begin(w, slice_of(raw), method);
	c->mark = c->pending.len - (sizeof(",\"params\":") - 1);
	return w;
}

/* Sends what was written, or says why not. */
static void send_call(struct conn *c, struct rpc_call *call)
{
	conn_write_params_end(c);
	if (c->state == CONN_CLOSED) {
		(void)err_set(&call->failed, ERR_IO, "The connection is closed.");
	} else if (c->n_calls >= LIMIT_CALLS) {
		(void)err_set(&call->failed, ERR_TOO_LARGE,
			      "The other side has not answered %d requests; no more are sent.",
			      LIMIT_CALLS);
		buf_truncate(&c->pending, c->start);
		c->writing = CONN_IDLE;
		return;
	}
	if (!conn_write_end(c))
		(void)err_set(&call->failed, ERR_TOO_LARGE,
			      "The request is larger than %d bytes and was not sent.",
			      LIMIT_MESSAGE_BYTES);
}

struct rpc_call *conn_call_end(struct conn *c, uint64_t deadline_ms, rpc_done_cb *done,
			       void *payload)
{
	struct rpc_call *call = c->new_call;

	assert(c->writing == CONN_CALL && done);
	c->new_call = NULL;
	call->done = done;
	call->payload = payload;
	call->deadline = deadline_ms;
	send_call(c, call);
	list_append(&c->open_calls, &call->link);
	c->n_calls++;
	if (call->failed.code == ERR_NONE) {
		(void)map_put(&c->calls, slice_of(call->id), call);
	} else {
		call->deadline = 0;
		conn_wake(c);
	}
	return call;
}

struct rpc_call *conn_call(struct conn *c, const char *method, struct slice params,
			   uint64_t deadline_ms, rpc_done_cb *done, void *payload)
{
	struct jw *w = conn_call_begin(c, method);

	if (params.len > 0)
		jw_raw(w, params);
	return conn_call_end(c, deadline_ms, done, payload);
}

void conn_call_cancel(struct rpc_call *call)
{
	struct conn *c = call->conn;
	struct jw *w;

	if (call->cancelled || call->finishing || call->failed.code != ERR_NONE ||
	    c->state == CONN_CLOSED)
		return;
	call->cancelled = true;
	w = conn_notify_begin(c, "$/cancelRequest");
	jw_object(w);
	jw_kcstr(w, "id", call->id);
	jw_end(w);
	conn_notify_end(c);
}

static void forget(struct rpc_call *call)
{
	(void)map_remove(&call->conn->calls, slice_of(call->id));
	list_remove(&call->link);
	call->conn->n_calls--;
}

void conn_call_drop(struct rpc_call *call)
{
	if (call->finishing)
		return; /* its done() is on the stack */
	conn_call_cancel(call);
	forget(call);
	free(call);
}

static void finish(struct rpc_call *call, const struct rpc_reply *reply, const struct err *err)
{
	struct conn *c = call->conn;

	call->finishing = true;
	forget(call);
	c->depth++;
	call->done(call->payload, reply, err);
	c->depth--;
	free(call);
}

static void finish_unanswered(struct rpc_call *call, const struct err *err)
{
	struct rpc_reply reply = { 0 };
	struct arena a;

	arena_init(&a);
	reply.arena = &a;
	finish(call, &reply, err);
	arena_release(&a);
}

bool conn_has_call(const struct conn *c, struct json id)
{
	struct slice text;
	struct arena a;
	bool has;

	arena_init(&a);
	has = json_str(id, &a, &text) && map_get(&c->calls, text);
	arena_release(&a);
	return has;
}

void conn_calls_response(struct conn *c, const struct message *m, struct arena *a)
{
	struct rpc_reply reply = { .arena = a };
	struct rpc_call *call = NULL;
	struct slice id;
	struct err err;

	if (json_str(m->id_value, a, &id))
		call = map_get(&c->calls, id);
	if (!call) {
		log_info("rpc: ignored a late or unknown response, id %.*s", SLICE_ARG(m->id));
		return;
	}
	if (m->why) {
		(void)err_set(&err, ERR_INVALID, "%s", m->why);
	} else if (json_present(m->error)) {
		message_error_read(m->error, a, &err, &reply.code);
		reply.data = json_get(m->error, "data");
	} else {
		reply.result = m->result;
		finish(call, &reply, NULL);
		return;
	}
	finish(call, &reply, &err);
}

void conn_calls_fail_all(struct conn *c, const struct err *why)
{
	struct list todo;

	list_init(&todo); /* calls that the callbacks start wait for the next tick */
	list_move(&c->open_calls, &todo);
	while (!list_empty(&todo)) {
		struct rpc_call *call = container_of(todo.next, struct rpc_call, link);

		finish_unanswered(call, call->failed.code != ERR_NONE ? &call->failed : why);
	}
}

void conn_calls_tick(struct conn *c, uint64_t now_ms)
{
	struct list todo;
	struct err late;

	list_init(&todo);
	LIST_EACH (it, next, &c->open_calls) {
		if (container_of(it, struct rpc_call, link)->deadline > now_ms)
			continue;
		list_remove(it);
		list_append(&todo, it);
	}
	(void)err_set(&late, ERR_TIMEOUT, "The other side did not answer in time.");
	while (!list_empty(&todo)) {
		struct rpc_call *call = container_of(todo.next, struct rpc_call, link);

		conn_call_cancel(call);
		finish_unanswered(call, call->failed.code != ERR_NONE ? &call->failed : &late);
	}
}

uint64_t conn_next_deadline(const struct conn *c)
{
	uint64_t first = UINT64_MAX;

	if (c->close_due && c->state == CONN_OPEN)
		return 0;
	for (const struct list *it = c->open_calls.next; it != &c->open_calls; it = it->next) {
		const struct rpc_call *call =
			(const struct rpc_call *)(const void *)((const char *)it -
								offsetof(struct rpc_call, link));

		if (call->deadline < first)
			first = call->deadline;
	}
	return first;
}

void conn_calls_release(struct conn *c)
{
	LIST_EACH (it, next, &c->open_calls)
		free(container_of(it, struct rpc_call, link));
	free(c->new_call);
}
