/* exec_json.c - requests and answers as JSON: the same members at every door.
 *
 * Strict: a member that is not known is an error. A sender that believes that it set a limit must
 * not find out that nobody looked at it. null counts as not there. */
#include "agent/exec/exec.h"
#include "protocol/json/json.h"
#include "protocol/json/write.h"

struct reader {
	struct arena *arena;
	struct exec_request *out;
	struct err *err;
	const char *name; /* of the member */
};

static bool wrong(struct reader *r, struct json v, const char *wanted)
{
	return err_set(r->err, ERR_INVALID, "%s: expected %s, found %s.", r->name, wanted,
		       json_type_phrase(json_type(v)));
}

static bool read_text(struct reader *r, struct json v, struct slice *out)
{
	return json_str(v, r->arena, out) || wrong(r, v, "a string");
}

static bool read_bool(struct reader *r, struct json v, bool *out)
{
	return json_bool(v, out) || wrong(r, v, "true or false");
}

/* 0 stands for "not said" inside, so it is refused here. */
static bool read_whole_number(struct reader *r, struct json v, int64_t *out)
{
	if (json_type(v) != JSON_NUMBER)
		return wrong(r, v, "a number");
	if (!json_i64(v, out) || *out < 1)
		return err_set(r->err, ERR_INVALID, "%s: expected a whole number above 0.",
			       r->name);
	return true;
}

static bool read_code(struct reader *r, struct json v)
{
	return read_text(r, v, &r->out->code);
}

static bool read_language(struct reader *r, struct json v)
{
	struct slice name;

	if (!read_text(r, v, &name))
		return false;
	r->out->language = exec_language_find(name);
	return r->out->language ||
	       err_set(r->err, ERR_INVALID,
		       "language: there is no \"%.*s\" here; expected python, javascript, bash or sql.",
		       SLICE_ARG(slice_sub(name, 0, 60)));
}

static bool read_timeout(struct reader *r, struct json v)
{
	if (!json_f64(v, &r->out->timeout_seconds))
		return wrong(r, v, "a number");
	return r->out->timeout_seconds > 0 ||
	       err_set(r->err, ERR_INVALID, "timeout_seconds: expected a number above 0.");
}

static bool read_memory(struct reader *r, struct json v)
{
	return read_whole_number(r, v, &r->out->max_memory_mb);
}

static bool read_output(struct reader *r, struct json v)
{
	return read_whole_number(r, v, &r->out->max_output_size);
}

static bool read_network(struct reader *r, struct json v)
{
	return read_bool(r, v, &r->out->allow_network);
}

static bool read_filesystem(struct reader *r, struct json v)
{
	return read_bool(r, v, &r->out->allow_filesystem);
}

static bool read_use_cache(struct reader *r, struct json v)
{
	return read_bool(r, v, &r->out->use_cache);
}

/* Variables are an object in JSON and a list of texts inside, as programs get them. */
static bool read_env(struct reader *r, struct json v)
{
	struct slice *env = arena_array(r->arena, json_len(v) + 1, sizeof(*env)), name, value;

	if (json_type(v) != JSON_OBJECT)
		return wrong(r, v, "an object");
	for (struct json_iter it = json_iter(v); json_next(&it);) {
		if (!json_str(it.key, r->arena, &name) || !json_str(it.value, r->arena, &value))
			return wrong(r, it.value, "strings in it");
		if (slice_find_byte(name, '=', 0) != SIZE_MAX || name.len == 0)
			return err_set(r->err, ERR_INVALID,
				       "environment_vars: \"%.*s\" is no name of a variable.",
				       SLICE_ARG(slice_sub(name, 0, 60)));
		env[r->out->n_env++] =
			arena_printf(r->arena, "%.*s=%.*s", SLICE_ARG(name), SLICE_ARG(value));
	}
	r->out->env = env;
	return true;
}

static bool read_stdin(struct reader *r, struct json v)
{
	return read_text(r, v, &r->out->stdin_data);
}

static bool read_dependencies(struct reader *r, struct json v)
{
	struct slice *list = arena_array(r->arena, json_len(v) + 1, sizeof(*list));

	if (json_type(v) != JSON_ARRAY)
		return wrong(r, v, "an array");
	for (struct json_iter it = json_iter(v); json_next(&it);) {
		if (!read_text(r, it.value, &list[r->out->n_dependencies++]))
			return false;
	}
	r->out->dependencies = list;
	return true;
}

