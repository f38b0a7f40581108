/* broker_conn.c - one connection of a command to its proxy.
 *
 *   HEADER --whole, token, CONNECT--> DECIDING --allowed--> DIALING --connected--> TUNNEL --both ended--.
 *      |  broken, late, no token, ...    |  refused            |  no connection                         |
 *      v                                 v                     v                                        v
 *   REFUSING: an answer that says why, then what still comes is thrown away for a moment ----------> CLOSED
 *
 * CLOSED from anywhere when the command's end closes the broker. While it is DECIDING or DIALING
 * nothing is read: what the command says early waits in its socket. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/net/broker_own.h"
#include "agent/net/dial.h"
#include "agent/net/tunnel.h"
#include "protocol/base/limits.h"
#include "protocol/base/log.h"
#include "protocol/base/mem.h"

enum net_state { NET_HEADER, NET_DECIDING, NET_DIALING, NET_TUNNEL, NET_REFUSING, NET_CLOSED };

/* Freed when its handles are closed; the tunnel's streams are its own, so the tunnel goes with it.
 */
struct broker_conn {
	enum net_state state; /* written by net_goto() only */
	struct list link;
	struct broker *broker;
	uv_tcp_t client, *upstream;
	uv_timer_t timer;
	unsigned open; /* handles not yet closed */
	struct broker_request request;
	struct broker_target *target;
	struct dial *dial;
	struct tunnel *tunnel;
	uv_write_t write;
	uv_shutdown_t shutdown;
	char answer[1024];
	size_t in_bytes, thrown; /* thrown: behind a refusal */
	char in[LIMIT_NET_HEADER_BYTES + 1];
};

static void net_goto(struct broker_conn *c, enum net_state next)
{
	static const char *const names[] = { "header", "deciding", "dialing",
					     "tunnel", "refusing", "closed" };

	log_debug("network: connection %p: %s -> %s", (void *)c, names[c->state], names[next]);
	c->state = next;
}

/* --- the end --- */

static void on_closed(uv_handle_t *h)
{
	struct broker_conn *c = h->data;

	if (--c->open > 0)
		return;
	tunnel_free(c->tunnel);
	broker_put(c->broker);
	free(c->upstream);
	free(c);
}

static void close_handle(struct broker_conn *c, uv_handle_t *h)
{
	h->data = c; /* a stream's was the tunnel's */
	uv_close(h, on_closed);
}

static void close_now(struct broker_conn *c)
{
	if (c->state == NET_CLOSED)
		return;
	net_goto(c, NET_CLOSED);
	dial_cancel(c->dial);
	c->dial = NULL;
	if (c->upstream)
		close_handle(c, (uv_handle_t *)c->upstream);
	close_handle(c, (uv_handle_t *)&c->client);
	close_handle(c, (uv_handle_t *)&c->timer);
	list_remove(&c->link);
	broker_conn_gone(c->broker);
}

void broker_conn_close(struct list *link)
{
	close_now(container_of(link, struct broker_conn, link));
}

/* Of HEADER: the request did not come in time. Of REFUSING: the moment is over. */
static void on_late(uv_timer_t *t)
{
	close_now(t->data);
}

/* --- a refusal --- */

static void on_thrown(uv_stream_t *s, ssize_t n, const uv_buf_t *b)
{
	struct broker_conn *c = s->data;

	(void)b;
	if (n > 0)
		c->thrown += (size_t)n;
	if (n < 0 || c->thrown > LIMIT_NET_LINGER_BYTES)
		close_now(c);
}

static void on_throw_alloc(uv_handle_t *h, size_t suggested, uv_buf_t *b)
{
	struct broker_conn *c = h->data;

	(void)suggested;
	*b = uv_buf_init(c->in, sizeof(c->in));
}

static void on_shut(uv_shutdown_t *s, int status)
{
	(void)s; /* the command closes now, or the timer does */
	(void)status;
}

