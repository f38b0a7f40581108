/* broker.c - see broker.h
 *
 *   OPENING: the runner is asked --its socket--> LISTENING --broker_close()--> closing, freed when
 *      '--no socket: ready() says why----------------------------^     the last handle is closed
 *
 * At the most connections that a command may have at once, no more are accepted: they wait in the
 * kernel's short queue. */
#include "agent/net/broker.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/base/sha256.h"
#include "agent/net/broker_own.h"
#include "protocol/base/limits.h"
#include "protocol/base/mem.h"

enum { BACKLOG = 64 };

/* `open` counts the broker's owner, its listener and each connection; the last one frees it. */
void broker_put(struct broker *b)
{
	if (--b->open > 0)
		return;
	LIST_EACH (it, tmp, &b->targets)
		free(container_of(it, struct broker_target, link));
	free(b);
}

static void on_listener_closed(uv_handle_t *h)
{
	broker_put(h->data);
}

static void on_connection(uv_stream_t *s, int status)
{
	struct broker *b = s->data;

	/* What is not accepted here waits, and libuv asks for no more, until one has gone. */
	b->pending = status == 0 && b->n_conns >= LIMIT_NET_COMMAND;
	if (status == 0 && !b->pending)
		broker_conn_accept(b);
}

/* libuv tells of a waiting connection once; so the one that could not be taken is taken here. */
void broker_conn_gone(struct broker *b)
{
	b->n_conns--;
	b->runner->connections--;
	if (b->closing || !b->pending)
		return;
	b->pending = false;
	broker_conn_accept(b);
}

static bool listen_on(struct broker *b, struct err *err)
{
	struct sockaddr_in at;
	int size = sizeof(at), e;

	b->open++;
	b->listener.data = b;
	b->listening = true; /* in any case there is a handle to close */
	if (!runner_network_take(b->runner, &b->listener, err))
		return false;
	e = uv_listen((uv_stream_t *)&b->listener, BACKLOG, on_connection);
	if (e == 0)
		e = uv_tcp_getsockname(&b->listener, (struct sockaddr *)&at, &size);
	if (e < 0)
		return err_set(err, ERR_IO, "The commands' network cannot be served: %s.",
			       uv_strerror(e));
	random_id(b->token, BROKER_TOKEN_BYTES);
	(void)snprintf(b->url, sizeof(b->url), "http://emend:%s@127.0.0.1:%u", b->token,
		       (unsigned)ntohs(at.sin_port));
	return true;
}

/* The runner may be lost meanwhile; then err says so, and the command has no network. */
static void on_socket(void *payload, struct runner *r, const struct err *err)
{
	struct broker *b = payload;
	struct err why;

	(void)r;
	b->call = NULL;
	if (!err && !listen_on(b, &why))
		err = &why;
	b->face.ready(b->face.payload, err);
}

struct broker *broker_open(struct runner *r, const struct broker_face *face)
{
	struct broker *b = xcalloc(1, sizeof(*b));

	b->runner = r;
	b->face = *face;
	b->open = 1;
	list_init(&b->targets);
	list_init(&b->conns);
	b->call = runner_network(r, on_socket, b);
	return b;
}

/* runner_drop() first: the socket that may still come is then taken and closed by the runner's
 * side. */
void broker_close(struct broker *b)
{
	if (!b || b->closing)
		return;
	b->closing = true;
	runner_drop(b->call);
	LIST_EACH (it, tmp, &b->conns)
		broker_conn_close(it);
	if (b->listening)
		uv_close((uv_handle_t *)&b->listener, on_listener_closed);
	broker_put(b);
}

struct slice broker_url(const struct broker *b)
{
	return slice_of(b->url);
}

struct list *broker_targets(struct broker *b)
{
	return &b->targets;
}

/* Takes the same time wherever they differ.
 * A command could else find the token of another byte by byte, from the time that a refusal takes.
 */
bool broker_token_is(const struct broker *b, const char token[BROKER_TOKEN_BYTES])
{
	unsigned different = 0;

	for (size_t i = 0; i < BROKER_TOKEN_BYTES; i++)
		different |= (unsigned char)token[i] ^ (unsigned char)b->token[i];
	return different == 0;
}

struct broker_target *broker_target(struct broker *b, const struct host_port *at)
{
	struct broker_target *t;

	LIST_EACH (it, tmp, &b->targets) {
		t = container_of(it, struct broker_target, link);
		if (t->at.kind == at->kind && t->at.port == at->port &&
		    strcmp(t->at.name, at->name) == 0)
			return t;
	}
	if (b->n_targets == LIMIT_NET_TARGETS)
		return NULL;
	t = xcalloc(1, sizeof(*t));
	t->at = *at;
	t->verdict = VERDICT_DENY;
	host_port_print(at, t->text);
	list_append(&b->targets, &t->link);
	b->n_targets++;
	b->face.decide(b->face.payload, t);
	return t;
}

void broker_decided(struct broker *b, struct broker_target *t)
{
	LIST_EACH (it, tmp, &b->conns)
		broker_conn_wake(it, t);
}
