/* fuzz_message.c - any bytes to a connection, in both framings: what it sends is valid, everything that
 * must be answered is answered exactly once, and every call of ours ends exactly once. */
#include <stdint.h>
#include <stdlib.h>

#include "protocol/rpc/conn.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { KEPT_MAX = 64 };

#define REQUIRE(what)            \
	do {                     \
		if (!(what))     \
			abort(); \
	} while (0)

struct owner {
	struct conn conn;
	struct rpc_request *kept[KEPT_MAX];
	size_t n_kept;
	int due, answered; /* replies */
	int calls, done;
};

static void on_done(void *payload, const struct rpc_reply *reply, const struct err *err)
{
	struct owner *o = payload;

	o->done++;
	REQUIRE(reply->arena);
	REQUIRE(err ? err->code != ERR_NONE && err->msg[0] : json_type(reply->result) != JSON_MISSING);
}

static void on_cancel(void *payload, struct rpc_request *req)
{
	struct owner *o = payload;

	for (size_t i = 0; i < o->n_kept; i++)
		if (o->kept[i] == req)
			o->kept[i] = o->kept[--o->n_kept];
	REQUIRE(req->cancelled);
	conn_reply_cancelled(req);
}

static void on_request(void *owner, struct rpc_request *req)
{
	struct owner *o = owner;
	struct jw *w;

	switch (req->method.len % 4) {
	case 0:
		w = conn_result_begin(req);
		jw_array(w);
		jw_str(w, req->method);
		jw_end(w);
		conn_result_end(req);
		break;
	case 1:
		if (o->n_kept < KEPT_MAX) {
			conn_keep(req, on_cancel, o);
			o->kept[o->n_kept++] = req;
		} else {
			conn_reply_result(req, json_raw(req->params));
		}
		break;
	case 2:
		conn_reply_error(req, RPC_REQUEST_FAILED, "%.*s", SLICE_ARG(req->method));
		break;
	default: /* forgets it */
		break;
	}
}

static void on_notification(void *owner, struct slice method, struct json params, struct arena *a)
{
	struct owner *o = owner;

	(void)a;
	o->calls++;
	(void)conn_call(&o->conn, "call", json_raw(params), method.len % 2 ? 5 : UINT64_MAX, on_done, o);
	if (method.len == 9 && o->n_kept > 0)
		conn_reply_result(o->kept[--o->n_kept], SLICE("1"));
}

static void on_trace(void *owner, enum rpc_direction dir, struct slice body)
{
	struct owner *o = owner;
	struct message m = { .kind = MESSAGE_INVALID };
	struct json root;
	struct arena a;

	arena_init(&a);
	if (json_parse(&a, body, &root, NULL))
		message_classify(root, &a, &m);
	if (dir == RPC_OUT)
		REQUIRE(m.kind != MESSAGE_INVALID && !m.why);
	if (dir == RPC_IN && (m.kind == MESSAGE_INVALID || m.kind == MESSAGE_REQUEST))
		o->due++;
	if (dir == RPC_OUT && m.kind == MESSAGE_RESPONSE)
		o->answered++;
	arena_release(&a);
}

static void converse(struct slice in, size_t piece, enum frame_mode mode)
{
	static const struct conn_handlers handlers = {
		.request = on_request, .notification = on_notification, .trace = on_trace
	};
	struct owner o = { .due = 0 };
	struct slice out;
	struct err err;

	conn_init(&o.conn, &(struct conn_options){
				    .handlers = &handlers, .owner = &o, .mode = mode, .seed = 1 });
	for (size_t at = 0; at < in.len && o.conn.state == CONN_OPEN; at += piece) {
		if (!conn_feed(&o.conn, slice_sub(in, at, at + piece), &err))
			REQUIRE(o.conn.state == CONN_CLOSED && err.code != ERR_NONE);
		out = conn_output(&o.conn);
		conn_sent(&o.conn, out.len / 2);
		conn_tick(&o.conn, at);
	}
	if (!conn_eof(&o.conn, &err))
		REQUIRE(err.code == ERR_IO);
	conn_tick(&o.conn, UINT64_MAX);
	REQUIRE(o.conn.state == CONN_CLOSED && o.n_kept == 0);
	REQUIRE(o.due == o.answered);
	REQUIRE(o.calls == o.done);
	conn_release(&o.conn);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in;

	if (size < 2)
		return 0;
	in = slice_make((const char *)data + 1, size - 1);
	converse(in, data[0] % 32 + 1u, FRAME_HEADERS);
	converse(in, data[0] % 32 + 1u, FRAME_LINES);
	return 0;
}
