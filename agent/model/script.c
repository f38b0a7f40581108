/* script.c - see script.h */
#include "agent/model/script.h"

#include "protocol/base/limits.h"
#include "protocol/json/json.h"

struct reader { /* of one line */
	struct arena *a;
	struct script_turn *turn;
	struct err *err;
};

/* Always false. File and line are put in front by script_parse(). */
static bool wrong(struct reader *r, const char *key, const char *want)
{
	return err_set(r->err, ERR_PROVIDER, "\"%s\" must be %s", key, want);
}

static bool read_text(struct reader *r, const char *key, struct json v, struct slice *out)
{
	return json_str(v, r->a, out) || wrong(r, key, "a string");
}

static bool read_ms(struct reader *r, const char *key, struct json v, uint64_t *out)
{
	int64_t n;

	if (!json_i64(v, &n) || n < 0 || n > SCRIPT_MAX_MS)
		return wrong(r, key, "a number of milliseconds, at most an hour");
	*out = (uint64_t)n;
	return true;
}

static bool read_calls(struct reader *r, struct json v)
{
	struct json_iter it = json_iter(v);

	if (json_type(v) != JSON_ARRAY || json_len(v) > LIMIT_CALLS_PER_TURN)
		return wrong(r, "calls", "an array of at most 64 calls");
	r->turn->calls = arena_array(r->a, json_len(v) + 1, sizeof(*r->turn->calls));
	while (json_next(&it)) {
		struct block *b = &r->turn->calls[r->turn->n_calls++];
		struct json input = json_get(it.value, "input");

		b->kind = BLOCK_CALL;
		if (!json_str(json_get(it.value, "name"), r->a, &b->name) || b->name.len == 0)
			return wrong(r, "calls[].name", "the name of a tool");
		if (json_type(input) != JSON_OBJECT)
			return wrong(r, "calls[].input", "an object");
		b->text = json_raw(input);
	}
	return true;
}

static bool read_count(struct reader *r, struct json v, uint64_t *out)
{
	int64_t n = json_i64_or(v, json_present(v) ? -1 : 0);

	if (n < 0)
		return wrong(r, "usage", "an object of numbers of tokens");
	*out = (uint64_t)n;
	return true;
}

static bool read_usage(struct reader *r, struct json v)
{
	struct usage *u = &r->turn->usage;

	r->turn->has_usage = true;
	if (json_type(v) != JSON_OBJECT)
		return wrong(r, "usage", "an object of numbers of tokens");
	return read_count(r, json_get(v, "input"), &u->input) &&
	       read_count(r, json_get(v, "cache_read"), &u->cache_read) &&
	       read_count(r, json_get(v, "cache_write"), &u->cache_write) &&
	       read_count(r, json_get(v, "output"), &u->output);
}

static bool read_stop(struct reader *r, struct json v)
{
	static const struct {
		const char *name;
		enum stop_reason stop;
	} names[] = {
		{ "end", STOP_END },	     { "tool", STOP_TOOL },   { "length", STOP_LENGTH },
		{ "refusal", STOP_REFUSAL }, { "pause", STOP_PAUSE }, { "context", STOP_CONTEXT },
	};

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (!json_is(v, names[i].name))
			continue;
		r->turn->stop = names[i].stop;
		r->turn->has_stop = true;
		return true;
	}
	return wrong(r, "stop", "end, tool, length, refusal, pause or context");
}

static bool read_error(struct reader *r, struct json v)
{
	struct slice code, message;

	if (!json_str(json_get(v, "code"), r->a, &code) ||
	    !json_str(json_get(v, "message"), r->a, &message))
		return wrong(r, "error", "an object with the strings code and message");
	for (int c = ERR_INVALID; c <= ERR_INTERNAL; c++) {
		if (!slice_eq_cstr(code, err_name((enum err_code)c)))
			continue;
		(void)err_set(&r->turn->error, (enum err_code)c, "%.*s", SLICE_ARG(message));
		return true;
	}
	return wrong(r, "error.code", "the name of an error, such as \"provider\"");
}

static bool read_expect(struct reader *r, struct json v)
{
	struct json_iter it = json_iter(v);
	size_t n = json_type(v) == JSON_ARRAY ? json_len(v) : 1;

	r->turn->expect = arena_array(r->a, n + 1, sizeof(*r->turn->expect));
	if (json_type(v) != JSON_ARRAY) {
		r->turn->n_expect = 1;
		return json_str(v, r->a, &r->turn->expect[0]) ||
		       wrong(r, "expect", "a string or an array of strings");
	}
	while (json_next(&it))
		if (!json_str(it.value, r->a, &r->turn->expect[r->turn->n_expect++]))
			return wrong(r, "expect", "a string or an array of strings");
	return true;
}

