/* repeats.c - see repeats.h */
#include "agent/session/repeats.h"

#include <string.h>

#include "protocol/base/base.h"

/* How many whole rounds of `cycle` calls stand at the end, each equal to the last one. */
static size_t rounds(const struct repeats *r, size_t cycle)
{
	size_t same = 0;

	while (same + cycle < r->n &&
	       memcmp(r->last[r->n - 1 - same].s, r->last[r->n - 1 - same - cycle].s,
		      sizeof(r->last[0].s)) == 0)
		same++;
	return 1 + same / cycle;
}

/* The oldest call is forgotten when the array is full: REPEATS_STOP rounds of the longest cycle
 * just fit. */
size_t repeats_add(struct repeats *r, struct slice tool, struct slice input, struct slice result,
		   size_t *cycle)
{
	struct sha256_hex call = sha256_two(tool, input);
	size_t most = 0;

	if (r->n == ARRAY_LEN(r->last)) {
		memmove(r->last, r->last + 1, sizeof(r->last) - sizeof(r->last[0]));
		r->n--;
	}
	r->last[r->n++] = sha256_two(slice_of(call.s), result);
	for (size_t c = 1; c <= REPEATS_CYCLE; c++) {
		size_t n = rounds(r, c);

		if (n <= most)
			continue; /* a shorter cycle explains as much */
		most = n;
		*cycle = c;
	}
	return most;
}

void repeats_reset(struct repeats *r)
{
	r->n = 0;
}
