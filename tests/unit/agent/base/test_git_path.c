/* test_git_path.c - what a path is to git */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "agent/base/git_path.h"

#define ID "0123456789012345678901234567890123456a"

static void kinds(void **state)
{
	static const struct {
		const char *path;
		enum git_kind kind;
		const char *repository, *rest;
	} of[] = {
		{ "src/a.c", GIT_NONE, "", "" },
		{ "git/HEAD", GIT_NONE, "", "" },
		{ ".gitignore", GIT_NONE, "", "" },
		{ ".git", GIT_FOLDER, ".git", "" },
		{ ".git/HEAD", GIT_HEAD, ".git", "HEAD" },
		{ ".GIT/head", GIT_HEAD, ".GIT", "head" },
		{ "sub/.git/index", GIT_INDEX, "sub/.git", "index" },
		{ ".git/packed-refs", GIT_REF, ".git", "packed-refs" },
		{ ".git/refs/heads/objects/ab/" ID, GIT_REF, ".git", "refs/heads/objects/ab/" ID },
		{ ".git/refs/stash", GIT_REF, ".git", "refs/stash" },
		{ ".git/reftable/1", GIT_REF, ".git", "reftable/1" },
		{ ".git/logs/HEAD", GIT_LOG, ".git", "logs/HEAD" },
		{ ".git/ORIG_HEAD", GIT_OTHER, ".git", "ORIG_HEAD" },
		{ ".git/config", GIT_OTHER, ".git", "config" },
		{ ".git/objects/ab/" ID, GIT_OBJECT, ".git", "objects/ab/" ID },
		{ ".git/objects/ab/" ID "x", GIT_OTHER, ".git", "objects/ab/" ID "x" },
		{ ".git/objects/ab/tmp_obj_1", GIT_AUXILIARY, ".git", "objects/ab/tmp_obj_1" },
		{ ".git/objects/pack/pack-1.pack", GIT_OBJECT, ".git", "objects/pack/pack-1.pack" },
		{ ".git/objects/pack/pack-1.idx", GIT_OBJECT, ".git", "objects/pack/pack-1.idx" },
		{ ".git/objects/pack/pack-1.keep", GIT_AUXILIARY, ".git",
		  "objects/pack/pack-1.keep" },
		{ ".git/objects/pack/multi-pack-index", GIT_OTHER, ".git",
		  "objects/pack/multi-pack-index" },
		{ ".git/objects/info/alternates", GIT_OTHER, ".git", "objects/info/alternates" },
		{ ".git/objects/info/packs", GIT_AUXILIARY, ".git", "objects/info/packs" },
		{ ".git/worktrees/w/HEAD", GIT_HEAD, ".git", "HEAD" },
		{ ".git/worktrees/w/logs/HEAD", GIT_LOG, ".git", "logs/HEAD" },
		{ ".git/modules/a/b/refs/tags/v1", GIT_REF, ".git", "refs/tags/v1" },
		{ ".git/modules/a/modules/b/objects/ab/" ID, GIT_OBJECT, ".git", "objects/ab/" ID },
		{ ".git/modules/x", GIT_OTHER, ".git", "modules/x" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(of); i++) {
		struct slice path = slice_of(of[i].path);
		struct git_path p = git_path_of(path);

		if (p.kind != of[i].kind ||
		    !slice_eq_cstr(slice_sub(path, 0, p.repository), of[i].repository) ||
		    (p.kind != GIT_NONE &&
		     !slice_eq_cstr(slice_sub(path, p.rest, path.len), of[i].rest)))
			fail_msg("%s", of[i].path);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(kinds) };

	return cmocka_run_group_tests_name("base/git_path", tests, NULL, NULL);
}
