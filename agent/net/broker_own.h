/* broker_own.h - between the files of the broker. */
#ifndef EMEND_NET_BROKER_OWN_H
#define EMEND_NET_BROKER_OWN_H

#include "agent/net/broker.h"
#include "agent/net/broker_request.h"
#include "agent/runner/client.h"

struct broker {
	struct runner *runner;
	struct runner_call *call; /* NULL: the socket is there, or never comes */
	struct broker_face face;
	uv_tcp_t listener;
	bool listening, closing;
	bool pending;  /* a connection waits until another has gone */
	unsigned open; /* the listener, and connections that are not freed */
	char token[BROKER_TOKEN_BYTES + 1];
	char url[BROKER_TOKEN_BYTES + 64];
	struct list targets, conns; /* conns: of struct broker_conn, not closed */
	size_t n_targets, n_conns;
};

/* broker_conn.c: takes the next connection of the listener. */
void broker_conn_accept(struct broker *b);
void broker_conn_close(struct list *link); /* of b->conns */
/* The target may be decided: goes on if this connection waits for it. */
void broker_conn_wake(struct list *link, const struct broker_target *t);

/* broker.c */
bool broker_token_is(const struct broker *b, const char token[BROKER_TOKEN_BYTES]);
/* NULL: the command names too many. */
struct broker_target *broker_target(struct broker *b, const struct host_port *at);
/* A connection is closed: another may come. */
void broker_conn_gone(struct broker *b);
void broker_put(struct broker *b); /* one of `open` less */

#endif
