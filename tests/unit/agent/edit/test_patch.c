/* test_patch.c - patches of GPT models: what is understood, where hunks land, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "agent/edit/patch.h"
#include "protocol/base/mem.h"

static struct arena arena;

static int set_up(void **state)
{
	(void)state;
	arena_init(&arena);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	arena_release(&arena);
	return 0;
}

struct row {
	const char *name, *base, *hunks;
	const char *after; /* NULL: refused, with `says` in the message */
	const char *says;
};

static const struct row rows[] = {
	{ "one line", "a\nb\nc\n", "@@\n a\n-b\n+B\n c\n", "a\nB\nc\n", NULL },
	{ "no @@ at all", "a\nb\nc\n", "-b\n+B\n", "a\nB\nc\n", NULL },
	{ "two hunks in order", "a\nx\nb\nx\n", "@@ a\n-x\n+1\n@@ b\n-x\n+2\n", "a\n1\nb\n2\n",
	  NULL },
	{ "the second hunk is behind the first", "x\ny\nx\n", "@@\n-x\n+1\n y\n@@\n-x\n+2\n",
	  "1\ny\n2\n", NULL },
	{ "anchor decides", "f()\n  r\ng()\n  r\n", "@@ g()\n-  r\n+  s\n", "f()\n  r\ng()\n  s\n",
	  NULL },
	{ "anchor within a line", "int f(void)\n  r\nint g(void)\n  r\n", "@@ g(\n-  r\n+  s\n",
	  "int f(void)\n  r\nint g(void)\n  s\n", NULL },
	{ "two anchors", "class A\n f\n  r\nclass B\n f\n  r\n", "@@ class B\n@@ f\n-  r\n+  s\n",
	  "class A\n f\n  r\nclass B\n f\n  s\n", NULL },
	{ "ambiguous", "x\nx\n", "@@\n-x\n+y\n", NULL, "more than once" },
	{ "missing", "a\n", "@@\n-zz\n+y\n", NULL, "not in the file" },
	{ "missing anchor", "a\n", "@@ nowhere\n-a\n+y\n", NULL, "nowhere" },
	{ "end of file", "x\na\nx\n", "@@\n-x\n+y\n*** End of File\n", "x\na\ny\n", NULL },
	{ "not the end of file", "x\na\n", "@@\n-x\n+y\n*** End of File\n", NULL, "do not end" },
	{ "insert at the anchor", "a\nb\n", "@@ a\n+new\n", "a\nnew\nb\n", NULL },
	{ "insert at the end", "a\nb\n", "@@\n+new\n", "a\nb\nnew\n", NULL },
	{ "insert at the end, whatever the anchor", "a\nb\n", "@@ a\n+new\n*** End of File\n",
	  "a\nb\nnew\n", NULL },
	{ "insert behind a last line without end", "a\nb", "@@\n+new\n", "a\nb\nnew", NULL },
	{ "into an empty file", "", "@@\n+new\n", "new\n", NULL },
	{ "no final newline stays so", "a\nb", "@@\n a\n-b\n+c\n", "a\nc", NULL },
	{ "carriage returns stay", "a\r\nb\r\nc\r\n", "@@\n a\n-b\n+B\n+B2\n c\n",
	  "a\r\nB\r\nB2\r\nc\r\n", NULL },
	{ "byte order mark stays",
	  "\xef\xbb\xbf"
	  "a\nb\n",
	  "@@\n-a\n+A\n b\n",
	  "\xef\xbb\xbf"
	  "A\nb\n",
	  NULL },
	{ "trailing blanks are overlooked", "a  \nb\n", "@@\n a\n-b\n+c\n", "a  \nc\n", NULL },
	{ "indentation is overlooked", "\ta\n\tb\n", "@@\n a\n-b\n+c\n", "\ta\n\tc\n", NULL },
	{ "empty line of context without its blank", "a\n\nb\n", "@@\n a\n\n-b\n+c\n", "a\n\nc\n",
	  NULL },
	{ "never inside a line", "xa\na\n", "@@\n-a\n+b\n", "xa\nb\n", NULL },
};

