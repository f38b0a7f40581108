/* gate.h - what one process may send to one provider: no more requests in any minute than are
 * allowed, and none for a while after its server has failed again and again (a circuit breaker), so
 * that tasks do not spend their tries, and the server's last breath, on what cannot work. Pure: the
 * time is passed in, in milliseconds of any clock that never goes back. */
#ifndef EMEND_GATE_H
#define EMEND_GATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/model/failure.h"

enum {
	GATE_MINUTE_MS = 60 * 1000,
	GATE_FAILURES = 5, /* in a row: then the circuit opens */
	GATE_OPEN_MS = 60 * 1000,
	GATE_REQUESTS = 60,	  /* in a minute, where the user says nothing */
	GATE_REQUESTS_MAX = 1000, /* the most that can be allowed; more is no limit */
	GATE_AGAIN_MS = 500,	  /* when somebody else's turn comes first, ask again after this */
};

struct gate;  /* of one server; lives as long as its gates */
struct gates; /* of all servers that a process calls */

struct gates *gates_new(void);
void gates_free(struct gates *g); /* NULL is fine */
/* host: with its port. Made at the first question. */
struct gate *gate_of(struct gates *g, const char *host);

enum gate_answer {
	GATE_GO,   /* send; it counts from now on. gate_told() must follow, or gate_leave() */
	GATE_WAIT, /* ask again after *wait_ms */
	GATE_SHUT, /* the circuit is open for another *wait_ms */
};

/* A call's place in front of the gate; zeroed before the first question. */
struct gate_place {
	bool urgent;  /* a person waits for the first word: before the calls of tasks under way */
	bool waiting; /* the rest is the gate's own */
	bool trial;   /* the one request that finds out whether the server works again */
};

/* per_minute: 0 is no limit. */
enum gate_answer gate_ask(struct gate *g, struct gate_place *p, uint64_t now_ms,
			  uint32_t per_minute, uint64_t *wait_ms);
/* How the request ended; FAIL_NONE: well. Only what is the server's own fault counts: a wrong key or a
 * refused request shows that it works, and a name that cannot be resolved or a proxy that refuses says
 * nothing about it. */
void gate_told(struct gate *g, struct gate_place *p, uint64_t now_ms, enum fail_kind kind);
/* The call is given up, before or after it was sent. */
void gate_leave(struct gate *g, struct gate_place *p);
/* How the server failed the last time; what the circuit is open for. */
enum fail_kind gate_why(const struct gate *g);
/* Is the circuit open at this time? */
bool gate_is_open(const struct gate *g, uint64_t now_ms);

#endif