/* A socket that is closed with bytes unread takes the answer back: what comes is read for a while. */
static void on_answered(uv_write_t *w, int status)
{
	struct broker_conn *c = w->data;

	if (c->state != NET_REFUSING)
		return;
	if (status < 0 || uv_shutdown(&c->shutdown, (uv_stream_t *)&c->client, on_shut) < 0)
		close_now(c);
}

static void PRINTF(4, 5)
	refuse(struct broker_conn *c, int status, const char *title, const char *fmt, ...)
{
	char body[640] = "";
	uv_buf_t b;
	va_list ap;
	int n;

	net_goto(c, NET_REFUSING);
	va_start(ap, fmt);
	(void)vsnprintf(body, sizeof(body) - 1, fmt, ap);
	va_end(ap);
	n = snprintf(c->answer, sizeof(c->answer),
		     "HTTP/1.1 %d %s\r\n%sContent-Type: text/plain; charset=utf-8\r\n"
		     "Content-Length: %zu\r\nConnection: close\r\n\r\nEmend: %s\n",
		     status, title,
		     status == 407 ? "Proxy-Authenticate: Basic realm=\"emend\"\r\n" : "",
		     strlen(body) + 8, body);
	b = uv_buf_init(c->answer, (unsigned)n);
	c->write.data = c;
	(void)uv_read_stop((uv_stream_t *)&c->client);
	(void)uv_timer_start(&c->timer, on_late, LIMIT_NET_LINGER_MS, 0);
	if (uv_write(&c->write, (uv_stream_t *)&c->client, &b, 1, on_answered) < 0 ||
	    uv_read_start((uv_stream_t *)&c->client, on_throw_alloc, on_thrown) < 0)
		close_now(c);
}

/* --- the host --- */

static void on_tunnel_done(void *payload)
{
	close_now(payload);
}

static void on_greeted(uv_write_t *w, int status)
{
	(void)w; /* what is wrong with the stream the tunnel sees too */
	(void)status;
}

/* `early`: what the client sent behind its request, before it was answered; TLS clients do not, but
 * may. */
static void start_tunnel(struct broker_conn *c)
{
	static const char greeting[] = "HTTP/1.1 200 Connection established\r\n\r\n";
	uv_buf_t b = uv_buf_init((char *)(uintptr_t)greeting, sizeof(greeting) - 1);
	struct slice early = slice_make(c->in + c->request.bytes, c->in_bytes - c->request.bytes);

	net_goto(c, NET_TUNNEL);
	(void)uv_tcp_nodelay(&c->client, 1);
	(void)uv_tcp_nodelay(c->upstream, 1);
	if (uv_write(&c->write, (uv_stream_t *)&c->client, &b, 1, on_greeted) < 0)
		close_now(c);
	else
		c->tunnel = tunnel_start((uv_stream_t *)&c->client, (uv_stream_t *)c->upstream,
					 early, on_tunnel_done, c);
}

/* A refusal of the address is said once to the owner, who tells the user, and to each connection.
 */
static void on_dialed(void *payload, uv_tcp_t *tcp, const struct err *err)
{
	struct broker_conn *c = payload;
	struct broker_target *t = c->target;
	bool first = !t->barred;

	c->dial = NULL;
	c->upstream = tcp;
	c->open += tcp != NULL;
	(void)snprintf(t->trouble, sizeof(t->trouble), "%.150s", err ? err->msg : "");
	if (!err) {
		start_tunnel(c);
	} else if (err->code == ERR_DENIED) {
		t->barred = true;
		refuse(c, 403, "Refused by Emend",
		       "%s is refused: %s. If that is meant, \"network.allow\" in the user's "
		       "configuration must name this host with its port.",
		       t->text, err->msg);
		if (first)
			c->broker->face.barred(c->broker->face.payload, t);
	} else {
		bool late = err->code == ERR_TIMEOUT;

		refuse(c, late ? 504 : 502, late ? "Gateway Timeout" : "Bad Gateway",
		       "%s cannot be reached: %s.", t->text, err->msg);
	}
}

