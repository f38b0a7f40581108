/* held.c - see held.h. What a command left past its layer is moved away by the worker; here it is only told. */
#include "agent/tool/command/held.h"

#include "agent/host.h"

enum { NAMED = 5 };

/* For people: the first few, by name. */
static struct slice names(const struct held_result *h, struct arena *a)
{
	struct slice all = SLICE("");

	for (size_t i = 0; i < h->n && i < NAMED; i++)
		all = arena_printf(a, "%.*s%s%.*s%s", SLICE_ARG(all), i ? ", " : "",
				   SLICE_ARG(h->files[i].path),
				   h->files[i].deed == HELD_LEFT ? " (still there)" : "");
	if (h->n + h->more > NAMED)
		all = arena_printf(a, "%.*s and %zu more", SLICE_ARG(all), h->n + h->more - NAMED);
	return all;
}

struct slice held_tell(struct tool_env *env, struct slice call_id, const struct held_result *h,
		       struct arena *a)
{
	struct host *host = &env->workspace.host;
	struct slice text = held_text(h, a);
	struct task_event ev = { .kind = TASK_NOTICE, .task = env->task_id, .call = call_id };
	struct jw *w;

	if (text.len == 0)
		return text;
	w = event_log_begin(env->log, "held");
	jw_kstr(w, "task", env->task_id);
	jw_kstr(w, "call", call_id);
	jw_kstr(w, "text", text);
	if (!event_log_end(env->log, &env->fatal))
		return text; /* the task looks at it at its next step */
	ev.text = arena_printf(
		a, "a command left files that git, editors or agents execute: %.*s%s%.*s",
		SLICE_ARG(names(h, a)), h->folder.len ? "; what was moved away lies in " : "",
		SLICE_ARG(h->folder));
	host->ops->event(host->self, env->workspace.task, &ev);
	return arena_printf(a,
			    "Protected files (git, editors or agents execute them) that were made "
			    "meanwhile:\n%.*s",
			    SLICE_ARG(text));
}
