/* step.h - one step of a task taken back, or made again, on what stands there now. Pure: in memory.
 *
 *   base: what the step left   mine: what stands there now   theirs: what stood before the step
 *
 * merged by lines, three ways. So what was written since, by whomever and whenever, is kept: before
 * this step's successors, between them or after them. Where it is in the way of the step, the step
 * is refused as a whole and the lines are named. There is no other way back: an older image is never
 * taken for what stands there now, because nobody knows what was typed after it. */
#ifndef EMEND_CHANGE_STEP_H
#define EMEND_CHANGE_STEP_H

#include "agent/workspace/workspace.h"

/* What stands under a name, while steps are taken back from it one after the other. Its slices are
 * borrowed from where they came: the workspace, the images, the arena. */
struct standing {
	bool exists, is_buffer;
	struct slice bytes;	/* of a file; of a buffer its text; ptr NULL: nothing is there */
	struct slice text;	/* UTF-8; ptr NULL: it is not text, or nothing is there */
	enum encoding encoding; /* of the text in the file */
};
/* Borrows from *t: what was read has to live as long. */
struct standing standing_of(const struct workspace_text *t);

/* from: what the step left there, to: what it found (to make it again: the other way round); ptr
 * NULL: no file. True: *now is without the step; it may be as it was, if the step is not in it any
 * more. ERR_STALE, ERR_INVALID (no encoding for it): *now is as it was; the message is the end of a
 * sentence "PATH: ...". O(size of the three). */
NODISCARD bool step_turn(struct arena *a, struct standing *now, struct slice from, struct slice to,
			 struct err *err);

/* The same by what stands under the path. A file of git's own is never merged, as half of it means
 * nothing; an index counts as what was left there where only git's notes about times differ. */
NODISCARD bool step_turn_path(struct arena *a, struct slice path, struct standing *now,
			      struct slice from, struct slice to, struct err *err);

#endif
