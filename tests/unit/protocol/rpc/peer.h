/* peer.h - for the tests of conn: a connection whose owner writes down everything that happens. */
#ifndef EMEND_TEST_PEER_H
#define EMEND_TEST_PEER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "protocol/base/limits.h"
#include "protocol/rpc/conn.h"

struct peer {
	struct conn conn;
	struct buf log;	 /* one line for each event */
	struct buf wire; /* bodies sent, one a line */
	struct rpc_request *kept[LIMIT_IN_FLIGHT + 8];
	size_t n_kept;
	size_t result_bytes; /* not 0: requests are answered with so many */
	int wakes;
	struct rpc_call *drop_in_done; /* what done() drops */
	bool call_in_done;
	struct peer *other; /* wired together by pump() */
};

static inline void peer_cancelled(void *payload, struct rpc_request *req)
{
	struct peer *p = payload;

	buf_printf(&p->log, "cancelled %.*s\n", SLICE_ARG(req->id));
	if (slice_eq_cstr(req->method, "keep/obedient"))
		conn_reply_cancelled(req);
}

static inline void peer_done(void *payload, const struct rpc_reply *reply, const struct err *err)
{
	struct peer *p = payload;

	if (err)
		buf_printf(&p->log, "done error %s %lld: %s\n", err_name(err->code), (long long)reply->code,
			   err->msg);
	else
		buf_printf(&p->log, "done %.*s\n", SLICE_ARG(json_raw(reply->result)));
	if (p->drop_in_done) {
		conn_call_drop(p->drop_in_done);
		p->drop_in_done = NULL;
	}
	if (p->call_in_done) {
		p->call_in_done = false;
		(void)conn_call(&p->conn, "again", SLICE(""), UINT64_MAX, peer_done, p);
	}
}

/* The method says what to do with the request. */
static inline void peer_request(void *owner, struct rpc_request *req)
{
	struct peer *p = owner;

	buf_printf(&p->log, "request %.*s %.*s %.*s\n", SLICE_ARG(req->method), SLICE_ARG(req->id),
		   SLICE_ARG(json_raw(req->params)));
	if (p->result_bytes > 0) {
		char *s = calloc(1, p->result_bytes);

		memset(s, '1', p->result_bytes);
		conn_reply_result(req, slice_make(s, p->result_bytes));
		free(s);
	} else if (slice_eq_cstr(req->method, "echo")) {
		conn_reply_result(req, json_raw(req->params));
		buf_printf(&p->log, "still %.*s\n", SLICE_ARG(req->id)); /* valid until we return */
	} else if (slice_starts(req->method, SLICE("keep"))) {
		conn_keep(req, peer_cancelled, p);
		p->kept[p->n_kept++] = req;
	} else if (slice_eq_cstr(req->method, "fail")) {
		struct err err;

		(void)err_set(&err, ERR_NOT_FOUND, "There is no such thing.");
		conn_reply_err(req, &err);
	} else if (slice_eq_cstr(req->method, "nothing")) {
		(void)conn_result_begin(req);
		conn_result_end(req);
	} else if (slice_eq_cstr(req->method, "close")) {
		conn_close(req->conn, NULL);
		conn_reply_result(req, SLICE("\"bye\""));
	} else if (!slice_eq_cstr(req->method, "forget")) {
		conn_reply_error(req, RPC_METHOD_NOT_FOUND, "There is no method \"%.*s\".",
				 SLICE_ARG(req->method));
	}
}

static inline void peer_notification(void *owner, struct slice method, struct json params, struct arena *a)
{
	struct peer *p = owner;

	(void)a;
	buf_printf(&p->log, "notification %.*s %.*s\n", SLICE_ARG(method), SLICE_ARG(json_raw(params)));
	if (slice_eq_cstr(method, "exit"))
		conn_close(&p->conn, NULL);
}

static inline void peer_wake(void *owner)
{
	((struct peer *)owner)->wakes++;
}

static inline void peer_trace(void *owner, enum rpc_direction dir, struct slice body)
{
	struct peer *p = owner;

	if (dir == RPC_OUT) {
		buf_append(&p->wire, body);
		buf_putc(&p->wire, '\n');
	}
}

static inline void peer_long(void *owner, struct slice method, struct json params, struct arena *a)
{
	struct peer *p = owner;

	(void)a;
	buf_printf(&p->log, "long %.*s %.*s\n", SLICE_ARG(method), SLICE_ARG(json_raw(params)));
}

static const struct conn_handlers peer_handlers = { .request = peer_request,
						    .notification = peer_notification,
						    .long_notification = peer_long,
						    .wake = peer_wake,
						    .trace = peer_trace };

static inline struct peer *peer_new(enum frame_mode mode)
{
	struct peer *p = calloc(1, sizeof(*p));

	assert_non_null(p);
	conn_init(&p->conn, &(struct conn_options){
				   .handlers = &peer_handlers, .owner = p, .mode = mode, .seed = 42 });
	buf_init(&p->log, 64 * 1024 * 1024);
	buf_init(&p->wire, 512 * 1024 * 1024);
	return p;
}

static inline void peer_free(struct peer *p)
{
	conn_release(&p->conn);
	buf_release(&p->log);
	buf_release(&p->wire);
	free(p);
}

static inline bool peer_feed(struct peer *p, const char *body, struct err *err)
{
	struct buf b;
	bool ok;

	buf_init(&b, LIMIT_MESSAGE_BYTES + 100);
	if (p->conn.in.mode == FRAME_HEADERS)
		buf_printf(&b, "Content-Length: %zu\r\n\r\n%s", strlen(body), body);
	else
		buf_printf(&b, "%s\n", body);
	ok = conn_feed(&p->conn, buf_slice(&b), err);
	buf_release(&b);
	return ok;
}

/* Feeds one message that must not end the connection. */
static inline void peer_take(struct peer *p, const char *body)
{
	struct err err = { 0 };

	if (!peer_feed(p, body, &err))
		fail_msg("%s", err.msg);
}

/* What was logged, or sent, since the last look. */
static inline void expect(struct buf *b, const char *want)
{
	assert_string_equal(buf_cstr(b), want);
	buf_clear(b);
}

#endif
