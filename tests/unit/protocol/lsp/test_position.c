/* test_position.c - offsets and positions in three encodings, against a slow and simple second opinion. */
#include "protocol/lsp/position.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "protocol/base/utf8.h"
#include "tests/unit/protocol/lsp/random_text.h"

static const enum position_encoding encodings[] = { POSITION_UTF8, POSITION_UTF16, POSITION_UTF32 };

static size_t units_of(struct slice text, size_t at, size_t *bytes, enum position_encoding e)
{
	uint32_t cp = 0;

	*bytes = utf8_decode(text, at, &cp);
	if (*bytes == 0) {
		*bytes = 1;
		return 1;
	}
	return e == POSITION_UTF8 ? *bytes : e == POSITION_UTF16 && cp > 0xffff ? 2 : 1;
}

/* Walks the whole text and checks every place in it, both ways. */
static void check_all(struct slice text, enum position_encoding e)
{
	struct line_index ix;
	struct position want = { 0 };
	size_t at = 0;

	line_index_init(&ix);
	for (;;) {
		struct position got = position_from_offset(&ix, text, e, at);
		size_t offset, n, units;

		assert_int_equal(got.line, want.line);
		assert_int_equal(got.character, want.character);
		assert_int_equal(position_to_offset(&ix, text, e, want, &offset), POSITION_EXACT);
		assert_int_equal(offset, at);
		if (at == text.len)
			break;
		if (text.ptr[at] == '\r' || text.ptr[at] == '\n') {
			struct position past = { want.line, want.character + 1 + (uint32_t)(at % 3) };

			assert_int_equal(position_to_offset(&ix, text, e, past, &offset), POSITION_PAST_LINE_END);
			assert_int_equal(offset, at);
			if (text.ptr[at] == '\r' && at + 1 < text.len && text.ptr[at + 1] == '\n') {
				got = position_from_offset(&ix, text, e, ++at); /* between the two */
				assert_int_equal(got.line, want.line);
				assert_int_equal(got.character, want.character);
			}
			at++;
			want = (struct position){ want.line + 1, 0 };
			continue;
		}
		units = units_of(text, at, &n, e);
		for (size_t inside = 1; inside < n; inside++) {
			got = position_from_offset(&ix, text, e, at + inside);
			assert_int_equal(got.line, want.line);
			assert_int_equal(got.character, want.character);
		}
		for (size_t inside = 1; inside < units; inside++) {
			struct position p = { want.line, want.character + (uint32_t)inside };

			assert_int_equal(position_to_offset(&ix, text, e, p, &offset), POSITION_INSIDE);
			assert_int_equal(offset, at);
		}
		at += n;
		want.character += (uint32_t)units;
	}
	want.line++;
	assert_int_equal(position_to_offset(&ix, text, e, want, &at), POSITION_NO_LINE);
	assert_int_equal(at, text.len);
	line_index_release(&ix);
}

static void test_random_documents(void **state)
{
	uint32_t seed = 777;

	(void)state;
	for (int round = 0; round < 300; round++) {
		struct buf text;

		buf_init(&text, 1000000);
		random_text(&text, &seed, (size_t)round);
		for (size_t i = 0; i < ARRAY_LEN(encodings); i++)
			check_all(buf_slice(&text), encodings[i]);
		buf_release(&text);
	}
}

