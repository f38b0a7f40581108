/* flow.h - text that arrives in pieces, wrapped between words at the width of a terminal.
 *
 * A word is held back until its end is known, or flow_end(); it may change its style in the middle.
 * What is wrapped goes on under a hanging indent. A word that is wider than the terminal is left
 * whole, so that a path or a command can be copied. Wide characters (Chinese, Japanese, Korean) are words
 * of their own, with the punctuation behind them. Into a file or a pipe the text goes as it comes. */
#ifndef EMEND_CLI_FLOW_H
#define EMEND_CLI_FLOW_H

#include "agent/cli/screen/term.h"

enum { FLOW_WORD_BYTES = 1024, FLOW_RUNS = 16, FLOW_HANG = 40 };

struct flow_run { /* the style of the word's bytes from here on */
	size_t from;
	enum term_style style;
};

struct flow {
	struct term *t;
	unsigned columns;	  /* of the terminal; 0: nothing is wrapped */
	unsigned at;		  /* the column that comes next */
	char hang[FLOW_HANG + 1]; /* what every further line begins with */
	bool indent_due;	  /* the next word begins a further line */
	bool wide;		  /* the last character of the word is */
	enum term_style style;	  /* of the last word: blanks have it, too */
	size_t n, n_runs;
	char word[FLOW_WORD_BYTES];
	struct flow_run runs[FLOW_RUNS];
};

void flow_init(struct flow *f, struct term *t);
/* From the next line on. Borrows nothing; at most FLOW_HANG bytes of it count. */
void flow_hang(struct flow *f, const char *hang);
void flow_text(struct flow *f, enum term_style style, struct slice text); /* any text; made safe */
void flow_end(struct flow *f);						  /* what was held back */

/* A whole line: prefix, text, line feed; what is wrapped of it is indented by the prefix's width. */
void flow_line(struct term *t, enum term_style style, const char *prefix,
	       enum term_style prefix_style, struct slice text);

#endif
