/* config_value.c - see config_set.h: one value of each type, from JSON into struct config. */
#include <stdio.h>

#include "agent/config/config_set.h"
#include "agent/config/suggest.h"
#include "protocol/base/buf.h"

enum { LIST_MAX = 4096 }; /* entries of one list */

/* Two fields of struct config: where a list lies, and how long it is. */
struct list_field {
	const struct slice **items;
	size_t *n;
};

static struct list_field list_field(struct config *c, const struct config_key *k)
{
	return (struct list_field){ (const struct slice **)(void *)((char *)c + k->at),
				    (size_t *)(void *)((char *)c + k->at_count) };
}

/* What was found, for a message: short values as they stand. */
static const char *found(struct json v, char *out, size_t size)
{
	struct slice raw = json_raw(v);

	if (json_type(v) == JSON_OBJECT || json_type(v) == JSON_ARRAY)
		(void)snprintf(out, size, "an %s", json_type_name(json_type(v)));
	else
		(void)snprintf(out, size, "%.*s%s", raw.len > 60 ? 60 : (int)raw.len, raw.ptr,
			       raw.len > 60 ? "..." : "");
	return out;
}

static bool expected(const struct config_setter *s, const char *key, struct json v, struct err *err,
		     const char *what)
{
	char text[80];

	return config_complain(s, key, v, err, "expected %s, found %s.", what,
			       found(v, text, sizeof(text)));
}

/* "a|b|c" as it reads in a message: one of "a", "b", "c". */
static bool expected_choice(const struct config_setter *s, const char *key, const char *choices,
			    struct json v, struct err *err)
{
	struct buf b;
	bool ok;

	buf_init(&b, 1024);
	buf_puts(&b, "one of \"");
	for (const char *p = choices; *p; p++)
		if (*p == '|')
			buf_puts(&b, "\", \"");
		else
			buf_putc(&b, *p);
	buf_putc(&b, '"');
	ok = expected(s, key, v, err, buf_cstr(&b));
	buf_release(&b);
	return ok;
}

static bool set_number(struct config_setter *s, const struct config_key *k, struct json v,
		       struct err *err)
{
	bool whole = k->type != KEY_NUMBER;
	int64_t integer = 0;
	char what[120];
	double n = 0;
	bool ok = whole ? json_i64(v, &integer) : json_f64(v, &n);

	if (whole)
		n = (double)integer;
	if (ok && n >= k->min && n <= k->max) {
		config_put_number(s->c, k, n);
		return true;
	}
	(void)snprintf(what, sizeof(what), "a %s from %.15g to %.15g",
		       whole ? "whole number" : "number", k->min, k->max);
	return expected(s, k->name, v, err, what);
}

static bool set_text(struct config_setter *s, const struct config_key *k, struct json v,
		     struct err *err)
{
	struct slice *field = (struct slice *)(void *)((char *)s->c + k->at);
	struct slice text;
	enum mode mode;

	if (!json_str(v, &s->c->arena, &text))
		return k->choices ? expected_choice(s, k->name, k->choices, v, err)
				  : expected(s, k->name, v, err, "a string");
	if (k->choices && !config_is_choice(k->choices, text))
		return expected_choice(s, k->name, k->choices, v, err);
	if (k->type != KEY_MODE)
		*field = arena_dup(&s->c->arena, text);
	else if (mode_parse(text, &mode))
		config_put_number(s->c, k, mode);
	return true;
}

/* "~/x" becomes HOME/x; what is not absolute then is refused: relative to what would it be? */
static bool folder(struct config_setter *s, const struct config_key *k, struct json v,
		   struct slice *text, struct err *err)
{
	if (s->home && (slice_eq_cstr(*text, "~") || slice_starts(*text, SLICE("~/"))))
		*text = arena_printf(&s->c->arena, "%s%.*s", s->home,
				     SLICE_ARG(slice_sub(*text, 1, text->len)));
	if (!slice_starts(*text, SLICE("/")) || memchr(text->ptr, '\0', text->len))
		return expected(s, k->name, v, err,
				"an absolute path (or one that starts with \"~/\")");
	while (text->len > 1 && text->ptr[text->len - 1] == '/')
		text->len--;
	return true;
}

