/* json.c - see json.h: tokenizing a checked text, and walking it.
 *
 * jsmn finds tokens and hardly checks them, hence json_check() first and the comparison of the
 * two counts afterwards. Its tokens stand in document order and each knows its parent; one pass
 * from the back adds up the size of every subtree, so that the step to the next sibling is one
 * addition. A key's value is the token behind the key. */
#include "protocol/json/json_private.h"

#include <assert.h>
#include <limits.h>

#include "protocol/base/limits.h"

#define JSMN_STATIC
#define JSMN_STRICT
#define JSMN_PARENT_LINKS
#include <jsmn.h>

struct json_doc {
	struct slice text;
	const jsmntok_t *tok;
	const uint32_t *span; /* tokens in the subtree, itself included */
	uint32_t n;
};

/* A parent stands before its children, so one pass from the back is enough. */
static uint32_t *make_spans(struct arena *a, const jsmntok_t *tok, uint32_t n)
{
	uint32_t *span = arena_array(a, n, sizeof(*span));

	for (uint32_t i = n; i-- > 0;) {
		span[i] += 1;
		if (tok[i].parent >= 0)
			span[tok[i].parent] += span[i];
	}
	return span;
}

/* In strict mode jsmn refuses a number or word at the very end of the text.
 * The check has passed, so the text is one value with blanks around it. */
static bool lone_primitive(struct slice text, jsmntok_t *tok)
{
	struct slice s = slice_trim(text);

	if (s.ptr[0] == '{' || s.ptr[0] == '[' || s.ptr[0] == '"')
		return false;
	*tok = (jsmntok_t){ .type = JSMN_PRIMITIVE, .parent = -1 };
	tok->start = (int)(s.ptr - text.ptr);
	tok->end = tok->start + (int)s.len;
	return true;
}

/* Makes the n tokens of a checked text. A long string was read twice already, so jsmn is not sent
 * through it: it stops before the quote, gets the token that it would have made, and goes on behind
 * the string. So many are treated so and no more, as jsmn looks back over its tokens, to the innermost
 * container that is open, each time it stops. */
static bool tokenize(struct slice text, const struct long_strings *longs, jsmntok_t *tok, size_t n)
{
	jsmn_parser p;

	jsmn_init(&p);
	for (size_t i = 0; i < longs->n; i++) {
		size_t start = longs->s[i].start, end = longs->s[i].end;
		jsmntok_t *t;

		(void)jsmn_parse(&p, text.ptr, start, tok, (unsigned)n); /* "incomplete" */
		if (p.pos != start || p.toknext >= n)
			return false;
		t = &tok[p.toknext++];
		*t = (jsmntok_t){ .type = JSMN_STRING, .parent = p.toksuper };
		t->start = (int)start + 1;
		t->end = (int)end;
		if (p.toksuper >= 0)
			tok[p.toksuper].size++;
		p.pos = (unsigned)end + 1;
	}
	return jsmn_parse(&p, text.ptr, text.len, tok, (unsigned)n) == (int)n;
}

/* The check has counted the values, so the tokens are allocated once, and jsmn can never ask for
 * more. */
bool json_parse(struct arena *a, struct slice text, struct json *root, struct err *err)
{
	size_t most = text.len / LONG_STRING_BYTES;
	struct long_strings longs = { .cap = most < LONG_STRINGS ? most : LONG_STRINGS };
	struct json_doc *doc;
	jsmntok_t *tok;
	size_t n;

	if (text.len > INT_MAX)
		return err_set(err, ERR_TOO_LARGE, "The JSON text has more than %d bytes.",
			       INT_MAX);
	longs.s = longs.cap > 0 ? arena_array(a, longs.cap, sizeof(*longs.s)) : NULL;
	if (!json_check_listing(text, &n, &longs, err))
		return false;
	if (n > LIMIT_JSON_TOKENS)
		return err_set(err, ERR_TOO_LARGE, "The JSON text has more than %d values.",
			       LIMIT_JSON_TOKENS);
	tok = arena_array(a, n, sizeof(*tok));
	if (!lone_primitive(text, tok) && !tokenize(text, &longs, tok, n))
		return err_set(err, ERR_INTERNAL, "The JSON text could not be split into values.");
	doc = arena_alloc(a, sizeof(*doc));
	doc->text = text;
	doc->tok = tok;
	doc->n = (uint32_t)n;
	doc->span = make_spans(a, tok, doc->n);
	*root = (struct json){ doc, 0 };
	return true;
}

