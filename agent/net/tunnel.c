/* tunnel.c - see tunnel.h. Each direction is a pump:
 *
 *   READING --bytes--> WRITING --written--> READING ...
 *      '--end--> ENDING: the other side is told --> ENDED
 *
 * One buffer a direction: while it is being written nothing is read, so a slow reader slows its
 * writer down. Either way may end before the other. */
#include "agent/net/tunnel.h"

#include <stdlib.h>

#include "protocol/base/limits.h"
#include "protocol/base/mem.h"

enum pump_state { PUMP_READING, PUMP_WRITING, PUMP_ENDING, PUMP_ENDED };

struct pump {
	enum pump_state state;
	struct tunnel *tunnel;
	uv_stream_t *from, *to;
	uv_write_t write;
	uv_shutdown_t shutdown;
	char buffer[LIMIT_NET_BUFFER_BYTES];
};

struct tunnel {
	struct pump forth, back;
	bool over;
	void (*done)(void *payload);
	void *payload;
};

static void on_read(uv_stream_t *s, ssize_t n, const uv_buf_t *b);

static void end_tunnel(struct tunnel *t)
{
	if (t->over)
		return;
	t->over = true;
	(void)uv_read_stop(t->forth.from);
	(void)uv_read_stop(t->back.from);
	t->done(t->payload);
}

static void on_alloc(uv_handle_t *h, size_t suggested, uv_buf_t *b)
{
	struct pump *p = h->data;

	(void)suggested;
	*b = uv_buf_init(p->buffer, sizeof(p->buffer));
}

static void read_on(struct pump *p)
{
	p->state = PUMP_READING;
	if (uv_read_start(p->from, on_alloc, on_read) < 0)
		end_tunnel(p->tunnel);
}

static void on_written(uv_write_t *w, int status)
{
	struct pump *p = w->data;

	if (p->tunnel->over)
		return;
	if (status < 0)
		end_tunnel(p->tunnel);
	else
		read_on(p);
}

static void write_out(struct pump *p, size_t n)
{
	uv_buf_t b = uv_buf_init(p->buffer, (unsigned)n);

	p->state = PUMP_WRITING;
	p->write.data = p;
	if (uv_write(&p->write, p->to, &b, 1, on_written) < 0)
		end_tunnel(p->tunnel);
}

static void on_shut(uv_shutdown_t *s, int status)
{
	struct pump *p = s->data;
	struct tunnel *t = p->tunnel;

	(void)status;
	p->state = PUMP_ENDED;
	if (t->forth.state == PUMP_ENDED && t->back.state == PUMP_ENDED)
		end_tunnel(t);
}

/* A read error ends both ways: the other side could not be told what is missing. */
static void on_read(uv_stream_t *s, ssize_t n, const uv_buf_t *b)
{
	struct pump *p = s->data;

	(void)b;
	if (n == 0)
		return;
	(void)uv_read_stop(s);
	if (n > 0) {
		write_out(p, (size_t)n);
		return;
	}
	p->state = PUMP_ENDING;
	p->shutdown.data = p;
	if (n != UV_EOF || uv_shutdown(&p->shutdown, p->to, on_shut) < 0)
		end_tunnel(p->tunnel);
}

static void pump_init(struct pump *p, struct tunnel *t, uv_stream_t *from, uv_stream_t *to)
{
	p->tunnel = t;
	p->from = from;
	p->to = to;
	from->data = p;
}

struct tunnel *tunnel_start(uv_stream_t *a, uv_stream_t *b, struct slice early,
			    void (*done)(void *payload), void *payload)
{
	struct tunnel *t = xmalloc(sizeof(*t)); /* the buffers need no zeros */

	t->over = false;
	t->done = done;
	t->payload = payload;
	pump_init(&t->forth, t, a, b);
	pump_init(&t->back, t, b, a);
	early = slice_sub(early, 0, sizeof(t->forth.buffer));
	if (early.len > 0) {
		memcpy(t->forth.buffer, early.ptr, early.len);
		write_out(&t->forth, early.len);
	} else {
		read_on(&t->forth);
	}
	read_on(&t->back);
	return t;
}

void tunnel_free(struct tunnel *t)
{
	free(t);
}
