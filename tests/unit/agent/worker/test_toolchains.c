/* toolchains: which folders below a home folder commands may read. */
#include "agent/worker/toolchains.h"

#include <stdlib.h>
#include <sys/stat.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "protocol/base/buf.h"
#include "tests/unit/agent/worker/folder.h"

struct fixture {
	struct folder folder;
	struct arena arena;
	struct toolchains found;
};

static int set_up(void **state)
{
	static const char *const dirs[] = {
		".cargo",    ".cargo/bin", ".cargo/registry", ".rustup", ".pyenv", ".pyenv/shims",
		".nvm",	     ".nvm/alias", ".nvm/versions",   ".nvm/versions/node", ".ssh", "bin",
		".cargo/binary",
	};
	struct fixture *f = calloc(1, sizeof(*f));
	char path[512];

	arena_init(&f->arena);
	folder_make(&f->folder);
	for (size_t i = 0; i < ARRAY_LEN(dirs); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", f->folder.path, dirs[i]);
		assert_int_equal(mkdir(path, 0700), 0);
	}
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	folder_free(&f->folder);
	arena_release(&f->arena);
	free(f);
	return 0;
}

/* path: "~" stands for the home folder. */
static void find(struct fixture *f, const char *path, const char *workspace)
{
	char text[4096];
	size_t n = 0;

	for (; *path; path++)
		n += (size_t)(*path == '~' ? snprintf(text + n, sizeof(text) - n, "%s", f->folder.path)
					   : snprintf(text + n, sizeof(text) - n, "%c", *path));
	text[n] = '\0';
	toolchains_find(&f->arena, f->folder.path, text,
			*workspace ? arena_printf(&f->arena, "%s/%s", f->folder.path, workspace)
				   : SLICE("/nowhere"),
			&f->found);
}

/* The list, separated by blanks, with "~" for the home folder. */
static const char *list(struct fixture *f, const struct slice *of, size_t n)
{
	struct buf b;
	const char *out;
	size_t home = strlen(f->folder.path);

	buf_init(&b, 4096);
	for (size_t i = 0; i < n; i++) {
		size_t at = slice_find(of[i], slice_of(f->folder.path), 0);

		assert_true(at != SIZE_MAX);
		buf_printf(&b, "%s%.*s~%.*s", i ? " " : "", (int)at, of[i].ptr,
			   (int)(of[i].len - at - home), of[i].ptr + at + home);
	}
	out = arena_cstr(&f->arena, buf_slice(&b));
	buf_release(&b);
	return out;
}

static void test_those_on_the_path(void **state)
{
	struct fixture *f = *state;

	find(f, "/usr/bin:~/.nvm/versions/node/:~/.cargo/bin:/bin", "");
	assert_string_equal(list(f, f->found.path, f->found.n_path),
			    "~/.nvm/versions/node ~/.cargo/bin");
	assert_string_equal(list(f, f->found.dirs, f->found.n_dirs),
			    "~/.nvm/versions ~/.cargo/bin ~/.rustup ~/.cargo/registry");
	assert_string_equal(list(f, f->found.env, f->found.n_env), "RUSTUP_HOME=~/.rustup");
	assert_string_equal(list(f, f->found.links, f->found.n_links),
			    ".cargo/registry=~/.cargo/registry");
}

static void test_nothing_else(void **state)
{
	struct fixture *f = *state;

	/* Not on the PATH, not known, not there, not a folder of its own, relative. */
	find(f, "~/bin:~/.ssh:~/.cargo/binary:~/.deno/bin:.cargo/bin:~:~/..::", "");
	assert_int_equal(f->found.n_path, 0);
	assert_string_equal(list(f, f->found.dirs, f->found.n_dirs), "~/.cargo/registry");
	toolchains_find(&f->arena, NULL, "/usr/bin", SLICE("/"), &f->found);
	assert_int_equal(f->found.n_path + f->found.n_dirs, 0);
	toolchains_find(&f->arena, "/", "/.cargo/bin", SLICE("/w"), &f->found);
	assert_int_equal(f->found.n_path + f->found.n_dirs, 0);
}

static void test_not_in_the_workspace(void **state)
{
	struct fixture *f = *state;

	find(f, "~/.pyenv/shims:~/.cargo/bin", ".pyenv");
	assert_string_equal(list(f, f->found.dirs, f->found.n_dirs),
			    "~/.cargo/bin ~/.rustup ~/.cargo/registry");
	find(f, "~/.pyenv/shims:~/.pyenv/shims", ".pyenv/shims");
	assert_string_equal(list(f, f->found.path, f->found.n_path), "~/.pyenv/shims");
	assert_string_equal(list(f, f->found.dirs, f->found.n_dirs), "~/.pyenv ~/.cargo/registry");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_those_on_the_path, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_nothing_else, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_not_in_the_workspace, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("runner/toolchains", tests, NULL, NULL);
}
