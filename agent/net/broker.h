/* broker.h - one command's way to the network: a proxy in the server's loop.
 *
 *   command: CONNECT host:443 --loopback of the commands' network--> broker: may it? --> the host
 *
 * The command has no route; it reaches a socket that the sandbox's own network listens on and the
 * server serves (runner_network()). Several commands share that network, so each has a token of its
 * own, which its environment holds and which ends with it. Each host and port that the command
 * names is decided once. Names are looked up only when their host is allowed. */
#ifndef EMEND_NET_BROKER_H
#define EMEND_NET_BROKER_H

#include "agent/policy/hosts.h"
#include "agent/runner/runner.h"
#include "protocol/base/list.h"

struct broker;

struct broker_target {
	struct list link;
	struct host_port at;
	char text[HOST_PORT_BYTES]; /* "host:port" */
	enum verdict verdict;	    /* VERDICT_ASK: its connections wait for broker_decided() */
	bool local;		    /* it may lie on this machine, or in a private network */
	char why[400];		    /* what decided, for people: "on your list" */
	bool barred;		    /* allowed, but its address is none out on the network */
	char trouble[160];	    /* the last connection came to nothing: why; "" */
};

struct broker_face {
	/* A host and port that the command has not named before: fills verdict, local and why. */
	void (*decide)(void *payload, struct broker_target *t);
	/* t->barred was set: the first connection to it was refused. */
	void (*barred)(void *payload, const struct broker_target *t);
	/* It listens, err NULL, or cannot; once, from the loop. */
	void (*ready)(void *payload, const struct err *err);
	void *payload;
};

struct broker *broker_open(struct runner *r, const struct broker_face *face);
/* Ends all connections; nothing is called back any more. Before runner_stop(). NULL is fine. */
void broker_close(struct broker *b);
/* When it is ready: the URL that the command needs. Borrowed. */
struct slice broker_url(const struct broker *b);
/* The answer for a target that waits: its verdict and why were set. */
void broker_decided(struct broker *b, struct broker_target *t);
/* All that were named, in order: links of struct broker_target. */
struct list *broker_targets(struct broker *b);

#endif
