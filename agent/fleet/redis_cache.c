/* redis_cache.c - see redis_cache.h
 *
 * Replies come in the order of the commands, so what waits is a queue. A value is a line of numbers and the two texts behind
 * it; one that does not look like that is as if there were none. */
#include "agent/fleet/redis_cache.h"

#include <stdio.h>
#include <stdlib.h>

#include "agent/fleet/redis_wire.h"
#include "protocol/base/log.h"
#include "protocol/base/mem.h"

enum { TICK_MS = 500, IDLE_MS = 60 * 1000, UNSENT = 64 * 1024 * 1024, LINE = 200 };

/* Everything that waits for a reply is one of these, also a put and a ping: replies have no names,
 * only their order. */
struct exec_lookup {
	struct list link; /* in `waiting`; alone: it is answered, and told from the loop */
	struct redis_cache *cache;
	uint64_t at;
	exec_cached_cb *done; /* NULL: nobody wants to know, or it is no question */
	void *payload;
	bool greeting;	 /* of a connection: an error ends it */
	bool ready;	 /* the last of them */
	struct job late; /* there is none */
};

/* `waiting`: what was sent and has no reply yet, in the order of the sending; `late`: what is told
 * that there is nothing. */
struct redis_cache {
	struct exec_cache face;
	uv_loop_t *loop;
	struct runq *runq;
	const struct server_url *url;
	struct breaker *breaker;
	struct redial *redial;
	struct redis_wire wire;
	struct list waiting, late;
	size_t n_waiting;
	uint64_t connections, heard;
	uv_timer_t tick;
};

/* --- values --- */

static void write_value(struct buf *b, const struct exec_cached *c)
{
	buf_printf(b, "1 %.17g %.17g %.17g %d %zu %zu\n", c->ms, c->cpu_ms, c->memory_mb,
		   c->truncated, c->out.len, c->err_out.len);
	buf_append(b, c->out);
	buf_append(b, c->err_out);
}

/* Whoever can write to the server can write here what he likes: the lengths must fit the text
 * exactly. */
static bool read_value(struct slice text, struct exec_cached *c)
{
	size_t end = slice_find_byte(text, '\n', 0), out, err_out;
	char line[LINE];
	int truncated;

	if (end == SIZE_MAX || end >= sizeof(line))
		return false;
	memcpy(line, text.ptr, end);
	line[end] = '\0';
	if (sscanf(line, "1 %lf %lf %lf %d %zu %zu", &c->ms, &c->cpu_ms, &c->memory_mb, &truncated,
		   &out, &err_out) != 6)
		return false;
	text = slice_sub(text, end + 1, text.len);
	if (out > text.len || err_out != text.len - out)
		return false;
	c->truncated = truncated != 0;
	c->out = slice_sub(text, 0, out);
	c->err_out = slice_sub(text, out, text.len);
	return true;
}

/* --- questions --- */

static void on_late(struct job *j)
{
	struct exec_lookup *x = container_of(j, struct exec_lookup, late);

	list_remove(&x->link);
	if (x->done)
		x->done(x->payload, NULL);
	free(x);
}

static struct exec_lookup *lookup_new(struct redis_cache *r, exec_cached_cb *done, void *payload)
{
	struct exec_lookup *x = xcalloc(1, sizeof(*x));

	x->cache = r;
	x->at = uv_now(r->loop);
	x->done = done;
	x->payload = payload;
	list_init(&x->link);
	job_init(&x->late, on_late);
	return x;
}

static void tell_none(struct exec_lookup *x)
{
	list_append(&x->cache->late, &x->link);
	runq_post(x->cache->runq, &x->late);
}

/* It joins the queue before the write, which may cut the connection and so end the queue. */
static void send_command(struct redis_cache *r, struct exec_lookup *x, const struct slice *words,
			 size_t n)
{
	struct buf b;

	list_append(&r->waiting, &x->link);
	r->n_waiting++;
	buf_init(&b, REDIS_BULK_MAX + REDIS_LINE_MAX);
	redis_command(&b, words, n);
	redial_write(r->redial, buf_slice(&b)); /* cut: everything that waits is told */
	buf_release(&b);
}

