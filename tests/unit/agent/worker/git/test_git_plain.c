/* test_git_plain.c - what a git configuration can do */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "agent/worker/git/git_plain.h"
#include "protocol/base/base.h"

static void test_plain(void **state)
{
	static const char *const yes[] = {
		"",
		"[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = false\n"
		"\tlogallrefupdates = true\n",
		"[core]\n\tbare = true\n[remote \"origin\"]\n\turl = https://example.org/x.git\n"
		"\tfetch = +refs/heads/*:refs/remotes/origin/*\n[branch \"main\"]\n"
		"\tremote = origin\n\tmerge = refs/heads/main\n",
		"# a word\n; another\n[CORE]\n  FileMode=true\n[user]\n name = N\n email = e@x\n",
		"[remote \"o\"]\n\turl = git@example.org:x.git\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(yes); i++)
		assert_true(git_config_is_plain(slice_of(yes[i])));
}

static void test_not_plain(void **state)
{
	static const char *const no[] = {
		"[core]\n\tfsmonitor = ./x\n",
		"[core]\n\thooksPath = x\n",
		"[core] fsmonitor = x\n",
		"[core] fsmonitor = x]\n",
		"[core]\n\tsshCommand = x\n",
		"[core]\n\tworktree = ..\n",
		"[core]\n\tbare = true \\\n\tfsmonitor = x\n",
		"[core]\n\tbare = \"true\n",
		"[core]\n\tbare\n",
		"[Core \"x\"]\n\tbare = true\n",
		"[core.x]\n\tbare = true\n",
		"[alias]\n\tst = !x\n",
		"[include]\n\tpath = x\n",
		"[remote]\n\turl = x\n",
		"[remote \"o\"]\n\turl = ext::sh -c x\n",
		"[remote \"o\"]\n\turl = -x\n",
		"[remote \"o\"]\n\tuploadpack = x\n",
		"[remote \"o\" ] uploadpack = \"]\n",
		"[filter \"x\"]\n\tclean = x\n",
		"[extensions]\n\tworktreeConfig = true\n",
		"bare = true\n",
		"ESC\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(no); i++)
		assert_false(git_config_is_plain(slice_of(no[i])));
	assert_false(git_config_is_plain(slice_make("[core]\n\tbare = a\0b\n", 19)));
}

static void test_todo(void **state)
{
	(void)state;
	assert_true(git_todo_is_plain(
		SLICE("pick 12ab one\n# x comment\nreword 34cd xecute\nbreak\n")));
	assert_false(git_todo_is_plain(SLICE("pick 12ab one\nexec touch x\n")));
	assert_false(git_todo_is_plain(SLICE("pick 12ab one\n  x touch x\n")));
	assert_false(git_todo_is_plain(SLICE("x\ttouch x")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_not_plain),
		cmocka_unit_test(test_todo),
	};

	return cmocka_run_group_tests_name("git_plain", tests, NULL, NULL);
}
