/* test_merge.c - three-way merge: exact results, byte for byte, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "agent/edit/edit.h"

struct merge_case {
	const char *name, *base, *mine, *theirs;
	const char *merged; /* NULL: a conflict */
	const char *lines;  /* of the conflict */
};

static const struct merge_case cases[] = {
	{ "both ends", "a\nb\nc\nd\n", "A\nb\nc\nd\n", "a\nb\nc\nD\n", "A\nb\nc\nD\n", NULL },
	{ "insert and delete", "a\nb\nc\nd\ne\n", "x\na\nb\nc\nd\ne\n", "a\nb\nc\ne\n",
	  "x\na\nb\nc\ne\n", NULL },
	{ "the same change", "a\nb\nc\n", "a\nX\nc\n", "a\nX\nc\n", "a\nX\nc\n", NULL },
	{ "the same and another", "a\nb\nc\nd\ne\n", "a\nX\nc\nd\ne\n", "a\nX\nc\nd\nE\n",
	  "a\nX\nc\nd\nE\n", NULL },
	{ "CRLF stays", "a\r\nb\r\nc\r\nd\r\n", "A\r\nb\r\nc\r\nd\r\n", "a\r\nb\r\nc\r\nD\r\n",
	  "A\r\nb\r\nc\r\nD\r\n", NULL },
	{ "mixed line ends stay", "a\nb\r\nc\nd\r\n", "A\nb\r\nc\nd\r\n", "a\nb\r\nc\nD\r\n",
	  "A\nb\r\nc\nD\r\n", NULL },
	{ "no final newline", "a\nb\nc\nd", "A\nb\nc\nd", "a\nb\nc\nD", "A\nb\nc\nD", NULL },
	{ "final newline added", "a\nb\nc\nd", "A\nb\nc\nd", "a\nb\nc\nd\n", "A\nb\nc\nd\n", NULL },
	{ "final newline removed", "a\nb\nc\nd\n", "A\nb\nc\nd\n", "a\nb\nc\nd", "A\nb\nc\nd",
	  NULL },
	{ "byte order mark",
	  "\xef\xbb\xbf"
	  "a\nb\nc\n",
	  "\xef\xbb\xbf"
	  "a\nb\nC\n",
	  "\xef\xbb\xbf"
	  "A\nb\nc\n",
	  "\xef\xbb\xbf"
	  "A\nb\nC\n",
	  NULL },
	{ "mine only", "a\nb\n", "x\n", "a\nb\n", "x\n", NULL },
	{ "theirs only", "a\nb\n", "a\nb\n", "", "", NULL },
	{ "same line", "a\nb\nc\n", "a\nX\nc\n", "a\nY\nc\n", NULL, "Line 2 was" },
	{ "touching lines", "a\nb\nc\nd\n", "a\nB\nc\nd\n", "a\nb\nC\nd\n", NULL,
	  "Lines 2-3 were" },
	{ "two inserts at one place", "a\nb\n", "a\nx\nb\n", "a\ny\nb\n", NULL, "Line 2 was" },
	{ "delete against change", "a\nb\nc\n", "a\nc\n", "a\nB\nc\n", NULL, "Line 2 was" },
	{ "line end against text", "a\nb\nc\n", "a\r\nb\r\nc\r\n", "a\nB\nc\n", NULL,
	  "Lines 1-3 were" },
	{ "both create", "", "a\n", "b\n", NULL, "Line 1 was" },
	{ "both append to a last line without newline", "a", "a\nb", "a\nc", NULL, "Line 1 was" },
};

static void test_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct merge_case *c = &cases[i];
		struct err err = { 0 };
		struct slice out;
		struct arena a;
		bool ok;

		arena_init(&a);
		ok = edit_merge(&a, slice_of(c->base), slice_of(c->mine), slice_of(c->theirs), &out,
				&err);
		if (ok != (c->merged != NULL))
			fail_msg("%s: %s", c->name, ok ? "merged" : err.msg);
		if (ok && !slice_eq_cstr(out, c->merged))
			fail_msg("%s: got \"%.*s\"", c->name, SLICE_ARG(out));
		if (!ok && (err.code != ERR_STALE || !strstr(err.msg, c->lines)))
			fail_msg("%s: %s", c->name, err.msg);
		arena_release(&a);
	}
}

