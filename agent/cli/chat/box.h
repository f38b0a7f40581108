/* box.h - draws the line that is typed, and what belongs to it, below all else (live.h):
 *
 *   ask   opus-5-5   $0.03 of 5.00      while nothing runs
 *   > also fix the readme_
 *     waits: "use pytest"               what the running task has not heard yet
 *     src/stock.py  src/stand.py        what could be meant, after Tab
 *
 * A long text is shown as far as it stands around the cursor. */
#ifndef EMEND_CHAT_BOX_H
#define EMEND_CHAT_BOX_H

#include "agent/cli/chat/line.h"
#include "agent/cli/task/live.h"

enum { BOX_NOTES = 8, BOX_ROWS = 8 };

struct box_note { /* on one line; of the text as much as fits beside the hint */
	struct slice text, hint;
	struct slice brief; /* the hint where there is little room; may be "" */
};

struct box {
	const struct line *line;
	bool colour;
	struct slice head;	       /* "": none; borrowed */
	struct box_note notes[BOX_NOTES]; /* below the text; borrowed */
	size_t n_notes;
};

/* The draw() of struct live_box; self is a struct box. */
void box_draw(void *self, struct buf *out, unsigned columns, struct live_place *cursor);

#endif
