/* change.c - see change.h */
#include "agent/tool/change.h"

void change_start(struct tool_run *r, struct slice path, enum change_rule rule,
		  change_plan_fn *plan, void *state)
{
	struct change_spec *one = arena_alloc(&r->arena, sizeof(*one));

	*one = (struct change_spec){ .path = path, .rule = rule, .plan = plan, .state = state };
	transaction_start(r, one, 1);
}
