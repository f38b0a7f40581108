/* flow.h - text that arrives in pieces, wrapped between words on a terminal.
 *
 * A word is held back until its end is known, or flow_end(). Into a file or a pipe the text goes as
 * it comes. */
#ifndef EMEND_CLI_FLOW_H
#define EMEND_CLI_FLOW_H

#include "agent/cli/screen/term.h"

enum { FLOW_WORD_BYTES = 1024 };

struct flow {
	struct term *t;
	unsigned columns; /* of the terminal; 0: nothing is wrapped */
	unsigned at;	  /* the column that comes next */
	size_t n;
	char word[FLOW_WORD_BYTES];
};

void flow_init(struct flow *f, struct term *t);
void flow_text(struct flow *f, struct slice text); /* any text; made safe */
void flow_end(struct flow *f);			   /* what was held back */

#endif
