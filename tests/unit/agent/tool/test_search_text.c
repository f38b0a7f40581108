/* test_search_text.c - the search in open buffers. */
#include "agent/tool/search_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void check(const char *pattern, bool literal, bool ignore_case, const char *text, size_t max,
		  const char *want)
{
	struct search_text *s;
	struct err err = { 0 };
	struct buf out;

	buf_init(&out, 4096);
	assert_true(search_text_new(slice_of(pattern), literal, ignore_case, &s, &err));
	(void)search_text_run(s, SLICE("f"), slice_of(text), max, &out);
	assert_string_equal(buf_cstr(&out), want);
	search_text_free(s);
	buf_release(&out);
}

static void finds(void **state)
{
	(void)state;
	check("b.", false, false, "abc\nxyz\nbb\n", 10, "f:1: abc\nf:3: bb\n");
	check("^x", false, false, "ax\nxa", 10, "f:2: xa\n");
	check("a.c", true, false, "abc\na.c\n", 10, "f:2: a.c\n");
	check("ÄB", false, true, "xäb\n", 10, "f:1: xäb\n");
	check("a", false, false, "a\na\na\n", 2, "f:1: a\nf:2: a\n");
	check("\\d+$", false, false, "a\xff 12\n", 10, "f:1: a\xff 12\n");
	check("^x", false, false, "\xef\xbb\xbfxa\n", 10, "f:1: xa\n");
	check("nothing", false, false, "", 10, "");
}

static void bad_pattern(void **state)
{
	struct search_text *s = NULL;
	struct err err = { 0 };

	(void)state;
	assert_false(search_text_new(SLICE("a("), false, false, &s, &err));
	assert_int_equal(err.code, ERR_INVALID);
	assert_non_null(strstr(err.msg, "offset 2"));
	search_text_free(NULL);
}

/* A pattern that explodes ends at the match limit: no match, but no hang. */
static void catastrophe(void **state)
{
	(void)state;
	check("(a+)+$", false, false, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab\nok aa\n",
	      10, "f:2: ok aa\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(finds), cmocka_unit_test(bad_pattern),
					    cmocka_unit_test(catastrophe) };

	return cmocka_run_group_tests_name("tool/search_text", tests, NULL, NULL);
}
