/* test_match.c - the matching ladder of edit_plan, step by step, with the exact bytes that result. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "agent/edit/edit.h"

struct match_case {
	const char *name, *base, *old_text, *new_text;
	const char *after; /* NULL: refused */
	const char *
		note; /* a piece of the note; NULL: no note. When refused: a piece of the message */
	bool all;
	enum err_code code;
};

static const struct match_case cases[] = {
	{ "exact", "a\nb\nc\n", "b", "x", "a\nx\nc\n", NULL, false, 0 },
	{ "exact wins over lenient steps", "  a\na\n", "\na\n", "\nb\n", "  a\nb\n", NULL, false,
	  0 },
	{ "middle of a line", "int a = 1;\n", "a = 1", "b = 2", "int b = 2;\n", NULL, false, 0 },
	{ "delete", "a\nb\nc\n", "b\n", "", "a\nc\n", NULL, false, 0 },
	{ "two matches", "a\nb\na\n", "a", "x", NULL, "2 matches at lines 1, 3", false,
	  ERR_INVALID },
	{ "overlapping matches", "aaa\n", "aa", "x", NULL, "2 matches", false, ERR_INVALID },
	{ "replace all", "a\nb\na\n", "a", "x", "x\nb\nx\n", NULL, true, 0 },
	{ "replace all apart", "aaa\n", "aa", "x", "xa\n", NULL, true, 0 },
	{ "not there", "a\nb\n", "zzz", "x", NULL, "nothing looks like it", false, ERR_NOT_FOUND },
	{ "equal texts", "a\n", "a", "a", NULL, "nothing to change", false, ERR_INVALID },
	{ "empty old text", "a\n", "", "x", NULL, "is empty", false, ERR_INVALID },
	{ "empty file", "", "", "x\n", "x\n", NULL, false, 0 },

	{ "LF for CRLF", "a\r\nb\r\nc\r\n", "a\nb\n", "x\ny\nz\n", "x\r\ny\r\nz\r\nc\r\n",
	  "line ends", false, 0 },
	{ "CRLF for LF", "a\nb\nc\n", "a\r\nb\r\n", "x\r\n", "x\nc\n", "line ends", false, 0 },
	{ "new lines take CRLF", "a\r\nb\r\n", "a", "x\ny", "x\r\ny\r\nb\r\n", NULL, false, 0 },
	{ "CR file", "a\rb\rc", "a\nb\n", "x\ny\n", "x\ry\rc", "line ends", false, 0 },
	{ "mixed line ends stay", "a\r\nb\nc\r\nd\n", "a\nb\nc\n", "a\nX\nc\n",
	  "a\r\nX\r\nc\r\nd\n", "line ends", false, 0 },
	{ "a line end of two bytes is one", "a\r\nb\r\n", "\nb", "\nc", "a\r\nc\r\n", "line ends",
	  false, 0 },
	{ "and goes as one", "a\r\nb\r\nc\r\n", "\nb", "", "a\r\nc\r\n", "line ends", false, 0 },
	{ "mixed, exact", "a\r\nb\nc\n", "b\nc\n", "b\nX\nc\n", "a\r\nb\nX\nc\n", NULL, false, 0 },
	{ "final newline that the file lacks", "a\nb", "b\n", "x\n", "a\nx", "line ends", false,
	  0 },
	{ "final newline, several lines", "a\nb\nc", "b\nc\n", "x\ny\n", "a\nx\ny", "line ends",
	  false, 0 },
	{ "final newline is not dropped inside", "ab\n", "a\n", "x\n", NULL, "not in the file",
	  false, ERR_NOT_FOUND },
	{ "byte order mark stays",
	  "\xef\xbb\xbf"
	  "a\nb\n",
	  "a\n", "x\n", "\xef\xbb\xbfx\nb\n", NULL, false, 0 },
	{ "lone CR is text", "a\rb\nc\n", "c", "d", "a\rb\nd\n", NULL, false, 0 },

	{ "trailing blanks in the file", "a  \nb\t\nc\n", "a\nb\n", "a\nx\n", "a  \nx\nc\n",
	  "trailing white space", false, 0 },
	{ "trailing blanks in old text", "a\nb\nc\n", "a  \nb \n", "x\n", "x\nc\n",
	  "trailing white space", false, 0 },
	{ "trailing blanks, CRLF", "a \r\nb\r\n", "a\nb\n", "a\nc\n", "a \r\nc\r\n",
	  "trailing white space", false, 0 },
	{ "trailing blank is not a prefix", "x == 1\n", "x = ", "y", NULL, "not in the file", false,
	  ERR_NOT_FOUND },
	{ "trailing, twice", "a \nb\na \nb\n", "a\nb\n", "x\n", NULL, "2 matches at lines 1, 3",
	  false, ERR_INVALID },

	{ "deeper in the file", "\t\tif (a)\n\t\t\tb();\n", "if (a)\n\tb();\n", "if (a)\n\tc();\n",
	  "\t\tif (a)\n\t\t\tc();\n", "indentation", false, 0 },
	{ "shallower in the file", "if (a)\n\tb();\n", "\tif (a)\n\t\tb();\n",
	  "\tif (a) {\n\t\tb();\n\t}\n", "if (a) {\n\tb();\n}\n", "indentation", false, 0 },
	{ "blanks for tabs", "\tif (a)\n\t\tb();\n", "    if (a)\n        b();\n",
	  "    if (a)\n        c();\n    d();\n", "\tif (a)\n\t\tc();\n\td();\n", "indentation",
	  false, 0 },
	{ "tabs for blanks", "  if (a)\n    b();\n", "\tif (a)\n\t\tb();\n", "\tif (a)\n\t\tc();\n",
	  "  if (a)\n    c();\n", "indentation", false, 0 },
	{ "not uniform", "\ta\n\tb\n", "a\n  b\n", "x\n", NULL, "not in the file", false,
	  ERR_NOT_FOUND },
	{ "white lines do not matter", "\ta\n\n\tb\n", "  a\n  \n  b\n", "  a\n\n  c\n",
	  "\ta\n\n\tc\n", "indentation", false, 0 },
	{ "re-indent twice", "\ta();\n\tb();\n}\n\ta();\n\tb();\n", "  a();\n  b();\n", "  c();\n",
	  NULL, "2 matches", false, ERR_INVALID },
	{ "re-indent, all", "\ta;\n\tb;\n}\n\t\ta;\n\t\tb;\n", "a;\nb;\n", "a;\nc;\n",
	  "\ta;\n\tc;\n}\n\t\ta;\n\t\tc;\n", "indentation", true, 0 },
	{ "re-indent at the end", "{\n\ta;\n\tb;", "a;\nb;\n", "a;\nc;\n", "{\n\ta;\n\tc;",
	  "indentation", false, 0 },

	{ "typographic quotes", "say \xe2\x80\x9chi\xe2\x80\x9d\nend \xe2\x80\x94 x\n",
	  "say \"hi\"\nend - x\n", "say \"hi\"\nend\n", "say \xe2\x80\x9chi\xe2\x80\x9d\nend\n",
	  "typographic", false, 0 },
	{ "typographic in old text", "it's\n", "it\xe2\x80\x99s", "its", "its\n", "typographic",
	  false, 0 },
	{ "no-break space",
	  "a\xc2\xa0"
	  "b\n",
	  "a b", "c", "c\n", "typographic", false, 0 },
	{ "typographic, twice",
	  "\xe2\x80\x98"
	  "a\xe2\x80\x99 \xe2\x80\x98"
	  "a\xe2\x80\x99",
	  "'a'", "b", NULL, "2 matches", false, ERR_INVALID },

	{ "line numbers", "a\n\tb\nc\n", "1\ta\n2\t\tb\n", "1\ta\n2\t\tX\n", "a\n\tX\nc\n",
	  "line numbers", false, 0 },
	{ "line numbers in old only", "a\nb\nc\n", "   2\tb\n   3\tc\n", "x\n", "a\nx\n",
	  "line numbers", false, 0 },
	{ "numbers that are text", "1\ta\n2\tb\n", "1\ta\n", "9\tz\n", "9\tz\n2\tb\n", NULL, false,
	  0 },
	{ "numbers out of order", "a\nb\n", "1\ta\n7\tb\n", "x\n", NULL, "not in the file", false,
	  ERR_NOT_FOUND },
	{ "code fence", "a\nb\n", "```c\na\n```", "```c\nx\n```", "x\nb\n", "code fence", false,
	  0 },
	{ "escapes", "a\n\tb\n", "a\\n\\tb", "c\\n\\td", "c\n\td\n", "backslash", false, 0 },
	{ "escapes that are text", "printf(\"a\\n\");\n", "\"a\\n\"", "\"b\\n\"",
	  "printf(\"b\\n\");\n", NULL, false, 0 },
	{ "entities", "if (a < b && c)\n", "if (a &lt; b &amp;&amp; c)", "if (a &gt; b)",
	  "if (a > b)\n", "HTML", false, 0 },
	{ "entities that are text", "x &lt; y\n", "x &lt; y", "x &gt; y", "x &gt; y\n", NULL, false,
	  0 },
};

