/* breaker.h - whether a server that we need may be called just now. Pure: the time is passed in, in milliseconds of a clock
 * that never goes back.
 *
 *   CLOSED --5 failures in a row--> OPEN --60 s--> TRYING --3 calls went well--> CLOSED
 *      ^  after each failure a wait   ^               |
 *      |  of 1, 2, 4, ... s           '--one failed---'
 *
 * A server that is down is so neither called all the time nor waited for; whoever needs it goes on without it. What the
 * service tells its operators of a connection is here, too. */
#ifndef EMEND_NET_BREAKER_H
#define EMEND_NET_BREAKER_H

#include "protocol/base/base.h"

enum {
	BREAKER_FAILURES = 5,
	BREAKER_OPEN_MS = 60 * 1000,
	BREAKER_TRIALS = 3,
	BREAKER_FIRST_MS = 1000, /* the wait after the first failure; then twice as long each */
};

enum breaker_state { BREAKER_CLOSED, BREAKER_OPEN, BREAKER_TRYING };

struct breaker {
	const char *name; /* of the connection: "nats" */
	enum breaker_state state;
	bool connected;	     /* set by who has the connection */
	unsigned failures;   /* in a row */
	unsigned trials;     /* of TRYING: calls that went well */
	uint64_t again;	     /* not before */
	uint64_t all, opens; /* failures, and how often it opened, since the start */
	char why[160];	     /* the last failure, for logs and operators; "" none */
};

void breaker_init(struct breaker *b, const char *name);
/* May a call be made now? Makes TRYING of OPEN when it is time. */
bool breaker_may(struct breaker *b, uint64_t now);
/* How long until breaker_may() says yes; 0: now. */
uint64_t breaker_wait(const struct breaker *b, uint64_t now);
void breaker_worked(struct breaker *b);
void breaker_failed(struct breaker *b, uint64_t now, const char *why);
const char *breaker_state_name(enum breaker_state s); /* "closed", "open", "half_open" */

#endif
