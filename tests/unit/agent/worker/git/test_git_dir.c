/* git_dir: which repository outside of the workspace a command may read */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/worker/git/git_dir.h"
#include "tests/unit/agent/worker/folder.h"

static int set_up(void **state)
{
	struct folder *f = calloc(1, sizeof(*f));

	folder_make(f);
	folder_put(f, "main/.git/HEAD", "ref: refs/heads/main\n");
	folder_put(f, "main/.git/worktrees/w/HEAD", "ref: refs/heads/x\n");
	folder_put(f, "main/.git/worktrees/w/commondir", "../..\n");
	folder_put(f, "w/a", "");
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	folder_free(*state);
	free(*state);
	return 0;
}

static void put_path(const struct folder *f, const char *rel, const char *before, const char *path)
{
	char text[8400];

	(void)snprintf(text, sizeof(text), "%s%s/%s\n", before, f->path, path);
	folder_put(f, rel, text);
}

static void check(const struct folder *f, const char *workspace, const char *want)
{
	char found[LIMIT_PATH_BYTES] = "";
	bool ok = git_dir_find(folder_at(f, workspace), found);

	assert_int_equal(ok, want != NULL);
	if (want)
		assert_string_equal(found, folder_at(f, want));
}

static void test_worktree(void **state)
{
	struct folder *f = *state;

	check(f, "main", NULL); /* .git is a folder */
	check(f, "w", NULL);	/* there is none */
	put_path(f, "w/.git", "gitdir: ", "main/.git/worktrees/w");
	check(f, "w", NULL); /* the repository does not say so */
	put_path(f, "main/.git/worktrees/w/gitdir", "", "w/.git");
	check(f, "w", "main/.git");
	put_path(f, "other/.git", "gitdir: ", "main/.git/worktrees/w");
	check(f, "other", NULL); /* the worktree is another folder's */
	folder_put(f, "w/.git", "gitdir: ../main/.git/worktrees/w\n");
	check(f, "w", "main/.git");
	assert_int_equal(unlink(folder_at(f, "main/.git/HEAD")), 0);
	check(f, "w", NULL); /* no repository */
}

static void test_submodule(void **state)
{
	struct folder *f = *state;

	folder_put(f, "main/.git/modules/s/HEAD", "ref: refs/heads/main\n");
	folder_put(f, "main/.git/modules/s/config", "[core]\n\tworktree = ../../../s\n");
	folder_put(f, "main/s/.git", "gitdir: ../.git/modules/s\n");
	check(f, "main/s", "main/.git/modules/s");
	folder_put(f, "main/t/.git", "gitdir: ../.git/modules/s\n");
	check(f, "main/t", NULL);
}

static void test_lies(void **state)
{
	struct folder *f = *state;

	folder_put(f, ".ssh/id", "KEY");
	put_path(f, "w/.git", "gitdir: ", ".ssh");
	check(f, "w", NULL);
	folder_put(f, "w/.git", "gitdir: /\n");
	check(f, "w", NULL);
	folder_put(f, "w/.git", "gitdir: .git\n");
	check(f, "w", NULL);
	/* A repository that the project brought along, and whose common folder is somebody's. */
	folder_put(f, "w/r/HEAD", "x\n");
	put_path(f, "w/r/gitdir", "", "w/.git");
	put_path(f, "w/r/commondir", "", ".ssh");
	folder_put(f, "w/.git", "gitdir: r\n");
	check(f, "w", NULL);
	put_path(f, "w/r/commondir", "", "main/.git");
	check(f, "w", NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_worktree, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_submodule, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_lies, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("runner/git_dir", tests, NULL, NULL);
}
