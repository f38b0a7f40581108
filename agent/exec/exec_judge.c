/* exec_judge.c - what the end of a command says about the code: its status, and a sentence for whoever
 * sent it. What the kernel or the watchdog stopped is told as what it was. */
#include <signal.h>

#include "agent/exec/exec_own.h"
#include "agent/runner/runner.h"

#define MB (1024.0 * 1024.0)

const char *exec_status_name(enum exec_status s)
{
	static const char *const names[] = { "success", "error", "timeout", "security_violation" };

	return names[s];
}

static double seconds_of(const struct exec_request *r)
{
	return r->timeout_seconds > 0 ? r->timeout_seconds : EXEC_SECONDS;
}

/* The init says so, in these words, of a program that it cannot start: confine.c.
 * Code can print the same words and exit with 127; then it is told that its language is missing,
 * which harms nobody. */
static bool is_missing(const struct exec_job *j, const struct command_result *r)
{
	struct slice said = buf_slice(&j->stream[1]);
	struct slice words = SLICE("emend: cannot run ");

	return r->exit_status == 127 && slice_starts(said, words) &&
	       slice_starts(slice_sub(said, words.len, said.len), slice_of(j->argv[0]));
}

static enum exec_status by_limit(struct exec_job *j, struct slice limit)
{
	long long mb =
		(long long)(j->request.max_memory_mb ? j->request.max_memory_mb : EXEC_MEMORY_MB);

	if (slice_eq_cstr(limit, "cpu")) {
		err_set(&j->why, ERR_TIMEOUT, "The code used more than %d seconds of CPU time.",
			EXEC_CPU_SECONDS);
		return EXEC_TIMEOUT;
	}
	if (slice_eq_cstr(limit, "memory"))
		err_set(&j->why, ERR_DENIED,
			"The code was stopped: it used more than %lld MB of memory.", mb);
	else if (slice_eq_cstr(limit, "processes"))
		err_set(&j->why, ERR_DENIED,
			"The code was stopped: it started more than %d processes.", EXEC_PROCESSES);
	else
		err_set(&j->why, ERR_DENIED, "The code was stopped by its limit: %.*s.",
			SLICE_ARG(limit));
	return EXEC_VIOLATION;
}

/* The order is that of the causes: a tree that was killed for its time or a limit also has a
 * signal. */
static enum exec_status by_end(struct exec_job *j, const struct command_result *r)
{
	if (j->cancelled) {
		err_set(&j->why, ERR_CANCELLED, "The execution was cancelled.");
		return EXEC_ERROR;
	}
	if (r->timed_out) {
		err_set(&j->why, ERR_TIMEOUT, "The code was stopped after %g seconds.",
			seconds_of(&j->request));
		return EXEC_TIMEOUT;
	}
	if (r->limit_hit.len > 0)
		return by_limit(j, r->limit_hit);
	if (r->term_signal == SIGSYS) {
		err_set(&j->why, ERR_DENIED,
			"The code was stopped: it made a system call that the sandbox forbids.");
		return EXEC_VIOLATION;
	}
	if (r->term_signal)
		err_set(&j->why, ERR_INVALID, "The code was ended by signal %d (%s).",
			r->term_signal, strsignal(r->term_signal));
	else if (is_missing(j, r))
		err_set(&j->why, ERR_NOT_FOUND,
			"%s is not installed on this machine. Install it: apt install %s",
			j->argv[0], j->request.language->package);
	else if (r->exit_status)
		err_set(&j->why, ERR_INVALID, "The code ended with exit status %d.",
			r->exit_status);
	return r->term_signal || r->exit_status ? EXEC_ERROR : EXEC_SUCCESS;
}

/* err: the command did not run at all, or its worker was lost; then there is nothing but the
 * reason. */
void exec_judge(struct exec_job *j, const struct command_result *r, const struct err *err)
{
	struct exec_answer *a = &j->answer;

	*a = (struct exec_answer){ .exit_code = -1, .status = EXEC_ERROR };
	j->why = (struct err){ .code = ERR_NONE };
	if (err) {
		j->why = *err;
		a->failed = err->code;
	} else {
		a->status = by_end(j, r);
		a->exit_code = r->term_signal ? 128 + r->term_signal : r->exit_status;
		a->execution_time_ms = r->seconds * 1000.0;
		a->cpu_time_ms = r->cpu_seconds * 1000.0;
		a->memory_used_mb = (double)r->peak_bytes / MB;
		if (j->why.code == ERR_NOT_FOUND)
			a->failed = ERR_NOT_FOUND;
	}
	a->out = buf_slice(&j->stream[0]);
	a->err_out = buf_slice(&j->stream[1]);
	a->output_truncated = j->truncated;
	a->cancelled = j->cancelled;
	a->error_message = j->why.msg;
	a->language = j->request.language;
}
