/* gate.c - see gate.h
 *
 *   closed --GATE_FAILURES in a row--> open --GATE_OPEN_MS--> trial: one request goes through
 *     ^                                 ^                       |
 *     '--it ended well------------------+-----------------------|
 *                                       '--it failed------------'
 *
 * "Open" is said of the circuit, as in electricity: no request passes. The state is in
 * open_until_ms: 0 is closed, a time to come is open, a time that has passed means that the next
 * request is the trial. */
#include "agent/model/call/gate.h"

#include <stdlib.h>
#include <string.h>

#include "agent/model/call/retry.h"
#include "protocol/base/mem.h"

struct gate {
	struct gate *next;
	char *host;
	uint64_t sent[GATE_REQUESTS_MAX]; /* a ring: when the last requests went out */
	size_t n, at;			  /* how many it holds; where the next one goes */
	size_t urgent;			  /* places in front of it for which a person waits */
	unsigned failures;		  /* in a row */
	uint64_t open_until_ms;		  /* 0: the circuit is closed */
	bool trying;			  /* the trial request is under way */
	enum fail_kind why;
};

struct gates {
	struct gate *first;
};

struct gates *gates_new(void)
{
	return xcalloc(1, sizeof(struct gates));
}

void gates_free(struct gates *g)
{
	struct gate *gate = g ? g->first : NULL, *next;

	for (; gate; gate = next) {
		next = gate->next;
		free(gate->host);
		free(gate);
	}
	free(g);
}

struct gate *gate_of(struct gates *g, const char *host)
{
	struct gate *gate;

	for (gate = g->first; gate; gate = gate->next)
		if (strcmp(host, gate->host) == 0)
			return gate;
	gate = xcalloc(1, sizeof(*gate));
	gate->host = xstrdup(host);
	gate->next = g->first;
	g->first = gate;
	return gate;
}

/* How long until one more request fits into the minute; 0: it does. The request that went out
 * per_minute requests ago must be a minute old. The ring holds enough of them, as per_minute is
 * at most its size. */
static uint64_t until_free(const struct gate *g, uint64_t now_ms, uint32_t per_minute)
{
	uint64_t oldest;

	if (per_minute == 0 || per_minute > GATE_REQUESTS_MAX || g->n < per_minute)
		return 0;
	oldest = g->sent[(g->at + GATE_REQUESTS_MAX - per_minute) % GATE_REQUESTS_MAX];
	return oldest + GATE_MINUTE_MS > now_ms ? oldest + GATE_MINUTE_MS - now_ms : 0;
}

/* Must be called whenever a place ends, or an urgent one would hold up the others for good. */
static void stop_waiting(struct gate *g, struct gate_place *p)
{
	if (p->waiting && p->urgent)
		g->urgent--;
	p->waiting = false;
}

static enum gate_answer wait(struct gate *g, struct gate_place *p, uint64_t ms, uint64_t *wait_ms)
{
	if (!p->waiting && p->urgent)
		g->urgent++;
	p->waiting = true;
	*wait_ms = ms;
	return GATE_WAIT;
}

/* In this order: an open circuit refuses at once; a trial is waited for; then the rate; then
 * those for whom a person waits go first, if there is a rate at all. */
enum gate_answer gate_ask(struct gate *g, struct gate_place *p, uint64_t now_ms,
			  uint32_t per_minute, uint64_t *wait_ms)
{
	uint64_t ms;

	if (gate_is_open(g, now_ms)) {
		stop_waiting(g, p);
		*wait_ms = g->open_until_ms - now_ms;
		return GATE_SHUT;
	}
	if (g->trying) /* what it finds decides for all */
		return wait(g, p, GATE_AGAIN_MS, wait_ms);
	ms = until_free(g, now_ms, per_minute);
	if (ms == 0 && !p->urgent && g->urgent > 0 && per_minute > 0)
		ms = GATE_AGAIN_MS;
	if (ms > 0)
		return wait(g, p, ms, wait_ms);
	stop_waiting(g, p);
	p->trial = g->trying = g->open_until_ms > 0;
	g->sent[g->at] = now_ms;
	g->at = (g->at + 1) % GATE_REQUESTS_MAX;
	g->n += g->n < GATE_REQUESTS_MAX;
	return GATE_GO;
}

/* Does such an end show that the server does not work, that it does, or neither? */
static int verdict(enum fail_kind kind)
{
	if (kind == FAIL_RESOLVE || kind == FAIL_PROXY || kind == FAIL_TRUST ||
	    kind == FAIL_FOREIGN)
		return 0; /* it was not reached */
	if (kind != FAIL_RATE && retry_may_help(kind))
		return -1;
	return 1;
}

void gate_told(struct gate *g, struct gate_place *p, uint64_t now_ms, enum fail_kind kind)
{
	int v = verdict(kind);

	if (v > 0) {
		g->failures = 0;
		g->open_until_ms = 0;
	} else if (v < 0) {
		g->failures++;
		g->why = kind;
		/* a failed trial opens it anew; requests that were under way when it opened do not */
		if (p->trial || (g->failures >= GATE_FAILURES && g->open_until_ms == 0))
			g->open_until_ms = now_ms + GATE_OPEN_MS;
	}
	gate_leave(g, p);
}

void gate_leave(struct gate *g, struct gate_place *p)
{
	stop_waiting(g, p);
	if (p->trial)
		g->trying = false;
	p->trial = false;
}

enum fail_kind gate_why(const struct gate *g)
{
	return g->why;
}

bool gate_is_open(const struct gate *g, uint64_t now_ms)
{
	return g->open_until_ms > now_ms;
}
