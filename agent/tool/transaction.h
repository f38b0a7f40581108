/* transaction.h - change files and buffers, all of them or none: the machine of all writing tools.
 *
 *   READING all --plan all--> ASKING once --allowed--> READING again --> WRITING one by one --> done
 *      ^                                                                   | one fails
 *      +--ERR_STALE (the user typed), at most 5 times-- ROLLING_BACK <-----+--else: fail
 *
 * A plan is made from the text that the model saw (or, if it never saw the file, from what stands
 * there now), and then merged three ways with what stands there now. A conflict goes back to the
 * model; nothing is guessed. All pre-images and post-images are durable before the first file is
 * touched; after a crash the next start finds the transaction unfinished (agent/store/unfinished.h)
 * and rolls it back (rollback.h). Where that fails, it comes before the next change of the task. */
#ifndef EMEND_TOOL_TRANSACTION_H
#define EMEND_TOOL_TRANSACTION_H

#include "agent/tool/tool.h"

/* Makes the new text from `base` (ptr NULL: the file does not exist); *after with ptr NULL: the
 * file is to go. Everything in the arena. On failure *hint, if set, is a longer text for the model.
 * May be called more than once. */
typedef bool change_plan_fn(struct tool_run *r, void *state, struct slice base, struct slice *after,
			    struct slice *notes, struct slice *hint, struct err *err);

enum change_rule {
	CHANGE_ANY,	   /* may exist or not */
	CHANGE_EXISTING,   /* a missing file is an error */
	CHANGE_SEEN,	   /* an existing file that the model has not read is refused */
	CHANGE_NEW,	   /* an existing file is refused */
	CHANGE_NOW,	   /* the plan is for what stands there now, whatever the model saw */
	CHANGE_MOVED_HERE, /* new, and gets what is planned for the change before it, which goes */
};

struct change_spec {
	struct slice path;
	enum change_rule rule;
	change_plan_fn *plan; /* NULL for CHANGE_MOVED_HERE */
	void *state;
};

/* Takes over the run and finishes it. 1 to LIMIT_PATCH_FILES changes, each of another path; they
 * live as long as the run. */
void transaction_start(struct tool_run *r, const struct change_spec *changes, size_t n);

/* The same with one file or buffer. */
void change_start(struct tool_run *r, struct slice path, enum change_rule rule,
		  change_plan_fn *planner, void *state);

#endif
