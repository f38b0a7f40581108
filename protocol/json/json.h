/* json.h - a read-only view of one JSON text.
 *
 * json_parse() first checks the whole text against RFC 8259 and UTF-8, then tokenizes it (jsmn),
 * so that every view is of valid JSON. Values are two-word handles. Looking up what is absent or
 * of another type yields JSON_MISSING, which every reader accepts: a chain of lookups needs one
 * check, at its end. No caller sees a jsmn type. */
#ifndef EMEND_JSON_H
#define EMEND_JSON_H

#include "protocol/base/arena.h"
#include "protocol/base/err.h"

struct json_doc;

/* Passed by value; good as long as the arena and the text of its json_parse() live. */
struct json {
	const struct json_doc *doc; /* NULL: missing */
	uint32_t tok;
};

enum json_type {
	JSON_MISSING = 0,
	JSON_NULL,
	JSON_BOOL,
	JSON_NUMBER,
	JSON_STRING,
	JSON_ARRAY,
	JSON_OBJECT,
};

/* Strict RFC 8259 check: one value, valid UTF-8, depth at most LIMIT_JSON_DEPTH. *tokens, if not
 * NULL, gets the number of values and keys. ERR_INVALID names the byte offset. */
NODISCARD bool json_check(struct slice text, size_t *tokens, struct err *err);

/* Borrows text, which must live and stay unchanged as long as the arena. ERR_INVALID (with
 * byte offset), ERR_TOO_LARGE (depth, LIMIT_JSON_TOKENS). Linear time; about 24 bytes of arena
 * per token. */
NODISCARD bool json_parse(struct arena *a, struct slice text, struct json *root, struct err *err);

enum json_type json_type(struct json v);
const char *json_type_name(enum json_type type);   /* "string", ... for messages */
const char *json_type_phrase(enum json_type type); /* "a string", "an array" */
static inline bool json_present(struct json v)	   /* neither missing nor null */
{
	return json_type(v) > JSON_NULL;
}

struct json json_get(struct json object, const char *key); /* first match */
struct json json_get_slice(struct json object, struct slice key);
struct json json_at(struct json array, size_t i); /* O(i): iterate instead */
size_t json_len(struct json v);			  /* elements or members; 0 for the rest */

/* for (struct json_iter it = json_iter(v); json_next(&it); ) use it.key (objects; raw, still
 * escaped: compare with json_is) and it.value. */
struct json_iter {
	struct json value;
	struct json key; /* a string; missing for arrays */
	const struct json_doc *doc;
	uint32_t next, left;
	bool object;
};
struct json_iter json_iter(struct json v);
bool json_next(struct json_iter *it);

/* False, and *out untouched, for another type, or a number that is not exactly an integer of 64
 * bits (1.0 and 1e2 are), or for json_f64() beyond the largest double. */
NODISCARD bool json_i64(struct json v, int64_t *out);
NODISCARD bool json_f64(struct json v, double *out);
NODISCARD bool json_bool(struct json v, bool *out);
/* Unescapes into the arena; lone surrogates become U+FFFD. Without escapes it borrows the text. */
NODISCARD bool json_str(struct json v, struct arena *a, struct slice *out);
/* The same into memory of its own, for a text that is to stay: from malloc, *cap bytes of which *len
 * are the text. NULL for another type. */
char *json_str_own(struct json v, size_t *len, size_t *cap);
bool json_is(struct json v, const char *text); /* is it this string? escapes are resolved */

/* With a default, for optional members. */
int64_t json_i64_or(struct json v, int64_t def);
bool json_bool_or(struct json v, bool def);
struct slice json_str_or(struct json v, struct arena *a, const char *def);

struct slice json_raw(struct json v); /* its source text; "" if missing. Strings with quotes */
size_t json_offset(struct json v);    /* byte offset of the value in the text */
/* Deep equality by value; numbers by their double value, member order does not matter. */
bool json_equal(struct json a, struct json b);

#endif