static void test_known(void **state)
{
	struct slice text = SLICE("x\n\xc3\xa9\xf0\x9f\x98\x80z\r\n"); /* x / é 😀 z / */
	static const struct {
		struct position p;
		size_t offset[3]; /* in the order of encodings[] */
		enum position_fit fit[3];
	} cases[] = {
		{ { 0, 0 }, { 0, 0, 0 }, { POSITION_EXACT, POSITION_EXACT, POSITION_EXACT } },
		{ { 0, 9 }, { 1, 1, 1 }, { POSITION_PAST_LINE_END, POSITION_PAST_LINE_END, POSITION_PAST_LINE_END } },
		{ { 1, 1 }, { 2, 4, 4 }, { POSITION_INSIDE, POSITION_EXACT, POSITION_EXACT } },
		{ { 1, 2 }, { 4, 4, 8 }, { POSITION_EXACT, POSITION_INSIDE, POSITION_EXACT } },
		{ { 1, 3 }, { 4, 8, 9 }, { POSITION_INSIDE, POSITION_EXACT, POSITION_EXACT } },
		{ { 1, 4 }, { 4, 9, 9 }, { POSITION_INSIDE, POSITION_EXACT, POSITION_PAST_LINE_END } },
		{ { 1, UINT32_MAX }, { 9, 9, 9 }, { POSITION_PAST_LINE_END, POSITION_PAST_LINE_END,
						    POSITION_PAST_LINE_END } },
		{ { 2, 0 }, { 11, 11, 11 }, { POSITION_EXACT, POSITION_EXACT, POSITION_EXACT } },
		{ { 2, 1 }, { 11, 11, 11 }, { POSITION_PAST_LINE_END, POSITION_PAST_LINE_END, POSITION_PAST_LINE_END } },
		{ { 3, 0 }, { 11, 11, 11 }, { POSITION_NO_LINE, POSITION_NO_LINE, POSITION_NO_LINE } },
		{ { UINT32_MAX, 0 }, { 11, 11, 11 }, { POSITION_NO_LINE, POSITION_NO_LINE, POSITION_NO_LINE } },
	};
	struct line_index ix;

	(void)state;
	line_index_init(&ix);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		for (size_t k = 0; k < ARRAY_LEN(encodings); k++) {
			size_t offset;

			assert_int_equal(position_to_offset(&ix, text, encodings[k], cases[i].p, &offset),
					 cases[i].fit[k]);
			assert_int_equal(offset, cases[i].offset[k]);
		}
	assert_int_equal(position_from_offset(&ix, text, POSITION_UTF16, 1000).line, 2);
	line_index_release(&ix);
}

static void test_ranges(void **state)
{
	struct slice text = SLICE("ab\n\xf0\x9f\x98\x80\n");
	static const struct {
		struct range r;
		bool ok;
		size_t start, end;
	} cases[] = {
		{ { { 0, 0 }, { 0, 0 } }, true, 0, 0 },	  { { { 0, 1 }, { 1, 2 } }, true, 1, 7 },
		{ { { 0, 9 }, { 2, 9 } }, true, 2, 8 },	  { { { 0, 0 }, { 3, 0 } }, false, 0, 0 },
		{ { { 3, 0 }, { 3, 0 } }, false, 0, 0 },  { { { 1, 1 }, { 1, 2 } }, false, 0, 0 },
		{ { { 0, 0 }, { 1, 1 } }, false, 0, 0 },  { { { 0, 2 }, { 0, 1 } }, false, 0, 0 },
		{ { { 0, 9 }, { 0, 8 } }, true, 2, 2 }, /* both are the end of the line */
	};
	struct line_index ix;

	(void)state;
	line_index_init(&ix);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		size_t start = 0, end = 0;
		struct err err = { 0 };

		assert_int_equal(range_to_offsets(&ix, text, POSITION_UTF16, cases[i].r, &start, &end, &err),
				 cases[i].ok);
		assert_int_equal(start, cases[i].start);
		assert_int_equal(end, cases[i].end);
		assert_int_equal(err.code, cases[i].ok ? ERR_NONE : ERR_INVALID);
	}
	line_index_release(&ix);
}

static void test_names(void **state)
{
	enum position_encoding e;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(encodings); i++) {
		assert_true(position_encoding_parse(slice_of(position_encoding_name(encodings[i])), &e));
		assert_int_equal(e, encodings[i]);
	}
	assert_string_equal(position_encoding_name(POSITION_UTF16), "utf-16");
	assert_false(position_encoding_parse(SLICE("utf-7"), &e));
	assert_false(position_encoding_parse(SLICE("UTF-8"), &e));
}

static void test_lines(void **state)
{
	struct slice line = SLICE("a\xf0\x9f\x98\x80");
	size_t at;

	(void)state;
	assert_int_equal(line_to_offset(line, POSITION_UTF16, 3, &at), POSITION_EXACT);
	assert_int_equal(at, 5);
	assert_int_equal(line_to_offset(line, POSITION_UTF16, 2, &at), POSITION_INSIDE);
	assert_int_equal(at, 1);
	assert_int_equal(line_to_offset(SLICE(""), POSITION_UTF8, 1, &at), POSITION_PAST_LINE_END);
	assert_int_equal(at, 0);
	assert_int_equal(line_from_offset(line, POSITION_UTF16, 5), 3);
	assert_int_equal(line_from_offset(line, POSITION_UTF32, 99), 2);
	assert_int_equal(line_from_offset(line, POSITION_UTF8, 4), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known),  cmocka_unit_test(test_random_documents),
		cmocka_unit_test(test_ranges), cmocka_unit_test(test_names),
		cmocka_unit_test(test_lines),
	};

	return cmocka_run_group_tests_name("position", tests, NULL, NULL);
}
