/* conn.c - see conn.h: what comes in, and the end of the connection.
 *
 *   bytes -> frame -> JSON -> message -> request: registered by its id, then the handler
 *                                     -> notification: the handler ($/cancelRequest: here)
 *                                     -> response: conn_call.c
 *                                     -> anything else: an error reply; the connection lives
 *                too long: its outline -> the same, but nobody sees what it says
 *
 * A request is in `open_requests` and the map from its arrival to its answer. The close answers
 * those that are left and moves them to `orphans`, where they stay until their owners let go. */
#include "protocol/rpc/conn.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "protocol/base/limits.h"
#include "protocol/base/log.h"
#include "protocol/base/mem.h"
#include "protocol/rpc/conn_private.h"

enum { COPY_BYTES = 16 * 1024 }; /* smaller messages are copied before it is known what they are */

void conn_init(struct conn *c, const struct conn_options *o)
{
	assert(o->handlers->request && o->handlers->notification);
	*c = (struct conn){
		.state = CONN_OPEN,
		.handlers = o->handlers,
		.owner = o->owner,
		.no_nul = o->no_nul,
		.ids = o->ids ? o->ids : "emend-",
	};
	frame_init(&c->in, o->mode, LIMIT_MESSAGE_BYTES);
	if (o->handlers->long_notification && o->mode == FRAME_HEADERS)
		frame_skip_long(&c->in);
	buf_init(&c->sending, LIMIT_OUT_MAX_BYTES);
	buf_init(&c->pending, LIMIT_OUT_MAX_BYTES);
	map_init(&c->requests, o->seed);
	map_init(&c->calls, o->seed);
	list_init(&c->open_requests);
	list_init(&c->orphans);
	list_init(&c->open_calls);
}

static void request_free(struct rpc_request *req)
{
	arena_release(&req->arena);
	free(req);
}

void conn_release(struct conn *c)
{
	assert(c->depth == 0);
	LIST_EACH (it, next, &c->open_requests)
		request_free(container_of(it, struct rpc_request, link));
	LIST_EACH (it, next, &c->orphans)
		request_free(container_of(it, struct rpc_request, link));
	conn_calls_release(c);
	map_release(&c->requests);
	map_release(&c->calls);
	buf_release(&c->sending);
	buf_release(&c->pending);
	frame_release(&c->in);
}

/* --- requests ------------------------------------------------------------------------------ */

void conn_request_done(struct rpc_request *req)
{
	struct conn *c = req->conn;

	req->replied = true;
	if (!req->orphan) {
		(void)map_remove(&c->requests, req->id);
		c->n_requests--;
	}
	list_remove(&req->link);
	if (req->busy == 0)
		request_free(req);
}

static void hold(struct rpc_request *req)
{
	req->busy++;
	req->conn->depth++;
}

static void let_go(struct rpc_request *req)
{
	req->conn->depth--;
	if (--req->busy == 0 && req->replied)
		request_free(req);
}

void conn_keep(struct rpc_request *req, rpc_cancel_cb *on_cancel, void *payload)
{
	req->kept = true;
	req->on_cancel = on_cancel;
	req->payload = payload;
}

/* Takes the arena, which holds everything that m points to. */
static void take_request(struct conn *c, const struct message *m, struct arena *a)
{
	struct rpc_request *req;

	if (map_get(&c->requests, m->id)) {
		conn_write_error(c, m->id, RPC_INVALID_REQUEST,
				 SLICE("A request with this id is not answered yet."), NULL);
		return;
	}
	if (c->n_requests >= LIMIT_IN_FLIGHT) {
		conn_write_error(c, m->id, RPC_REQUEST_FAILED,
				 SLICE("Too many requests wait for an answer; try again later."),
				 err_name(ERR_TOO_LARGE));
		return;
	}
	req = xcalloc(1, sizeof(*req));
	req->conn = c;
	req->method = m->method;
	req->params = m->params;
	req->id = m->id;
	req->arena = *a;
	arena_init(a);
	(void)map_put(&c->requests, req->id, req);
	list_append(&c->open_requests, &req->link);
	c->n_requests++;
	hold(req);
	c->handlers->request(c->owner, req);
	if (!req->replied && !req->kept) {
		log_error("rpc: nobody answered %.*s", SLICE_ARG(req->method));
		conn_reply_error(req, RPC_INTERNAL_ERROR, "The request was not answered.");
	}
	let_go(req);
}