struct beside_case {
	const char *base, *mine, *theirs;
	const char *merged;   /* NULL: a conflict */
	size_t first, last; /* of it, in mine */
};

/* base: what we left, theirs: what stood before; only what was written into our lines conflicts. */
static const struct beside_case beside[] = {
	{ "a\nB\nc\n", "a\nB\nx\nc\n", "a\nb\nc\n", "a\nb\nx\nc\n", 0, 0 },
	{ "a\nB\nc\n", "a\nx\nB\nc\n", "a\nb\nc\n", "a\nx\nb\nc\n", 0, 0 },
	{ "a\nB\nc\n", "a\nB\nC\n", "a\nb\nc\n", "a\nb\nC\n", 0, 0 },
	{ "a\nB\nc\n", "A\nB\nc\n", "a\nc\n", "A\nc\n", 0, 0 },
	{ "a\nB\nB2\nc\n", "a\nB\nx\nB2\nc\n", "a\nc\n", NULL, 2, 4 },
	{ "a\nB\nc\n", "a\nBx\nc\n", "a\nb\nc\n", NULL, 2, 2 },
	{ "a\nB\nc\n", "a\nc\n", "a\nb\nc\n", NULL, 2, 1 },
	{ "a\nc\n", "a\nx\nc\n", "a\nb\nc\n", NULL, 2, 2 }, /* in the place of what we removed */
	{ "a\nc\n", "a\nC\n", "a\nb\nc\n", "a\nb\nC\n", 0, 0 },
	{ "a\nc\n", "A\nc\n", "a\nb\nc\n", "A\nb\nc\n", 0, 0 },
};

static void test_beside(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(beside); i++) {
		const struct beside_case *c = &beside[i];
		struct merge_conflict at = { 0 };
		struct slice out;
		struct arena a;
		bool ok;

		arena_init(&a);
		ok = edit_merge_beside(&a, slice_of(c->base), slice_of(c->mine),
				       slice_of(c->theirs), &out, &at);
		if (ok != (c->merged != NULL) || (ok && !slice_eq_cstr(out, c->merged)) ||
		    (!ok && (at.first != c->first || at.last != c->last)))
			fail_msg("row %zu: %s %zu-%zu", i, ok ? "merged" : "conflict", at.first,
				 at.last);
		arena_release(&a);
	}
}

/* Edits in separate places of a long text always merge, whatever the order. */
static void test_separate(void **state)
{
	struct slice base, mine, theirs, want, out;
	struct err err = { 0 };
	struct arena a;

	(void)state;
	arena_init(&a);
	for (int i = 0; i < 40; i += 4) {
		base = mine = theirs = want = SLICE("");
		for (int k = 0; k < 42; k++) {
			bool m = k == i, t = k == i + 2;

			base = arena_printf(&a, "%.*sline %d\n", SLICE_ARG(base), k);
			mine = arena_printf(&a, "%.*s%s %d\n", SLICE_ARG(mine), m ? "mine" : "line",
					    k);
			theirs = arena_printf(&a, "%.*s%s %d\n", SLICE_ARG(theirs),
					      t ? "theirs" : "line", k);
			want = arena_printf(&a, "%.*s%s %d\n", SLICE_ARG(want),
					    m	? "mine"
					    : t ? "theirs"
						: "line",
					    k);
		}
		assert_true(edit_merge(&a, base, mine, theirs, &out, &err));
		assert_true(slice_eq(out, want));
	}
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table), cmocka_unit_test(test_beside),
		cmocka_unit_test(test_separate),
	};

	return cmocka_run_group_tests_name("edit/merge", tests, NULL, NULL);
}
