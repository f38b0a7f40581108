/* test_protect.c - which changes need the user's own word */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/policy/protect.h"

/* What stands in the tree: before, and with the changes. NULL-terminated. */
struct world {
	const char *const *before, *const *after;
};

static bool in(const char *const *list, const char *rel)
{
	for (; list && *list; list++) {
		if (strcmp(*list, rel) == 0)
			return true;
	}
	return false;
}

static bool exists(void *payload, const char *rel, bool before)
{
	const struct world *w = payload;

	return in(w->before, rel) || (!before && in(w->after, rel));
}

static bool needs(struct world w, const char *rel, enum protect_type type)
{
	const struct protect_tree t = { exists, &w };

	return protect_reason(&t, rel, type) != NULL;
}

static void test_names(void **state)
{
	static const char *const yes[] = {
		".git/config",
		".git/hooks/pre-commit",
		"a/b/.git/hooks/post-checkout",
		".git/config.worktree",
		".git/commondir",
		".git/info/attributes",
		".git/modules/m/config",
		".git/modules/a/b/hooks/post-checkout",
		".git/worktrees/w/gitdir",
		".GIT/config",
		"sub/.git",
		".vscode/tasks.json",
		"p/.idea/workspace.xml",
		".envrc",
		".nvim.lua",
		".exrc",
		".dir-locals.el",
		".npmrc",
		"my.code-workspace",
		"a/My.Code-Workspace",
		".devcontainer.json",
		".cargo/config.toml",
		"sub/.yarn/releases/yarn-4.cjs",
		".run/all.run.xml",
		"opencode.json",
		".vim/coc-settings.json",
		".husky/pre-commit",
		".emend/config.json",
		".git/hooks",
		".claude/settings.json",
		"node_modules/x/.vscode/tasks.json",
	};
	static const char *const no[] = {
		"config",
		"hooks/x",
		".git/HEAD",
		".git/objects/ab/c",
		".git/index",
		".git/refs/heads/config",
		".git/logs/HEAD",
		".gitignore",
		"git/config",
		"src/.gitkeep",
		"objects/x",
		"HEAD",
		".git/modules/m/HEAD",
		".git/hooks/pre-commit.sample",
		".git/info/exclude",
		"a.vscode/x",
		".vscodex",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(yes); i++)
		assert_true(needs((struct world){ 0 }, yes[i], PROTECT_FILE));
	for (size_t i = 0; i < ARRAY_LEN(no); i++)
		assert_false(needs((struct world){ 0 }, no[i], PROTECT_FILE));
}

static void test_links_and_folders(void **state)
{
	(void)state;
	assert_true(needs((struct world){ 0 }, ".git/info", PROTECT_LINK));
	assert_true(needs((struct world){ 0 }, ".git/objects", PROTECT_LINK));
	assert_true(needs((struct world){ 0 }, ".git", PROTECT_DIR));
	assert_true(needs((struct world){ 0 }, ".git/objects", PROTECT_DIR));
	assert_true(needs((struct world){ 0 }, "a/.git/refs", PROTECT_DIR));
	assert_false(needs((struct world){ 0 }, ".git/objects/ab", PROTECT_DIR));
	assert_false(needs((struct world){ 0 }, "src", PROTECT_DIR));
}

static void test_bare(void **state)
{
	static const char *const parts[] = { "b/HEAD", "b/objects", "b/refs", "b/config", NULL };
	static const char *const head[] = { "b/HEAD", NULL };
	static const char *const rest[] = { "b/objects", "b/refs", NULL };
	static const char *const common[] = { "b/HEAD", "b/commondir", NULL };
	struct world made = { .after = parts }, there = { .before = parts },
		     completed = { .before = head, .after = rest }, linked = { .after = common };

	(void)state;
	assert_true(needs(made, "b/config", PROTECT_FILE));
	assert_true(needs(made, "b/HEAD", PROTECT_FILE));
	assert_true(needs(made, "b/hooks/post-update", PROTECT_FILE));
	assert_true(needs(there, "b/config", PROTECT_FILE));
	assert_false(needs(there, "b/objects/ab/c", PROTECT_FILE));
	assert_true(needs(completed, "b/objects/x", PROTECT_FILE));
	assert_true(needs(completed, "b/refs/x", PROTECT_FILE));
	assert_true(needs(linked, "b/commondir", PROTECT_FILE));
	assert_false(needs(made, "c/config", PROTECT_FILE));
}

static void test_is_git(void **state)
{
	(void)state;
	assert_true(protect_is_git(".git/x"));
	assert_true(protect_is_git("a/.git"));
	assert_false(protect_is_git(".gitignore"));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_links_and_folders),
		cmocka_unit_test(test_bare),
		cmocka_unit_test(test_is_git),
	};

	return cmocka_run_group_tests_name("protect", tests, NULL, NULL);
}
