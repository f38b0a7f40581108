/* held.h - what the runner did about protected files is told: to the model, the user and the log. */
#ifndef EMEND_TOOL_HELD_H
#define EMEND_TOOL_HELD_H

#include "agent/runner/runner.h"
#include "agent/tool/tool.h"

/* Lines for the model, in arena a; "" if there is nothing to tell. */
struct slice held_tell(struct tool_env *env, struct slice call_id, const struct held_result *h,
		       struct arena *a);

#endif
