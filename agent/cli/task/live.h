/* live.h - one line at the bottom of the terminal that says what is going on, while nothing else does.
 *
 * "Run make test   12 s   3210 tokens   $0.01". It is drawn only on a terminal, never in the middle
 * of a line or beside a question, and wiped before anything else is printed: whoever prints calls
 * live_hide() first. It is wiped with blanks, so that it needs no control sequences. */
#ifndef EMEND_CLI_LIVE_H
#define EMEND_CLI_LIVE_H

#include <uv.h>

#include "agent/cli/ask/asker.h"
#include "agent/event.h"

struct live {
	bool on;	     /* a terminal is there, and the timer runs */
	struct term *log;    /* where it is drawn */
	struct term *answer; /* perhaps on the same terminal */
	struct asker *asker; /* nothing is drawn while it asks */
	uv_timer_t timer;
	uint64_t since_ms; /* since when `what` */
	char what[160];
	uint64_t tokens;
	double usd;
	unsigned drawn; /* columns; 0: there is no line */
};

void live_init(struct live *l, uv_loop_t *loop, struct term *log, struct term *answer,
	       struct asker *asker);
void live_say(struct live *l, struct slice what); /* from now on, until the next */
void live_usage(struct live *l, const struct usage *u);
void live_hide(struct live *l);
void live_close(struct live *l); /* before the loop ends */

#endif
