/* believe.c - see believe.h */
#include "agent/budget/believe.h"

enum {
	BYTES_PER_TOKEN = 3,	   /* of code and JSON, on the dear side */
	MOST_BYTES_PER_TOKEN = 32, /* runs of spaces; a report below this is no report */
};
static const uint64_t MOST_TOKENS = 1000u * 1000 * 1000;

void usage_believe(struct usage *u, uint64_t sent, uint64_t received, bool complete)
{
	/* The sum may wrap round where a number is wild; it is not used then. */
	uint64_t prompt = u->input + u->cache_read + u->cache_write;
	bool wild = u->input > MOST_TOKENS || u->cache_read > MOST_TOKENS ||
		    u->cache_write > MOST_TOKENS;

	if (wild || prompt == 0) {
		u->input = sent / BYTES_PER_TOKEN + 1;
		u->cache_read = u->cache_write = 0;
		u->estimated = true;
	}
	if (u->output > MOST_TOKENS || u->output < received / MOST_BYTES_PER_TOKEN ||
	    (u->output == 0 && received > 0)) {
		u->output = received / BYTES_PER_TOKEN + 1;
		u->estimated = true;
	}
	if (!complete) { /* the sum stands at the end of an answer, and this one had none */
		if (received > 0 && u->output < received / BYTES_PER_TOKEN + 1)
			u->output = received / BYTES_PER_TOKEN + 1;
		u->estimated = true;
	}
}
