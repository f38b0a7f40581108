/* args.c - the arguments of a tool call, checked one by one. Models write numbers as strings now
 * and then: that is accepted; anything else gets an error that names the argument. */
#include "agent/tool/tool.h"

#include <inttypes.h>
#include <stdlib.h>

#include "agent/base/path.h"
#include "agent/tool/scratch.h"

bool arg_str(struct tool_run *r, const char *key, bool required, struct slice *out)
{
	struct json v = json_get(r->input, key);

	*out = SLICE("");
	if (!json_present(v)) {
		if (required)
			tool_failf(r, "%s is missing: give a string", key);
		return !required;
	}
	if (json_str(v, &r->arena, out))
		return true;
	tool_failf(r, "%s must be a string, not %s", key, json_type_name(json_type(v)));
	return false;
}

/* def: where the argument is absent. A number in a string counts as a number. */
bool arg_int(struct tool_run *r, const char *key, int64_t def, int64_t min, int64_t max,
	     int64_t *out)
{
	struct json v = json_get(r->input, key);
	struct slice text;
	char *end;

	*out = def;
	if (!json_present(v))
		return true;
	if (json_str(v, &r->arena, &text) && text.len > 0) {
		*out = strtoll(arena_cstr(&r->arena, text), &end, 10);
		if (*end != '\0')
			goto bad;
	} else if (!json_i64(v, out)) {
		goto bad;
	}
	if (*out >= min && *out <= max)
		return true;
bad:
	tool_failf(r, "%s must be an integer from %" PRId64 " to %" PRId64, key, min, max);
	return false;
}

/* Absent is false; "true" and "false" as strings count. */
bool arg_bool(struct tool_run *r, const char *key, bool *out)
{
	struct json v = json_get(r->input, key);

	*out = false;
	if (!json_present(v) || json_bool(v, out))
		return true;
	*out = json_is(v, "true");
	if (*out || json_is(v, "false"))
		return true;
	tool_failf(r, "%s must be true or false", key);
	return false;
}

/* reads: the tool only reads, so a file of the commands' own /tmp will do. The task hears of each path
 * (`touched`). */
static bool arg_place(struct tool_run *r, const char *key, bool required, bool reads,
		      struct slice *out)
{
	struct err err = { 0 };

	if (!arg_str(r, key, required, out))
		return false;
	if (out->len == 0 && !required)
		return true;
	if (path_relative(&r->arena, r->env->workspace.root, *out, out, &err)) {
		if (r->env->touched)
			r->env->touched(r->env, *out);
		return true;
	}
	if (scratch_is(*out)) {
		if (!reads)
			tool_failf(r,
				   "%s: %.*s is in the folder of the commands: there only "
				   "read_file, search and run_command work.",
				   key, SLICE_ARG(*out));
		return reads;
	}
	(void)err_wrap(&err, "%s", key);
	tool_fail(r, &err);
	return false;
}

bool arg_path(struct tool_run *r, const char *key, bool required, struct slice *out)
{
	return arg_place(r, key, required, false, out);
}

bool arg_readable(struct tool_run *r, const char *key, bool required, struct slice *out)
{
	return arg_place(r, key, required, true, out);
}
