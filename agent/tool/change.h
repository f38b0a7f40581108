/* change.h - change one file or buffer: the one-file case of transaction.h. */
#ifndef EMEND_TOOL_CHANGE_H
#define EMEND_TOOL_CHANGE_H

#include "agent/tool/transaction.h"

/* Takes over the run: reads, plans, asks, writes, finishes it. */
void change_start(struct tool_run *r, struct slice path, enum change_rule rule,
		  change_plan_fn *plan, void *state);

#endif
