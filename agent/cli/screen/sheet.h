/* sheet.h - text laid out in rows that fit the terminal, so that it can be counted and paged.
 *
 * Every row begins with a prefix of ours. A line of a text that came from outside begins with one
 * prefix, what had to be wrapped of it goes on under another: so no content can draw what looks
 * like a line, a title or a choice of Emend's. All texts are made visible (visible.h). */
#ifndef EMEND_CLI_SHEET_H
#define EMEND_CLI_SHEET_H

#include "agent/cli/screen/term.h"
#include "protocol/base/arena.h"

struct sheet_row {
	enum term_style style;
	struct slice text; /* with its prefix; lives in the arena */
};

struct sheet {
	struct arena *arena; /* borrowed */
	unsigned columns;
	struct sheet_row *rows;
	size_t n, cap;
};

void sheet_init(struct sheet *s, struct arena *a, unsigned columns);
/* Each line, wrapped at any character: nothing of a command may be lost at a blank. */
void sheet_text(struct sheet *s, enum term_style style, const char *first, const char *next,
		struct slice text);
/* The lines of a unified diff, each in its colour; what is wrapped of one has its sign again, behind `next`. */
void sheet_diff(struct sheet *s, const char *first, const char *next, struct slice diff);
/* Prose: its line ends are blanks, and it is wrapped between words where that is possible. */
void sheet_prose(struct sheet *s, enum term_style style, const char *first, const char *next,
		 struct slice text);
/* Prints the rows [from, to). */
void sheet_put(const struct sheet *s, struct term *t, size_t from, size_t to);

#endif
