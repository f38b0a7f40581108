/* nats.c - see nats.h
 *
 * A ping is also the receipt: the server answers in order, so its pong says that everything before
 * the ping has arrived. Pings are counted over all connections (`pings`, `pongs`); nats_mark() is
 * the number of the next one. A connection that is lost takes its pongs along, so on_open() sets
 * both equal. */
#include "agent/fleet/nats.h"

#include <stdio.h>
#include <stdlib.h>

#include "protocol/base/list.h"
#include "protocol/base/log.h"
#include "protocol/base/mem.h"
#include "protocol/base/version.h"
#include "protocol/json/json.h"
#include "protocol/json/write.h"

enum { TICK_MS = 500, PAYLOAD_DEFAULT = 1024 * 1024, HEAD_MAX = 4 * 1024 };

enum nats_state { NATS_DOWN, NATS_GREETING, NATS_UP };

/* Owned by the list; sent anew with each connection under the same number. */
struct sub {
	struct list link;
	uint64_t sid;
	char *subject, *queue;
	nats_sub_fn *fn;
	void *payload;
};

struct nats {
	struct nats_options o;
	enum nats_state state;
	struct redial *redial;
	struct nats_wire wire;
	uv_timer_t tick;
	struct list subs;
	uint64_t last_sid;
	uint64_t connections; /* so far: what comes while one ends is not taken for the next */
	uint64_t opened, heard, asked; /* ms of the loop */
	uint64_t pings, pongs; /* those of lost connections, too: a mark is a number of a ping */
	bool unasked;	       /* something was published since the last ping */
	size_t payload_max;
	bool greeted; /* of this connection: CONNECT is sent */
	bool headers; /* the server knows them */
};

static void send_text(struct nats *n, const char *text)
{
	redial_write(n->redial, slice_of(text));
}

static void ping(struct nats *n)
{
	n->pings++;
	n->unasked = false;
	n->asked = uv_now(n->o.loop);
	send_text(n, "PING\r\n");
}

/* --- greeting --- */

static void send_sub(struct nats *n, const struct sub *s)
{
	struct buf b;

	buf_init(&b, HEAD_MAX);
	buf_printf(&b, "SUB %s %s%s%llu\r\n", s->subject, s->queue, *s->queue ? " " : "",
		   (unsigned long long)s->sid);
	redial_write(n->redial, buf_slice(&b));
	buf_release(&b);
}

static void send_connect(struct nats *n)
{
	const struct server_url *url = n->o.url;
	struct buf b;
	struct jw w;

	buf_init(&b, HEAD_MAX);
	buf_puts(&b, "CONNECT ");
	jw_init(&w, &b);
	jw_object(&w);
	jw_kbool(&w, "verbose", false);
	jw_kbool(&w, "pedantic", false);
	jw_kcstr(&w, "lang", "c");
	jw_kcstr(&w, "version", EMEND_VERSION);
	jw_kcstr(&w, "name", n->o.name);
	jw_ki64(&w, "protocol", 1);
	jw_kbool(&w, "headers", n->headers);
	jw_kbool(&w, "no_responders", n->headers);
	if (url->password.len > 0) {
		jw_kstr(&w, "user", url->user);
		jw_kstr(&w, "pass", url->password);
	} else if (url->user.len > 0) {
		jw_kstr(&w, "auth_token", url->user);
	}
	jw_end(&w);
	buf_puts(&b, "\r\n");
	redial_write(n->redial, buf_slice(&b));
	buf_release(&b);
}

/* INFO may come again at any time, as when the cluster changes; only the first of a connection is
 * answered. */
