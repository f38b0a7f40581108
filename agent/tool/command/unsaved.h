/* unsaved.h - which open buffers differ from the files below them: what a command would not see. */
#ifndef EMEND_UNSAVED_H
#define EMEND_UNSAVED_H

#include "agent/tool/tool.h"

/* names: the relative paths, comma-separated, in the run's arena; empty if all is saved. */
typedef void unsaved_cb(struct tool_run *r, struct slice names);
/* Reads the files through the run's `call`; done is called from the loop or, with no buffer open,
 * at once. Line ends do not count: some editors report CRLF files with LF. */
void unsaved_find(struct tool_run *r, unsaved_cb *done);

#endif