static void one_case(const struct match_case *c)
{
	struct replace_edit e = { slice_of(c->old_text), slice_of(c->new_text), c->all };
	struct edit_plan p = { 0 };
	struct err err = { 0 };
	struct slice hint;
	struct arena a;
	bool ok;

	arena_init(&a);
	ok = edit_plan(&a, slice_of(c->base), &e, 1, &p, &hint, &err);
	if (ok != (c->after != NULL))
		fail_msg("%s: %s", c->name, ok ? "was applied" : err.msg);
	if (!ok) {
		assert_int_equal(err.code, c->code);
		if (!strstr(err.msg, c->note))
			fail_msg("%s: message: %s", c->name, err.msg);
	} else {
		if (!slice_eq_cstr(p.after, c->after))
			fail_msg("%s: got \"%.*s\"", c->name, SLICE_ARG(p.after));
		if (c->note ? !strstr(p.notes.ptr, c->note) : p.notes.len > 0)
			fail_msg("%s: note \"%.*s\"", c->name, SLICE_ARG(p.notes));
	}
	arena_release(&a);
}

static void test_ladder(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		one_case(&cases[i]);
}

static void test_several(void **state)
{
	struct replace_edit e[] = { { SLICE("c\n"), SLICE("C\n"), false },
				    { SLICE("a\n"), SLICE("A\nA\n"), false } };
	struct replace_edit clash[] = { { SLICE("a\nb"), SLICE("x"), false },
					{ SLICE("b\nc"), SLICE("y"), false } };
	struct replace_edit half[] = { { SLICE("a"), SLICE("x"), false },
				       { SLICE("zzz"), SLICE("y"), false } };
	struct edit_plan p = { 0 };
	struct err err = { 0 };
	struct slice hint;
	struct arena a;

	(void)state;
	arena_init(&a);
	assert_true(edit_plan(&a, SLICE("a\nb\nc\n"), e, 2, &p, &hint, &err));
	assert_true(slice_eq_cstr(p.after, "A\nA\nb\nC\n"));
	assert_int_equal(p.n_changes, 2);
	assert_true(p.changes[0].start < p.changes[1].start);
	assert_false(edit_plan(&a, SLICE("a\nb\nc\n"), clash, 2, &p, &hint, &err));
	assert_int_equal(err.code, ERR_INVALID);
	assert_non_null(strstr(err.msg, "edits[0] and edits[1] overlap at line 2"));
	assert_false(edit_plan(&a, SLICE("a\nb\n"), half, 2, &p, &hint, &err));
	assert_non_null(strstr(err.msg, "edits[1]"));
	arena_release(&a);
}

