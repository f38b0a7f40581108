/* report.h - internal to agent/session: explanations and reviews as Markdown files under the state
 * folder. */
#ifndef EMEND_REPORT_H
#define EMEND_REPORT_H

#include "agent/session/task.h"

/* Writes the report and asks the face to show it; a failure is a notice. */
void report_show(struct task *t, struct slice markdown);

#endif
