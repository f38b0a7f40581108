/* conn_write.c - see conn.h: messages into the queue, and the queue to the owner.
 *
 * A message is written in place, at the end of `pending`, behind a gap that is wide enough for any
 * header; when its length is known the header goes into the gap and the body moves up to it.
 * The owner writes from `sending`, which nobody touches until all of it is written; then the
 * two change places. */
#include "protocol/rpc/conn.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

#include "protocol/base/limits.h"
#include "protocol/base/log.h"
#include "protocol/rpc/conn_private.h"

enum { KEEP_BYTES = 64 * 1024 }; /* a larger buffer is given back when it is empty */

void conn_wake(struct conn *c)
{
	if (c->handlers->wake)
		c->handlers->wake(c->owner);
}

static size_t gap_len(const struct conn *c)
{
	return c->in.mode == FRAME_LINES ? 0 : FRAME_HEADER_MAX;
}

struct jw *conn_write_begin(struct conn *c, enum conn_writing what)
{
	static const char gap[FRAME_HEADER_MAX];

	assert(c->writing == CONN_IDLE); /* begin ... end do not nest */
	c->writing = what;
	c->start = c->pending.len;
	buf_append(&c->pending, slice_make(gap, gap_len(c)));
	jw_init(&c->writer, &c->pending);
	c->writer.no_nul = c->no_nul;
	return &c->writer;
}

/* The queue is full: the peer asks but does not read. */
static void overflow(struct conn *c)
{
	if (c->state == CONN_OPEN && !c->close_due) {
		c->close_due = true;
		(void)err_set(&c->why, ERR_TOO_LARGE,
			      "The other side does not read: more than %d bytes wait to be sent.",
			      LIMIT_OUT_MAX_BYTES);
	}
	conn_wake(c);
}

/* In a stream of lines a message must be one line; in valid JSON a newline is only white space. */
static void flatten(char *p, size_t len)
{
	char *end = p + len;

	while ((p = memchr(p, '\n', (size_t)(end - p))) != NULL)
		*p++ = ' ';
}

bool conn_write_end(struct conn *c)
{
	size_t body = c->start + gap_len(c), n;
	size_t len = c->pending.len > body ? c->pending.len - body : 0; /* full: not even the gap */
	char header[FRAME_HEADER_MAX], *at;

	assert(c->writer.depth == 0);
	c->writing = CONN_IDLE;
	if (c->pending.full || len > LIMIT_MESSAGE_BYTES || c->state == CONN_CLOSED) {
		bool queue_full = c->pending.full && len <= LIMIT_MESSAGE_BYTES;

		buf_truncate(&c->pending, c->start);
		if (queue_full && c->state == CONN_OPEN)
			overflow(c);
		return queue_full || c->state == CONN_CLOSED; /* not the message's fault */
	}
	at = c->pending.data + c->start;
	n = frame_header(c->in.mode, len, header);
	memmove(at + n, at + gap_len(c), len);
	memcpy(at, header, n);
	buf_truncate(&c->pending, c->start + n + len);
	if (c->handlers->trace)
		c->handlers->trace(c->owner, RPC_OUT, slice_make(at + n, len));
	if (c->in.mode == FRAME_LINES) {
		flatten(at, len);
		buf_putc(&c->pending, '\n');
	}
	if (conn_unsent(c) > LIMIT_OUT_MAX_BYTES)
		overflow(c);
	conn_wake(c);
	return true;
}

void conn_write_params_end(struct conn *c)
{
	if (c->writer.after_key) {
		c->writer.after_key = false;
		if (!c->pending.full) /* else the key may not be there; it all goes anyway */
			buf_truncate(&c->pending, c->mark);
	}
	message_end(&c->writer);
}

void conn_write_error(struct conn *c, struct slice id, int code, struct slice text,
		      const char *kind)
{
	message_error(conn_write_begin(c, CONN_RESULT), id, code, text, kind);
	(void)conn_write_end(c);
}

void conn_relay(struct conn *c, struct slice body)
{
	(void)conn_write_begin(c, CONN_NOTIFICATION);
	buf_append(&c->pending, body);
	if (!conn_write_end(c))
		log_warn("rpc: a message of %zu bytes could not be passed on", body.len);
}

/* --- for the owner ------------------------------------------------------------------------- */

