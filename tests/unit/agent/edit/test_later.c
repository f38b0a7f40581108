/* test_later.c - files that the user is likely to execute */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "agent/edit/edit.h"
#include "agent/edit/later.h"

static void test_names(void **state)
{
	static const char *const yes[] = {
		"a/Makefile",	     "package.json",	       "x.sh", ".github/workflows/ci.yml",
		"tests/conftest.py", "deep/.cargo/config.toml"
	};
	static const char *const no[] = { "src/a.c",	"sh",	     ".sh", "Makefile/x",
					  "a/github/x", "config.js", "a.js" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(yes); i++)
		assert_true(later_runs(slice_of(yes[i]), SLICE("")));
	for (size_t i = 0; i < ARRAY_LEN(no); i++)
		assert_false(later_runs(slice_of(no[i]), SLICE("text\n#!/bin/sh\n")));
	assert_true(later_runs(SLICE("a"), SLICE("#!/bin/sh\n")));
	assert_true(later_runs(SLICE("a"), SLICE("\xef\xbb\xbf#!/bin/sh\n")));
}

static void test_diff(void **state)
{
	static const struct slice none = { NULL, 0 };
	struct arena a;
	struct slice d;

	(void)state;
	arena_init(&a);
	d = later_diff(&a, SLICE("Makefile"), SLICE("a\n"), SLICE("b\n"));
	assert_true(
		slice_starts(d, SLICE("# Makefile: you may execute this later\n--- a/Makefile\n")));
	d = later_diff(&a, SLICE("x.c"), SLICE("a\n"), SLICE("b\n"));
	assert_true(slice_eq(d, edit_diff(&a, SLICE("x.c"), SLICE("a\n"), SLICE("b\n"))));
	d = later_diff(&a, SLICE("Makefile"), SLICE("a\n"), none);
	assert_true(slice_starts(d, SLICE("--- ")));
	assert_int_equal(later_diff(&a, SLICE("Makefile"), SLICE("a\n"), SLICE("a\n")).len, 0);
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_diff),
	};

	return cmocka_run_group_tests_name("later", tests, NULL, NULL);
}
