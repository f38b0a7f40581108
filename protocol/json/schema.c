/* schema.c - see schema.h
 *
 * Two walks of the same shape. The first (check_*) looks at the schema alone and refuses what the
 * second does not know, so the second (holds_*) has no errors of its own. Both go as deep as the
 * JSON is, which is bounded. The place in hand is a text that grows and shrinks with the walk, so
 * that an error can name it. */
#include "protocol/json/schema.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "protocol/base/utf8.h"

enum { PATH_BYTES = 512, NAME_BYTES = 80 };

/* The arena is for names while they are compared, and goes with the walk. */
struct walk {
	struct arena *a;
	char path[PATH_BYTES]; /* of the place in hand; what does not fit is cut */
	size_t len;
	struct err *err;
};

/* --- the place --- */

/* Gives the length of before, for leave(). */
static size_t enter_name(struct walk *w, struct slice name)
{
	size_t was = w->len;
	int n = snprintf(w->path + w->len, PATH_BYTES - w->len, "%s%.*s", w->len ? "." : "",
			 (int)(name.len < NAME_BYTES ? name.len : NAME_BYTES), name.ptr);

	w->len = n > 0 && (size_t)n < PATH_BYTES - w->len ? w->len + (size_t)n : PATH_BYTES - 1;
	return was;
}

static size_t enter_index(struct walk *w, size_t i)
{
	size_t was = w->len;
	int n = snprintf(w->path + w->len, PATH_BYTES - w->len, "[%zu]", i);

	w->len = n > 0 && (size_t)n < PATH_BYTES - w->len ? w->len + (size_t)n : PATH_BYTES - 1;
	return was;
}

static void leave(struct walk *w, size_t was)
{
	w->len = was;
	w->path[was] = '\0';
}

/* The place first, then what is wrong, then the part of the schema or value that says so. */
static bool wrong(struct walk *w, const char *what, struct slice name)
{
	return err_set(w->err, ERR_INVALID, "%s: %s%.*s", w->len ? w->path : "the whole value",
		       what, (int)(name.len < NAME_BYTES ? name.len : NAME_BYTES), name.ptr);
}

/* --- the schema itself --- */

static bool unusable(struct walk *w, const char *what, struct slice name)
{
	return err_set(w->err, ERR_USAGE, "%s%s%s%.*s", w->path, w->len ? ": " : "", what,
		       (int)(name.len < NAME_BYTES ? name.len : NAME_BYTES), name.ptr);
}

