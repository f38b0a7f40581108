/* execute_code.c - a piece of code by itself, in a sandbox of its own (agent/exec): a calculation, a try-out,
 * a query. It sees nothing of the workspace and changes nothing, so no mode keeps it from running; it
 * asks only where the user wants to be asked before each command ("approve": "commands"), or where a
 * rule of the user speaks of the language's program ("deny: python3"). */
#include "agent/tool/tools.h"

#include <inttypes.h>

#include "agent/config/config.h"
#include "agent/exec/exec.h"
#include "agent/secret/secret_mask.h"
#include "protocol/base/limits.h"

enum { SHOWN_BYTES = LIMIT_OUTPUT_SHOWN_BYTES / 2 }; /* of each stream */

/* The job is dropped if the call is aborted; the executor belongs to the task. */
struct executing {
	struct exec_request request;
	struct exec_job *job; /* NULL: none under way */
};

static void release(struct tool_run *r)
{
	struct executing *s = r->state;

	exec_drop(s->job);
	s->job = NULL;
}

/* For people who watch; the model gets the output with the answer. */
static void on_output(void *payload, struct slice bytes, bool is_stderr)
{
	(void)is_stderr;
	tool_emit(payload, &(struct task_event){ .kind = TASK_OUTPUT, .text = bytes });
}

/* The code itself is in the log already, with the call. */
static bool log_execution(struct tool_run *r, const struct exec_answer *a)
{
	struct jw *w = event_log_begin(r->env->log, "execution");

	jw_kstr(w, "task", r->env->task_id);
	jw_kstr(w, "call", r->id);
	jw_kcstr(w, "language", a->language->name);
	jw_kcstr(w, "status", exec_status_name(a->status));
	jw_ki64(w, "exit", a->exit_code);
	jw_kf64(w, "seconds", a->execution_time_ms / 1000.0);
	jw_ki64(w, "output_bytes", (int64_t)(a->out.len + a->err_out.len));
	jw_kstr(w, "execution", a->execution_id);
	return event_log_end(r->env->log, &r->env->fatal);
}

/* Nothing where there is no output. */
static struct slice section(struct tool_run *r, const char *name, struct slice text)
{
	if (text.len == 0)
		return text;
	return arena_printf(&r->arena, "%s:\n%.*s%s", name,
			    SLICE_ARG(tool_cut_middle(&r->arena, text, SHOWN_BYTES)),
			    text.ptr[text.len - 1] == '\n' ? "" : "\n");
}

/* exit_code below 0: it was not run at all. */
static void done(void *payload, const struct exec_answer *a)
{
	struct tool_run *r = payload;
	struct executing *s = r->state;
	struct slice head, how;

	s->job = NULL;
	if (!log_execution(r, a)) {
		tool_fail(r, &r->env->fatal);
		return;
	}
	if (a->exit_code < 0) {
		tool_failf(r, "%s", a->error_message);
		return;
	}
	how = slice_of(
		a->error_message); /* a sentence; its point does not stand in the middle of ours */
	if (how.len > 0 && how.ptr[how.len - 1] == '.')
		how.len--;
	if (a->status == EXEC_SUCCESS || (a->status == EXEC_ERROR && a->exit_code < 127))
		how = arena_printf(&r->arena, "exit status %d", a->exit_code);
	head = arena_printf(&r->arena, "%.*s (%.1f s, %.0f MB)\n", SLICE_ARG(how),
			    a->execution_time_ms / 1000.0, a->memory_used_mb);
	tool_finish(r, a->status == EXEC_SUCCESS,
		    arena_printf(&r->arena, "%.*s%.*s%.*s%s", SLICE_ARG(head),
				 SLICE_ARG(section(r, "Output", a->out)),
				 SLICE_ARG(section(r, "On stderr", a->err_out)),
				 a->output_truncated ? "The rest of the output is left out: it is "
						       "larger than 1 MiB.\n"
						     : ""),
		    arena_printf(&r->arena, "%.*s, %.1f s", SLICE_ARG(how),
				 a->execution_time_ms / 1000.0));
}

/* The executor is made with the first piece of code, since most tasks have none. */
static void run_it(struct tool_run *r)
{
	const struct exec_callbacks cb = { on_output, done };
	struct executing *s = r->state;
	struct err err;

	if (!r->env->exec && !exec_new(&r->env->exec_options, &r->env->exec, &err)) {
		tool_fail(r, &err);
		return;
	}
	if (!exec_submit(r->env->exec, &s->request, &cb, r, &s->job, &err))
		tool_fail(r, &err);
}

/* As for the command that runs it, but for what the mode says of commands in general: nothing here can
 * change anything. */
static void decide(struct tool_run *r, struct slice program, struct decision *d)
{
	const struct config *c = r->env->config;
	bool of_mode;

	policy_command(r->env->policy, program, &r->arena, d);
	of_mode = slice_starts(d->rule, SLICE("mode: "));
	if (d->verdict == VERDICT_ALLOW || d->beforehand ||
	    (d->verdict == VERDICT_DENY && !of_mode))
		return;
	if (d->verdict == VERDICT_ASK && c->mode != MODE_READ_ONLY && c->mode != MODE_AUTO &&
	    slice_eq_cstr(c->approve, "commands"))
		return;
	d->verdict = VERDICT_ALLOW;
	d->rule = SLICE("execute_code: it can change nothing");
}

/* The mode does not matter, since nothing of the workspace can be reached. */
void execute_code_start(struct tool_run *r)
{
	struct executing *s = arena_alloc(&r->arena, sizeof(*s));
	struct slice language;
	struct decision d = { 0 };
	int64_t timeout;

	r->state = s;
	r->release = release;
	if (!arg_str(r, "language", true, &language) ||
	    !arg_str(r, "code", true, &s->request.code) ||
	    !arg_str(r, "stdin", false, &s->request.stdin_data) ||
	    !arg_int(r, "timeout_ms", EXEC_SECONDS * 1000, 1, EXEC_SECONDS_MAX * 1000, &timeout))
		return;
	s->request.timeout_seconds = (double)timeout / 1000.0;
	s->request.language = exec_language_find(language);
	if (!s->request.language) {
		tool_failf(r, "language must be python, javascript, bash or sql");
		return;
	}
	if (!r->env->exec_options.loop) {
		tool_failf(r, "code cannot be run here");
		return;
	}
	decide(r, slice_of(s->request.language->argv[0]), &d);
	permit(r, &d,
	       &(struct permission_request){
		       .title = arena_printf(&r->arena, "Run %s code in a sandbox of its own",
					     s->request.language->name),
		       .subject = s->request.code,
		       .diff = SLICE(""),
		       .rule = d.always },
	       run_it);
}
