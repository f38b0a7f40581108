/* config_set.c - see config_set.h: the walk over one source, and the messages.
 *
 * Members of an object are looked up in the table of keys; a group ("budget") is an object whose
 * members are looked up as "budget.NAME". A mistake is an error with file, line and key. With
 * reports the walk goes on behind it, and the key keeps the value that it had. */
#include "agent/config/config_set.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

#include "agent/config/config_text.h"
#include "agent/config/suggest.h"

enum { KEYS_MAX = 64, NAME_MAX_BYTES = 80 };

bool config_complain(const struct config_setter *s, const char *key, struct json at,
		     struct err *err, const char *fmt, ...)
{
	char what[400];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	if (s->one_value)
		return err_set(err, ERR_USAGE, "%s: %s", s->source, what);
	if (!s->text.ptr)
		return err_set(err, ERR_USAGE, "%s: key \"%s\": %s", s->source, key, what);
	return err_set(err, ERR_USAGE, "%s:%zu: key \"%s\": %s", s->source,
		       config_text_line(s->text, json_offset(at)), key, what);
}

static const struct config_key *find_key(struct slice name, size_t *index)
{
	const struct config_key *keys;
	size_t n = config_keys(&keys);

	for (size_t i = 0; i < n; i++) {
		if (slice_eq_cstr(name, keys[i].name)) {
			*index = i;
			return &keys[i];
		}
	}
	return NULL;
}

/* "budget", for which there are keys "budget.NAME". */
static bool is_group(struct slice name)
{
	const struct config_key *keys;
	size_t n = config_keys(&keys);

	for (size_t i = 0; i < n; i++) {
		struct slice key = slice_of(keys[i].name);

		if (key.len > name.len && slice_starts(key, name) && key.ptr[name.len] == '.')
			return true;
	}
	return false;
}

/* The nearest key by its whole name, or else by the part behind the dot. */
static const char *nearest_key(struct slice name)
{
	const char *whole[KEYS_MAX], *member[KEYS_MAX], *best;
	const struct config_key *keys;
	size_t n = config_keys(&keys);
	size_t dot = slice_find_byte(name, '.', 0);

	assert(n <= KEYS_MAX);
	for (size_t i = 0; i < n; i++) {
		const char *behind = strchr(keys[i].name, '.');

		whole[i] = keys[i].name;
		member[i] = behind ? behind + 1 : keys[i].name;
	}
	best = suggest(name, whole, n);
	if (best)
		return best;
	best = suggest(dot == SIZE_MAX ? name : slice_sub(name, dot + 1, name.len), member, n);
	for (size_t i = 0; best && i < n; i++)
		if (member[i] == best)
			return whole[i];
	return is_group(name) ? NULL : best;
}

static bool unknown_key(const struct config_setter *s, struct slice name, struct json at,
			struct err *err)
{
	const char *meant = nearest_key(name);
	char key[NAME_MAX_BYTES + 1];

	(void)snprintf(key, sizeof(key), "%.*s", SLICE_ARG(name));
	if (meant)
		return config_complain(s, key, at, err,
				       "there is no such setting; did you mean \"%s\"?", meant);
	return config_complain(s, key, at, err,
			       "there is no such setting; `emend config schema` lists them all.");
}

/* Goes on behind a mistake where somebody wants to hear of all of them. "guard": the key
 * protects (config_guards). Passing over it would leave the user less protected than the
 * project's author asked for, so that this is told only to one who merely checks the file. */
static bool go_on(const struct config_setter *s, bool guard, const struct err *err)
{
	if (!s->reports || (guard && !s->reports->guards))
		return false;
	s->reports->fn(s->reports->payload, err);
	return true;
}

/* One pass over the members of one source. */
struct walk {
	struct config_setter *s;
	bool seen[KEYS_MAX];
};

/* Where the value is refused and the walk goes on, the origin is put back: the key keeps what it
 * had, and where that came from. */
static bool set_member(struct walk *w, struct slice name, struct json key, struct json value,
		       struct err *err)
{
	const struct config_key *k;
	size_t index = 0;

	unsigned char origin;
	bool project = w->s->origin == CONFIG_PROJECT;

	k = find_key(name, &index);
	if (!k) {
		(void)unknown_key(w->s, name, key, err);
		return go_on(w->s, false, err);
	}
	if (w->seen[index]) {
		(void)config_complain(w->s, k->name, key, err, "it is set twice in this file.");
		return go_on(w->s, project && config_guards(k, value), err);
	}
	w->seen[index] = true;
	if (json_type(value) == JSON_NULL)
		return true;
	origin = w->s->c->origin[index];
	w->s->c->origin[index] = (unsigned char)w->s->origin;
	if (project ? config_narrow_value(w->s, k, value, err)
		    : config_set_value(w->s, k, value, err))
		return true;
	w->s->c->origin[index] = origin;
	return go_on(w->s, project && config_guards(k, value), err);
}

/* A group that is no object might have held anything, so in a project's file it counts as one
 * that protects. */
static bool set_group(struct walk *w, struct slice group, struct json value, struct err *err)
{
	char name[NAME_MAX_BYTES + 1];

	if (json_type(value) == JSON_NULL)
		return true;
	if (json_type(value) != JSON_OBJECT) {
		(void)snprintf(name, sizeof(name), "%.*s", SLICE_ARG(group));
		(void)config_complain(w->s, name, value, err,
				      "expected an object, { ... }, found %s.",
				      json_type_phrase(json_type(value)));
		return go_on(w->s, w->s->origin == CONFIG_PROJECT, err);
	}
	for (struct json_iter it = json_iter(value); json_next(&it);) {
		struct slice member = json_str_or(it.key, &w->s->c->arena, "");

		(void)snprintf(name, sizeof(name), "%.*s.%.*s", SLICE_ARG(group),
			       SLICE_ARG(member));
		if (!set_member(w, slice_of(name), it.key, it.value, err))
			return false;
	}
	return true;
}

bool config_set_object(struct config_setter *s, struct json root, struct err *err)
{
	struct walk w = { .s = s };

	for (struct json_iter it = json_iter(root); json_next(&it);) {
		struct slice name = json_str_or(it.key, &s->c->arena, "");

		if (slice_eq_cstr(name, "$schema"))
			continue;
		if (!(is_group(name) ? set_group(&w, name, it.value, err)
				     : set_member(&w, name, it.key, it.value, err)))
			return false;
	}
	return true;
}