static void on_info(struct nats *n, struct slice text)
{
	struct arena a;
	struct json root;
	struct err err;

	arena_init(&a);
	if (!json_parse(&a, text, &root, &err)) {
		redial_cut(n->redial, "its INFO is no JSON");
	} else if (json_bool_or(json_get(root, "tls_required"), false)) {
		redial_cut(n->redial, "it wants TLS, which is not spoken here");
	} else {
		n->payload_max =
			(size_t)json_i64_or(json_get(root, "max_payload"), PAYLOAD_DEFAULT);
		n->headers = json_bool_or(json_get(root, "headers"), false);
		if (n->state == NATS_GREETING && !n->greeted) {
			n->greeted = true;
			send_connect(n);
			LIST_EACH (it, tmp, &n->subs)
				send_sub(n, container_of(it, struct sub, link));
			ping(n);
		}
	}
	arena_release(&a);
}

static void on_pong(struct nats *n)
{
	n->pongs++;
	if (n->state == NATS_GREETING) {
		n->state = NATS_UP;
		n->o.breaker->connected = true;
		log_info("nats: connected to %s", n->o.url->name);
		n->o.up(n->o.owner);
	}
	breaker_worked(n->o.breaker);
	n->o.reached(n->o.owner, n->pongs);
}

/* --- what comes --- */

static void on_msg(struct nats *n, const struct nats_msg *m)
{
	LIST_EACH (it, tmp, &n->subs) {
		const struct sub *s = container_of(it, struct sub, link);

		if (s->sid == m->sid) {
			s->fn(s->payload, m);
			return;
		}
	}
}

static void refused(struct nats *n, struct slice text)
{
	char why[100];

	(void)snprintf(why, sizeof(why), "it refuses us: %.*s", SLICE_ARG(text));
	redial_cut(n->redial, why);
}

/* A callback may have cut the connection, or a new one may stand: then the rest of these bytes is
 * nobody's. */
static bool on_op(void *payload, const struct nats_msg *m)
{
	struct nats *n = payload;
	uint64_t now = n->connections;

	if (m->op == NATS_INFO)
		on_info(n, m->text);
	else if (m->op == NATS_PING)
		send_text(n, "PONG\r\n");
	else if (m->op == NATS_PONG)
		on_pong(n);
	else if (m->op == NATS_MSG)
		on_msg(n, m);
	else if (m->op == NATS_ERR && n->state == NATS_GREETING)
		refused(n, m->text);
	else if (m->op == NATS_ERR)
		log_warn("nats: %.*s", SLICE_ARG(slice_sub(m->text, 0, 200)));
	return n->connections == now && redial_is_open(n->redial);
}

static bool on_data(void *owner, struct slice bytes, struct err *err)
{
	struct nats *n = owner;

	n->heard = uv_now(n->o.loop);
	return nats_wire_feed(&n->wire, bytes, err);
}

static void on_open(void *owner)
{
	struct nats *n = owner;

	nats_wire_release(&n->wire);
	nats_wire_init(&n->wire, on_op, n);
	n->connections++;
	n->state = NATS_GREETING;
	n->opened = uv_now(n->o.loop);
	n->pongs = n->pings; /* those of the last connection will not come */
	n->greeted = false;
}

static void on_lost(void *owner)
{
	struct nats *n = owner;
	bool up = n->state == NATS_UP;

	n->state = NATS_DOWN;
	n->greeted = false;
	if (up)
		n->o.down(n->o.owner);
}

/* What was published is asked for within one tick, so that answers are not held longer than needed.
 */
static void on_tick(uv_timer_t *t)
{
	struct nats *n = t->data;
	uint64_t now = uv_now(n->o.loop);

	if (n->state == NATS_GREETING && now - n->opened > NATS_GREETING_MS)
		redial_cut(n->redial, "it does not greet");
	else if (n->state == NATS_UP && now - n->heard > NATS_DEAD_MS)
		redial_cut(n->redial, "it is silent");
	else if (n->state == NATS_UP &&
		 (n->unasked || (now - n->heard > NATS_PING_MS && now - n->asked > NATS_PING_MS)))
		ping(n);
}

/* --- what is asked of it --- */

