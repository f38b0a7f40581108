/* term.h - printing for people: nothing that a model, a file or a command said reaches the terminal
 * as an order.
 *
 * Control characters are shown, not sent ("^[" for escape); invisible characters that turn the
 * direction of text are shown as U+FFFD; colours are ours only, and only where stdout is a terminal
 * and NO_COLOR is not set. */
#ifndef EMEND_TERM_H
#define EMEND_TERM_H

#include <stdio.h>

#include "protocol/base/buf.h"

enum { TERM_LEAST_COLUMNS = 20 }; /* a terminal that says less is not believed */

enum term_style { TERM_PLAIN, TERM_DIM, TERM_BOLD, TERM_RED, TERM_GREEN, TERM_CYAN, TERM_YELLOW };

struct term {
	FILE *file;
	struct buf *into; /* not NULL: what is printed is gathered there */
	bool tty, colour;
	enum term_style
		style; /* that is switched on: it ends with the line, or before other text */
	bool mid_line; /* the last character was no line feed */
	bool gone;     /* a pipe, and nobody reads it any more */
};

void term_init(struct term *t, FILE *file);  /* borrows */
unsigned term_columns(const struct term *t); /* as it is now; 0: no terminal, nothing is wrapped */
bool term_flush(struct term *t); /* false: something could not be written, now or earlier */

/* What the program itself says: format and numbers are ours; texts that came from outside go
 * through term_text() or term_line(). */
void term_printf(struct term *t, const char *fmt, ...) PRINTF(2, 3);
void term_raw(struct term *t, struct slice s); /* as it is: JSON lines, output for a pipe */
/* Any text, made safe. Line feeds and tabs stay. */
void term_text(struct term *t, enum term_style style, struct slice s);
/* Text that was cleaned before, in this style. */
void term_clean_text(struct term *t, enum term_style style, struct slice s);
/* The same on one line, at most `max` bytes, then "...". */
void term_line(struct term *t, enum term_style style, struct slice s, size_t max);
void term_fresh_line(struct term *t);		   /* a line feed, if one is due */
void term_diff(struct term *t, struct slice diff); /* line by line, all of it visible */
enum term_style term_diff_style(struct slice line);
void term_error(struct term *t, const char *message); /* "emend: MESSAGE", wrapped */

/* Of cleaned text as much as fits, and "..." where that is not all. */
void term_fit(struct buf *out, struct slice clean, unsigned columns);
/* The cleaning itself. one_line: line feeds and tabs become spaces. */
void term_clean(struct buf *out, struct slice s, bool one_line);

#endif
