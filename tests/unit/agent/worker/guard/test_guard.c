/* test_guard.c - what becomes of protected files around a command on the real files */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>

#include "agent/worker/guard/guard.h"
#include "tests/unit/agent/worker/folder.h"

struct fixture {
	struct folder real, base;
	struct root root;
	struct places places;
	struct guard g;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct err err;

	if (!f)
		return -1;
	folder_make(&f->real);
	folder_make(&f->base);
	folder_put(&f->real, "a.txt", "hello\n");
	folder_put(&f->real, ".vscode/settings.json", "{}\n");
	folder_put(&f->real, ".git/config", "[core]\n");
	folder_put(&f->real, ".git/HEAD", "ref: refs/heads/main\n");
	folder_put(&f->real, ".git/hooks/pre-commit", "exit 0\n");
	folder_put(&f->real, "sub/.git/config", "[core]\n");
	places_init(&f->places);
	guard_init(&f->g);
	guard_place(&f->g, f->base.path);
	*state = f;
	return root_open(&f->root, slice_of(f->real.path), NULL, &err) ? 0 : -1;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	guard_release(&f->g);
	places_release(&f->places);
	root_release(&f->root);
	folder_free(&f->real);
	folder_free(&f->base);
	free(f);
	return 0;
}

static void begin(struct fixture *f, bool all_loose)
{
	struct err err;

	assert_true(guard_begin(&f->g, &f->root, &f->places, all_loose, &err));
}

static bool exists(const struct fixture *f, const char *rel)
{
	struct stat st;

	return lstat(folder_at(&f->real, rel), &st) == 0;
}

static int deed(const struct fixture *f, const char *rel)
{
	for (size_t i = 0; i < f->g.n_found; i++) {
		if (strcmp(f->g.found[i].rel, rel) == 0)
			return (int)f->g.found[i].deed;
	}
	return -1;
}

