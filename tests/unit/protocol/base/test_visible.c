/* test_visible.c - what is asked about is seen whole: nothing hides, nothing forges a line. */
#include "protocol/base/visible.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void check(struct slice in, const char *want)
{
	struct buf b;

	buf_init(&b, 8 * in.len + 64);
	visible_text(&b, in, "$\n");
	assert_string_equal(buf_cstr(&b), want);
	buf_release(&b);
}

#define SEEN(in, want) check(SLICE(in), want)

static void lines(void **state)
{
	(void)state;
	SEEN("", "");
	SEEN("make test", "make test");
	SEEN("make test  # quick\ntouch one", "make test  # quick$\ntouch one");
	SEEN("a\n\nb\n", "a$\n$\nb");
}

static void what_hides(void **state)
{
	char pad[2000];

	(void)state;
	SEEN("hello\r--- a/x\r+++ b/harmless.txt", "hello^M--- a/x^M+++ b/harmless.txt");
	SEEN("a\033[2Kb\177\001", "a^[[2Kb^?^A");
	SEEN("a\0b", "a^@b");
	SEEN("bidi\xe2\x80\xaetxt.c", "bidi<U+202E>txt.c");
	SEEN("a\xc2\x9b" "31m\xe2\x80\x8b\xc2\xa0\xf3\xa0\x81\x81", "a<U+009B>31m<U+200B><U+00A0><U+E0041>");
	SEEN("bad \xff\xc3(", "bad <FF><C3>(");
	SEEN("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\xe6\x97\xa5", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\xe6\x97\xa5");
	SEEN("a\xe3\x80\x80"
	     "b\xef\xb8\x8f",
	     "a<U+3000>b<U+FE0F>");
	/* Two marks are writing; a pile of them covers its neighbours. */
	SEEN("o\xcc\x82\xcc\xa3.", "o\xcc\x82\xcc\xa3.");
	SEEN("o\xcc\x82\xcc\xa3\xcc\xb6\xcc\xb6.", "o\xcc\x82\xcc\xa3<U+0336><U+0336>.");
	memset(pad, ' ', sizeof(pad));
	memcpy(pad, "make test", 9);
	memcpy(pad + sizeof(pad) - 10, "; touch it", 10);
	check(slice_make(pad, sizeof(pad)), "make test<1981 blanks>; touch it");
	/* Indentation is no hiding place, also behind the mark of a diff. */
	SEEN("+\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\tx", "+\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\tx");
}

static void names(void **state)
{
	uint32_t bad;

	(void)state;
	assert_true(visible_name(SLICE("src/\xc3\xa9t\xc3\xa9 1.c"), &bad));
	assert_false(visible_name(SLICE("a\nb"), &bad));
	assert_int_equal(bad, '\n');
	assert_false(visible_name(SLICE("a\033b"), &bad));
	assert_false(visible_name(SLICE("bidi\xe2\x80\xaetxt.c"), &bad));
	assert_int_equal(bad, 0x202e);
	assert_false(visible_name(SLICE("a\xff"), &bad));
	assert_int_equal(bad, 0xff);
}

static void columns(void **state)
{
	(void)state;
	assert_int_equal(visible_columns('a'), 1);
	assert_int_equal(visible_columns(0x301), 0);
	assert_int_equal(visible_columns(0x65e5), 2);
	assert_int_equal(visible_columns(0x1f600), 2);
	assert_int_equal(visible_columns(0xa960), 2);
	assert_int_equal(visible_columns(0x17000), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines),
		cmocka_unit_test(what_hides),
		cmocka_unit_test(names),
		cmocka_unit_test(columns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
