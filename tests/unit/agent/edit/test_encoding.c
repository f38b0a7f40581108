/* test_encoding.c - what decodes comes back as the same bytes; what is not sure is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "agent/edit/encoding.h"
#include "protocol/base/utf8.h"

static const struct {
	struct slice bytes;
	enum encoding encoding;
	const char *text;
} good[] = {
	{ { "", 0 }, ENCODING_UTF8, "" },
	{ { "abc\n", 4 }, ENCODING_UTF8, "abc\n" },
	{ { "\xc3\xa9\n", 3 }, ENCODING_UTF8, "\xc3\xa9\n" },
	{ { "\xef\xbb\xbf"
	    "a",
	    4 },
	  ENCODING_UTF8,
	  "\xef\xbb\xbf"
	  "a" },
	{ { "caf\xe9 na\xefve\r\n", 12 }, ENCODING_LATIN1, "caf\xc3\xa9 na\xc3\xafve\r\n" },
	{ { "\xff\xfe"
	    "a\0\n\0",
	    6 },
	  ENCODING_UTF16LE,
	  "\xef\xbb\xbf"
	  "a\n" },
	{ { "\xfe\xff\0a\0\n", 6 },
	  ENCODING_UTF16BE,
	  "\xef\xbb\xbf"
	  "a\n" },
	{ { "\xff\xfe\x3d\xd8\x00\xde", 6 }, ENCODING_UTF16LE, "\xef\xbb\xbf\xf0\x9f\x98\x80" },
	{ { "\xfe\xff\xd8\x3d\xde\x00", 6 }, ENCODING_UTF16BE, "\xef\xbb\xbf\xf0\x9f\x98\x80" },
};

static void test_round_trip(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		struct slice text, back;
		struct err err = { 0 };
		enum encoding e;
		struct arena a;

		arena_init(&a);
		assert_true(encoding_decode(&a, good[i].bytes, &e, &text, &err));
		assert_int_equal(e, good[i].encoding);
		assert_true(slice_eq_cstr(text, good[i].text));
		assert_true(encoding_encode(&a, e, text, &back, &err));
		assert_true(slice_eq(back, good[i].bytes));
		arena_release(&a);
	}
}

static void test_refused(void **state)
{
	static const struct slice bad[] = {
		{ "a\0b", 3 }, /* binary */
		{ "\x7f"
		  "ELF\x01\xff",
		  6 },					   /* binary without NUL */
		{ "\xd6\xd0\xce\xc4\xb2\xe2\xca\xd4", 8 }, /* GB 2312 */
		{ "\xcf\xf0\xe8\xe2\xe5\xf2", 6 },	   /* Windows-1251 */
		{ "say \x93hi\x94", 8 },		   /* Windows-1252 */
		{ "\xe9\xe8 \xe9 \xe9 \xe9 \xe9 \xe9", 12 }, /* one pair in fewer than eight */
		{ "\xff\xfe"
		  "a",
		  3 },			   /* UTF-16, odd */
		{ "\xff\xfe\x3d\xd8", 4 }, /* half a pair at the end */
		{ "\xff\xfe\x00\xde"
		  "a\0",
		  6 },		       /* second half alone */
		{ "\xff\xfe\0\0", 4 }, /* UTF-32 */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct err err = { 0 };
		struct slice text;
		enum encoding e;
		struct arena a;

		arena_init(&a);
		if (encoding_decode(&a, bad[i], &e, &text, &err))
			fail_msg("case %zu was taken for %s", i, encoding_name(e));
		assert_int_equal(err.code, ERR_INVALID);
		arena_release(&a);
	}
}

static void test_not_encodable(void **state)
{
	struct err err = { 0 };
	struct slice out;
	struct arena a;

	(void)state;
	arena_init(&a);
	assert_false(
		encoding_encode(&a, ENCODING_LATIN1, SLICE("a\nb \xe2\x82\xac\n"), &out, &err));
	assert_non_null(strstr(err.msg, "Line 2: the character \xe2\x82\xac"));
	assert_non_null(strstr(err.msg, "Latin-1"));
	assert_false(encoding_encode(&a, ENCODING_UTF16LE, SLICE("\xff"), &out, &err));
	arena_release(&a);
}

/* Random bytes: refused, or valid UTF-8 that encodes to the same bytes. */
static void test_random(void **state)
{
	uint32_t seed = 7;
	int taken = 0;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		char bytes[24];
		struct slice in = { bytes, i % 24 }, text, back;
		struct err err = { 0 };
		enum encoding e;
		struct arena a;

		for (size_t k = 0; k < sizeof(bytes); k++) {
			seed = seed * 1664525u + 1013904223u;
			bytes[k] = (char)(seed >> 24 & 3 ? seed >> 16 & 0x7f : seed >> 16);
		}
		if (i % 3 == 0)
			memcpy(bytes, i % 2 ? "\xff\xfe" : "\xfe\xff", 2);
		arena_init(&a);
		if (encoding_decode(&a, in, &e, &text, &err)) {
			taken++;
			assert_true(utf8_valid(text));
			assert_true(encoding_encode(&a, e, text, &back, &err));
			assert_true(slice_eq(back, in));
		}
		arena_release(&a);
	}
	assert_true(taken > 500);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_not_encodable),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests_name("edit/encoding", tests, NULL, NULL);
}