uint64_t nats_subscribe(struct nats *n, const char *subject, const char *queue, nats_sub_fn *fn,
			void *payload)
{
	struct sub *s = xcalloc(1, sizeof(*s));

	s->sid = ++n->last_sid;
	s->subject = xstrdup(subject);
	s->queue = xstrdup(queue);
	s->fn = fn;
	s->payload = payload;
	list_append(&n->subs, &s->link);
	if (n->greeted) /* else with the greeting */
		send_sub(n, s);
	return s->sid;
}

static void sub_free(struct sub *s)
{
	list_remove(&s->link);
	free(s->subject);
	free(s->queue);
	free(s);
}

void nats_unsubscribe(struct nats *n, uint64_t sid)
{
	char text[40];

	LIST_EACH (it, tmp, &n->subs) {
		struct sub *s = container_of(it, struct sub, link);

		if (s->sid != sid)
			continue;
		sub_free(s);
		(void)snprintf(text, sizeof(text), "UNSUB %llu\r\n", (unsigned long long)sid);
		if (n->greeted)
			send_text(n, text);
	}
}

/* A publish of more than max_payload would make the server close the connection. */
bool nats_publish(struct nats *n, struct slice subject, struct slice reply, struct slice headers,
		  struct slice payload)
{
	static const char first[] = "NATS/1.0\r\n";
	bool with = headers.len > 0 && n->headers;
	size_t head = with ? sizeof(first) - 1 + headers.len + 2 : 0;
	struct buf b;

	if (n->state != NATS_UP || head + payload.len > n->payload_max ||
	    !nats_is_subject(subject) || (reply.len > 0 && !nats_is_subject(reply)))
		return false;
	buf_init(&b, head + payload.len + HEAD_MAX);
	buf_printf(&b, "%s %.*s %.*s%s", with ? "HPUB" : "PUB", SLICE_ARG(subject),
		   SLICE_ARG(reply), reply.len > 0 ? " " : "");
	if (with)
		buf_printf(&b, "%zu ", head);
	buf_printf(&b, "%zu\r\n", head + payload.len);
	if (with)
		buf_printf(&b, "%s%.*s\r\n", first, SLICE_ARG(headers));
	buf_append(&b, payload);
	buf_puts(&b, "\r\n");
	n->unasked = true;
	redial_write(n->redial, buf_slice(&b));
	buf_release(&b);
	return n->state == NATS_UP;
}

uint64_t nats_mark(const struct nats *n)
{
	return n->pings + 1;
}

bool nats_is_up(const struct nats *n)
{
	return n->state == NATS_UP;
}

size_t nats_payload_max(const struct nats *n)
{
	return n->payload_max;
}

uint64_t nats_heard(const struct nats *n)
{
	return n->heard;
}

/* --- its life --- */

struct nats *nats_new(const struct nats_options *o)
{
	struct nats *n = xcalloc(1, sizeof(*n));
	const struct redial_options r = { .loop = o->loop,
					  .to = o->url,
					  .breaker = o->breaker,
					  .unsent_max = NATS_UNSENT,
					  .open = on_open,
					  .data = on_data,
					  .lost = on_lost,
					  .owner = n };

	n->o = *o;
	n->payload_max = PAYLOAD_DEFAULT;
	list_init(&n->subs);
	nats_wire_init(&n->wire, on_op, n);
	(void)uv_timer_init(o->loop, &n->tick);
	n->tick.data = n;
	(void)uv_timer_start(&n->tick, on_tick, TICK_MS, TICK_MS);
	n->redial = redial_new(&r);
	return n;
}

static void on_tick_closed(uv_handle_t *h)
{
	free(h->data);
}

void nats_free(struct nats *n)
{
	if (!n)
		return;
	redial_free(n->redial);
	LIST_EACH (it, tmp, &n->subs)
		sub_free(container_of(it, struct sub, link));
	nats_wire_release(&n->wire);
	uv_close((uv_handle_t *)&n->tick, on_tick_closed);
}
