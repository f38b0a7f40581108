/* hint.h - help for a text that matches nowhere. Internal to agent/edit. */
#ifndef EMEND_HINT_H
#define EMEND_HINT_H

#include "protocol/base/arena.h"

/* The lines of base that look most like old, as "N<TAB>text", with a sentence on top; empty if
 * nothing looks like it. *line gets the number of the first line that is meant (0: none). */
struct slice hint_nearest(struct arena *a, struct slice base, struct slice old, size_t *line);

#endif
