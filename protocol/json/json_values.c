/* json_values.c - see json.h: what a value says, read from its source text.
 *
 * The text was checked before, so that nothing here needs to look for errors in it. Numbers are
 * read as decimals first: so integers are exact, and no locale's decimal point can matter. */
#include "protocol/json/json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "protocol/base/limits.h"
#include "protocol/base/mem.h"
#include "protocol/base/utf8.h"

/* --- strings ------------------------------------------------------------------------------- */

/* Without its quotes, still escaped. */
static struct slice string_body(struct json v)
{
	struct slice raw = json_raw(v);

	return slice_sub(raw, 1, raw.len - 1);
}

/* The digits were checked by json_check(). */
static uint32_t hex4(const char *p)
{
	uint32_t n = 0;

	for (int i = 0; i < 4; i++) {
		char c = p[i];

		n = n * 16 + (uint32_t)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
	}
	return n;
}

/* Decodes the \uXXXX at body[at], with its other half where it has one. Returns what it took. */
static size_t unescape_unicode(struct slice body, size_t at, uint32_t *cp)
{
	uint32_t low;

	*cp = hex4(body.ptr + at + 2);
	if (*cp < 0xd800 || *cp > 0xdfff)
		return 6;
	if (*cp <= 0xdbff && body.len - at >= 12 && memcmp(body.ptr + at + 6, "\\u", 2) == 0) {
		low = hex4(body.ptr + at + 8);
		if (low >= 0xdc00 && low <= 0xdfff) {
			*cp = 0x10000 + ((*cp - 0xd800) << 10) + (low - 0xdc00);
			return 12;
		}
	}
	*cp = 0xfffd; /* half a pair */
	return 6;
}

/* Resolves one character or escape at body[at] into out; returns what it took. */
static size_t unescape_one(struct slice body, size_t at, char out[4], size_t *out_len)
{
	uint32_t cp;
	size_t took;

	*out_len = 1;
	out[0] = body.ptr[at];
	if (out[0] != '\\')
		return 1;
	out[0] = body.ptr[at + 1];
	switch (out[0]) {
	case 'b':
		out[0] = '\b';
		return 2;
	case 'f':
		out[0] = '\f';
		return 2;
	case 'n':
		out[0] = '\n';
		return 2;
	case 'r':
		out[0] = '\r';
		return 2;
	case 't':
		out[0] = '\t';
		return 2;
	case 'u':
		took = unescape_unicode(body, at, &cp);
		*out_len = utf8_encode(cp, out);
		return took;
	default: /* " \ / stand for themselves */
		return 2;
	}
}

/* Resolves all escapes of body into out, which has room for body.len bytes: an escape is never
 * shorter than what it stands for. What stands between two escapes is copied at once: the usual
 * large string is a source text, with one escape a line. */
static size_t unescape(struct slice body, char *out)
{
	size_t at = 0, len = 0, n;

	while (at < body.len) {
		size_t next = slice_find_byte(body, '\\', at);

		if (next == SIZE_MAX)
			next = body.len;
		memcpy(out + len, body.ptr + at, next - at);
		len += next - at;
		for (at = next; at < body.len && body.ptr[at] == '\\'; len += n)
			at += unescape_one(body, at, out + len, &n);
	}
	return len;
}

bool json_str(struct json v, struct arena *a, struct slice *out)
{
	struct slice body;
	char *p;

	if (json_type(v) != JSON_STRING)
		return false;
	body = string_body(v);
	if (slice_find_byte(body, '\\', 0) == SIZE_MAX) {
		*out = body;
		return true;
	}
	p = arena_alloc(a, body.len + 1); /* zeroed: so it ends in NUL */
	*out = slice_make(p, unescape(body, p));
	return true;
}

char *json_str_own(struct json v, size_t *len, size_t *cap)
{
	struct slice body;
	char *p;

	if (json_type(v) != JSON_STRING)
		return NULL;
	body = string_body(v);
	p = xmalloc(body.len + 1);
	*len = unescape(body, p);
	*cap = body.len + 1;
	return p;
}

/* Compares without memory of its own; most strings have no escape and are compared at once. */
static bool string_is(struct json v, struct slice text)
{
	struct slice body = string_body(v);
	size_t at = 0, got = 0, n;
	char one[4];

	if (slice_find_byte(body, '\\', 0) == SIZE_MAX)
		return slice_eq(body, text);
	while (at < body.len) {
		at += unescape_one(body, at, one, &n);
		if (text.len - got < n || memcmp(text.ptr + got, one, n) != 0)
			return false;
		got += n;
	}
	return got == text.len;
}

bool json_is(struct json v, const char *text)
{
	return json_type(v) == JSON_STRING && string_is(v, slice_of(text));
}