struct slice conn_output(struct conn *c)
{
	assert(c->writing == CONN_IDLE);
	if (c->sent == c->sending.len) {
		struct buf empty = c->sending;

		if (empty.cap > KEEP_BYTES)
			buf_release(&empty);
		else
			buf_clear(&empty);
		c->sending = c->pending;
		c->pending = empty;
		c->sent = 0;
	}
	return slice_sub(buf_slice(&c->sending), c->sent, c->sending.len);
}

void conn_sent(struct conn *c, size_t n)
{
	assert(n <= c->sending.len - c->sent);
	c->sent += n;
	if (c->sent == c->sending.len && c->sending.cap > KEEP_BYTES) {
		buf_release(&c->sending);
		c->sent = 0;
	}
}

size_t conn_unsent(const struct conn *c)
{
	return c->sending.len - c->sent + c->pending.len;
}

bool conn_wants_read(const struct conn *c)
{
	return c->state == CONN_OPEN && !c->close_due && conn_unsent(c) <= LIMIT_OUT_HIGH_BYTES;
}

/* --- answers ------------------------------------------------------------------------------- */

struct jw *conn_result_begin(struct rpc_request *req)
{
	struct jw *w;

	assert(!req->replied);
	w = conn_write_begin(req->conn, CONN_RESULT);
	message_result_begin(w, req->id);
	return w;
}

void conn_result_end(struct rpc_request *req)
{
	struct conn *c = req->conn;

	assert(c->writing == CONN_RESULT);
	if (c->writer.after_key)
		jw_null(&c->writer);
	message_end(&c->writer);
	if (req->orphan) { /* answered when the connection closed */
		buf_truncate(&c->pending, c->start);
		c->writing = CONN_IDLE;
	} else if (!conn_write_end(c)) {
		log_warn("rpc: the result of %.*s is too large", SLICE_ARG(req->method));
		conn_write_error(c, req->id, RPC_INTERNAL_ERROR,
				 SLICE("The result is too large to be sent."),
				 err_name(ERR_TOO_LARGE));
	}
	conn_request_done(req);
}

void conn_reply_result(struct rpc_request *req, struct slice json)
{
	struct jw *w = conn_result_begin(req);

	if (json.len > 0)
		jw_raw(w, json);
	conn_result_end(req);
}

static void reply_error(struct rpc_request *req, int code, struct slice text, const char *kind)
{
	assert(!req->replied);
	if (!req->orphan)
		conn_write_error(req->conn, req->id, code, text, kind);
	conn_request_done(req);
}

void conn_reply_error(struct rpc_request *req, int code, const char *fmt, ...)
{
	char text[sizeof(((struct err *)0)->msg)];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	reply_error(req, code, slice_of(text), NULL);
}

void conn_reply_error_data(struct rpc_request *req, int code, struct slice text, struct slice data)
{
	assert(!req->replied);
	if (!req->orphan) {
		message_error_data(conn_write_begin(req->conn, CONN_RESULT), req->id, code, text,
				   data);
		(void)conn_write_end(req->conn);
	}
	conn_request_done(req);
}

void conn_reply_err(struct rpc_request *req, const struct err *err)
{
	reply_error(req, message_code_of(err->code), slice_of(err->msg), err_name(err->code));
}

void conn_reply_cancelled(struct rpc_request *req)
{
	reply_error(req, RPC_REQUEST_CANCELLED, SLICE("The request was cancelled."),
		    err_name(ERR_CANCELLED));
}

/* --- notifications ------------------------------------------------------------------------- */

struct jw *conn_notify_begin(struct conn *c, const char *method)
{
	struct jw *w = conn_write_begin(c, CONN_NOTIFICATION);

	message_notification_begin(w, method);
	c->mark = c->pending.len - (sizeof(",\"params\":") - 1);
	return w;
}

void conn_notify_end(struct conn *c)
{
	assert(c->writing == CONN_NOTIFICATION);
	conn_write_params_end(c);
	if (!conn_write_end(c))
		log_warn("rpc: a notification is too large and was dropped");
}

void conn_notify(struct conn *c, const char *method, struct slice params)
{
	struct jw *w = conn_notify_begin(c, method);

	if (params.len > 0)
		jw_raw(w, params);
	conn_notify_end(c);
}