enum json_type json_type(struct json v)
{
	const jsmntok_t *t;

	if (!v.doc)
		return JSON_MISSING;
	assert(v.tok < v.doc->n);
	t = &v.doc->tok[v.tok];
	if (t->type == JSMN_OBJECT)
		return JSON_OBJECT;
	if (t->type == JSMN_ARRAY)
		return JSON_ARRAY;
	if (t->type == JSMN_STRING)
		return JSON_STRING;
	switch (v.doc->text.ptr[t->start]) {
	case 'n':
		return JSON_NULL;
	case 't':
	case 'f':
		return JSON_BOOL;
	default:
		return JSON_NUMBER;
	}
}

const char *json_type_name(enum json_type type)
{
	static const char *const names[] = {
		[JSON_MISSING] = "missing", [JSON_NULL] = "null",     [JSON_BOOL] = "boolean",
		[JSON_NUMBER] = "number",   [JSON_STRING] = "string", [JSON_ARRAY] = "array",
		[JSON_OBJECT] = "object",
	};

	return names[type];
}

const char *json_type_phrase(enum json_type type)
{
	static const char *const phrases[] = {
		[JSON_MISSING] = "nothing",  [JSON_NULL] = "null",	 [JSON_BOOL] = "a boolean",
		[JSON_NUMBER] = "a number",  [JSON_STRING] = "a string", [JSON_ARRAY] = "an array",
		[JSON_OBJECT] = "an object",
	};

	return phrases[type];
}

size_t json_len(struct json v)
{
	enum json_type type = json_type(v);

	if (type != JSON_ARRAY && type != JSON_OBJECT)
		return 0;
	return (size_t)v.doc->tok[v.tok].size;
}

/* A copy is a place in the text: it can be kept and gone on with as long as the arena lives. */
struct json_iter json_iter(struct json v)
{
	return (struct json_iter){
		.doc = v.doc,
		.next = v.tok + 1,
		.left = (uint32_t)json_len(v),
		.object = json_type(v) == JSON_OBJECT,
	};
}

/* A key is a token by itself, and its value the one behind it: the span of a key holds both. */
bool json_next(struct json_iter *it)
{
	if (it->left == 0)
		return false;
	it->left--;
	if (it->object) {
		it->key = (struct json){ it->doc, it->next };
		it->value = (struct json){ it->doc, it->next + 1 };
	} else {
		it->value = (struct json){ it->doc, it->next };
	}
	it->next += it->doc->span[it->next];
	return true;
}

struct json json_at(struct json array, size_t i)
{
	if (json_type(array) == JSON_ARRAY && i < json_len(array))
		for (struct json_iter it = json_iter(array); json_next(&it);)
			if (i-- == 0)
				return it.value;
	return (struct json){ 0 };
}

struct slice json_raw(struct json v)
{
	const jsmntok_t *t;
	size_t from, to;

	if (json_type(v) == JSON_MISSING)
		return SLICE("");
	t = &v.doc->tok[v.tok];
	from = (size_t)t->start;
	to = (size_t)t->end;
	if (t->type == JSMN_STRING) { /* jsmn leaves the quotes out */
		from--;
		to++;
	}
	return slice_make(v.doc->text.ptr + from, to - from);
}

size_t json_offset(struct json v)
{
	return v.doc ? (size_t)(json_raw(v).ptr - v.doc->text.ptr) : 0;
}
