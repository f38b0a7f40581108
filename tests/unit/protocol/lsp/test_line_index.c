/* test_line_index.c - line starts: built, and kept up through random edits, are the same. */
#include "protocol/lsp/position.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/protocol/lsp/random_text.h"

static void test_build(void **state)
{
	static const struct {
		const char *text;
		size_t lines;
		uint32_t starts[6];
	} cases[] = {
		{ "", 1, { 0 } },
		{ "a", 1, { 0 } },
		{ "\n", 2, { 0, 1 } },
		{ "\r", 2, { 0, 1 } },
		{ "\r\n", 2, { 0, 2 } },
		{ "\n\r", 3, { 0, 1, 2 } },
		{ "\r\r\n\n", 4, { 0, 1, 3, 4 } },
		{ "a\nbc\r\nd\re", 4, { 0, 2, 6, 8 } },
		{ "a\r\n\r\nb", 3, { 0, 3, 5 } },
		{ "a\rb\rc\nd\r", 5, { 0, 2, 4, 6, 8 } },
		{ "\xe2\x80\xa8\x0b\x0c\xc2\x85", 1, { 0 } }, /* no line ends in LSP */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct slice text = slice_of(cases[i].text);
		struct line_index ix;

		line_index_init(&ix);
		assert_int_equal(line_index_lines(&ix, text), cases[i].lines);
		for (size_t k = 0; k < cases[i].lines; k++)
			assert_int_equal(ix.starts[k], cases[i].starts[k]);
		line_index_release(&ix);
	}
}

static void test_bounds(void **state)
{
	struct slice text = SLICE("ab\r\n\rc\n");
	static const size_t want[][2] = { { 0, 2 }, { 4, 4 }, { 5, 6 }, { 7, 7 }, { 7, 7 } };
	static const size_t line_of[] = { 0, 0, 0, 0, 1, 2, 2, 3, 3 };
	struct line_index ix;
	size_t start, end;

	(void)state;
	line_index_init(&ix);
	for (size_t i = 0; i < ARRAY_LEN(want); i++) {
		line_index_bounds(&ix, text, i, &start, &end);
		assert_int_equal(start, want[i][0]);
		assert_int_equal(end, want[i][1]);
	}
	for (size_t i = 0; i < ARRAY_LEN(line_of); i++)
		assert_int_equal(line_index_find(&ix, text, i), line_of[i]);
	assert_int_equal(line_index_find(&ix, text, SIZE_MAX), 3);
	line_index_bounds(&ix, text, SIZE_MAX, &start, &end);
	assert_int_equal(start, text.len);
	line_index_release(&ix);
}

static void check_same(struct line_index *kept, struct slice text)
{
	struct line_index fresh;

	line_index_init(&fresh);
	assert_int_equal(line_index_lines(kept, text), line_index_lines(&fresh, text));
	assert_memory_equal(kept->starts, fresh.starts, fresh.lines * sizeof(*fresh.starts));
	line_index_release(&fresh);
}

/* Replaces [start, end) of the text by `with`. */
static void splice(struct buf *text, size_t start, size_t end, struct slice with)
{
	struct buf b;

	buf_init(&b, text->max);
	buf_append(&b, slice_sub(buf_slice(text), 0, start));
	buf_append(&b, with);
	buf_append(&b, slice_sub(buf_slice(text), end, text->len));
	assert_false(b.full);
	buf_release(text);
	*text = b;
}

static void test_random_edits(void **state)
{
	uint32_t seed = 12345;

	(void)state;
	for (int round = 0; round < 200; round++) {
		struct buf text, with;
		struct line_index ix;

		buf_init(&text, 10000000);
		buf_init(&with, 10000000);
		line_index_init(&ix);
		random_text(&text, &seed, random_below(&seed, 40));
		(void)line_index_lines(&ix, buf_slice(&text));
		for (int edit = 0; edit < 100; edit++) {
			size_t start = random_below(&seed, text.len + 1);
			size_t end = start + random_below(&seed, text.len - start + 1);

			if (edit % 3)
				end = start + random_below(&seed, 3) % (text.len - start + 1);
			buf_clear(&with);
			random_text(&with, &seed, random_below(&seed, 6));
			splice(&text, start, end, buf_slice(&with));
			line_index_edit(&ix, buf_slice(&text), start, end, start + with.len);
			check_same(&ix, buf_slice(&text));
		}
		line_index_release(&ix);
		buf_release(&text);
		buf_release(&with);
	}
}

/* All texts and edits over a small alphabet: no corner of "\r\n" is left to chance. */
static void test_all_small_edits(void **state)
{
	static const char letters[] = "a\r\n";
	char base[4], with[2];

	(void)state;
	for (int code = 0; code < 81 * 9; code++) {
		for (size_t start = 0; start <= 4; start++) {
			for (size_t end = start; end <= 4; end++) {
				for (size_t n = 0; n <= 2; n++) {
					struct line_index ix;
					struct buf text;
					int c = code;

					for (int i = 0; i < 4; i++, c /= 3)
						base[i] = letters[c % 3];
					for (int i = 0; i < 2; i++, c /= 3)
						with[i] = letters[c % 3];
					line_index_init(&ix);
					buf_init(&text, 100);
					buf_append(&text, slice_make(base, 4));
					(void)line_index_lines(&ix, buf_slice(&text));
					splice(&text, start, end, slice_make(with, n));
					line_index_edit(&ix, buf_slice(&text), start, end, start + n);
					check_same(&ix, buf_slice(&text));
					line_index_release(&ix);
					buf_release(&text);
				}
			}
		}
	}
}

static void test_lazy(void **state)
{
	struct line_index ix;

	(void)state;
	line_index_init(&ix);
	line_index_edit(&ix, SLICE("a\nb"), 0, 0, 3);
	assert_int_equal(ix.lines, 0); /* nobody asked yet */
	assert_int_equal(line_index_lines(&ix, SLICE("a\nb")), 2);
	line_index_clear(&ix);
	assert_int_equal(line_index_lines(&ix, SLICE("x\n\n")), 3);
	line_index_release(&ix);
	line_index_release(&ix);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_build),	     cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_random_edits), cmocka_unit_test(test_all_small_edits),
		cmocka_unit_test(test_lazy),
	};

	return cmocka_run_group_tests_name("line_index", tests, NULL, NULL);
}
