/* update_plan.c - the model's plan, shown to the user. */
#include "agent/tool/tools.h"

/* The same words as in the schema; others are refused, as the faces show them by these. */
static bool known_status(struct json s)
{
	return json_is(s, "pending") || json_is(s, "in_progress") || json_is(s, "done") ||
	       json_is(s, "dropped");
}

/* The plan is logged as the model wrote it, so it is checked as a whole first. */
static bool check_steps(struct tool_run *r, struct json steps)
{
	size_t i = 0;

	if (json_type(steps) != JSON_ARRAY || json_len(steps) > 64) {
		tool_failf(r, "steps must be an array of at most 64 {text, status}");
		return false;
	}
	for (struct json_iter it = json_iter(steps); json_next(&it); i++) {
		if (json_type(json_get(it.value, "text")) != JSON_STRING) {
			tool_failf(r, "steps[%zu].text must be a string", i);
			return false;
		}
		if (!known_status(json_get(it.value, "status"))) {
			tool_failf(
				r,
				"steps[%zu].status must be pending, in_progress, done or dropped",
				i);
			return false;
		}
	}
	return true;
}

void update_plan_start(struct tool_run *r)
{
	struct json steps = json_get(r->input, "steps");
	struct jw *w;

	if (!check_steps(r, steps))
		return;
	w = event_log_begin(r->env->log, "plan");
	jw_kstr(w, "task", r->env->task_id);
	jw_kraw(w, "steps", json_raw(steps));
	if (!event_log_end(r->env->log, &r->env->fatal)) {
		tool_fail(r, &r->env->fatal);
		return;
	}
	tool_emit(r, &(struct task_event){ .kind = TASK_PLAN, .json = json_raw(steps) });
	tool_finish(r, true, SLICE("The plan is shown to the user."), SLICE("plan updated"));
}
