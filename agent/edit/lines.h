/* lines.h - a text as lines, and the difference of two texts in lines. Internal to agent/edit. */
#ifndef EMEND_LINES_H
#define EMEND_LINES_H

#include "protocol/base/arena.h"

/* A line includes its '\n'; the last one may have none. Line i is [at[i], at[i + 1]). */
struct lines {
	struct slice text;
	size_t n;
	size_t *at; /* n + 1 offsets */
};
void lines_of(struct arena *a, struct slice text, struct lines *out);
/* The same, where a lone '\r' ends a line too if cr is set. */
void lines_of_cr(struct arena *a, struct slice text, bool cr, struct lines *out);
/* Lines [from, to) as one slice. */
struct slice lines_range(const struct lines *l, size_t from, size_t to);
size_t lines_number(struct slice text, size_t offset); /* 1-based number of the line there */

/* Lines [a, a + na) of the first text became lines [b, b + nb) of the second. */
/* Counted from 0. na 0: lines were inserted before line a; nb 0: they were removed. */
struct line_hunk {
	size_t a, na, b, nb;
};
/* Sorted, never touching, none empty on both sides. By libgit2; without it, one hunk between the
 * common head and tail: coarser, but as true. Returns the number of hunks. */
size_t lines_diff(struct arena *a, const struct lines *x, const struct lines *y,
		  struct line_hunk **out);

#endif
