/* nats.h - a client of a NATS server on the loop: it subscribes, publishes, and comes back when the server was away. Its
 * own, because the packaged C library has threads of its own, and calls in it wait.
 *
 *   DOWN --connected--> GREETING --INFO: CONNECT, SUB..., PING; then PONG--> UP
 *     ^                    | refused, 10 s                                   | silent for 25 s, lost
 *     '--------------------+-------------------------------------------------'
 *
 * Subscriptions hold over all connections. Nothing is kept for later while it is not UP: who publishes is told so. */
#ifndef EMEND_FLEET_NATS_H
#define EMEND_FLEET_NATS_H

#include "agent/fleet/nats_wire.h"
#include "agent/fleet/redial.h"

struct nats;
typedef void nats_sub_fn(void *payload, const struct nats_msg *m);

enum {
	NATS_PORT = 4222,
	NATS_GREETING_MS = 10 * 1000,
	NATS_PING_MS = 10 * 1000, /* of silence: then we ask */
	NATS_DEAD_MS = 25 * 1000, /* of silence: then it is taken for dead */
	NATS_UNSENT = 64 * 1024 * 1024,
};

struct nats_options {
	uv_loop_t *loop;
	const struct server_url *url; /* borrowed. A user without a password is a token */
	struct breaker *breaker;      /* borrowed */
	const char *name;	      /* what the server's operators see; borrowed */
	void (*up)(void *owner);
	void (*down)(void *owner);
	/* Everything that was published up to a mark of at most this one has reached the server. */
	void (*reached)(void *owner, uint64_t mark);
	void *owner;
};

struct nats *nats_new(const struct nats_options *o);
/* Without a word to the owner; not from inside one of its callbacks. NULL is fine. */
void nats_free(struct nats *n);

/* queue: "" or the group of which one gets each message. Copies both. The number of the subscription.
 * fn is called from the loop, for each message of the subject, with a message that is borrowed for
 * the call. It may publish and unsubscribe; it must not free the client. */
uint64_t nats_subscribe(struct nats *n, const char *subject, const char *queue, nats_sub_fn *fn,
			void *payload);
void nats_unsubscribe(struct nats *n, uint64_t sid);

bool nats_is_up(const struct nats *n);
size_t nats_payload_max(const struct nats *n); /* bytes that the server takes in one message */
/* reply, headers: "" none; headers are whole lines, "Name: value\r\n". False: it is not up, or the payload is too large,
 * or the subject is none. */
bool nats_publish(struct nats *n, struct slice subject, struct slice reply, struct slice headers,
		  struct slice payload);
/* What was published so far, as a number for reached(). */
uint64_t nats_mark(const struct nats *n);
/* When the server was last heard, in ms of the loop; 0: never. */
uint64_t nats_heard(const struct nats *n);

#endif
