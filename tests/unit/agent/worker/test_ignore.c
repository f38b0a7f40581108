/* test_ignore.c - .gitignore rules, with and without a repository */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "agent/worker/ignore.h"
#include "tests/unit/agent/worker/folder.h"

static void check(struct ignore *ig, const char *rel, bool is_dir, bool want)
{
	if (ignore_match(ig, rel, is_dir) != want)
		fail_msg("%s", rel);
}

static void rules(struct folder *f)
{
	struct ignore *ig = NULL;
	struct err err;

	folder_put(f, ".gitignore", "*.o\n!keep.o\nbuild/\n/top.txt\ndoc/**/*.html\n");
	folder_put(f, "sub/.gitignore", "local\n*.tmp\n!x.tmp\n");
	assert_true(ignore_open(slice_of(f->path), &ig, &err));
	check(ig, "a.o", false, true);
	check(ig, "keep.o", false, false);
	check(ig, "sub/y.o", false, true);
	check(ig, "sub/x.tmp", false, false);
	check(ig, "sub/local", false, true);
	check(ig, "local", false, false);
	check(ig, "build", true, true);
	check(ig, "build", false, false);
	check(ig, "top.txt", false, true);
	check(ig, "sub/top.txt", false, false);
	check(ig, "doc/a/b.html", false, true);
	check(ig, ".git", true, true);
	check(ig, "sub/.git", false, true);
	check(ig, "a.c", false, false);
	ignore_close(ig);
}

static void without_a_repository(void **state)
{
	struct folder f;

	(void)state;
	folder_make(&f);
	rules(&f);
	folder_free(&f);
}

static void with_a_repository(void **state)
{
	struct ignore *ig = NULL;
	struct folder f;
	struct err err;

	(void)state;
	folder_make(&f);
	folder_put(&f, ".git/HEAD", "ref: refs/heads/main\n");
	folder_put(&f, ".git/config",
		   "[core]\n\texcludesFile = /etc/passwd\n[broken\n"); /* never parsed */
	folder_put(&f, ".git/info/exclude", "mine\n");
	rules(&f);
	assert_true(ignore_open(slice_of(f.path), &ig, &err));
	check(ig, "mine", false, true);
	ignore_close(ig);
	folder_free(&f);
}

static void none(void **state)
{
	(void)state;
	assert_true(ignore_match(NULL, "a/.git", true));
	assert_false(ignore_match(NULL, "a/b", true));
	ignore_close(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(without_a_repository),
					    cmocka_unit_test(with_a_repository),
					    cmocka_unit_test(none) };

	return cmocka_run_group_tests_name("ignore", tests, NULL, NULL);
}
