/* test_diff.c - unified diffs, their statistics, changes, and the style of a text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/edit/edit.h"

static void check(const char *before, const char *after, const char *want)
{
	struct slice none = { 0 }, out;
	struct arena a;

	arena_init(&a);
	out = edit_diff(&a, SLICE("src/f.c"), before ? slice_of(before) : none,
			after ? slice_of(after) : none);
	if (!slice_eq_cstr(out, want))
		fail_msg("want:\n%s\ngot:\n%.*s", want, SLICE_ARG(out));
	arena_release(&a);
}

static void test_unified(void **state)
{
	(void)state;
	check("a\n", "a\n", "");
	check("", "", "");
	check("a\nb\nc\n", "a\nB\nc\n",
	      "--- a/src/f.c\n+++ b/src/f.c\n@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n");
	check(NULL, "a\nb\n", "--- /dev/null\n+++ b/src/f.c\n@@ -0,0 +1,2 @@\n+a\n+b\n");
	check("a\n", NULL, "--- a/src/f.c\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n");
	check(NULL, "", "--- /dev/null\n+++ b/src/f.c\n");
	check("a\nb", "a\nb\n",
	      "--- a/src/f.c\n+++ b/src/f.c\n@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+b\n");
	check("a\nb", "A\nb",
	      "--- a/src/f.c\n+++ b/src/f.c\n@@ -1,2 +1,2 @@\n-a\n+A\n b\n\\ No newline at end of file\n");
	check("a\r\nb\r\n", "a\r\nc\r\n",
	      "--- a/src/f.c\n+++ b/src/f.c\n@@ -1,2 +1,2 @@\n a\r\n-b\r\n+c\r\n");
}

static void test_context(void **state)
{
	(void)state;
	check("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nX\n6\n7\n8\n9\n",
	      "--- a/src/f.c\n+++ b/src/f.c\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+X\n 6\n 7\n 8\n");
	/* six lines between: one hunk; seven: two */
	check("a\n1\n2\n3\n4\n5\n6\nb\n", "A\n1\n2\n3\n4\n5\n6\nB\n",
	      "--- a/src/f.c\n+++ b/src/f.c\n@@ -1,8 +1,8 @@\n-a\n+A\n 1\n 2\n 3\n 4\n 5\n 6\n-b\n+B\n");
	check("a\n1\n2\n3\n4\n5\n6\n7\nb\n", "A\n1\n2\n3\n4\n5\n6\n7\nB\n",
	      "--- a/src/f.c\n+++ b/src/f.c\n@@ -1,4 +1,4 @@\n-a\n+A\n 1\n 2\n 3\n@@ -6,4 +6,4 @@\n 5\n 6\n 7\n-b\n+B\n");
}

static void test_stat(void **state)
{
	size_t added, removed;

	(void)state;
	edit_diff_stat(SLICE("--- a/f\n+++ b/f\n@@ -1,3 +1,4 @@\n a\n--- b\n+++ c\n+d\n e\n"),
		       &added, &removed);
	assert_int_equal(added, 2);
	assert_int_equal(removed, 1);
	edit_diff_stat(
		SLICE("# two files\n--- a/f\n+++ b/f\n@@ -1 +1,2 @@\n a\n+b\n\\ No newline at end of "
		      "file\n--- a/g\n+++ /dev/null\n@@ -1,2 +0,0 @@\n-a\n--- b\n"),
		&added, &removed);
	assert_int_equal(added, 1);
	assert_int_equal(removed, 2);
	edit_diff_stat(SLICE(""), &added, &removed);
	assert_int_equal(added + removed, 0);
}

static void test_changes_small(void **state)
{
	struct slice base = SLICE("int a = 1;\nint b = 2;\n"),
		     after = SLICE("int a = 7;\nint b = 2;\n");
	struct text_change *c;
	struct arena a;
	size_t n;

	(void)state;
	arena_init(&a);
	edit_changes(&a, base, after, &c, &n);
	assert_int_equal(n, 1);
	assert_int_equal(c[0].start, 8);
	assert_int_equal(c[0].end, 9);
	assert_true(slice_eq_cstr(c[0].text, "7"));
	/* e with acute to e with grave: both bytes, not half of the character */
	edit_changes(&a, SLICE("\xc3\xa9\n"), SLICE("\xc3\xa8\n"), &c, &n);
	assert_int_equal(n, 1);
	assert_int_equal(c[0].start, 0);
	assert_int_equal(c[0].end, 2);
	/* CRLF to LF: no position between '\r' and '\n' */
	edit_changes(&a, SLICE("a\r\n"), SLICE("a\n"), &c, &n);
	assert_int_equal(n, 1);
	assert_int_equal(c[0].start, 1);
	assert_int_equal(c[0].end, 3);
	arena_release(&a);
}

static void test_body(void **state)
{
	struct slice text = SLICE("a\n"), other = SLICE("b\n"), none = { NULL, 0 };
	struct arena a;
	struct slice d;

	(void)state;
	arena_init(&a);
	d = edit_diff(&a, SLICE("d/x"), text, other);
	assert_true(slice_eq_cstr(edit_diff_body(d, SLICE("d/x")), "@@ -1 +1 @@\n-a\n+b\n"));
	assert_true(slice_eq(edit_diff_body(d, SLICE("x")), d));
	assert_true(slice_eq(edit_diff_body(d, SLICE("")), d));
	d = edit_diff(&a, SLICE("x"), none, other);
	assert_true(slice_eq_cstr(edit_diff_body(d, SLICE("x")), "@@ -0,0 +1 @@\n+b\n"));
	d = edit_diff(&a, SLICE("x"), text, none);
	assert_true(slice_eq_cstr(edit_diff_body(d, SLICE("x")), "@@ -1 +0,0 @@\n-a\n"));
	assert_true(slice_eq_cstr(edit_diff_body(SLICE(""), SLICE("x")), ""));
	arena_release(&a);
}

static void style(const char *text, enum eol eol, bool mixed, bool bom, bool final)
{
	struct text_style s;

	text_style(slice_of(text), &s);
	assert_int_equal(s.eol, eol);
	assert_int_equal(s.mixed_eol, mixed);
	assert_int_equal(s.bom, bom);
	assert_int_equal(s.final_newline, final);
}

static void test_style(void **state)
{
	struct arena a;

	(void)state;
	style("", EOL_LF, false, false, false);
	style("a", EOL_LF, false, false, false);
	style("a\n", EOL_LF, false, false, true);
	style("a\r\nb\r\n", EOL_CRLF, false, false, true);
	style("a\r\nb\r\nc\nd", EOL_CRLF, true, false, false);
	style("a\rb\r", EOL_CR, false, false, true);
	style("\xef\xbb\xbf"
	      "a\n",
	      EOL_LF, false, true, true);
	arena_init(&a);
	assert_true(slice_eq_cstr(text_with_eol(&a, SLICE("a\nb\r\nc\rd"), EOL_CRLF),
				  "a\r\nb\r\nc\r\nd"));
	assert_true(slice_eq_cstr(text_with_eol(&a, SLICE("a\nb\r\nc\rd"), EOL_LF), "a\nb\nc\nd"));
	assert_true(slice_eq_cstr(text_with_eol(&a, SLICE("a\nb\r\nc\rd"), EOL_CR), "a\rb\rc\rd"));
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unified), cmocka_unit_test(test_context),
		cmocka_unit_test(test_stat),	cmocka_unit_test(test_changes_small),
		cmocka_unit_test(test_body),	cmocka_unit_test(test_style),
	};

	return cmocka_run_group_tests_name("edit/diff", tests, NULL, NULL);
}
