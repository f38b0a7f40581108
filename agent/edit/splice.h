/* splice.h - what to put in the place of a match. Internal to agent/edit.
 *
 * Lines that old and new text have in common keep the file's own bytes (line ends, trailing blanks,
 * indentation, quotes); lines that are new get the file's line end and indentation. */
#ifndef EMEND_SPLICE_H
#define EMEND_SPLICE_H

#include "agent/edit/lines.h"
#include "agent/edit/match.h"

/* What the places of one match share; borrowed are the base and the match. */
struct splice {
	struct arena *arena;
	const struct match_base *base;
	const struct match *match;
	struct lines old_lines, new_lines; /* with '\n' as line end */
	struct line_hunk *hunks;	   /* from old to new */
	size_t n_hunks;
	struct slice
		shared; /* an exact match in a file of one line end: the same for all matches */
};
void splice_init(struct splice *s, const struct match_base *b, const struct match *m,
		 struct slice old, struct slice new_text);
struct slice splice_text(struct splice *s,
			 const struct span *at); /* lives in the arena of the base */

#endif