static void tell_cancelled(struct rpc_request *req)
{
	if (req->cancelled)
		return;
	req->cancelled = true;
	if (!req->on_cancel)
		return;
	hold(req);
	req->on_cancel(req->payload, req);
	let_go(req);
}

static void take_notification(struct conn *c, const struct message *m, struct arena *a)
{
	if (slice_eq_cstr(m->method, "$/cancelRequest")) {
		struct rpc_request *req =
			map_get(&c->requests, json_raw(json_get(m->params, "id")));

		if (req)
			tell_cancelled(req);
		return;
	}
	c->depth++;
	c->handlers->notification(c->owner, m->method, m->params, a);
	c->depth--;
}

/* --- messages ------------------------------------------------------------------------------ */

static bool relayed(struct conn *c, struct slice body, const struct message *m)
{
	bool taken;

	if (!c->handlers->relay)
		return false;
	c->depth++;
	taken = c->handlers->relay(c->owner, body, m);
	c->depth--;
	return taken;
}

/* A notification or a response is done with when this function returns, and may borrow the
 * body; what a request points to must live in its arena. *taken: it was passed on. */
static bool read_message(struct conn *c, struct slice body, struct arena *a, struct message *m,
			 bool *taken, struct err *err)
{
	bool copied = body.len <= COPY_BYTES;
	struct json root;

	for (bool first = true;; first = false) {
		if (!json_parse(a, copied ? arena_dup(a, body) : body, &root, err)) {
			*taken = relayed(c, body, NULL);
			return *taken;
		}
		message_classify(root, a, m);
		*taken = first && relayed(c, body, m);
		if (*taken || copied || m->kind != MESSAGE_REQUEST)
			return true;
		copied = true;
	}
}

static void take_message(struct conn *c, struct slice body)
{
	struct message m;
	struct arena a;
	struct err err;
	bool taken;

	if (c->handlers->trace)
		c->handlers->trace(c->owner, RPC_IN, body);
	arena_init(&a);
	if (!read_message(c, body, &a, &m, &taken, &err)) {
		log_warn("rpc: %s", err.msg);
		conn_write_error(c, SLICE(""), RPC_PARSE_ERROR, slice_of(err.msg), NULL);
		arena_release(&a);
		return;
	}
	if (taken) {
		arena_release(&a);
		return;
	}
	switch (m.kind) {
	case MESSAGE_INVALID:
		log_warn("rpc: %s", m.why);
		conn_write_error(c, m.id, RPC_INVALID_REQUEST, slice_of(m.why), NULL);
		break;
	case MESSAGE_REQUEST:
		take_request(c, &m, &a);
		break;
	case MESSAGE_NOTIFICATION:
		take_notification(c, &m, &a);
		break;
	case MESSAGE_RESPONSE:
		conn_calls_response(c, &m, &a);
		break;
	}
	arena_release(&a);
}

/* A message that was passed over. Whoever waits for its effect is told. */
static void take_long(struct conn *c, struct slice outline)
{
	struct message m = { .kind = MESSAGE_INVALID, .id = SLICE(""), .why = "It is no JSON." };
	struct arena a;
	struct json root;
	char text[128];

	log_warn("rpc: a message of %llu bytes was passed over: %.*s",
		 (unsigned long long)c->in.body_len, SLICE_ARG(slice_sub(outline, 0, 200)));
	if (c->handlers->trace)
		c->handlers->trace(c->owner, RPC_IN, outline);
	(void)snprintf(text, sizeof(text), "The message is longer than %d bytes and was not read.",
		       LIMIT_MESSAGE_BYTES);
	arena_init(&a);
	if (json_parse(&a, outline, &root, NULL))
		message_classify(root, &a, &m);
	switch (m.kind) {
	case MESSAGE_INVALID:
	case MESSAGE_REQUEST:
		conn_write_error(c, m.id,
				 m.kind == MESSAGE_REQUEST ? RPC_REQUEST_FAILED : RPC_PARSE_ERROR,
				 slice_of(text), err_name(ERR_TOO_LARGE));
		break;
	case MESSAGE_NOTIFICATION:
		c->depth++;
		c->handlers->long_notification(c->owner, m.method, m.params, &a);
		c->depth--;
		break;
	case MESSAGE_RESPONSE:
		m.why = text;
		conn_calls_response(c, &m, &a);
		break;
	}
	arena_release(&a);
}