/* The rule is checked here, where the line is known, and built later by config_hosts(). */
static bool host(struct config_setter *s, const struct config_key *k, struct json v,
		 struct slice text, struct err *err)
{
	bool allow = k->at == offsetof(struct config, net_allow);
	struct err why;

	return hosts_rule_check(allow ? VERDICT_ALLOW : VERDICT_DENY, text, &why) ||
	       config_complain(s, k->name, v, err, "%s", why.msg);
}

static bool has(const struct slice *items, size_t n, struct slice s)
{
	for (size_t i = 0; i < n; i++)
		if (slice_eq(items[i], s))
			return true;
	return false;
}

/* Lists of all sources add up, each entry once, so that a project's rules stand beside the
 * user's. The new list takes the place of the old only when all of it is right. */
static bool set_strings(struct config_setter *s, const struct config_key *k, struct json v,
			struct err *err)
{
	struct list_field f = list_field(s->c, k);
	struct slice *items, text;
	size_t n = *f.n;

	if (json_type(v) != JSON_ARRAY || json_len(v) > LIST_MAX)
		return expected(s, k->name, v, err, "a list of strings");
	items = arena_array(&s->c->arena, n + json_len(v) + 1, sizeof(*items));
	if (n > 0)
		memcpy(items, *f.items, n * sizeof(*items));
	for (struct json_iter it = json_iter(v); json_next(&it);) {
		if (k->type == KEY_RULES && json_type(it.value) == JSON_OBJECT) {
			if (!config_set_rule(s, k, it.value, &text, err))
				return false;
		} else if (!json_str(it.value, &s->c->arena, &text) || slice_trim(text).len == 0)
			return expected(s, k->name, it.value, err,
					"a list of strings that are not empty");
		if (k->type == KEY_HOSTS && !host(s, k, it.value, text, err))
			return false;
		if (k->type == KEY_FOLDERS && !folder(s, k, it.value, &text, err))
			return false;
		if (k->at == offsetof(struct config, deny_files) && slice_eq_cstr(text, "!*")) {
			s->c->deny_files_replaced = true; /* everything before is exempted */
			n = 0;
		} else if (!has(items, n, text)) {
			items[n++] = arena_dup(&s->c->arena, text);
		}
	}
	*f.items = items;
	*f.n = n;
	return true;
}

/* The members of one action or provider, each a string, into the struct at `out`. */
static bool set_fields(struct config_setter *s, const char *key, struct json v,
		       const struct config_field *fields, size_t n, void *out, struct err *err)
{
	const char *names[8] = { NULL };

	for (size_t i = 0; i < n; i++)
		names[i] = fields[i].name;
	if (json_type(v) != JSON_OBJECT)
		return expected(s, key, v, err, "an object, { ... }");
	for (struct json_iter it = json_iter(v); json_next(&it);) {
		struct slice name = json_str_or(it.key, &s->c->arena, "");
		const char *meant = suggest(name, names, n);
		struct slice text;
		size_t i = 0;

		while (i < n && !slice_eq_cstr(name, fields[i].name))
			i++;
		if (i == n)
			return config_complain(
				s, key, it.key, err, "it has no member \"%.*s\"%s%s%s",
				SLICE_ARG(slice_sub(name, 0, 60)), meant ? "; did you mean \"" : "",
				meant ? meant : "", meant ? "\"?" : ".");
		if (!json_str(it.value, &s->c->arena, &text))
			return expected(s, key, it.value, err, "a string");
		if (fields[i].choices && !config_is_choice(fields[i].choices, text))
			return expected_choice(s, key, fields[i].choices, it.value, err);
		*(struct slice *)(void *)((char *)out + fields[i].at) =
			arena_dup(&s->c->arena, text);
	}
	for (size_t i = 0; i < n; i++)
		if (fields[i].required &&
		    ((struct slice *)(void *)((char *)out + fields[i].at))->len == 0)
			return config_complain(s, key, v, err, "\"%s\" is missing.",
					       fields[i].name);
	return true;
}

