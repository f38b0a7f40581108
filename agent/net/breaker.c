/* breaker.c - see breaker.h */
#include "agent/net/breaker.h"

#include <stdio.h>

void breaker_init(struct breaker *b, const char *name)
{
	*b = (struct breaker){ .name = name };
}

/* The only writer of state. */
static void to(struct breaker *b, enum breaker_state state)
{
	b->state = state;
	b->trials = 0;
	if (state == BREAKER_OPEN)
		b->opens++;
	if (state == BREAKER_CLOSED)
		b->failures = 0;
}

bool breaker_may(struct breaker *b, uint64_t now)
{
	if (now < b->again)
		return false;
	if (b->state == BREAKER_OPEN)
		to(b, BREAKER_TRYING);
	return true;
}

uint64_t breaker_wait(const struct breaker *b, uint64_t now)
{
	return now < b->again ? b->again - now : 0;
}

/* A wait after single failures ends with the first success. */
void breaker_worked(struct breaker *b)
{
	if (b->state == BREAKER_TRYING && ++b->trials < BREAKER_TRIALS)
		return;
	b->again = 0;
	to(b, BREAKER_CLOSED);
}

void breaker_failed(struct breaker *b, uint64_t now, const char *why)
{
	b->all++;
	b->failures++;
	(void)snprintf(b->why, sizeof(b->why), "%s", why);
	if (b->state == BREAKER_TRYING || b->failures >= BREAKER_FAILURES) {
		/* What was under way when it opened fails, too: that makes it no longer. */
		if (b->state == BREAKER_OPEN)
			return;
		b->again = now + BREAKER_OPEN_MS;
		to(b, BREAKER_OPEN);
		return;
	}
	b->again = now + ((uint64_t)BREAKER_FIRST_MS << (b->failures - 1));
}

const char *breaker_state_name(enum breaker_state s)
{
	return s == BREAKER_CLOSED ? "closed" : s == BREAKER_OPEN ? "open" : "half_open";
}
