/* write.c - see write.h
 *
 * A value is preceded by a comma if its container has an element already, unless a key came just
 * before it. Bit d of `nonempty` and `object` speaks of the container at depth d; depth 0 is the
 * text itself. */
#include "protocol/json/write.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "protocol/base/utf8.h"

static uint64_t bit(unsigned depth)
{
	return UINT64_C(1) << depth;
}

void jw_init(struct jw *w, struct buf *out)
{
	*w = (struct jw){ .out = out };
}

/* Whatever must stand before an element: a comma, or nothing. */
static void separate(struct jw *w)
{
	if (w->nonempty & bit(w->depth)) {
		assert(w->depth > 0); /* one value at the top */
		buf_putc(w->out, ',');
	}
	w->nonempty |= bit(w->depth);
}

/* An assert, not an error: a value in the wrong place is a bug of ours, whatever the input is. */
static void before_value(struct jw *w)
{
	if (w->after_key) {
		w->after_key = false;
		return;
	}
	assert(!(w->object & bit(w->depth))); /* a member needs its key */
	separate(w);
}

static void open_container(struct jw *w, bool object)
{
	before_value(w);
	assert(w->depth + 1 < JW_MAX_DEPTH);
	w->depth++;
	w->nonempty &= ~bit(w->depth);
	w->object &= ~bit(w->depth);
	if (object)
		w->object |= bit(w->depth);
	buf_putc(w->out, object ? '{' : '[');
}

void jw_object(struct jw *w)
{
	open_container(w, true);
}

void jw_array(struct jw *w)
{
	open_container(w, false);
}

void jw_end(struct jw *w)
{
	assert(w->depth > 0 && !w->after_key);
	buf_putc(w->out, w->object & bit(w->depth) ? '}' : ']');
	w->depth--;
}

