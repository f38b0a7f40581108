/* live.h - one line at the bottom of the terminal that says what is going on, while nothing else does.
 *
 * "Run make test | ok 12   12 s   3210 tokens   $0.01 of 2.00   Ctrl-C stops", or less of it where there is less room;
 * behind the bar stands what the command printed last. It is
 * drawn only on a terminal, never in the middle of a line or beside a question, and wiped before anything else is
 * printed: whoever prints calls live_hide() first. It is wiped with blanks, so that it needs no control sequences.
 */
#ifndef EMEND_CLI_LIVE_H
#define EMEND_CLI_LIVE_H

#include <uv.h>

#include "agent/cli/ask/asker.h"
#include "agent/event.h"

/* What a chat shows below the line: the box in which one types. It is drawn at once, wiped and drawn again with the
 * line, and takes control sequences: it is there on terminals only that know them. */
struct live_place {
	unsigned rows;	      /* that were drawn */
	unsigned row, column; /* of the cursor in them */
};
struct live_box {
	/* Appends the rows, no line feed behind the last, each narrower than `columns`. */
	void (*draw)(void *self, struct buf *out, unsigned columns, struct live_place *cursor);
	bool (*wanted)(void *self); /* else there is the line alone; NULL: it always is */
	void *self;
};

enum { LIVE_ROWS = 16 };

struct live {
	bool on;	     /* a terminal is there, and the timer runs */
	struct term *log;    /* where it is drawn */
	struct term *answer; /* perhaps on the same terminal */
	struct asker *asker; /* nothing is drawn while it asks */
	uv_timer_t timer;
	uint64_t since_ms; /* since when `what` */
	char what[160];
	const struct buf *printed; /* the end of what a command prints meanwhile; may be NULL */
	uint64_t tokens;
	double usd, limit_usd; /* limit_usd: whoever has the settings; 0: none */
	unsigned drawn; /* columns; 0: there is no line */
	const struct live_box *box; /* NULL: none */
	bool box_drawn;
	/* Of the rows over the cursor when the box was drawn, how wide each is, and the cursor's column: a terminal that
	 * was made narrower since has wrapped them. */
	unsigned widths[LIVE_ROWS], above, column;
};

void live_init(struct live *l, uv_loop_t *loop, struct term *log, struct term *answer,
	       struct asker *asker);
void live_say(struct live *l, struct slice what); /* from now on, until the next */
void live_usage(struct live *l, const struct usage *u);
void live_hide(struct live *l);
/* With a box: draws both, unless something is in the middle of a line, or asked. Else the timer does. */
void live_show(struct live *l);
void live_close(struct live *l); /* before the loop ends */

#endif
