/* json_equal.c - see json.h: deep equality, without recursion.
 *
 * Members are first looked for where they stand in the other object, so that equal texts compare
 * in linear time; only a different order costs a search. */
#include "protocol/json/json.h"

#include "protocol/base/limits.h"

/* One for each open container; the depth of JSON bounds how many there can be. */
struct level {
	struct json_iter a, b;
	struct json other; /* the container that b walks */
};

static bool strings_equal(struct json a, struct json b)
{
	struct slice x, y;
	struct arena scratch;
	bool equal;

	if (slice_eq(json_raw(a), json_raw(b)))
		return true;
	arena_init(&scratch);
	equal = json_str(a, &scratch, &x) && json_str(b, &scratch, &y) && slice_eq(x, y);
	arena_release(&scratch);
	return equal;
}

/* Not with ==, which compilers warn of; neither is ever NaN here. */
static bool numbers_equal(struct json a, struct json b)
{
	double x, y;
	bool have = json_f64(a, &x);

	if (have != json_f64(b, &y))
		return false;
	if (!have) /* both are beyond any double */
		return slice_eq(json_raw(a), json_raw(b));
	return !(x < y) && !(x > y);
}

/* Equal as far as can be seen without going into them. */
static bool surface_equal(struct json a, struct json b)
{
	enum json_type type = json_type(a);

	if (type != json_type(b))
		return false;
	switch (type) {
	case JSON_BOOL:
		return slice_eq(json_raw(a), json_raw(b));
	case JSON_NUMBER:
		return numbers_equal(a, b);
	case JSON_STRING:
		return strings_equal(a, b);
	case JSON_ARRAY:
	case JSON_OBJECT:
		return json_len(a) == json_len(b);
	case JSON_MISSING:
	case JSON_NULL:
		break;
	}
	return true;
}

/* Finds the partner of l->a.value in the other container. */
static struct json partner(struct level *l)
{
	struct slice key;
	struct arena scratch;
	struct json found = { 0 };

	(void)json_next(&l->b); /* both have the same length */
	if (!l->a.object || strings_equal(l->a.key, l->b.key))
		return l->b.value;
	arena_init(&scratch);
	if (json_str(l->a.key, &scratch, &key))
		found = json_get_slice(l->other, key);
	arena_release(&scratch);
	return found;
}

bool json_equal(struct json a, struct json b)
{
	struct level stack[LIMIT_JSON_DEPTH + 1];
	size_t depth = 0;

	for (;;) {
		if (!surface_equal(a, b))
			return false;
		if (json_len(a) > 0)
			stack[depth++] = (struct level){ json_iter(a), json_iter(b), b };
		while (depth > 0 && !json_next(&stack[depth - 1].a))
			depth--;
		if (depth == 0)
			return true;
		a = stack[depth - 1].a.value;
		b = partner(&stack[depth - 1]);
	}
}