/* RFC 8259, section 7: the short escapes where there are some, \u00XX for other controls. */
static void put_escape(struct buf *out, unsigned char c)
{
	static const char letters[0x20] = {
		['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't',
	};

	if (c == '"' || c == '\\')
		buf_append(out, slice_make((char[]){ '\\', (char)c }, 2));
	else if (letters[c])
		buf_append(out, slice_make((char[]){ '\\', letters[c] }, 2));
	else
		buf_printf(out, "\\u%04x", c);
}

static const struct slice replacement = { "\xef\xbf\xbd", 3 }; /* U+FFFD */

/* Appends s in quotes. What needs no change is copied in as few pieces as possible. */
static void put_string(struct jw *w, struct slice s)
{
	struct buf *out = w->out;
	size_t done = 0, at = 0;

	buf_putc(out, '"');
	while (at < s.len) {
		unsigned char c;
		uint32_t cp;
		size_t n;

		at += utf8_plain(s, at);
		if (at == s.len)
			break;
		c = (unsigned char)s.ptr[at];
		n = c < 0x80 ? 1 : utf8_decode(s, at, &cp);
		if (n > 0 && c >= 0x20 && c != '"' && c != '\\') {
			at += n;
			continue;
		}
		buf_append(out, slice_sub(s, done, at));
		if (n == 0 || (c == 0 && w->no_nul))
			buf_append(out, replacement);
		else
			put_escape(out, c);
		done = ++at;
	}
	buf_append(out, slice_sub(s, done, s.len));
	buf_putc(out, '"');
}

void jw_key_slice(struct jw *w, struct slice key)
{
	assert((w->object & bit(w->depth)) && !w->after_key);
	separate(w);
	put_string(w, key);
	buf_putc(w->out, ':');
	w->after_key = true;
}

void jw_key(struct jw *w, const char *key)
{
	jw_key_slice(w, slice_of(key));
}

void jw_str(struct jw *w, struct slice s)
{
	before_value(w);
	put_string(w, s);
}

void jw_cstr(struct jw *w, const char *s)
{
	if (s)
		jw_str(w, slice_of(s));
	else
		jw_null(w);
}

void jw_i64(struct jw *w, int64_t n)
{
	before_value(w);
	buf_printf(w->out, "%lld", (long long)n);
}

/* The shortest decimal digits that read back as n (finite, not negative), and the power of ten of
 * the first one. No decimal point is printed or read here: it would depend on the locale.
 * One digit more each time, until it reads back as the same number; 17 always do. */
static size_t shortest_digits(double n, char digits[20], int *exponent)
{
	char text[64], again[64];
	size_t len = 0;

	for (int precision = 0; precision < 17; precision++) {
		const char *e;

		(void)snprintf(text, sizeof(text), "%.*e", precision, n);
		e = strchr(text, 'e');
		len = 0;
		for (const char *p = text; p < e && len < 19; p++)
			if (*p >= '0' && *p <= '9')
				digits[len++] = *p;
		digits[len] = '\0';
		*exponent = (int)strtol(e + 1, NULL, 10);
		(void)snprintf(again, sizeof(again), "%se%d", digits, *exponent - precision);
		if (!(strtod(again, NULL) < n) && !(strtod(again, NULL) > n))
			break;
	}
	return len;
}

/* Without an exponent between 1e-6 and 1e17: so whole numbers look like whole numbers. */
void jw_f64(struct jw *w, double n)
{
	char digits[20];
	size_t len;
	int e;

	if (!isfinite(n)) {
		jw_null(w);
		return;
	}
	before_value(w);
	if (signbit(n))
		buf_putc(w->out, '-');
	len = shortest_digits(fabs(n), digits, &e);
	if (e >= 0 && e < 17 && len <= (size_t)e + 1) { /* a whole number */
		buf_printf(w->out, "%s%.*s", digits, e + 1 - (int)len, "0000000000000000");
	} else if (e >= 0 && e < 17) {
		buf_printf(w->out, "%.*s.%s", e + 1, digits, digits + e + 1);
	} else if (e < 0 && e >= -6) {
		buf_printf(w->out, "0.%.*s%s", -e - 1, "00000", digits);
	} else {
		buf_printf(w->out, "%c%s%se%d", digits[0], len > 1 ? "." : "", digits + 1, e);
	}
}

void jw_bool(struct jw *w, bool b)
{
	before_value(w);
	buf_puts(w->out, b ? "true" : "false");
}

void jw_null(struct jw *w)
{
	before_value(w);
	buf_puts(w->out, "null");
}

/* Appends the JSON with each escape of U+0000 made one of U+FFFD. Behind an odd number of backslashes
 * it is no escape, but a backslash and letters. */
static void put_without_nul(struct buf *out, struct slice json)
{
	static const struct slice nul = { "\\u0000", 6 };
	size_t done = 0, at = slice_find(json, nul, 0);

	while (at != SIZE_MAX) {
		size_t before = 0;

		while (before < at && json.ptr[at - before - 1] == '\\')
			before++;
		if (before % 2 == 0) {
			buf_append(out, slice_sub(json, done, at));
			buf_puts(out, "\\ufffd");
			done = at + nul.len;
		}
		at = slice_find(json, nul, at + 1);
	}
	buf_append(out, slice_sub(json, done, json.len));
}

/* What is written here was checked by somebody; it is not looked at again, except for U+0000. */
void jw_raw(struct jw *w, struct slice json)
{
	before_value(w);
	if (w->no_nul)
		put_without_nul(w->out, json);
	else
		buf_append(w->out, json);
}

void jw_kstr(struct jw *w, const char *key, struct slice s)
{
	jw_key(w, key);
	jw_str(w, s);
}

void jw_kcstr(struct jw *w, const char *key, const char *s)
{
	jw_key(w, key);
	jw_cstr(w, s);
}

void jw_ki64(struct jw *w, const char *key, int64_t n)
{
	jw_key(w, key);
	jw_i64(w, n);
}

void jw_kf64(struct jw *w, const char *key, double n)
{
	jw_key(w, key);
	jw_f64(w, n);
}

void jw_kbool(struct jw *w, const char *key, bool b)
{
	jw_key(w, key);
	jw_bool(w, b);
}

void jw_kraw(struct jw *w, const char *key, struct slice json)
{
	jw_key(w, key);
	jw_raw(w, json);
}

void jw_kobject(struct jw *w, const char *key)
{
	jw_key(w, key);
	jw_object(w);
}

void jw_karray(struct jw *w, const char *key)
{
	jw_key(w, key);
	jw_array(w);
}