/* The keys are those that script.h and docs/scripted-models.md list; a new one belongs there,
 * too. */
static bool read_member(struct reader *r, struct json key, struct json v)
{
	struct script_turn *t = r->turn;

	if (json_is(key, "thinking"))
		return read_text(r, "thinking", v, &t->thinking);
	if (json_is(key, "text"))
		return read_text(r, "text", v, &t->text);
	if (json_is(key, "calls"))
		return read_calls(r, v);
	if (json_is(key, "usage"))
		return read_usage(r, v);
	if (json_is(key, "stop"))
		return read_stop(r, v);
	if (json_is(key, "delay_ms"))
		return read_ms(r, "delay_ms", v, &t->delay_ms);
	if (json_is(key, "chunk_ms"))
		return read_ms(r, "chunk_ms", v, &t->chunk_ms);
	if (json_is(key, "hang"))
		return json_bool(v, &t->hang) || wrong(r, "hang", "true or false");
	if (json_is(key, "error"))
		return read_error(r, v);
	if (json_is(key, "expect"))
		return read_expect(r, v);
	return err_set(r->err, ERR_PROVIDER, "the key %.*s is unknown", SLICE_ARG(json_raw(key)));
}

static bool read_line(struct reader *r, struct slice line)
{
	struct script_turn *t = r->turn;
	struct json root;
	struct json_iter it;

	if (!json_parse(r->a, line, &root, r->err))
		return false;
	if (json_type(root) != JSON_OBJECT)
		return err_set(r->err, ERR_PROVIDER, "a turn must be a JSON object");
	for (it = json_iter(root); json_next(&it);)
		if (!read_member(r, it.key, it.value))
			return false;
	if (t->text.len == 0 && t->n_calls == 0 && t->error.code == ERR_NONE && !t->hang)
		return err_set(r->err, ERR_PROVIDER,
			       "a turn needs one of \"text\", \"calls\", \"error\" and \"hang\"");
	return true;
}

/* All lines are read at once, so that a mistake in the last of them is known before the task
 * begins. */
bool script_parse(struct script *s, struct arena *a, struct slice path, struct slice text,
		  struct err *err)
{
	struct slice rest = text, line;
	size_t lines = 1;
	uint32_t number = 0;

	for (size_t i = 0; i < text.len; i++)
		lines += text.ptr[i] == '\n';
	*s = (struct script){ .path = arena_dup(a, path) };
	s->turns = arena_array(a, lines, sizeof(*s->turns));
	while (slice_next_line(&rest, &line)) {
		struct reader r = { .a = a, .turn = &s->turns[s->n], .err = err };

		number++;
		line = slice_trim(line);
		if (line.len == 0 || line.ptr[0] == '#')
			continue;
		r.turn->line = number;
		s->n++;
		if (read_line(&r, line))
			continue;
		if (err)
			err->code = ERR_PROVIDER;
		return err_wrap(err, "%.*s:%u", SLICE_ARG(path), number);
	}
	return true;
}

/* Since the model's last turn: an `expect` that an older turn could fulfil would prove nothing. */
static bool said(const struct transcript *t, struct slice needle)
{
	for (size_t i = t->n; i-- > 0 && t->turns[i].role == ROLE_USER;)
		for (size_t k = 0; k < t->turns[i].n_blocks; k++)
			if (slice_find(t->turns[i].blocks[k].text, needle, 0) != SIZE_MAX)
				return true;
	return false;
}

bool script_check(const struct script *s, const struct script_turn *turn,
		  const struct transcript *t, struct err *err)
{
	struct slice last = { "", 0 };

	for (size_t i = 0; i < turn->n_expect; i++) {
		if (said(t, turn->expect[i]))
			continue;
		for (size_t k = 0; t->n > 0 && k < t->turns[t->n - 1].n_blocks; k++)
			last = t->turns[t->n - 1].blocks[k].text;
		return err_set(
			err, ERR_PROVIDER,
			"%.*s:%u: the script expects \"%.*s\" in what the model is told, but it "
			"is not there. Told last: \"%.*s\".",
			SLICE_ARG(s->path), turn->line,
			SLICE_ARG(slice_sub(turn->expect[i], 0, 100)),
			SLICE_ARG(slice_sub(last, 0, 160)));
	}
	return true;
}
