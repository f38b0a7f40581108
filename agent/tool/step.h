/* step.h - the edits that follow one another in a turn are asked about together, with the diff of all of them:
 * one review of what the step wants, instead of a question for each file.
 *
 * For the diffs the later calls are made as trials: a run of its own that reads and plans like the real one, and
 * ends where that would ask. Its turn come, a call needs no word if its diff is what the user saw, else it
 * is asked about by itself: what the first edit or the user changed meanwhile is never agreed to unseen. */
#ifndef EMEND_TOOL_STEP_H
#define EMEND_TOOL_STEP_H

#include "agent/tool/transaction_own.h"

/* In place of permit(), for an edit whose plan is made. */
void step_permit(struct tool_run *r, const struct decision *d, const struct permission_request *q,
		 permit_cb *go_on);
/* permit.c: the question about r had this answer. refused: what the model is told; ptr NULL: the user said
 * yes. */
void step_answered(struct tool_run *r, struct slice refused);
void step_abort(struct tool_run *r); /* the trial under way */
void step_release(struct tool_run *r);

#endif
