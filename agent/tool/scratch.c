/* scratch.c - see scratch.h
 *
 *   does the policy let the command run? --no--> the run fails: run_command can ask, this cannot
 *      | yes
 *   reading -> text */
#include "agent/tool/scratch.h"

#include <ctype.h>
#include <string.h>

#include "agent/runner/runner.h"
#include "protocol/base/limits.h"
#include "protocol/base/utf8.h"

enum { SCRATCH_MS = 60 * 1000 }; /* a FIFO there would never end */

/* In the run's arena; the two buffers are released with the run. */
struct scratch {
	struct slice path;
	scratch_cb *done;
	struct buf text, errors;
};

bool scratch_is(struct slice path)
{
	if (!slice_starts(path, SLICE("/tmp/")) || slice_find(path, SLICE(".."), 0) != SIZE_MAX)
		return false;
	for (size_t i = 0; i < path.len; i++) {
		if (!isalnum((unsigned char)path.ptr[i]) && !strchr("/._+-", path.ptr[i]))
			return false;
	}
	return path.len < LIMIT_PATH_BYTES;
}

void scratch_release(struct scratch *s)
{
	if (!s)
		return;
	buf_release(&s->text);
	buf_release(&s->errors);
}

/* What is over the limit is thrown away; that there was more is known from the count of the runner. */
static void took(void *payload, struct slice bytes, bool is_stderr)
{
	struct scratch *s = ((struct tool_run *)payload)->scratch;
	struct buf *to = is_stderr ? &s->errors : &s->text;

	buf_append(to, slice_sub(bytes, 0, to->max - to->len));
}

/* Text of a command may be cut in the middle of a character, or be no UTF-8: that is repaired. A NUL is
 * refused, as read_file refuses it. */
static void give(struct tool_run *r, bool cut)
{
	struct scratch *s = r->scratch;
	struct slice text = buf_slice(&s->text);
	struct buf clean;

	if (slice_find_byte(text, '\0', 0) != SIZE_MAX) {
		tool_failf(r, "%.*s is not shown. The file is binary: it has a NUL.",
			   SLICE_ARG(s->path));
		return;
	}
	if (cut)
		text.len = utf8_complete_prefix(text);
	if (!utf8_valid(text)) {
		buf_init(&clean, text.len * 3);
		utf8_sanitize(&clean, text);
		text = arena_dup(&r->arena, buf_slice(&clean));
		buf_release(&clean);
	}
	s->done(r, text, cut);
}

static void was_read(void *payload, const struct command_result *c, const struct err *err)
{
	struct tool_run *r = payload;
	struct scratch *s = r->scratch;

	r->call = NULL;
	if (err) {
		tool_fail(r, err);
		return;
	}
	runner_view_drop(r->env->workspace.runner, c->changed.view);
	if (c->timed_out || c->term_signal || c->exit_status != 0)
		tool_failf(r, "%.*s cannot be read (%.*s). Look at what is there with run_command.",
			   SLICE_ARG(s->path), SLICE_ARG(slice_trim(buf_slice(&s->errors))));
	else
		give(r, c->output_bytes > s->text.len);
}

/* A command like any other: it runs on a view, which is dropped, so it can change nothing. */
void scratch_read(struct tool_run *r, struct slice path, scratch_cb *done)
{
	struct scratch *s = arena_alloc(&r->arena, sizeof(*s));
	struct decision d = { 0 };
	struct command_spec spec = { .timeout_ms = SCRATCH_MS, .apart = true };

	/* One byte more than is sent, so that it is known whether there are more. */
	spec.command = arena_printf(&r->arena, "head -c %d %.*s", LIMIT_OUTPUT_LOG_BYTES + 1,
				    SLICE_ARG(path));
	policy_command(r->env->policy, spec.command, &r->arena, &d);
	if (d.verdict != VERDICT_ALLOW || !r->env->workspace.runner) {
		tool_failf(r, "%.*s is in the folder of the commands: look at it with run_command.",
			   SLICE_ARG(path));
		return;
	}
	s->path = path;
	s->done = done;
	buf_init(&s->text, LIMIT_OUTPUT_LOG_BYTES);
	buf_init(&s->errors, 1024);
	r->scratch = s;
	r->call =
		runner_command(r->env->workspace.runner, &spec,
			       &(struct command_callbacks){ .output = took, .done = was_read }, r);
}
