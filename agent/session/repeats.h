/* repeats.h - is the model going round in circles?
 *
 * A call counts as a repetition only with the same result: polling something that changes is work. A
 * cycle may be of up to REPEATS_CYCLE calls (read a, read b, read a, ...), in one turn or in several. */
#ifndef EMEND_REPEATS_H
#define EMEND_REPEATS_H

#include "agent/base/sha256.h"

enum { REPEATS_CYCLE = 4, REPEATS_WARN = 3, REPEATS_STOP = 6 };

struct repeats { /* zeroed: nothing was called yet */
	struct sha256_hex
		last[REPEATS_CYCLE * REPEATS_STOP]; /* the newest calls, the oldest first */
	size_t n;
};

/* Records a call; how often the same cycle of calls was just made in a row, at least 1. *cycle: of how
 * many calls it is. */
size_t repeats_add(struct repeats *r, struct slice tool, struct slice input, struct slice result,
		   size_t *cycle);
/* Something new came: what was before does not count any more. */
void repeats_reset(struct repeats *r);

#endif