static bool set_actions(struct config_setter *s, const struct config_key *k, struct json v,
			struct err *err)
{
	const struct config_field *fields;
	size_t n_fields = config_action_fields(&fields);
	struct config_action *items;
	size_t n = s->c->n_actions;

	if (json_type(v) != JSON_ARRAY || json_len(v) > LIST_MAX)
		return expected(s, k->name, v, err, "a list of objects");
	items = arena_array(&s->c->arena, n + json_len(v) + 1, sizeof(*items));
	if (n > 0)
		memcpy(items, s->c->actions, n * sizeof(*items));
	for (struct json_iter it = json_iter(v); json_next(&it); n++) {
		struct config_action_text t = { .kind = SLICE(""), .result = SLICE("edit") };

		if (!set_fields(s, k->name, it.value, fields, n_fields, &t, err))
			return false;
		items[n] = (struct config_action){ t.title, t.kind, t.prompt,
						   slice_eq_cstr(t.result, "edit") };
	}
	s->c->actions = items;
	s->c->n_actions = n;
	return true;
}

/* A provider that an earlier source named is replaced as a whole: its key must never go to
 * another source's address. */
static bool set_providers(struct config_setter *s, const struct config_key *k, struct json v,
			  struct err *err)
{
	const struct config_field *fields;
	size_t n_fields = config_provider_fields(&fields);
	struct config_provider *items;
	size_t n = s->c->n_providers, at;

	if (json_type(v) != JSON_OBJECT || json_len(v) > LIST_MAX)
		return expected(s, k->name, v, err, "an object with one member for each provider");
	items = arena_array(&s->c->arena, n + json_len(v) + 1, sizeof(*items));
	if (n > 0)
		memcpy(items, s->c->providers, n * sizeof(*items));
	for (struct json_iter it = json_iter(v); json_next(&it);) {
		struct config_provider p = { .name = json_str_or(it.key, &s->c->arena, "") };

		if (p.name.len == 0 || slice_find_byte(p.name, '/', 0) != SIZE_MAX)
			return config_complain(s, k->name, it.key, err,
					       "a provider's name is not empty and has no \"/\".");
		if (!set_fields(s, k->name, it.value, fields, n_fields, &p, err))
			return false;
		p.name = arena_dup(&s->c->arena, p.name);
		for (at = 0; at < n && !slice_eq(items[at].name, p.name); at++)
			;
		items[at] = p;
		n = at == n ? n + 1 : n;
	}
	s->c->providers = items;
	s->c->n_providers = n;
	return true;
}

/* Without a default branch, so that the compiler names a type that was forgotten. */
bool config_set_value(struct config_setter *s, const struct config_key *k, struct json v,
		      struct err *err)
{
	switch (k->type) {
	case KEY_STRING:
	case KEY_CHOICE:
	case KEY_MODE:
		return set_text(s, k, v, err);
	case KEY_NUMBER:
	case KEY_U64:
	case KEY_U32:
	case KEY_INT:
		return set_number(s, k, v, err);
	case KEY_STRINGS:
	case KEY_RULES:
	case KEY_HOSTS:
	case KEY_FOLDERS:
		return set_strings(s, k, v, err);
	case KEY_ACTIONS:
		return set_actions(s, k, v, err);
	case KEY_PROVIDERS:
		return set_providers(s, k, v, err);
	case KEY_MODELS:
		return config_set_models(s, k, v, err);
	}
	return err_set(err, ERR_INTERNAL, "The setting %s has no type.", k->name);
}