static bool is_type_name(struct json v)
{
	static const char *const names[] = { "null",   "boolean", "number", "integer",
					     "string", "array",	  "object" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (json_is(v, names[i]))
			return true;
	return false;
}

static bool check_type(struct walk *w, struct json type)
{
	bool ok = json_type(type) == JSON_ARRAY ? json_len(type) > 0 : is_type_name(type);

	for (struct json_iter it = json_iter(type); ok && json_next(&it);)
		ok = is_type_name(it.value);
	return ok || unusable(w,
			      "type must be one or several of null, boolean, number, integer, "
			      "string, array, object",
			      SLICE(""));
}

static bool check_one(struct walk *w, struct json schema);

static bool check_properties(struct walk *w, struct json properties)
{
	if (json_type(properties) != JSON_OBJECT)
		return unusable(w, "properties must be an object", SLICE(""));
	for (struct json_iter it = json_iter(properties); json_next(&it);) {
		size_t was = enter_name(w, json_str_or(it.key, w->a, ""));

		if (!check_one(w, it.value))
			return false;
		leave(w, was);
	}
	return true;
}

static bool is_list_of_texts(struct json v)
{
	bool ok = json_type(v) == JSON_ARRAY;

	for (struct json_iter it = json_iter(v); ok && json_next(&it);)
		ok = json_type(it.value) == JSON_STRING;
	return ok;
}

static bool one_of(struct json key, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (json_is(key, names[i]))
			return true;
	return false;
}

/* `silent` says nothing about a value that could fail here, or is looked at elsewhere (const). */
static bool check_keyword(struct walk *w, struct json key, struct json v)
{
	static const char *const counts[] = { "minItems", "maxItems", "minLength", "maxLength" };
	static const char *const limits[] = { "minimum", "maximum" };
	static const char *const silent[] = { "title", "description", "default", "examples",
					      "const", "$schema",     "$id",	 "$comment" };
	int64_t n = -1;
	size_t was;
	bool ok;

	if (json_is(key, "type"))
		return check_type(w, v);
	if (json_is(key, "properties"))
		return check_properties(w, v);
	if (json_is(key, "items") ||
	    (json_is(key, "additionalProperties") && json_type(v) == JSON_OBJECT)) {
		was = enter_name(w, json_str_or(key, w->a, ""));
		ok = check_one(w, v);
		if (ok)
			leave(w, was);
		return ok;
	}
	if (json_is(key, "additionalProperties"))
		return json_type(v) == JSON_BOOL ||
		       unusable(w, "additionalProperties must be true, false or a schema",
				SLICE(""));
	if (json_is(key, "required"))
		return is_list_of_texts(v) ||
		       unusable(w, "required must be a list of names", SLICE(""));
	if (json_is(key, "enum"))
		return (json_type(v) == JSON_ARRAY && json_len(v) > 0) ||
		       unusable(w, "enum must be a list of values", SLICE(""));
	if (one_of(key, counts, ARRAY_LEN(counts)))
		return (json_i64(v, &n) && n >= 0) ||
		       unusable(w, "a whole number is wanted for ", json_str_or(key, w->a, ""));
	if (one_of(key, limits, ARRAY_LEN(limits)))
		return json_type(v) == JSON_NUMBER ||
		       unusable(w, "a number is wanted for ", json_str_or(key, w->a, ""));
	return one_of(key, silent, ARRAY_LEN(silent)) ||
	       unusable(w, "Emend does not know the keyword ", json_str_or(key, w->a, ""));
}

static bool check_one(struct walk *w, struct json schema)
{
	if (json_type(schema) != JSON_OBJECT)
		return unusable(w, "a schema must be an object", SLICE(""));
	for (struct json_iter it = json_iter(schema); json_next(&it);)
		if (!check_keyword(w, it.key, it.value))
			return false;
	return true;
}

bool schema_check(struct json schema, struct err *err)
{
	struct arena a;
	struct walk w = { .a = &a, .err = err };
	bool ok;

	arena_init(&a);
	ok = check_one(&w, schema);
	arena_release(&a);
	return ok;
}

/* --- a value --- */

static bool is_of_type(struct json name, struct json v)
{
	double n = 0;

	switch (json_type(v)) {
	case JSON_NULL:
		return json_is(name, "null");
	case JSON_BOOL:
		return json_is(name, "boolean");
	case JSON_NUMBER:
		return json_is(name, "number") ||
		       (json_is(name, "integer") && json_f64(v, &n) && floor(n) >= n);
	case JSON_STRING:
		return json_is(name, "string");
	case JSON_ARRAY:
		return json_is(name, "array");
	case JSON_OBJECT:
		return json_is(name, "object");
	case JSON_MISSING:
		break;
	}
	return false;
}

static bool holds_type(struct walk *w, struct json type, struct json v)
{
	bool ok = json_type(type) == JSON_STRING && is_of_type(type, v);

	if (json_type(type) == JSON_MISSING)
		return true;
	for (struct json_iter it = json_iter(type);
	     json_type(type) == JSON_ARRAY && !ok && json_next(&it);)
		ok = is_of_type(it.value, v);
	return ok || wrong(w, "wanted is the type ", json_raw(type));
}

/* Compared as values: 1 and 1.0 are the same, members in any order. */
static bool holds_choice(struct walk *w, struct json schema, struct json v)
{
	struct json only = json_get(schema, "const"), choices = json_get(schema, "enum");
	bool ok = false;

	if (json_type(only) != JSON_MISSING && !json_equal(only, v))
		return wrong(w, "it must be ", json_raw(only));
	if (json_type(choices) == JSON_MISSING)
		return true;
	for (struct json_iter it = json_iter(choices); !ok && json_next(&it);)
		ok = json_equal(it.value, v);
	return ok || wrong(w, "it must be one of ", json_raw(choices));
}

/* Missing keywords are limits that nothing passes. */
static bool holds_size(struct walk *w, struct json schema, const char *least, const char *most,
		       int64_t n)
{
	int64_t from = json_i64_or(json_get(schema, least), 0);
	int64_t to = json_i64_or(json_get(schema, most), INT64_MAX);

	if (n < from)
		return wrong(w, "too short or too few: ", slice_of(least));
	return n <= to || wrong(w, "too long or too many: ", slice_of(most));
}

static bool holds_number(struct walk *w, struct json schema, struct json v)
{
	double n = 0, least = 0, most = 0;

	if (!json_f64(v, &n))
		return wrong(w, "too large a number", SLICE(""));
	if (json_f64(json_get(schema, "minimum"), &least) && n < least)
		return wrong(w, "it is below the minimum ", json_raw(json_get(schema, "minimum")));
	if (json_f64(json_get(schema, "maximum"), &most) && n > most)
		return wrong(w, "it is above the maximum ", json_raw(json_get(schema, "maximum")));
	return true;
}

/* JSON Schema counts characters, and a byte that is no UTF-8 is one. */
static int64_t code_points(struct slice s)
{
	int64_t n = 0;

	for (size_t i = 0; i < s.len; n++) {
		uint32_t cp;
		size_t len = utf8_decode(s, i, &cp);

		i += len ? len : 1;
	}
	return n;
}

static bool holds_one(struct walk *w, struct json schema, struct json v);

/* What `properties` does not name goes by additionalProperties; without that anything may stand
 * there. */
static bool holds_members(struct walk *w, struct json schema, struct json v)
{
	struct json properties = json_get(schema, "properties");
	struct json others = json_get(schema, "additionalProperties");

	for (struct json_iter it = json_iter(json_get(schema, "required")); json_next(&it);)
		if (json_type(json_get_slice(v, json_str_or(it.value, w->a, ""))) == JSON_MISSING)
			return wrong(w, "it lacks the member ", json_raw(it.value));
	for (struct json_iter it = json_iter(v); json_next(&it);) {
		struct slice name = json_str_or(it.key, w->a, "");
		struct json of = json_get_slice(properties, name);
		size_t was;

		if (json_type(of) == JSON_MISSING && json_type(others) == JSON_BOOL &&
		    !json_bool_or(others, true))
			return wrong(w, "it has a member that is not wanted: ", json_raw(it.key));
		if (json_type(of) == JSON_MISSING)
			of = others;
		was = enter_name(w, name);
		if (json_type(of) == JSON_OBJECT && !holds_one(w, of, it.value))
			return false;
		leave(w, was);
	}
	return true;
}

static bool holds_items(struct walk *w, struct json schema, struct json v)
{
	struct json items = json_get(schema, "items");
	size_t i = 0;

	if (!holds_size(w, schema, "minItems", "maxItems", (int64_t)json_len(v)))
		return false;
	for (struct json_iter it = json_iter(v); json_type(items) == JSON_OBJECT && json_next(&it);
	     i++) {
		size_t was = enter_index(w, i);

		if (!holds_one(w, items, it.value))
			return false;
		leave(w, was);
	}
	return true;
}

static bool holds_one(struct walk *w, struct json schema, struct json v)
{
	if (!holds_type(w, json_get(schema, "type"), v) || !holds_choice(w, schema, v))
		return false;
	switch (json_type(v)) {
	case JSON_OBJECT:
		return holds_members(w, schema, v);
	case JSON_ARRAY:
		return holds_items(w, schema, v);
	case JSON_STRING:
		return holds_size(w, schema, "minLength", "maxLength",
				  code_points(json_str_or(v, w->a, "")));
	case JSON_NUMBER:
		return holds_number(w, schema, v);
	case JSON_NULL:
	case JSON_BOOL:
	case JSON_MISSING:
		break;
	}
	return true;
}

bool schema_holds(struct json schema, struct json value, struct err *err)
{
	struct arena a;
	struct walk w = { .a = &a, .err = err };
	bool ok;

	arena_init(&a);
	ok = holds_one(&w, schema, value);
	arena_release(&a);
	return ok;
}
