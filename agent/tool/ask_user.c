/* ask_user.c - one question to the user. */
#include "agent/tool/tools.h"

#include "agent/host.h"

enum { MAX_OPTIONS = 6 };

/* No answer is no failure of the task: the model is told to go on. */
static void answered(void *payload, struct slice answer, const struct err *why)
{
	struct tool_run *r = payload;

	r->ask = NULL;
	if (why)
		tool_failf(
			r,
			"The user gave no answer (%s). Go on with what you think best, and say so.",
			why->msg);
	else
		tool_finish(r, true,
			    arena_printf(&r->arena, "The user answers: %.*s", SLICE_ARG(answer)),
			    answer);
}

void ask_user_start(struct tool_run *r)
{
	struct host *h = &r->env->workspace.host;
	struct slice options[MAX_OPTIONS], text;
	struct json list = json_get(r->input, "options");
	size_t n = 0;

	if (!arg_str(r, "question", true, &text))
		return;
	if (json_present(list) && (json_type(list) != JSON_ARRAY || json_len(list) > MAX_OPTIONS)) {
		tool_failf(r, "options must be an array of at most %d strings", MAX_OPTIONS);
		return;
	}
	for (struct json_iter it = json_iter(list); json_next(&it); n++) {
		if (!json_str(it.value, &r->arena, &options[n])) {
			tool_failf(r, "options[%zu] must be a string", n);
			return;
		}
	}
	r->ask = h->ops->question(
		h->self, r->env->workspace.task,
		&(struct question){ .text = text, .options = options, .n_options = n }, answered,
		r);
}