/* A name that comes twice gives its first value (RFC 8259, section 4, leaves it open). */
struct json json_get_slice(struct json object, struct slice key)
{
	if (json_type(object) == JSON_OBJECT)
		for (struct json_iter it = json_iter(object); json_next(&it);)
			if (string_is(it.key, key))
				return it.value;
	return (struct json){ 0 };
}

struct json json_get(struct json object, const char *key)
{
	return json_get_slice(object, slice_of(key));
}

/* --- numbers ------------------------------------------------------------------------------- */

/* Longer numbers are cut with one digit more, so that they round as the whole would. */
enum { DIGITS_MAX = 800 }; /* a double is decided by its first 768 digits and "is there more?" */

struct decimal { /* 0.d1d2d3... * 10^exp, without leading or trailing zeros; n == 0 is zero */
	bool negative;
	size_t n;
	int64_t exp;
	char digits[DIGITS_MAX + 1];
};

/* Above a trillion it makes no difference: the number is 0 or beyond any double. */
static int64_t read_exponent(struct slice s)
{
	int64_t n = 0;
	bool negative = s.len > 0 && s.ptr[0] == '-';

	for (size_t i = s.len > 0 && (negative || s.ptr[0] == '+'); i < s.len; i++)
		if (n < INT64_C(1000000000000))
			n = n * 10 + (s.ptr[i] - '0');
	return negative ? -n : n;
}

/* d->exp counts digits in front of the point, so that the value is 0.DIGITS times ten to that
 * power. */
static void read_decimal(struct slice raw, struct decimal *d)
{
	size_t at = 0, e = 0;
	bool point = false, more = false;

	*d = (struct decimal){ .negative = raw.ptr[0] == '-' };
	for (at = d->negative; at < raw.len; at++) {
		char c = raw.ptr[at];

		if (c == 'e' || c == 'E')
			break;
		if (c == '.') {
			point = true;
			continue;
		}
		if (d->n > 0 || c != '0') {
			d->exp += !point;
			if (d->n < DIGITS_MAX)
				d->digits[d->n++] = c;
			else
				more = more || c != '0';
		} else if (point) {
			d->exp--; /* a zero between the point and the first digit */
		}
	}
	e = at < raw.len ? at + 1 : raw.len;
	d->exp += read_exponent(slice_sub(raw, e, raw.len));
	if (more)
		d->digits[d->n++] = '1';
	while (d->n > 0 && d->digits[d->n - 1] == '0')
		d->n--;
}

/* By decimal digits, not through a double: 2^53 and above would not be exact. */
bool json_i64(struct json v, int64_t *out)
{
	struct decimal d;
	uint64_t n = 0, max = INT64_MAX;

	if (json_type(v) != JSON_NUMBER)
		return false;
	read_decimal(json_raw(v), &d);
	if (d.n > 0 && (d.exp < (int64_t)d.n || d.exp > 19))
		return false; /* a fraction, or more than 19 digits */
	if (d.n > 0)
		for (int64_t i = 0; i < d.exp; i++)
			if (__builtin_mul_overflow(n, (uint64_t)10, &n) ||
			    __builtin_add_overflow(
				    n, i < (int64_t)d.n ? (uint64_t)(d.digits[i] - '0') : 0, &n))
				return false;
	max += d.negative;
	if (n > max)
		return false;
	*out = d.negative ? (int64_t)(0 - n) : (int64_t)n;
	return true;
}

/* strtod() gets digits and an exponent, never a point: it would read the point of the user's
 * locale. */
bool json_f64(struct json v, double *out)
{
	char text[DIGITS_MAX + 40];
	struct decimal d;
	double n = 0;

	if (json_type(v) != JSON_NUMBER)
		return false;
	read_decimal(json_raw(v), &d);
	if (d.n > 0) {
		(void)snprintf(text, sizeof(text), "%.*se%lld", (int)d.n, d.digits,
			       (long long)(d.exp - (int64_t)d.n));
		n = strtod(text, NULL);
	}
	if (!isfinite(n))
		return false;
	*out = d.negative ? -n : n;
	return true;
}

bool json_bool(struct json v, bool *out)
{
	if (json_type(v) != JSON_BOOL)
		return false;
	*out = json_raw(v).ptr[0] == 't';
	return true;
}

/* --- with a default ------------------------------------------------------------------------ */

int64_t json_i64_or(struct json v, int64_t def)
{
	int64_t n;

	return json_i64(v, &n) ? n : def;
}

bool json_bool_or(struct json v, bool def)
{
	bool b;

	return json_bool(v, &b) ? b : def;
}

struct slice json_str_or(struct json v, struct arena *a, const char *def)
{
	struct slice s;

	return json_str(v, a, &s) ? s : slice_of(def);
}
