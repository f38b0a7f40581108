/* commit.h - what a command changed in its view becomes real, or does not. */
#ifndef EMEND_COMMIT_H
#define EMEND_COMMIT_H

#include "agent/runner/runner.h"
#include "agent/tool/tool.h"

/* An open buffer as the command was shown it. */
struct shown_buffer {
	struct slice path; /* relative */
	struct snapshot *text;
};

/* report: for the model, lines of text; may be empty. In the run's arena. held: how many changes were
 * not kept; SIZE_MAX: none was. */
typedef void commit_cb(struct tool_run *r, struct slice report, size_t held);
/* v is borrowed for the time of the call, shown until done. done comes from the loop, or at once
 * where nothing changed. */
void commit_start(struct tool_run *r, const struct view_result *v, const struct shown_buffer *shown,
		  commit_cb *done);
/* Drops what is not committed. After tool_abort(). */
void commit_release(struct tool_run *r);

#endif
