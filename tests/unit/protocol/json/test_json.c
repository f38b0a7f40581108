/* test_json.c - reading JSON: what is refused and where, and what the views say. */
#include "protocol/json/json.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "protocol/base/limits.h"
#include "protocol/base/mem.h"
#include "protocol/base/utf8.h"

static struct json parse(struct arena *a, const char *text)
{
	struct err err = { 0 };
	struct json root;

	if (!json_parse(a, slice_of(text), &root, &err))
		fail_msg("%s: %s", text, err.msg);
	return root;
}

static void test_refused(void **state)
{
	static const struct {
		const char *text;
		size_t at;
	} cases[] = {
		{ "", 0 },	    { "  ", 2 },	  { "{}{}", 2 },      { "{\"a\"}", 4 },
		{ "{\"a\":1 \"b\":2}", 7 }, { "[1 2]", 3 },	  { "[1,]", 3 },      { "[,1]", 1 },
		{ "{\"a\":-}", 6 }, { "truely", 4 },	  { "01", 1 },	      { "1.2.3", 3 },
		{ "[1,2:3]", 4 },   { "\"\x01\"", 1 },	  { "\"\xff\"", 1 },  { "\"\xc0\x80\"", 1 },
		{ "[1}", 2 },	    { "{]", 1 },	  { "[", 1 },	      { "{", 1 },
		{ "{\"a\":", 5 },   { "{\"a\":1,}", 7 },  { "{1:2}", 1 },     { "{[]:1}", 1 },
		{ "\"abc", 4 },	    { "\"\\", 2 },	  { "\"\\u12", 5 },   { "\"\\u12G4\"", 5 },
		{ "\"\\q\"", 2 },   { "-", 1 },		  { "+1", 0 },	      { ".5", 0 },
		{ "1.", 2 },	    { "1e", 2 },	  { "1e+", 3 },	      { "nul", 0 },
		{ "NaN", 0 },	    { "'a'", 0 },	  { "\xef\xbb\xbf{}", 0 }, { "// x\n1", 0 },
		{ "\"\xed\xa0\x80\"", 1 }, { "\"\xf4\x90\x80\x80\"", 1 }, { "]", 0 },  { "[]]", 2 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct err err = { 0 };
		struct arena a;
		struct json v = { 0 };
		char want[60];

		arena_init(&a);
		(void)snprintf(want, sizeof(want), "at byte %zu:", cases[i].at);
		if (json_parse(&a, slice_of(cases[i].text), &v, &err) || err.code != ERR_INVALID ||
		    !strstr(err.msg, want) || v.doc)
			fail_msg("%s: %s", cases[i].text, err.msg);
		assert_false(json_check(slice_of(cases[i].text), NULL, NULL));
		arena_release(&a);
	}
	assert_false(json_check(SLICE("1\0"), NULL, NULL));
	assert_false(json_check(SLICE("\0"), NULL, NULL));
	assert_false(json_check(SLICE("\"a\0b\""), NULL, NULL));
	assert_false(json_check(slice_make("[1]", 2), NULL, NULL)); /* no byte behind the end counts */
}

static void test_counts(void **state)
{
	size_t n = 0;

	(void)state;
	assert_true(json_check(SLICE(" {\"a\":[1,{}],\"b\":\"c\"} "), &n, NULL));
	assert_int_equal(n, 7);
	assert_true(json_check(SLICE("1"), &n, NULL));
	assert_int_equal(n, 1);
}

static void test_depth(void **state)
{
	char text[2 * LIMIT_JSON_DEPTH + 4];

	(void)state;
	for (int object = 0; object < 2; object++) {
		for (size_t depth = LIMIT_JSON_DEPTH; depth <= LIMIT_JSON_DEPTH + 1; depth++) {
			struct err err = { 0 };
			bool ok;

			memset(text, '[', depth);
			memset(text + depth, ']', depth);
			if (object)
				memcpy(text + depth - 1, "{}", 2);
			ok = json_check(slice_make(text, 2 * depth), NULL, &err);
			assert_int_equal(ok, depth == LIMIT_JSON_DEPTH);
			assert_int_equal(err.code, ok ? ERR_NONE : ERR_TOO_LARGE);
		}
	}
}

static void test_too_many_values(void **state)
{
	size_t len = 2 * (size_t)LIMIT_JSON_TOKENS + 1;
	char *text = malloc(len);
	struct err err = { 0 };
	struct arena a;
	struct json v;

	(void)state;
	assert_non_null(text);
	text[0] = '[';
	for (size_t i = 1; i < len; i += 2)
		memcpy(text + i, "1,", 2);
	text[len - 1] = ']'; /* LIMIT_JSON_TOKENS numbers and the array */
	arena_init(&a);
	assert_false(json_parse(&a, slice_make(text, len), &v, &err));
	assert_int_equal(err.code, ERR_TOO_LARGE);
	text[len - 3] = ']';
	assert_true(json_parse(&a, slice_make(text, len - 2), &v, &err));
	assert_int_equal(json_len(v), LIMIT_JSON_TOKENS - 1);
	arena_release(&a);
	free(text);
}

static void test_walk(void **state)
{
	struct arena a;
	struct json v, x;
	char seen[64] = "";

	(void)state;
	arena_init(&a);
	v = parse(&a, " {\"a\" : [ 1 , [2,3], {\"x\":{}} , \"s\" ], \"b\":null, \"a\":2, \"\":true} ");
	assert_int_equal(json_type(v), JSON_OBJECT);
	assert_int_equal(json_len(v), 4);
	x = json_get(v, "a");
	assert_int_equal(json_type(x), JSON_ARRAY); /* the first of the two */
	assert_int_equal(json_len(x), 4);
	assert_true(slice_eq_cstr(json_raw(json_at(x, 1)), "[2,3]"));
	assert_true(slice_eq_cstr(json_raw(json_at(x, 3)), "\"s\""));
	assert_int_equal(json_offset(json_at(x, 1)), 14);
	assert_int_equal(json_offset(v), 1);
	assert_int_equal(json_type(json_at(x, 4)), JSON_MISSING);
	assert_int_equal(json_type(json_get(json_at(x, 2), "x")), JSON_OBJECT);
	assert_int_equal(json_type(json_get(v, "b")), JSON_NULL);
	assert_false(json_present(json_get(v, "b")));
	assert_true(json_present(json_get(v, "")));
	for (struct json_iter it = json_iter(v); json_next(&it);)
		(void)snprintf(seen + strlen(seen), sizeof(seen) - strlen(seen), "%.*s=%s ",
			       SLICE_ARG(json_raw(it.key)), json_type_name(json_type(it.value)));
	assert_string_equal(seen, "\"a\"=array \"b\"=null \"a\"=number \"\"=boolean ");
	arena_release(&a);
}

static void test_missing(void **state)
{
	struct json none = { 0 };
	struct json_iter it = json_iter(none);
	struct slice s = SLICE("kept");
	int64_t n = 7;
	double f = 7;
	bool b = true;
	struct arena a;

	(void)state;
	arena_init(&a);
	assert_int_equal(json_type(json_get(json_at(json_get(none, "a"), 3), "b")), JSON_MISSING);
	assert_false(json_next(&it));
	assert_false(json_i64(none, &n) || json_f64(none, &f) || json_bool(none, &b) || json_str(none, &a, &s));
	assert_int_equal(n, 7);
	assert_true(b && slice_eq_cstr(s, "kept"));
	assert_false(json_is(none, ""));
	assert_int_equal(json_raw(none).len, 0);
	assert_int_equal(json_offset(none), 0);
	assert_int_equal(json_len(none), 0);
	assert_int_equal(json_i64_or(none, -3), -3);
	assert_true(json_bool_or(none, true));
	assert_true(slice_eq_cstr(json_str_or(none, &a, "def"), "def"));
	/* of another type: the same */
	assert_int_equal(json_type(json_get(parse(&a, "[1]"), "a")), JSON_MISSING);
	assert_int_equal(json_type(json_at(parse(&a, "{\"a\":1}"), 0)), JSON_MISSING);
	assert_int_equal(json_len(parse(&a, "\"abc\"")), 0);
	assert_int_equal(json_i64_or(parse(&a, "\"1\""), 5), 5);
	assert_int_equal(json_i64_or(parse(&a, " -12 "), 5), -12); /* a number alone */
	arena_release(&a);
}

static void test_strings(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{ "\"\"", "" },
		{ "\"plain \xc3\xa9\"", "plain \xc3\xa9" },
		{ "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t" },
		{ "\"a\\u0041\\u00e9\\u20AC\"", "aA\xc3\xa9\xe2\x82\xac" },
		{ "\"\\ud83d\\ude00\"", "\xf0\x9f\x98\x80" },
		{ "\"\\ud83d\"", "\xef\xbf\xbd" },
		{ "\"\\ud83dx\"", "\xef\xbf\xbdx" },
		{ "\"\\ude00\\ud83d\"", "\xef\xbf\xbd\xef\xbf\xbd" },
		{ "\"\\ud83d\\ud83d\\ude00\"", "\xef\xbf\xbd\xf0\x9f\x98\x80" },
		{ "\"\\ud83d\\n\"", "\xef\xbf\xbd\n" },
		{ "\"\\ud83d\\\\ude00\"", "\xef\xbf\xbd\\ude00" },
		{ "\"\\udbff\\udfff\"", "\xf4\x8f\xbf\xbf" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct slice s;
		struct arena a;
		struct json v;

		arena_init(&a);
		v = parse(&a, cases[i].text);
		assert_true(json_str(v, &a, &s));
		if (!slice_eq_cstr(s, cases[i].want))
			fail_msg("%s gave %.*s", cases[i].text, SLICE_ARG(s));
		assert_true(json_is(v, cases[i].want));
		assert_false(json_is(v, "something else"));
		assert_true(utf8_valid(s));
		arena_release(&a);
	}
}

static void test_nul_and_keys(void **state)
{
	struct slice s;
	struct arena a;
	struct json v;

	(void)state;
	arena_init(&a);
	v = parse(&a, "{\"a\\u0000b\":1,\"\\u0061\":2,\"\\ud83d\\ude00\":3}");
	assert_int_equal(json_i64_or(json_get(v, "a"), 0), 2); /* not the one that begins like it */
	assert_int_equal(json_i64_or(json_get_slice(v, SLICE("a\0b")), 0), 1);
	assert_int_equal(json_i64_or(json_get(v, "\xf0\x9f\x98\x80"), 0), 3);
	assert_true(json_str(parse(&a, "\"x\\u0000y\""), &a, &s));
	assert_true(slice_eq(s, SLICE("x\0y")));
	assert_false(json_is(parse(&a, "\"x\\u0000\""), "x"));
	arena_release(&a);
}

static void test_integers(void **state)
{
	static const struct {
		const char *text;
		bool ok;
		int64_t want;
	} cases[] = {
		{ "0", true, 0 },
		{ "-0", true, 0 },
		{ "0e99999999999999999999", true, 0 },
		{ "1.0", true, 1 },
		{ "1e2", true, 100 },
		{ "100e-2", true, 1 },
		{ "1.50e1", true, 15 },
		{ "0.00012e5", true, 12 },
		{ "9223372036854775807", true, INT64_MAX },
		{ "-9223372036854775808", true, INT64_MIN },
		{ "9223372036854775807.000", true, INT64_MAX },
		{ "92233720368547758070e-1", true, INT64_MAX },
		{ "9223372036854775808", false, 0 },
		{ "-9223372036854775809", false, 0 },
		{ "18446744073709551616", false, 0 },
		{ "1.5", false, 0 },
		{ "1e-1", false, 0 },
		{ "1e19", false, 0 },
		{ "1e400", false, 0 },
		{ "1e-99999999999999999999", false, 0 },
		{ "1e99999999999999999999", false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		int64_t n = 77;
		struct arena a;

		arena_init(&a);
		if (json_i64(parse(&a, cases[i].text), &n) != cases[i].ok || n != (cases[i].ok ? cases[i].want : 77))
			fail_msg("%s gave %lld", cases[i].text, (long long)n);
		arena_release(&a);
	}
}

static void test_doubles(void **state)
{
	static const struct {
		const char *text;
		double want;
	} cases[] = {
		{ "0", 0.0 },
		{ "0.1", 0.1 },
		{ "-2.5e-3", -2.5e-3 },
		{ "1.7976931348623157e308", DBL_MAX },
		{ "4.9406564584124654e-324", 4.9406564584124654e-324 },
		{ "1e-400", 0.0 },
		{ "9007199254740993", 9007199254740992.0 },
		{ "9007199254740993.00000000000000000000000000000000000001", 9007199254740994.0 },
		{ "0.000000000000000000000000000001e30", 1.0 },
	};
	struct arena a;
	double f = 7;

	(void)state;
	arena_init(&a);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_true(json_f64(parse(&a, cases[i].text), &f));
		assert_memory_equal(&f, &cases[i].want, sizeof(f));
	}
	assert_true(json_f64(parse(&a, "-0.0"), &f));
	assert_true(signbit(f));
	f = 7;
	assert_false(json_f64(parse(&a, "1e309"), &f));
	assert_false(json_f64(parse(&a, "\"1\""), &f));
	assert_true(f > 6);
	arena_release(&a);
}

/* More digits than any buffer: still the nearest double, and the last digit still decides. */
static void test_endless_digits(void **state)
{
	struct arena a;
	struct buf b;
	double f;

	(void)state;
	arena_init(&a);
	buf_init(&b, 100000);
	buf_puts(&b, "9007199254740993.");
	for (int i = 0; i < 5000; i++)
		buf_putc(&b, '0');
	assert_true(json_f64(parse(&a, buf_cstr(&b)), &f));
	assert_true(f < 9007199254740994.0); /* a tie goes to the even one */
	buf_putc(&b, '1');
	assert_true(json_f64(parse(&a, buf_cstr(&b)), &f));
	assert_true(f > 9007199254740992.0);
	buf_release(&b);
	arena_release(&a);
}

static void test_equal(void **state)
{
	static const struct {
		const char *a, *b;
		bool equal;
	} cases[] = {
		{ "1", "1.0", true },
		{ "1", "10e-1", true },
		{ "1", "2", false },
		{ "1", "\"1\"", false },
		{ "1e999", "1e999", true },
		{ "1e999", "1e998", false },
		{ "1e999", "1", false },
		{ "0", "-0", true },
		{ "true", "true", true },
		{ "true", "false", false },
		{ "null", "null", true },
		{ "null", "false", false },
		{ "\"a\\u0062\"", "\"ab\"", true },
		{ "\"ab\"", "\"ac\"", false },
		{ "[]", "{}", false },
		{ "[1,[2,{}],3]", "[1, [2, {}], 3]", true },
		{ "[1,[2,{}],3]", "[1,[2,{}],4]", false },
		{ "[1,2]", "[2,1]", false },
		{ "[1]", "[1,1]", false },
		{ "{\"a\":1,\"b\":[2]}", "{\"b\":[2],\"\\u0061\":1}", true },
		{ "{\"a\":1,\"b\":[2]}", "{\"b\":[3],\"a\":1}", false },
		{ "{\"a\":1}", "{\"b\":1}", false },
		{ "{\"a\":1,\"a\":2}", "{\"a\":1,\"a\":2}", true },
		{ "[[[[]]],{\"x\":[{}]}]", "[[[[]]],{\"x\":[{}]}]", true },
		{ "[[[[]]],{\"x\":[{}]}]", "[[[[]]],{\"x\":[[]]}]", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct arena a;
		struct json x, y;

		arena_init(&a);
		x = parse(&a, cases[i].a);
		y = parse(&a, cases[i].b);
		if (json_equal(x, y) != cases[i].equal || json_equal(y, x) != cases[i].equal)
			fail_msg("%s and %s", cases[i].a, cases[i].b);
		assert_true(json_equal(x, x));
		assert_false(json_equal(x, (struct json){ 0 }));
		arena_release(&a);
	}
	assert_true(json_equal((struct json){ 0 }, (struct json){ 0 }));
}

static void test_equal_deep(void **state)
{
	char text[2 * LIMIT_JSON_DEPTH + 1] = { 0 };
	struct arena a;

	(void)state;
	memset(text, '[', LIMIT_JSON_DEPTH);
	memset(text + LIMIT_JSON_DEPTH, ']', LIMIT_JSON_DEPTH);
	arena_init(&a);
	assert_true(json_equal(parse(&a, text), parse(&a, text)));
	arena_release(&a);
}

/* Each byte at each place of a string, as the check takes several at once. */
static void test_every_byte_everywhere(void **state)
{
	(void)state;
	for (size_t len = 1; len < 20; len++)
		for (size_t at = 0; at < len; at++)
			for (int c = 0; c < 256; c++) {
				bool plain = c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
				char text[24];

				memset(text, 'x', sizeof(text));
				text[0] = text[len + 1] = '"';
				text[at + 1] = (char)c;
				if (json_check(slice_make(text, len + 2), NULL, NULL) !=
				    plain)
					fail_msg("byte %d at %zu of %zu", c, at, len);
			}
}

/* Long strings are not read by jsmn: whatever stands around them, the tokens are the same. */
static void test_long_strings(void **state)
{
	enum { LONG = 1100, STRINGS = 4200 }; /* more than are treated so */
	char *text = xmalloc((size_t)STRINGS * (LONG + 64));
	size_t n = 0;
	struct arena a;
	struct json v;
	struct slice s;

	(void)state;
	arena_init(&a);
	n += (size_t)sprintf(text, "{\"first\":[1,{\"x\":true}],");
	for (int i = 0; i < STRINGS; i++) {
		bool key = i % 3 == 1;

		n += (size_t)sprintf(text + n, key ? " \"" : "\"k%d\" : \"", i);
		memset(text + n, 'a' + i % 26, LONG);
		memcpy(text + n + 5, "\\\"\\\\", 4);
		n += LONG;
		n += (size_t)sprintf(text + n, key ? "\":[%d,{}] ," : "\",", i);
	}
	n += (size_t)sprintf(text + n, "\"last\":null}");
	assert_true(json_parse(&a, slice_make(text, n), &v, NULL));
	assert_int_equal(json_len(v), STRINGS + 2);
	assert_int_equal(json_type(json_get(v, "last")), JSON_NULL);
	assert_true(json_bool_or(json_get(json_at(json_get(v, "first"), 1), "x"), false));
	assert_true(json_str(json_get(v, "k11"), &a, &s));
	assert_int_equal(s.len, LONG - 2);
	assert_true(slice_starts(s, SLICE("lllll\"\\lll")));
	for (struct json_iter it = json_iter(v); json_next(&it);)
		if (json_raw(it.key).len > LONG)
			assert_int_equal(json_len(it.value), 2);
	/* Alone, and in an array. */
	memset(text, 'x', LONG);
	text[0] = text[LONG - 1] = '"';
	assert_true(json_parse(&a, slice_make(text, LONG), &v, NULL));
	assert_true(json_str(v, &a, &s) && s.len == LONG - 2);
	memmove(text + 3, text, LONG);
	memcpy(text, "[1,", 3);
	memcpy(text + 3 + LONG, ",2]", 3);
	assert_true(json_parse(&a, slice_make(text, LONG + 6), &v, NULL));
	assert_int_equal(json_len(v), 3);
	assert_int_equal(json_i64_or(json_at(v, 2), 0), 2);
	arena_release(&a);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_byte_everywhere),
		cmocka_unit_test(test_long_strings),
		cmocka_unit_test(test_refused),	 cmocka_unit_test(test_counts),
		cmocka_unit_test(test_depth),	 cmocka_unit_test(test_too_many_values),
		cmocka_unit_test(test_walk),	 cmocka_unit_test(test_missing),
		cmocka_unit_test(test_strings),	 cmocka_unit_test(test_nul_and_keys),
		cmocka_unit_test(test_integers), cmocka_unit_test(test_doubles),
		cmocka_unit_test(test_endless_digits),
		cmocka_unit_test(test_equal),	 cmocka_unit_test(test_equal_deep),
	};

	return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
