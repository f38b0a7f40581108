/* scratch.h - a file in /tmp, which the commands of a task have for themselves: a long output that a
 * result names, or what a command left there. No other process of ours sees that folder, so it is a
 * command that reads the file, and may do no more than any command of the model. */
#ifndef EMEND_TOOL_SCRATCH_H
#define EMEND_TOOL_SCRATCH_H

#include "agent/tool/tool.h"

/* A plain path there, that a command reading it needs no quotes for. */
bool scratch_is(struct slice path);

/* text: UTF-8, without NUL; lives as long as the run. cut: the file is longer than LIMIT_OUTPUT_LOG_BYTES, and
 * these are its first bytes. */
typedef void scratch_cb(struct tool_run *r, struct slice text, bool cut);
/* done() is called unless the run fails or is aborted. */
void scratch_read(struct tool_run *r, struct slice path, scratch_cb *done);
void scratch_release(struct scratch *s); /* NULL is fine */

#endif
