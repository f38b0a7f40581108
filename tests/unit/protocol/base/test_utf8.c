/* test_utf8.c - UTF-8: every code point, every kind of wrong bytes, and what may be shown early. */
#include "protocol/base/utf8.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void test_every_code_point(void **state)
{
	(void)state;
	for (uint32_t cp = 0; cp <= 0x110000; cp++) {
		bool good = cp < 0xd800 || (cp > 0xdfff && cp < 0x110000);
		uint32_t back = 0;
		char bytes[4];
		size_t n = utf8_encode(cp, bytes);

		assert_int_equal(n, cp < 0x80 ? 1 : cp < 0x800 ? 2 : cp < 0x10000 || !good ? 3 : 4);
		assert_int_equal(utf8_decode(slice_make(bytes, n), 0, &back), n);
		assert_int_equal(back, good ? cp : 0xfffd);
		for (size_t cut = 1; cut < n; cut++) {
			assert_int_equal(utf8_decode(slice_make(bytes, cut), 0, &back), 0);
			assert_int_equal(utf8_complete_prefix(slice_make(bytes, cut)), 0);
		}
		assert_int_equal(utf8_complete_prefix(slice_make(bytes, n)), n);
	}
}

/* All sequences of three bytes, against the definition written as ranges. */
static size_t defined_length(const unsigned char *p)
{
	if (p[0] < 0x80)
		return 1;
	if (p[0] >= 0xc2 && p[0] <= 0xdf)
		return p[1] >= 0x80 && p[1] <= 0xbf ? 2 : 0;
	if (p[0] < 0xe0 || p[0] > 0xef || p[2] < 0x80 || p[2] > 0xbf)
		return 0;
	if (p[1] < (p[0] == 0xe0 ? 0xa0 : 0x80) || p[1] > (p[0] == 0xed ? 0x9f : 0xbf))
		return 0;
	return 3;
}

static void test_three_bytes(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 1u << 24; i++) {
		unsigned char p[3] = { (unsigned char)(i >> 16), (unsigned char)(i >> 8), (unsigned char)i };
		uint32_t cp;

		if (utf8_decode(slice_make((char *)p, 3), 0, &cp) != defined_length(p))
			fail_msg("%06x", i);
	}
}

static void test_four_bytes(void **state)
{
	static const char *const bad[] = { "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xf8\x88\x80\x80",
					   "\xf0\x9f\x98\x41", "\xf0\x9f\x41\x80", "\xf0\x41\x98\x80", "\xff\x80\x80\x80",
					   "\xc0\x80",	       "\xc1\xbf",	   "\x80",	       "\xbf" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(utf8_valid(slice_of(bad[i])));
	assert_true(utf8_valid(SLICE("")));
	assert_true(utf8_valid(SLICE("a\0\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\xf4\x8f\xbf\xbf")));
	assert_false(utf8_valid(SLICE("\xe2\x82\xac\xe2\x82")));
}

static void test_complete_prefix(void **state)
{
	static const struct {
		const char *text;
		size_t want;
	} cases[] = {
		{ "", 0 },	     { "abc", 3 },	     { "a\xe2\x82\xac", 4 },   { "a\xe2\x82", 1 },
		{ "a\xe2", 1 },	     { "a\xf0\x9f\x98", 1 }, { "a\xf0\x9f", 1 },       { "a\xc3", 1 },
		{ "a\xff", 1 }, { "\x80\x80\x80\x80", 4 }, { "a\x80", 2 }, { "\xe2\x82\xac\xc3", 3 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		if (utf8_complete_prefix(slice_of(cases[i].text)) != cases[i].want)
			fail_msg("case %zu: %zu", i, utf8_complete_prefix(slice_of(cases[i].text)));
}

static void test_sanitize(void **state)
{
	struct buf b;
	uint32_t seed = 3;

	(void)state;
	buf_init(&b, 1000);
	utf8_sanitize(&b, SLICE("a\tb\r\n\x01\x1b[0m\0\x7f\xc3\xa9\xff\xe2\x82z"));
	assert_string_equal(buf_cstr(&b), "a\tb\r\n[0m\xc3\xa9\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdz");
	for (int round = 0; round < 20000; round++) {
		char bytes[16];

		for (size_t i = 0; i < sizeof(bytes); i++) {
			seed = seed * 1664525 + 1013904223;
			bytes[i] = (char)(seed >> 24);
		}
		buf_clear(&b);
		utf8_sanitize(&b, slice_make(bytes, (size_t)(round % 17)));
		assert_true(utf8_valid(buf_slice(&b)));
		for (size_t i = 0; i < b.len; i++)
			assert_true((unsigned char)b.data[i] >= 0x20 || strchr("\t\r\n", b.data[i]));
	}
	buf_release(&b);
}

/* Each byte at each place of a text of plain ones, from each start. */
static void test_plain(void **state)
{
	char text[33];

	(void)state;
	for (int c = 0; c < 256; c++) {
		bool plain = c >= ' ' && c < 0x7f && c != '"' && c != '\\';

		for (size_t where = 0; where < sizeof(text); where++) {
			memset(text, '~', sizeof(text));
			text[where] = (char)c;
			for (size_t at = 0; at <= sizeof(text); at++) {
				size_t n = utf8_plain(slice_make(text, sizeof(text)), at);

				assert_true(at + n <= sizeof(text));
				if (!plain && at <= where)
					assert_true(at + n <= where);
				else
					assert_true(sizeof(text) - at - n < 8);
			}
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_code_point), cmocka_unit_test(test_three_bytes),
		cmocka_unit_test(test_four_bytes),	 cmocka_unit_test(test_complete_prefix),
		cmocka_unit_test(test_sanitize),	 cmocka_unit_test(test_plain),
	};

	return cmocka_run_group_tests_name("utf8", tests, NULL, NULL);
}