static bool read_correlation(struct reader *r, struct json v)
{
	return read_text(r, v, &r->out->correlation_id);
}

static bool read_trace(struct reader *r, struct json v)
{
	return read_text(r, v, &r->out->traceparent);
}

/* Every door reads requests by this table; docs/execution-service.md and the schemas of the tools
 * say the same. */
static const struct member {
	const char *name;
	bool (*read)(struct reader *r, struct json v);
} members[] = {
	{ "code", read_code },
	{ "language", read_language },
	{ "timeout_seconds", read_timeout },
	{ "max_memory_mb", read_memory },
	{ "max_output_size", read_output },
	{ "allow_network", read_network },
	{ "allow_filesystem", read_filesystem },
	{ "use_cache", read_use_cache },
	{ "environment_vars", read_env },
	{ "stdin_data", read_stdin },
	{ "dependencies", read_dependencies },
	{ "correlation_id", read_correlation },
	{ "traceparent", read_trace },
};

static const struct member *find(struct json key)
{
	for (size_t i = 0; i < ARRAY_LEN(members); i++) {
		if (json_is(key, members[i].name))
			return &members[i];
	}
	return NULL;
}

bool exec_request_read(struct json v, struct arena *a, struct exec_request *out, struct err *err)
{
	struct reader r = { .arena = a, .out = out, .err = err };

	*out = (struct exec_request){ .code = SLICE("") };
	if (json_type(v) != JSON_OBJECT)
		return err_set(err, ERR_INVALID, "The request is no object.");
	for (struct json_iter it = json_iter(v); json_next(&it);) {
		const struct member *m = find(it.key);

		if (!m)
			return err_set(err, ERR_INVALID, "There is no argument %.*s here.",
				       SLICE_ARG(slice_sub(json_raw(it.key), 0, 60)));
		r.name = m->name;
		if (json_present(it.value) && !m->read(&r, it.value))
			return false;
	}
	if (!out->language)
		return err_set(err, ERR_INVALID,
			       "language is missing: python, javascript, bash or sql.");
	return true;
}

/* With one digit behind the point. */
static double tenths(double n)
{
	return (double)(int64_t)(n * 10.0 + 0.5) / 10.0;
}

void exec_answer_write(struct jw *w, const struct exec_answer *a)
{
	jw_kcstr(w, "status", exec_status_name(a->status));
	jw_kcstr(w, "language", a->language->name);
	jw_kstr(w, "stdout", a->out);
	jw_kstr(w, "stderr", a->err_out);
	jw_ki64(w, "exit_code", a->exit_code);
	jw_kf64(w, "execution_time_ms", tenths(a->execution_time_ms));
	jw_kf64(w, "cpu_time_ms", tenths(a->cpu_time_ms));
	jw_kf64(w, "memory_used_mb", tenths(a->memory_used_mb));
	jw_kbool(w, "output_truncated", a->output_truncated);
	jw_kcstr(w, "error_message", a->status == EXEC_SUCCESS ? NULL : a->error_message);
	jw_kbool(w, "cached", a->cached);
	jw_kstr(w, "execution_id", a->execution_id);
	jw_kstr(w, "correlation_id", a->correlation_id);
	jw_kstr(w, "traceparent", a->traceparent);
}

/* The defaults and limits go along, so that a client need not know them. */
void exec_found_write(struct jw *w, const struct exec_found found[EXEC_LANGUAGES])
{
	jw_kobject(w, "languages");
	for (size_t i = 0; i < EXEC_LANGUAGES; i++) {
		jw_kobject(w, exec_language_at(i)->name);
		jw_kbool(w, "available", found[i].available);
		jw_kstr(w, "version", found[i].version);
		if (!found[i].available)
			jw_kstr(w, "reason", found[i].reason);
		jw_end(w);
	}
	jw_end(w);
	jw_ki64(w, "default_timeout", EXEC_SECONDS);
	jw_ki64(w, "max_timeout", EXEC_SECONDS_MAX);
	jw_ki64(w, "default_memory_mb", EXEC_MEMORY_MB);
	jw_ki64(w, "max_memory_mb", EXEC_MEMORY_MB_MAX);
}
