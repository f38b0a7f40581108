/* reject.h - take hunks back: their lines become what they were before the task, and nothing else
 * changes. Each change is journaled as an edit, so that undo and audit know of it. */
#ifndef EMEND_REJECT_H
#define EMEND_REJECT_H

#include "agent/change/hunks.h"
#include "agent/session/task.h"

struct reject_spec { /* borrowed for the time of the call, but `hunks` and `config` */
	struct hunks *hunks; /* until it is done */
	struct slice workspace;
	const struct slice *ids; /* those of files of the workspace are taken back */
	size_t n_ids;
	const struct config *config; /* until it is done */
};
/* report: one line for each file that was refused; err: why it ended early, else NULL. */
typedef void reject_done_cb(void *payload, struct slice report, size_t rejected, size_t refused,
			    const struct err *err);
/* `done` is called exactly once, from the loop, if it is true. */
NODISCARD bool reject_start(struct agent *a, const struct reject_spec *s, const struct host *h,
			    reject_done_cb *done, void *payload, struct err *err);

#endif
