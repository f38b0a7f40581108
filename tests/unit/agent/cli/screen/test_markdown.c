/* test_markdown.c - Markdown in a terminal: what is shown, and that it is the same in whatever pieces it came. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "agent/cli/screen/markdown.h"

static void show(const char *text, unsigned columns, size_t piece, struct buf *out)
{
	struct term t = { .file = NULL, .into = out };
	struct markdown *m = calloc(1, sizeof(*m));
	struct slice rest = slice_of(text);

	assert_non_null(m);
	buf_init(out, 1 << 20);
	markdown_init(m, &t);
	m->flow.columns = columns;
	for (; rest.len > 0; rest = slice_sub(rest, piece, rest.len)) {
		(void)markdown_text(m, slice_sub(rest, 0, piece < rest.len ? piece : rest.len));
		markdown_put(m);
		if (columns > 0 && out->len > 0) /* only whole rows */
			assert_int_equal(out->data[out->len - 1], '\n');
	}
	if (markdown_end(m))
		markdown_put(m);
	markdown_release(m);
	free(m);
}

static void check(const char *text, unsigned columns, const char *want)
{
	for (size_t piece = 1; piece < 20; piece += 3) {
		struct buf out;

		show(text, columns, piece, &out);
		assert_string_equal(buf_cstr(&out), want);
		buf_release(&out);
	}
}

static void marks_are_gone(void **state)
{
	(void)state;
	check("# A *head*\nwords **strong** and `code`, see [here](http://x.y)\n", 80,
	      "A head\nwords strong and `code`, see here (http://x.y)\n");
	check("<http://x.y> &lt;b&gt; <i>raw</i>", 80, "http://x.y <b> <i>raw</i>\n");
}

static void names_stay(void **state)
{
	(void)state;
	check("run __init__.py and snake_case_name, 2 * 3 ** 4 and ~/x\n", 80,
	      "run __init__.py and snake_case_name, 2 * 3 ** 4 and ~/x\n");
	check("in `__init__` too\n", 80, "in `__init__` too\n");
}

static void paragraphs_are_wrapped(void **state)
{
	(void)state;
	check("alpha beta gamma delta epsilon zeta eta theta iota kappa\nlambda mu - nu\n\nnext one\n",
	      20,
	      "alpha beta gamma \ndelta epsilon zeta \neta theta iota kappa\nlambda mu - nu\n\nnext one\n");
}

static void lists_hang(void **state)
{
	(void)state;
	check("Three:\n- one and two and three\n- two\n  1. sub\n  2. sub\n\n- three\n\nEnd\n", 14,
	      "Three:\n\n- one and two\n  and three\n- two\n  1. sub\n  2. sub\n- three\n\nEnd\n");
	check("3. x\n4. y\n- [x] done\n", 40, "3. x\n4. y\n- [x] done\n");
}

static void code_is_not_touched(void **state)
{
	(void)state;
	check("```c\nint *a_b = **p;\n\n# no head\n```\nafter\n", 40,
	      "  | int *a_b = **p;\n  | \n  | # no head\n\nafter\n");
	check("1. x\n   ```\n   __a__\n\n   b\n   ```\n2. y\n", 40,
	      "1. x\n     | __a__\n     | \n     | b\n2. y\n");
}

static void tables_fit_or_are_rows(void **state)
{
	const char *text = "| a | bb |\n|---|---|\n| ccc | d |\n| e | ffff gggg |\n";

	(void)state;
	check(text, 40, "a    bb\nccc  d\ne    ffff gggg\n");
	check(text, 14, "a: ccc\n  bb: d\na: e\n  bb: ffff gggg\n");
}

static void what_comes_in_a_paragraph_is_seen(void **state)
{
	(void)state;
	check("some words that are long enough to be shown at once:\n| a | b |\n|---|---|\n| c | d |\n",
	      80, "some words that are long enough to be shown at once:\n\na  b\nc  d\n");
	check("some words that are long enough to be shown at once **and strong words that\nend** later\n",
	      200,
	      "some words that are long enough to be shown at once and strong words that end later\n");
}

static void nothing_is_an_order(void **state)
{
	(void)state;
	check("a \033[2Jb\n```\n\033[8m\n```\n- \033x\n\n| \033a |\n|---|\n| \033b |\n", 40,
	      "a ^[[2Jb\n\n  | ^[[8m\n\n- ^[x\n\n^[a\n^[b\n");
	check("| \033[2J wide head | b |\n|---|---|\n| c | d |\n", 12,
	      "^[[2J wide head: c\n  b: d\n");
}

static void a_pipe_gets_it_as_it_is(void **state)
{
	(void)state;
	check("# A *head*\n\n**x**", 0, "# A *head*\n\n**x**");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(marks_are_gone),
		cmocka_unit_test(names_stay),
		cmocka_unit_test(paragraphs_are_wrapped),
		cmocka_unit_test(lists_hang),
		cmocka_unit_test(code_is_not_touched),
		cmocka_unit_test(tables_fit_or_are_rows),
		cmocka_unit_test(nothing_is_an_order),
		cmocka_unit_test(what_comes_in_a_paragraph_is_seen),
		cmocka_unit_test(a_pipe_gets_it_as_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
