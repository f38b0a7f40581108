/* fold.h - a text made simpler so that it can be searched, with the way back to its own bytes.
 * Internal to agent/edit. */
#ifndef EMEND_FOLD_H
#define EMEND_FOLD_H

#include "protocol/base/arena.h"

enum {
	FOLD_EOL = 1,	/* every line end is '\n' */
	FOLD_TRAIL = 2, /* no blanks before a line end or the end of the text */
	FOLD_TYPO = 4,	/* typographic quotes, dashes and spaces are ASCII */
	FOLD_CR = 8,	/* with FOLD_EOL: a lone '\r' is a line end too */
};

struct fold {
	struct slice text;
	size_t *cut; /* sorted: an offset in text for each byte that was dropped there */
	size_t n_cut;
};

/* out->text lives in the arena, or is the text itself if there is nothing to fold. */
void fold_make(struct arena *a, struct slice text, unsigned flags, struct fold *out);
/* The offset in the original of an offset in f->text; before the dropped bytes, if some stood there. */
size_t fold_origin(const struct fold *f, size_t at);

#endif