static bool may_ask(struct redis_cache *r)
{
	return r->breaker->connected && r->n_waiting < REDIS_WAITING &&
	       breaker_may(r->breaker, uv_now(r->loop));
}

static struct slice key_of(char out[LINE], struct slice key)
{
	(void)snprintf(out, LINE, "emend:execution:%.*s", SLICE_ARG(key));
	return slice_of(out);
}

static struct exec_lookup *get(void *self, struct slice key, exec_cached_cb *done, void *payload)
{
	struct redis_cache *r = self;
	struct exec_lookup *x = lookup_new(r, done, payload);
	char name[LINE];

	if (may_ask(r))
		send_command(r, x, (struct slice[]){ SLICE("GET"), key_of(name, key) }, 2);
	else
		tell_none(x);
	return x;
}

/* Nobody waits for it, and a failure only costs the next one some time. */
static void put(void *self, struct slice key, const struct exec_cached *c)
{
	struct redis_cache *r = self;
	char name[LINE], seconds[16];
	struct buf b;

	if (!may_ask(r) || c->out.len + c->err_out.len > EXEC_CACHE_BYTES)
		return;
	buf_init(&b, EXEC_CACHE_BYTES + LINE);
	write_value(&b, c);
	(void)snprintf(seconds, sizeof(seconds), "%d", EXEC_CACHE_SECONDS);
	send_command(r, lookup_new(r, NULL, NULL),
		     (struct slice[]){ SLICE("SET"), key_of(name, key), buf_slice(&b), SLICE("EX"),
				       slice_of(seconds) },
		     5);
	buf_release(&b);
}

static void drop(struct exec_lookup *x)
{
	if (x)
		x->done = NULL;
}

/* --- replies --- */

/* An error of the greeting (a wrong password) will not go away by itself: the breaker makes the
 * waits longer. */
static void on_error(struct redis_cache *r, const struct exec_lookup *x, struct slice text)
{
	char why[120];

	(void)snprintf(why, sizeof(why), "it says: %.*s", SLICE_ARG(slice_sub(text, 0, 100)));
	if (x->greeting) {
		redial_cut(r->redial, why);
		return;
	}
	log_warn("redis: %s", why);
	breaker_failed(r->breaker, uv_now(r->loop), why);
}

static void answer(struct redis_cache *r, struct exec_lookup *x, enum redis_kind kind,
		   struct slice text)
{
	struct exec_cached c;

	if (kind != REDIS_ERROR)
		breaker_worked(r->breaker);
	if (x->ready)
		r->breaker->connected = true;
	if (x->done)
		x->done(x->payload, kind == REDIS_BULK && read_value(text, &c) ? &c : NULL);
}

/* A server that says what was not asked is out of step with us: no later reply could be trusted. */
static bool on_reply(void *payload, enum redis_kind kind, struct slice text)
{
	struct redis_cache *r = payload;
	uint64_t now = r->connections;
	struct exec_lookup *x;

	if (list_empty(&r->waiting)) {
		redial_cut(r->redial, "it answers what was not asked");
		return false;
	}
	x = container_of(r->waiting.next, struct exec_lookup, link);
	list_remove(&x->link);
	r->n_waiting--;
	if (kind == REDIS_ERROR)
		on_error(r, x, text);
	if (kind != REDIS_ERROR || !x->greeting)
		answer(r, x, kind, text);
	free(x);
	return r->connections == now && redial_is_open(r->redial);
}

/* --- connections --- */

static void greet(struct redis_cache *r, const struct slice *words, size_t n, bool last)
{
	struct exec_lookup *x = lookup_new(r, NULL, NULL);

	x->greeting = true;
	x->ready = last;
	send_command(r, x, words, n);
}

