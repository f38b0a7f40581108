/* test_text.c - the gap buffer against a plain string, line starts against a full scan. */
#include "lsp/editor/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "protocol/base/mem.h"

static void check_lines(const struct text *t, struct slice s)
{
	size_t line = 0, start = 0, a = 0, b = 0;

	for (size_t i = 0; i <= s.len; i++) {
		bool crlf = i + 1 < s.len && s.ptr[i] == '\r' && s.ptr[i + 1] == '\n';

		if (i < s.len && s.ptr[i] != '\n' && s.ptr[i] != '\r')
			continue;
		assert_true(text_line(t, line, &a, &b));
		assert_int_equal(a, start);
		assert_int_equal(b, i);
		assert_int_equal(text_line_at(t, a), line);
		assert_int_equal(text_line_at(t, b), line);
		i += crlf;
		start = i + 1;
		line++;
	}
	assert_int_equal(text_lines(t), line);
	assert_false(text_line(t, line, &a, &b));
}

static void check(struct text *t, struct slice want)
{
	char *copy = text_copy(t);

	assert_int_equal(t->len, want.len);
	assert_memory_equal(copy, want.ptr, want.len);
	assert_int_equal(copy[want.len], 0);
	assert_true(text_equals(t, want));
	check_lines(t, want);
	free(copy);
}

static void test_line_ends(void **state)
{
	static const char *const texts[] = { "",    "\n",	    "\r",	  "\r\n", "a",
					     "a\n", "a\r\nb\rc\nd", "\r\r\n\n\r", "x\r\n" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct text t;

		text_init(&t, slice_of(texts[i]));
		check(&t, slice_of(texts[i]));
		text_release(&t);
	}
}

/* \r and \n that meet or part because of what happens between them. */
static void test_split_crlf(void **state)
{
	struct text t;

	(void)state;
	text_init(&t, SLICE("a\r\nb"));
	text_splice(&t, 2, 2, SLICE("x"));
	check(&t, SLICE("a\rx\nb"));
	text_splice(&t, 2, 3, SLICE(""));
	check(&t, SLICE("a\r\nb"));
	text_splice(&t, 1, 2, SLICE(""));
	check(&t, SLICE("a\nb"));
	text_splice(&t, 1, 1, SLICE("\r"));
	check(&t, SLICE("a\r\nb"));
	text_splice(&t, 0, 4, SLICE(""));
	check(&t, SLICE(""));
	text_splice(&t, 0, 0, SLICE("\n\r"));
	check(&t, SLICE("\n\r"));
	text_release(&t);
}

static void test_view(void **state)
{
	struct text t;

	(void)state;
	text_init(&t, SLICE("hello world"));
	text_splice(&t, 5, 5, SLICE(","));
	assert_true(slice_eq(text_view(&t, 0, 12), SLICE("hello, world")));
	assert_true(slice_eq(text_view(&t, 4, 8), SLICE("o, w")));
	assert_true(slice_eq(text_view(&t, 12, 12), SLICE("")));
	check(&t, SLICE("hello, world"));
	assert_false(text_equals(&t, SLICE("hello, worlD")));
	assert_false(text_equals(&t, SLICE("hello, worl")));
	text_release(&t);
}

static void test_random_edits(void **state)
{
	static const char *const pieces[] = { "",     "a",	    "\n",	  "\r",
					      "\r\n", "abc\ndef\n", "\xc3\xa4\r", "\n\n\n" };
	char model[4096];
	struct text t;
	size_t len = 0;

	(void)state;
	srand(20);
	text_init(&t, SLICE(""));
	for (int i = 0; i < 20000; i++) {
		const char *with = pieces[(size_t)rand() % ARRAY_LEN(pieces)];
		size_t a = len ? (size_t)rand() % (len + 1) : 0, b = a, n = strlen(with);

		if (rand() % 2)
			b = a + (size_t)rand() % (len - a + 1) % 9;
		if (len + n >= sizeof(model)) {
			a = 0;
			b = len;
		}
		text_splice(&t, a, b, slice_of(with));
		memmove(model + a + n, model + b, len - b);
		memcpy(model + a, with, n);
		len = len - (b - a) + n;
		if (i % 3 == 0)
			(void)text_view(&t, len / 3, len / 2);
		if (i % 16 == 0)
			check(&t, slice_make(model, len));
	}
	text_release(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_line_ends),
		cmocka_unit_test(test_split_crlf),
		cmocka_unit_test(test_view),
		cmocka_unit_test(test_random_edits),
	};

	return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