/* --- the close ----------------------------------------------------------------------------- */

/* A callback may let go of any request, also of one that is still in the list. */
static void orphan_requests(struct conn *c)
{
	struct list todo;

	LIST_EACH (it, next, &c->open_requests) {
		struct rpc_request *req = container_of(it, struct rpc_request, link);

		conn_write_error(c, req->id, RPC_INTERNAL_ERROR,
				 SLICE("The connection closed before the request was done."), NULL);
		(void)map_remove(&c->requests, req->id);
		req->orphan = true;
		c->n_requests--;
	}
	c->state = CONN_CLOSED;
	list_init(&todo);
	list_move(&c->open_requests, &todo);
	while (!list_empty(&todo)) {
		struct list *it = todo.next;

		list_remove(it);
		list_append(&c->orphans, it);
		tell_cancelled(container_of(it, struct rpc_request, link));
	}
}

/* Carries out a close that is due, unless callbacks are still on the stack. */
static void close_if_due(struct conn *c)
{
	struct err why = c->why;

	if (!c->close_due || c->depth > 0 || c->state == CONN_CLOSED)
		return;
	if (why.code != ERR_NONE)
		log_warn("rpc: the connection ends: %s", why.msg);
	else
		(void)err_set(&why, ERR_IO, "The connection was closed.");
	why.code = ERR_IO;
	orphan_requests(c);
	conn_calls_fail_all(c, &why);
}

void conn_close(struct conn *c, const struct err *why)
{
	if (!c->close_due && why)
		c->why = *why;
	c->close_due = true;
	close_if_due(c);
}

/* --- relaying ------------------------------------------------------------------------------ */

bool conn_has_request(const struct conn *c, struct json id)
{
	return map_get(&c->requests, json_raw(id)) != NULL;
}

/* --- for the owner ------------------------------------------------------------------------- */

static bool feed(struct conn *c, struct slice *bytes, bool stop, struct err *err)
{
	struct slice body;
	struct err why;

	assert(c->depth == 0 && c->writing == CONN_IDLE);
	if (c->state == CONN_CLOSED)
		return true;
	while (!c->close_due && (!stop || conn_wants_read(c))) {
		enum frame_result r = frame_next(&c->in, bytes, &body, &why);

		if (r == FRAME_MORE)
			break;
		if (r == FRAME_BODY)
			take_message(c, body);
		else if (r == FRAME_LONG)
			take_long(c, body);
		else
			conn_close(c, &why);
	}
	close_if_due(c);
	if (c->why.code == ERR_NONE)
		return true;
	if (err)
		*err = c->why;
	return false;
}

bool conn_feed(struct conn *c, struct slice bytes, struct err *err)
{
	return feed(c, &bytes, false, err);
}

bool conn_feed_part(struct conn *c, struct slice *bytes, struct err *err)
{
	return feed(c, bytes, true, err);
}

bool conn_owes(const struct conn *c)
{
	return c->state == CONN_OPEN && !c->close_due && c->n_requests > 0 && frame_idle(&c->in);
}

bool conn_eof(struct conn *c, struct err *err)
{
	struct err why;

	if (c->state == CONN_OPEN && !c->close_due && !frame_idle(&c->in)) {
		(void)err_set(&why, ERR_IO, "The input ended in the middle of a message.");
		conn_close(c, &why);
		if (err)
			*err = why;
		return false;
	}
	conn_close(c, NULL);
	return true;
}

void conn_tick(struct conn *c, uint64_t now_ms)
{
	assert(c->depth == 0);
	close_if_due(c);
	conn_calls_tick(c, now_ms);
	close_if_due(c);
}
