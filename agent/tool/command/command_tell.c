/* command_tell.c - what the model and people are told of how a command ended, and of what it printed. See
 * command_own.h */
#include "agent/tool/command/command_own.h"

#include <inttypes.h>

#include "agent/runner/runner.h"
#include "protocol/base/limits.h"
#include "protocol/base/utf8.h"

/* How it ended, and how long it took. A limit counts before the signal by which it was enforced. */
struct slice command_outcome(struct tool_run *r, const struct command_result *c)
{
	struct running *s = r->state;
	struct arena *a = &r->arena;

	if (c->timed_out)
		return arena_printf(a, "stopped after %" PRIu64 " s (timeout)",
				    (s->spec.timeout_ms ? s->spec.timeout_ms : LIMIT_COMMAND_MS) /
					    1000);
	if (c->idle_timed_out)
		return arena_printf(a, "stopped after %.1f s: no output for too long", c->seconds);
	if (c->limit_hit.len > 0)
		return arena_printf(a, "stopped after %.1f s: over the %.*s limit", c->seconds,
				    SLICE_ARG(c->limit_hit));
	if (c->term_signal)
		return arena_printf(a, "killed by signal %d, %.1f s", c->term_signal, c->seconds);
	return arena_printf(a, "exit status %d, %.1f s", c->exit_status, c->seconds);
}

/* As programs say it: without a word about it a model takes the missing network for a fault of the host. */
static bool missed_network(const struct running *s, const struct command_result *c)
{
	static const char *const said[] = {
		"resolve host",	  "name resolution", "getaddrinfo", "Name or service not known",
		"ENOTFOUND",	  "EAI_AGAIN",	     "dns error",   "etwork is unreachable",
		"no such host",
	};

	if (s->wants_network)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(said); i++)
		if (slice_find(c->output, slice_of(said[i]), 0) != SIZE_MAX)
			return true;
	return c->exit_status == 6 && slice_find(s->spec.command, SLICE("curl"), 0) != SIZE_MAX;
}

/* What the model can do about it; empty: its output says that. */
const char *command_next_step(struct tool_run *r, const struct command_result *c)
{
	if (c->timed_out)
		return "If it needs longer, give a larger timeout_ms; a server runs with background. "
		       "There is no terminal, and no input to wait for.\n";
	if (c->idle_timed_out)
		return "Let it print what it does, or run it with background. There is no terminal, "
		       "and no input to wait for.\n";
	if (c->limit_hit.len > 0)
		return "Do less at once, or in parts; only the user can raise the limit.\n";
	if (missed_network(r->state, c))
		return mode_reads_only(policy_mode(r->env->policy))
			       ? "The command had no network, as none has in this mode.\n"
			       : "The command had no network: if it needs a host, run it with "
				 "network: true.\n";
	if (slice_find(c->output, SLICE("hardlink different from source"), 0) != SIZE_MAX)
		return "A command works on a view of the files, where a hard link to one that was "
		       "there is another file: use git clone --no-hardlinks.\n";
	return "";
}

static size_t lines_in(struct slice s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++)
		n += s.ptr[i] == '\n';
	return n;
}

/* A long output is kept in a file that commands see, so that the model does not run the command again for
 * it. */
static struct slice where_all_is(struct tool_run *r, const struct command_result *c)
{
	const char *first = "The whole output is";

	if (c->file.len == 0)
		return SLICE(
			"For the rest send the output to a file in /tmp, and look at that with "
			"search or read_file");
	if (c->file_bytes < c->output_bytes)
		first = arena_printf(&r->arena, "The first %" PRIu64 " bytes are", c->file_bytes)
				.ptr;
	return arena_printf(
		&r->arena,
		"%s in %.*s: look at it with search or read_file instead of running the "
		"command again",
		first, SLICE_ARG(c->file));
}

/* What the model gets of the output: its beginning and its end, cut at line ends where there are some, and
 * how much was between them. The worker has cut the middle of a long one already, but both ends are exact. */
struct slice command_shown_output(struct tool_run *r, const struct command_result *c)
{
	const size_t half = LIMIT_OUTPUT_SHOWN_BYTES / 2;
	struct slice out = c->output, whole = buf_slice(&((struct running *)r->state)->whole);
	size_t head = half, tail = out.len - half;
	const char *lines = "";
	uint64_t left;

	if (out.len <= LIMIT_OUTPUT_SHOWN_BYTES)
		return arena_dup(&r->arena, out);
	while (head > half / 2 && out.ptr[head - 1] != '\n')
		head--;
	while (tail < out.len - half / 2 && out.ptr[tail - 1] != '\n')
		tail++;
	head = utf8_complete_prefix(slice_sub(out, 0, head));
	while (tail < out.len && ((unsigned char)out.ptr[tail] & 0xc0) == 0x80)
		tail++;
	left = c->output_bytes - head - (out.len - tail);
	if (whole.len == c->output_bytes)
		lines = arena_printf(&r->arena, " (%zu lines)",
				     lines_in(slice_sub(whole, head, head + left)))
				.ptr;
	return arena_printf(&r->arena,
			    "%.*s\n[... %" PRIu64 " bytes%s left out of %" PRIu64
			    ". %.*s ...]\n%.*s",
			    (int)head, out.ptr, left, lines, c->output_bytes,
			    SLICE_ARG(where_all_is(r, c)), (int)(out.len - tail), out.ptr + tail);
}