static void test_hint(void **state)
{
	struct slice base = SLICE("one\ntwo\nint main(void)\n{\n\treturn 0;\n}\nlast\n");
	struct replace_edit e = { SLICE("int main(void)\n{\n\treturn 1;\n}\n"), SLICE("x"), false };
	struct replace_edit near = { SLICE("int mian(void)"), SLICE("x"), false };
	struct edit_plan p = { 0 };
	struct err err = { 0 };
	struct slice hint;
	struct arena a;

	(void)state;
	arena_init(&a);
	assert_false(edit_plan(&a, base, &e, 1, &p, &hint, &err));
	assert_int_equal(err.code, ERR_NOT_FOUND);
	assert_non_null(strstr(err.msg, "line 3"));
	assert_non_null(strstr(hint.ptr, "3\tint main(void)\n4\t{\n5\t\treturn 0;\n"));
	assert_false(edit_plan(&a, base, &near, 1, &p, &hint, &err));
	assert_non_null(strstr(hint.ptr, "3\tint main(void)\n"));
	arena_release(&a);
}

/* A small text that would grow beyond all bounds is refused before it is built. */
static void test_too_large(void **state)
{
	static char many[4 * 1024 * 1024];
	struct replace_edit e = { SLICE("a"), { many, sizeof(many) }, true };
	struct edit_plan p = { 0 };
	struct err err = { 0 };
	struct slice hint;
	struct arena a;

	(void)state;
	memset(many, 'b', sizeof(many));
	arena_init(&a);
	assert_false(edit_plan(&a, SLICE("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"), &e, 1, &p, &hint,
			       &err));
	assert_int_equal(err.code, ERR_TOO_LARGE);
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ladder),
		cmocka_unit_test(test_several),
		cmocka_unit_test(test_hint),
		cmocka_unit_test(test_too_large),
	};

	return cmocka_run_group_tests_name("edit/match", tests, NULL, NULL);
}