/* The greeting is a part of the queue, in front of everything else; only its last reply makes the
 * cache usable. */
static void on_open(void *owner)
{
	struct redis_cache *r = owner;
	const struct server_url *u = r->url;

	redis_wire_release(&r->wire);
	redis_wire_init(&r->wire, on_reply, r);
	r->connections++;
	r->heard = uv_now(r->loop);
	if (u->password.len > 0 && u->user.len > 0)
		greet(r, (struct slice[]){ SLICE("AUTH"), u->user, u->password }, 3, false);
	else if (u->password.len > 0)
		greet(r, (struct slice[]){ SLICE("AUTH"), u->password }, 2, false);
	if (u->path.len > 0)
		greet(r, (struct slice[]){ SLICE("SELECT"), u->path }, 2, false);
	greet(r, (struct slice[]){ SLICE("PING") }, 1, true);
}

static bool on_data(void *owner, struct slice bytes, struct err *err)
{
	struct redis_cache *r = owner;

	r->heard = uv_now(r->loop);
	return redis_wire_feed(&r->wire, bytes, err);
}

/* Each is told from the loop that there is nothing: its code then runs. */
static void on_lost(void *owner)
{
	struct redis_cache *r = owner;

	LIST_EACH (it, tmp, &r->waiting) {
		list_remove(it);
		tell_none(container_of(it, struct exec_lookup, link));
	}
	r->n_waiting = 0;
}

/* REDIS_ANSWER_MS for the oldest question; a ping now and then, so that a dead server is found
 * before it is needed. */
static void on_tick(uv_timer_t *t)
{
	struct redis_cache *r = t->data;
	uint64_t now = uv_now(r->loop);

	if (!list_empty(&r->waiting) &&
	    now - container_of(r->waiting.next, struct exec_lookup, link)->at > REDIS_ANSWER_MS)
		redial_cut(r->redial, "it does not answer");
	else if (r->breaker->connected && now - r->heard > IDLE_MS && list_empty(&r->waiting))
		send_command(r, lookup_new(r, NULL, NULL), (struct slice[]){ SLICE("PING") }, 1);
}

/* --- its life --- */

struct redis_cache *redis_cache_new(uv_loop_t *loop, struct runq *runq,
				    const struct server_url *url, struct breaker *breaker)
{
	struct redis_cache *r = xcalloc(1, sizeof(*r));
	const struct redial_options o = { .loop = loop,
					  .to = url,
					  .breaker = breaker,
					  .unsent_max = UNSENT,
					  .open = on_open,
					  .data = on_data,
					  .lost = on_lost,
					  .owner = r };

	r->face = (struct exec_cache){ r, get, put, drop };
	r->loop = loop;
	r->runq = runq;
	r->url = url;
	r->breaker = breaker;
	list_init(&r->waiting);
	list_init(&r->late);
	redis_wire_init(&r->wire, on_reply, r);
	(void)uv_timer_init(loop, &r->tick);
	r->tick.data = r;
	(void)uv_timer_start(&r->tick, on_tick, TICK_MS, TICK_MS);
	r->redial = redial_new(&o);
	return r;
}

const struct exec_cache *redis_cache_face(const struct redis_cache *r)
{
	return &r->face;
}

static void lookup_free(struct exec_lookup *x)
{
	list_remove(&x->link);
	job_drop(&x->late);
	free(x);
}

static void on_tick_closed(uv_handle_t *h)
{
	free(h->data);
}

void redis_cache_free(struct redis_cache *r)
{
	if (!r)
		return;
	redial_free(r->redial);
	LIST_EACH (it, tmp, &r->waiting)
		lookup_free(container_of(it, struct exec_lookup, link));
	LIST_EACH (it, tmp, &r->late)
		lookup_free(container_of(it, struct exec_lookup, link));
	redis_wire_release(&r->wire);
	uv_close((uv_handle_t *)&r->tick, on_tick_closed);
}