static void test_new(void **state)
{
	struct fixture *f = *state;
	char held[5000];
	struct stat st;

	begin(f, false);
	guard_look(&f->g, &f->root);
	assert_int_equal(f->g.n_found, 0);
	folder_put(&f->real, "n/.git/hooks/post-checkout", "x\n");
	folder_put(&f->real, "n/.git/config", "[core]\n\tfsmonitor = x\n");
	folder_put(&f->real, "n/.git/HEAD", "ref: refs/heads/main\n");
	folder_put(&f->real, "m/.git/config", "[core]\n\tbare = false\n");
	folder_put(&f->real, "m/.git/hooks/update.sample", "x\n");
	folder_put(&f->real, "deep/er/.envrc", "x\n");
	folder_put(&f->real, "b.txt", "x\n");
	guard_look(&f->g, &f->root);
	assert_int_equal(deed(f, "n/.git/hooks/post-checkout"), GUARD_MOVED);
	assert_int_equal(deed(f, "n/.git/config"), GUARD_MOVED);
	assert_int_equal(deed(f, "deep/er/.envrc"), GUARD_MOVED);
	assert_int_equal(f->g.n_found, 3);
	assert_true(exists(f, "n/.git/HEAD") && exists(f, "m/.git/config"));
	assert_true(exists(f, "m/.git/hooks/update.sample") && exists(f, "b.txt"));
	assert_false(exists(f, "n/.git/config") || exists(f, "deep/er/.envrc"));
	(void)snprintf(held, sizeof(held), "%s/deep%%er%%.envrc", f->g.folder);
	assert_int_equal(stat(held, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	guard_forget(&f->g);
	guard_look(&f->g, &f->root); /* in order now */
	assert_int_equal(f->g.n_found, 0);
}

/* Where nothing is read-only, all comes back. */
static void test_changed(void **state)
{
	struct fixture *f = *state;
	struct stat st;

	assert_int_equal(symlink("v", folder_at(&f->real, ".idea")), 0);
	begin(f, true);
	folder_put(&f->real, ".git/config", "ESC\n");
	(void)remove(folder_at(&f->real, ".git/hooks/pre-commit"));
	(void)remove(folder_at(&f->real, ".git/hooks"));
	assert_int_equal(symlink("/tmp", folder_at(&f->real, ".git/hooks")), 0);
	(void)remove(folder_at(&f->real, ".idea"));
	folder_put(&f->real, ".idea/x", "ESC\n");
	assert_int_equal(chmod(folder_at(&f->real, "sub/.git/config"), 0777), 0);
	assert_int_equal(chmod(folder_at(&f->real, "sub/.git"), 0), 0);
	assert_int_equal(chmod(folder_at(&f->real, "sub"), 0), 0);
	guard_look(&f->g, &f->root);
	assert_string_equal(folder_get(&f->real, ".git/config"), "[core]\n");
	assert_string_equal(folder_get(&f->real, ".git/hooks/pre-commit"), "exit 0\n");
	assert_int_equal(lstat(folder_at(&f->real, ".git/hooks"), &st), 0);
	assert_true(S_ISDIR(st.st_mode));
	assert_int_equal(lstat(folder_at(&f->real, ".idea"), &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_int_equal(chmod(folder_at(&f->real, "sub"), 0700), 0);
	assert_int_equal(chmod(folder_at(&f->real, "sub/.git"), 0700), 0);
	assert_int_equal(stat(folder_at(&f->real, "sub/.git/config"), &st), 0);
	assert_int_equal(st.st_mode & 0111, 0);
}

/* What is read-only for the commands was changed by somebody else. */
static void test_theirs(void **state)
{
	struct fixture *f = *state;

	begin(f, false);
	folder_put(&f->real, ".git/config", "[user]\n");
	folder_put(&f->real, ".vscode/tasks.json", "{}\n");
	(void)remove(folder_at(&f->real, "sub/.git/config"));
	guard_look(&f->g, &f->root);
	assert_int_equal(f->g.n_found, 0);
	assert_true(exists(f, ".vscode/tasks.json"));
	assert_string_equal(folder_get(&f->real, ".git/config"), "[user]\n");
	folder_put(&f->real, "n", "[user]\n");
	assert_int_equal(rename(folder_at(&f->real, "n"), folder_at(&f->real, ".git/config")), 0);
	guard_look(&f->g, &f->root); /* now it is not read-only any more */
	assert_int_equal(deed(f, ".git/config"), GUARD_LEFT);
	assert_string_equal(folder_get(&f->real, ".git/config"), "[user]\n");
	guard_forget(&f->g);
	guard_look(&f->g, &f->root);
	assert_int_equal(f->g.n_found, 0); /* it was told */
}

/* Another name of a protected file leads past what is mounted over it. */
static void test_alias(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(link(folder_at(&f->real, ".git/config"), folder_at(&f->real, "c")), 0);
	begin(f, false);
	folder_put(&f->real, "c", "ESC\n");
	assert_string_equal(folder_get(&f->real, ".git/config"), "ESC\n");
	guard_look(&f->g, &f->root);
	assert_string_equal(folder_get(&f->real, ".git/config"), "[core]\n");
}

/* What the user allowed meanwhile counts, as it was allowed. */
static void test_allowed(void **state)
{
	struct fixture *f = *state;

	begin(f, false);
	folder_put(&f->real, ".envrc", "mine\n");
	guard_allow(&f->g, &f->root, ".envrc");
	guard_look(&f->g, &f->root);
	assert_int_equal(f->g.n_found, 0);
	folder_put(&f->real, ".envrc", "ESC\n");
	guard_look(&f->g, &f->root);
	assert_string_equal(folder_get(&f->real, ".envrc"), "mine\n");
	(void)remove(folder_at(&f->real, ".envrc"));
	guard_allow(&f->g, &f->root, ".envrc");
	guard_forget(&f->g);
	guard_look(&f->g, &f->root);
	assert_int_equal(f->g.n_found, 0);
}

static void test_bare(void **state)
{
	struct fixture *f = *state;

	folder_put(&f->real, "old/HEAD", "ref: x\n");
	folder_put(&f->real, "old/objects/x", "x\n");
	folder_put(&f->real, "old/refs/x", "x\n");
	folder_put(&f->real, "old/hooks/update", "x\n");
	folder_put(&f->real, "half/HEAD", "ref: x\n");
	folder_put(&f->real, "half/hooks/update", "x\n");
	(void)usleep(20 * 1000); /* the file system's clock is coarse */
	begin(f, false);
	folder_put(&f->real, "half/objects/x", "x\n");
	folder_put(&f->real, "half/refs/x", "x\n");
	folder_put(&f->real, "new/HEAD", "ref: x\n");
	folder_put(&f->real, "new/objects/x", "x\n");
	folder_put(&f->real, "new/refs/x", "x\n");
	folder_put(&f->real, "new/config", "[core]\n\tbare = true\n");
	guard_look(&f->g, &f->root);
	assert_int_equal(deed(f, "half/HEAD"), GUARD_MOVED);
	assert_int_equal(f->g.n_found, 1);
	assert_true(exists(f, "half/hooks/update") && exists(f, "old/hooks/update"));
	assert_true(exists(f, "new/HEAD") && exists(f, "new/config"));
	folder_put(&f->real, "new/hooks/update", "x\n");
	guard_look(&f->g, &f->root);
	assert_false(exists(f, "new/hooks/update"));
	assert_false(exists(f, "new/HEAD"));
}

static bool mounts(const struct fixture *f, bool whole_git, const char *place)
{
	struct buf out;
	struct err err;
	uint32_t n = 0;
	bool found = false;

	buf_init(&out, 64 * 1024);
	assert_true(guard_mounts(&f->g, whole_git, &out, &n, &err));
	for (const char *at = out.data, *end = at + out.len; at < end; at += strlen(at) + 1)
		found = found || strcmp(at, place) == 0;
	buf_release(&out);
	return found;
}

static void test_mounts(void **state)
{
	struct fixture *f = *state;

	folder_put(&f->base, "other", "x\n");
	assert_int_equal(link(folder_at(&f->base, "other"), folder_at(&f->real, "alias")), 0);
	assert_int_equal(link(folder_at(&f->real, "a.txt"), folder_at(&f->real, "twin")), 0);
	begin(f, false);
	assert_true(mounts(f, false, "r.git/config") && mounts(f, false, "p.git"));
	assert_true(mounts(f, false, "r.git/hooks") && mounts(f, false, "r.vscode"));
	assert_false(mounts(f, false, "r.git/hooks/pre-commit") || mounts(f, false, "r.git"));
	assert_true(mounts(f, false, "psub") && mounts(f, false, "psub/.git"));
	assert_true(mounts(f, true, "r.git") && mounts(f, true, "rsub/.git"));
	assert_false(mounts(f, true, "r.git/config") || mounts(f, true, "p.git"));
	assert_true(mounts(f, false, "ralias"));
	assert_false(mounts(f, false, "rtwin") || mounts(f, false, "ra.txt"));
}

static void test_refused(void **state)
{
	struct fixture *f = *state;
	char *big = calloc(1, 2 * 1024 * 1024);
	struct err err;

	assert_non_null(big);
	folder_put_bytes(&f->real, ".vscode/big", big, 2 * 1024 * 1024);
	free(big);
	assert_false(guard_begin(&f->g, &f->root, &f->places, true, &err));
	assert_int_equal(err.code, ERR_SANDBOX);
	assert_true(guard_begin(&f->g, &f->root, &f->places, false, &err));
	guard_end(&f->g);
	(void)remove(folder_at(&f->real, ".vscode/big"));
	folder_put(&f->base, "other", "x\n");
	assert_int_equal(link(folder_at(&f->base, "other"), folder_at(&f->real, "alias")), 0);
	assert_false(guard_begin(&f->g, &f->root, &f->places, true, &err));
	assert_non_null(strstr(err.msg, "alias"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_new, setup, teardown),
		cmocka_unit_test_setup_teardown(test_changed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_theirs, setup, teardown),
		cmocka_unit_test_setup_teardown(test_alias, setup, teardown),
		cmocka_unit_test_setup_teardown(test_allowed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bare, setup, teardown),
		cmocka_unit_test_setup_teardown(test_mounts, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
	};

	return cmocka_run_group_tests_name("guard", tests, NULL, NULL);
}
