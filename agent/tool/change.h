/* change.h - change one file or buffer: the machine that all writing tools share.
 *
 *   READING --plan--> ASKING --allowed--> READING again --> JOURNAL + WRITING --> done
 *      ^                                                       | ERR_STALE (the user typed):
 *      +-------------------------------------------------------+ at most 5 times
 *
 * The plan is made from the text that the model saw (or, if it never saw the file, from what stands
 * there now), and then merged three ways with what stands there now. A conflict goes back to the
 * model; nothing is guessed. Pre-image and post-image are durable before the change is made. */
#ifndef EMEND_TOOL_CHANGE_H
#define EMEND_TOOL_CHANGE_H

#include "agent/tool/tool.h"

/* Makes the new text from `base` (ptr NULL: the file does not exist). Everything in the arena. On
 * failure *hint, if set, is a longer text for the model. */
typedef bool change_plan_fn(struct tool_run *r, struct slice base, struct slice *after,
			    struct slice *notes, struct slice *hint, struct err *err);

/* Takes over the run: reads, plans, asks, writes, finishes it. plan may be called more than once.
 * must_exist: a missing file is an error. must_see: an existing file that the model has not read is
 * refused. */
void change_start(struct tool_run *r, struct slice path, bool must_exist, bool must_see,
		  change_plan_fn *plan, void *plan_state);
void *change_plan_state(struct tool_run *r);

#endif