static struct slice patch_text(const char *body)
{
	return arena_printf(&arena, "*** Begin Patch\n*** Update File: f\n%s*** End Patch\n", body);
}

static void hunks(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct row *r = &rows[i];
		struct slice after, notes, hint = SLICE("");
		struct err err = { 0 };
		struct patch p;
		bool ok = patch_parse(&arena, patch_text(r->hunks), &p, &err) &&
			  patch_apply(&arena, slice_of(r->base), &p.files[0], &after, &notes, &hint,
				      &err);

		if (ok != (r->after != NULL) || (ok && !slice_eq_cstr(after, r->after)) ||
		    (!ok && !strstr(err.msg, r->says)))
			fail_msg("%s: %s", r->name, ok ? arena_cstr(&arena, after) : err.msg);
	}
}

static void sections(void **state)
{
	struct err err = { 0 };
	struct patch p;

	(void)state;
	assert_true(patch_parse(&arena,
				SLICE("```\n*** Begin Patch\n*** Add File: a/b.txt\n+one\n+\n+two\n"
				      "*** Delete File: old.txt\n"
				      "*** Update File: x.c\n*** Move to: y.c\n@@\n-a\n+b\n"
				      "*** Update File: p.c\n*** Move to: q.c\n"
				      "*** End Patch\n```\n"),
				&p, &err));
	assert_int_equal(p.n_files, 4);
	assert_int_equal(p.files[0].kind, PATCH_ADD);
	assert_true(slice_eq(p.files[0].path, SLICE("a/b.txt")));
	assert_true(slice_eq(p.files[0].content, SLICE("one\n\ntwo\n")));
	assert_int_equal(p.files[1].kind, PATCH_DELETE);
	assert_true(slice_eq(p.files[2].move_to, SLICE("y.c")));
	assert_int_equal(p.files[2].n_hunks, 1);
	assert_true(slice_eq(p.files[3].move_to, SLICE("q.c")));
	assert_int_equal(p.files[3].n_hunks, 0);
}

static void refused(void **state)
{
	static const char *const bad[] = {
		"",
		"hello",
		"*** Begin Patch\n*** End Patch\n",
		"*** Begin Patch\n*** Update File: a\n@@\n-a\n+b\n",
		"*** Begin Patch\n*** Update File: a\n*** End Patch\n",
		"*** Begin Patch\n*** Update File: a\n@@ x\n*** End Patch\n",
		"*** Begin Patch\n*** Update File: a\n@@\n*nothing\n*** End Patch\n",
		"*** Begin Patch\n*** Update File:\n@@\n-a\n+b\n*** End Patch\n",
		"*** Begin Patch\n*** Update File: a\n*** Move to:\n*** End Patch\n",
		"*** Begin Patch\n*** Add File: a\nno plus\n*** End Patch\n",
		"*** Begin Patch\n*** Delete File: a\n-x\n*** End Patch\n",
		"*** Begin Patch\n-x\n*** End Patch\n",
		"*** Begin Patch\n*** Delete File: a\n*** End Patch\nmore\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct err err = { 0 };
		struct patch p;

		if (patch_parse(&arena, slice_of(bad[i]), &p, &err) || err.msg[0] == '\0')
			fail_msg("was understood: %s", bad[i]);
	}
}

static void too_large(void **state)
{
	struct slice text = SLICE("*** Begin Patch\n");
	struct err err = { 0 };
	struct patch p;

	(void)state;
	for (int i = 0; i < 65; i++)
		text = arena_printf(&arena, "%.*s*** Delete File: f%d\n", SLICE_ARG(text), i);
	text = arena_printf(&arena, "%.*s*** End Patch\n", SLICE_ARG(text));
	assert_false(patch_parse(&arena, text, &p, &err));
	assert_int_equal(err.code, ERR_TOO_LARGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(hunks, set_up, tear_down),
		cmocka_unit_test_setup_teardown(sections, set_up, tear_down),
		cmocka_unit_test_setup_teardown(refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(too_large, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("edit/patch", tests, NULL, NULL);
}