/* In DECIDING: the target's verdict may have come. */
static void step_target(struct broker_conn *c)
{
	struct broker_target *t = c->target;

	if (t->verdict == VERDICT_ASK)
		return;
	if (t->verdict == VERDICT_DENY) {
		refuse(c, 403, "Refused by Emend", "%s is refused: %s.", t->text, t->why);
		return;
	}
	net_goto(c, NET_DIALING);
	c->dial = dial_start(c->timer.loop, &t->at, t->local, on_dialed, c);
}

void broker_conn_wake(struct list *link, const struct broker_target *t)
{
	struct broker_conn *c = container_of(link, struct broker_conn, link);

	if (c->state == NET_DECIDING && c->target == t)
		step_target(c);
}

/* --- the request --- */

/* The token before anything else of the request is looked at: who has none learns nothing about
 * hosts. */
static void step_request(struct broker_conn *c)
{
	const struct broker_request *r = &c->request;

	if (!r->has_token || !broker_token_is(c->broker, r->token)) {
		refuse(c, 407, "Proxy Authentication Required",
		       "this proxy serves the command whose environment holds its address and "
		       "password (https_proxy), while that command runs.");
		return;
	}
	if (!r->connect) {
		refuse(c, 405, "Method Not Allowed",
		       "only CONNECT host:port is served, as for https:// addresses. Use https, or "
		       "make the program tunnel (curl: --proxytunnel).");
		return;
	}
	if (!r->has_target) {
		refuse(c, 400, "Bad Request", "%s", r->bad_target.msg);
		return;
	}
	c->target = broker_target(c->broker, &r->target);
	if (!c->target) {
		refuse(c, 403, "Refused by Emend", "the command has named more than %d hosts.",
		       LIMIT_NET_TARGETS);
		return;
	}
	net_goto(c, NET_DECIDING);
	step_target(c);
}

static void on_alloc(uv_handle_t *h, size_t suggested, uv_buf_t *b)
{
	struct broker_conn *c = h->data;

	(void)suggested;
	*b = uv_buf_init(c->in + c->in_bytes, (unsigned)(sizeof(c->in) - c->in_bytes));
}

static void on_header(uv_stream_t *s, ssize_t n, const uv_buf_t *b)
{
	struct broker_conn *c = s->data;
	struct err err;

	(void)b;
	if (n < 0) {
		close_now(c);
		return;
	}
	c->in_bytes += (size_t)n;
	switch (broker_request_parse(slice_make(c->in, c->in_bytes), &c->request, &err)) {
	case BROKER_MORE:
		break;
	case BROKER_BAD:
		refuse(c, 400, "Bad Request", "%s", err.msg);
		break;
	case BROKER_TOO_LONG:
		refuse(c, 431, "Request Header Fields Too Large", "a request has at most %d bytes.",
		       LIMIT_NET_HEADER_BYTES);
		break;
	case BROKER_WHOLE:
		(void)uv_timer_stop(&c->timer);
		(void)uv_read_stop(s);
		step_request(c);
		break;
	}
}

void broker_conn_accept(struct broker *b)
{
	struct broker_conn *c = xcalloc(1, sizeof(*c));

	c->broker = b;
	c->open = 2;
	c->client.data = c->timer.data = c;
	(void)uv_tcp_init(b->listener.loop, &c->client);
	(void)uv_timer_init(b->listener.loop, &c->timer);
	list_append(&b->conns, &c->link);
	b->open++;
	b->n_conns++;
	b->runner->connections++;
	if (uv_accept((uv_stream_t *)&b->listener, (uv_stream_t *)&c->client) < 0)
		close_now(c);
	else if (b->runner->connections > LIMIT_NET_SESSION)
		refuse(c, 503, "Service Unavailable",
		       "the commands of this session have %d connections already.",
		       LIMIT_NET_SESSION);
	else if (uv_timer_start(&c->timer, on_late, LIMIT_NET_HEADER_MS, 0) < 0 ||
		 uv_read_start((uv_stream_t *)&c->client, on_alloc, on_header) < 0)
		close_now(c);
}
