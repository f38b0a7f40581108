/* exec_check.c - what a request may hold, before anything runs; and the names of executions. */
#include <math.h>
#include <stdio.h>

#include "agent/base/sha256.h"
#include "agent/exec/exec_own.h"
#include "protocol/base/limits.h"

/* NaN is not between anything. */
static bool between(const char *name, double n, double least, double most, struct err *err)
{
	if (isfinite(n) && n >= least && n <= most)
		return true;
	return err_set(err, ERR_INVALID, "%s: expected a number from %g to %.10g.", name, least,
		       most);
}

static bool check_env(const struct exec_request *r, struct err *err)
{
	size_t bytes = 0;

	for (size_t i = 0; i < r->n_env; i++) {
		size_t name = slice_find_byte(r->env[i], '=', 0);

		if (name == SIZE_MAX || name == 0 ||
		    slice_find_byte(r->env[i], '\0', 0) != SIZE_MAX)
			return err_set(err, ERR_INVALID,
				       "environment_vars: \"%.*s\" is no name of a variable.",
				       SLICE_ARG(slice_sub(r->env[i], 0, 60)));
		bytes += r->env[i].len + 1;
	}
	if (r->n_env > EXEC_ENV_MAX || bytes > LIMIT_ENV_BYTES)
		return err_set(err, ERR_INVALID,
			       "environment_vars: more than %d variables, or %d bytes.",
			       EXEC_ENV_MAX, LIMIT_ENV_BYTES);
	return true;
}

static bool is_hex(struct slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (!strchr("0123456789abcdef", s.ptr[i]) || !s.ptr[i])
			return false;
	}
	return true;
}

/* "00-TRACE-SPAN-FLAGS" of the W3C recommendation; a later version may have more behind it. */
static bool is_trace(struct slice t)
{
	return t.len >= 55 &&
	       (t.len == 55 || (t.ptr[55] == '-' && !slice_starts(t, SLICE("00")))) &&
	       t.ptr[2] == '-' && t.ptr[35] == '-' && t.ptr[52] == '-' &&
	       is_hex(slice_sub(t, 0, 2)) && !slice_starts(t, SLICE("ff")) &&
	       is_hex(slice_sub(t, 3, 35)) && is_hex(slice_sub(t, 36, 52)) &&
	       is_hex(slice_sub(t, 53, 55));
}

bool exec_check(const struct exec_request *r, struct err *err)
{
	if (!r->language)
		return err_set(err, ERR_INVALID,
			       "language: expected python, javascript, bash or sql.");
	if (slice_trim(r->code).len == 0)
		return err_set(err, ERR_INVALID, "code: it is empty.");
	if (r->code.len > EXEC_CODE_MAX)
		return err_set(err, ERR_INVALID, "code: it is larger than %d bytes.",
			       EXEC_CODE_MAX);
	if (r->stdin_data.len > LIMIT_STDIN_BYTES)
		return err_set(err, ERR_INVALID, "stdin_data: it is larger than %d bytes.",
			       LIMIT_STDIN_BYTES);
	if (r->stdin_data.len > 0 && !r->language->file)
		return err_set(err, ERR_INVALID, "stdin_data: %s reads no input.",
			       r->language->name);
	if (r->correlation_id.len > EXEC_ID_MAX)
		return err_set(err, ERR_INVALID, "correlation_id: it is longer than %d bytes.",
			       EXEC_ID_MAX);
	return between("timeout_seconds", r->timeout_seconds, 0, EXEC_SECONDS_MAX, err) &&
	       between("max_memory_mb", (double)r->max_memory_mb, 0, EXEC_MEMORY_MB_MAX, err) &&
	       between("max_output_size", (double)r->max_output_size, 0, EXEC_OUTPUT_MAX, err) &&
	       check_env(r, err);
}

/* These are no errors of form: the request is understood, and the sandbox has no such thing to
 * give. */
static bool may_depend(const struct exec_options *o, struct slice name, struct err *why)
{
	for (size_t i = 0; i < o->n_dependencies; i++) {
		if (slice_eq(o->dependencies[i], name))
			return true;
	}
	return err_set(why, ERR_DENIED,
		       "dependencies: %.*s is not in the list exec.dependencies of the configuration "
		       "here. Nothing is installed for an execution; it has what this machine has.",
		       SLICE_ARG(slice_sub(name, 0, 80)));
}

bool exec_may(const struct exec_options *o, const struct exec_request *r, struct err *why)
{
	if (r->allow_network)
		return err_set(why, ERR_DENIED,
			       "allow_network: executions have no network here. Give the code what "
			       "it needs as stdin_data.");
	if (r->allow_filesystem)
		return err_set(why, ERR_DENIED,
			       "allow_filesystem: executions see no file of the user's. Give the "
			       "code what it needs as stdin_data.");
	for (size_t i = 0; i < r->n_dependencies; i++) {
		if (!may_depend(o, r->dependencies[i], why))
			return false;
	}
	return true;
}

struct slice exec_new_id(struct arena *a, size_t digits)
{
	unsigned char bytes[16];
	char text[2 * sizeof(bytes) + 1];

	random_bytes(bytes, sizeof(bytes));
	for (size_t i = 0; i < sizeof(bytes); i++)
		(void)snprintf(text + 2 * i, 3, "%02x", bytes[i]);
	return arena_dup(a, slice_sub(slice_of(text), 0, digits));
}

struct slice exec_trace(struct arena *a, struct slice in)
{
	bool ok = is_trace(in);
	struct slice trace = ok ? slice_sub(in, 3, 35) : exec_new_id(a, 32);

	return arena_printf(a, "00-%.*s-%.*s-%.*s", SLICE_ARG(trace), SLICE_ARG(exec_new_id(a, 16)),
			    SLICE_ARG(ok ? slice_sub(in, 53, 55) : SLICE("01")));
}
