/* redial.c - see redial.h */
#include "agent/fleet/redial.h"

#include <stdlib.h>

#include "agent/net/dial.h"
#include "protocol/base/log.h"
#include "protocol/base/mem.h"

enum { READ_BYTES = 64 * 1024 };

enum redial_state { REDIAL_WAITING, REDIAL_CALLING, REDIAL_OPEN };

struct redial {
	struct redial_options o;
	enum redial_state state;
	uv_timer_t timer;
	struct dial *dial;
	struct line *line; /* of OPEN, and of a unix socket that is CALLING */
	bool told_down;	   /* of this outage is a line in the log */
};

/* One connection; it outlives its place in the redial until it is closed.
 * Two kinds of handles in one struct: a unix socket's lies in it, a TCP one's comes from dial.c on
 * the heap. */
struct line {
	struct redial *redial; /* NULL: given up */
	union {
		uv_pipe_t pipe;
		uv_stream_t stream;
		uv_handle_t handle;
	} own;
	uv_connect_t connect;
	uv_tcp_t *tcp; /* NULL: it is own.pipe */
	char bytes[READ_BYTES];
};

struct sending {
	uv_write_t req;
	char bytes[];
};

static void wait_for_turn(struct redial *r);

static uv_stream_t *stream_of(struct line *l)
{
	return l->tcp ? (uv_stream_t *)l->tcp : &l->own.stream;
}

static void on_line_closed(uv_handle_t *h)
{
	struct line *l = h->data;

	free(l->tcp);
	free(l);
}

static void drop_line(struct redial *r)
{
	struct line *l = r->line;

	if (!l)
		return;
	r->line = NULL;
	l->redial = NULL;
	stream_of(l)->data = l;
	uv_close((uv_handle_t *)stream_of(l), on_line_closed);
}

/* The breaker first: wait_for_turn() asks it how long. lost() last, as it may write, or look at the
 * state. */
static void fail(struct redial *r, const char *why)
{
	bool open = r->state == REDIAL_OPEN;

	r->state = REDIAL_WAITING;
	breaker_failed(r->o.breaker, uv_now(r->o.loop), why);
	r->o.breaker->connected = false;
	if (!r->told_down)
		log_warn("%s: %s: %s", r->o.breaker->name, r->o.to->name, why);
	r->told_down = true;
	drop_line(r);
	wait_for_turn(r);
	if (open)
		r->o.lost(r->o.owner);
}

/* --- reading and writing --- */

static void on_alloc(uv_handle_t *h, size_t suggested, uv_buf_t *buf)
{
	struct line *l = h->data;

	(void)suggested;
	*buf = uv_buf_init(l->bytes, sizeof(l->bytes));
}

static void on_read(uv_stream_t *s, ssize_t n, const uv_buf_t *buf)
{
	struct line *l = s->data;
	struct redial *r = l->redial;
	struct err err;

	if (!r)
		return;
	if (n < 0)
		fail(r, n == UV_EOF ? "it closed the connection" : uv_strerror((int)n));
	else if (n > 0 && !r->o.data(r->o.owner, slice_make(buf->base, (size_t)n), &err) &&
		 l->redial == r) /* the owner may have cut it */
		fail(r, err.msg);
}

static void on_written(uv_write_t *req, int status)
{
	(void)status; /* a broken connection is read as one */
	free(container_of(req, struct sending, req));
}

/* One copy for each write, freed when libuv is done with it. */
void redial_write(struct redial *r, struct slice bytes)
{
	struct sending *s;
	uv_buf_t b;

	if (r->state != REDIAL_OPEN || bytes.len == 0)
		return;
	if (uv_stream_get_write_queue_size(stream_of(r->line)) + bytes.len > r->o.unsent_max) {
		fail(r, "it does not take what is sent");
		return;
	}
	s = xmalloc(sizeof(*s) + bytes.len);
	memcpy(s->bytes, bytes.ptr, bytes.len);
	b = uv_buf_init(s->bytes, (unsigned)bytes.len);
	if (uv_write(&s->req, stream_of(r->line), &b, 1, on_written) < 0)
		free(s);
}

void redial_cut(struct redial *r, const char *why)
{
	if (r->state == REDIAL_OPEN)
		fail(r, why);
}

bool redial_is_open(const struct redial *r)
{
	return r->state == REDIAL_OPEN;
}

/* --- calling --- */

/* open() last: it may write at once. */
static void opened(struct redial *r)
{
	r->state = REDIAL_OPEN;
	r->told_down = false;
	stream_of(r->line)->data = r->line;
	(void)uv_read_start(stream_of(r->line), on_alloc, on_read);
	r->o.open(r->o.owner);
}

static void on_dialed(void *payload, uv_tcp_t *tcp, const struct err *err)
{
	struct redial *r = payload;

	r->dial = NULL;
	if (!tcp) {
		fail(r, err->msg);
		return;
	}
	(void)uv_tcp_nodelay(tcp, 1);
	r->line = xcalloc(1, sizeof(*r->line));
	r->line->redial = r;
	r->line->tcp = tcp;
	opened(r);
}

static void on_connected(uv_connect_t *req, int status)
{
	struct line *l = req->data;
	struct redial *r = l->redial;

	if (!r)
		return;
	if (status < 0)
		fail(r, uv_strerror(status));
	else
		opened(r);
}

static void call(struct redial *r)
{
	r->state = REDIAL_CALLING;
	if (!r->o.to->socket) {
		r->dial = dial_start(r->o.loop, &r->o.to->at, true, on_dialed, r);
		return;
	}
	r->line = xcalloc(1, sizeof(*r->line));
	r->line->redial = r;
	r->line->connect.data = r->line;
	(void)uv_pipe_init(r->o.loop, &r->line->own.pipe, 0);
	uv_pipe_connect(&r->line->connect, &r->line->own.pipe, r->o.to->socket, on_connected);
}

static void on_turn(uv_timer_t *t)
{
	struct redial *r = t->data;

	if (breaker_may(r->o.breaker, uv_now(r->o.loop)))
		call(r);
	else
		wait_for_turn(r);
}

/* One timer for all waits; the breaker says how long. */
static void wait_for_turn(struct redial *r)
{
	(void)uv_timer_start(&r->timer, on_turn, breaker_wait(r->o.breaker, uv_now(r->o.loop)), 0);
}

struct redial *redial_new(const struct redial_options *o)
{
	struct redial *r = xcalloc(1, sizeof(*r));

	r->o = *o;
	(void)uv_timer_init(o->loop, &r->timer);
	r->timer.data = r;
	wait_for_turn(r);
	return r;
}

static void on_timer_closed(uv_handle_t *h)
{
	free(h->data);
}

void redial_free(struct redial *r)
{
	if (!r)
		return;
	dial_cancel(r->dial);
	r->dial = NULL;
	drop_line(r);
	r->state = REDIAL_WAITING;
	uv_close((uv_handle_t *)&r->timer, on_timer_closed);
}
