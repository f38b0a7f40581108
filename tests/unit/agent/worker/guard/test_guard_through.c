/* test_guard_through.c - what a command may not leave in the folders of tools that it uses directly */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "agent/sandbox/spawn.h"
#include "agent/worker/guard/guard_through.h"
#include "tests/unit/agent/worker/folder.h"

#define EVIL "[core]\n\tfsmonitor = ./evil\n"

struct fixture {
	struct folder real;
	struct root root;
	struct places places;
	struct guard g;
	struct guard_through t;
	struct timespec mark;
};

/* A command begins: whatever is changed from now on has a later ctime than all that is there. */
static void begin(struct fixture *f)
{
	struct stat first, now;

	folder_put(&f->real, "clock", "");
	assert_int_equal(stat(folder_at(&f->real, "clock"), &first), 0);
	do {
		assert_int_equal(chmod(folder_at(&f->real, "clock"), 0600), 0);
		assert_int_equal(stat(folder_at(&f->real, "clock"), &now), 0);
	} while (now.st_ctim.tv_sec == first.st_ctim.tv_sec &&
		 now.st_ctim.tv_nsec == first.st_ctim.tv_nsec);
	f->mark = now.st_ctim;
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct err err;

	if (!f)
		return -1;
	folder_make(&f->real);
	folder_put(&f->real, "build/a/b/c.o", "c\n");
	folder_put(&f->real, "build/old/.git/config", EVIL);
	folder_put(&f->real, "build/old/.envrc", "x\n");
	places_init(&f->places);
	buf_putc(&f->places.list, PLACE_BIND);
	buf_append(&f->places.list, slice_make("build", 6));
	guard_init(&f->g);
	guard_through_init(&f->t);
	begin(f);
	*state = f;
	return root_open(&f->root, slice_of(f->real.path), NULL, &err) ? 0 : -1;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	guard_through_release(&f->t);
	guard_release(&f->g);
	places_release(&f->places);
	root_release(&f->root);
	folder_free(&f->real);
	free(f);
	return 0;
}

/* The command has ended: how many were taken away. */
static size_t look(struct fixture *f)
{
	size_t n;

	guard_through_look(&f->t, &f->g, &f->root, &f->places, true, &f->mark);
	n = f->g.n_found;
	guard_forget(&f->g);
	begin(f);
	return n;
}

static bool stands(const struct fixture *f, const char *rel)
{
	struct stat st;

	return lstat(folder_at(&f->real, rel), &st) == 0;
}

static void test_new_only(void **state)
{
	struct fixture *f = *state;

	folder_put(&f->real, "outside/.git/config", EVIL);
	folder_put(&f->real, "build/a/.git/config", EVIL);
	assert_int_equal(look(f), 1);
	assert_false(stands(f, "build/a/.git/config"));
	assert_true(stands(f, "build/old/.git/config") && stands(f, "build/old/.envrc"));
	assert_true(stands(f, "outside/.git/config")); /* the commit's business */
	assert_int_equal(look(f), 0);
}

/* The first look reads, the second watches, from the third on the kernel tells. */
static void test_each_look(void **state)
{
	struct fixture *f = *state;
	char rel[64];

	for (int i = 0; i < 5; i++) {
		(void)snprintf(rel, sizeof(rel), "build/a/b/%d/deep/.git/config", i);
		folder_put(&f->real, rel, EVIL);
		folder_put(&f->real, "build/a/b/.envrc", "x\n");
		folder_put(&f->real, "build/a/b/c.o", "new\n");
		assert_int_equal(look(f), 2);
		assert_false(stands(f, rel) || stands(f, "build/a/b/.envrc"));
		assert_int_equal(look(f), 0);
		(void)snprintf(rel, sizeof(rel), "build/a/b/%d/deep/.git/hooks/post-commit", i);
		folder_put(&f->real, rel, "x\n"); /* in a repository that is known by now */
		assert_int_equal(look(f), 1);
	}
}

static void test_folder_replaced(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < 3; i++)
		assert_int_equal(look(f), 0);
	for (int i = 0; i < 3; i++) {
		char from[256];

		(void)snprintf(from, sizeof(from), "%s", folder_at(&f->real, "build/a"));
		assert_int_equal(rename(from, folder_at(&f->real, "build/away")), 0);
		folder_put(&f->real, "build/a/b/.git/config", EVIL);
		folder_put(&f->real, "build/away/b/.envrc", "x\n");
		assert_int_equal(look(f), 2);
		assert_false(stands(f, "build/a/b/.git/config"));
		(void)nftw(folder_at(&f->real, "build/away"), folder_remove, 16,
			   FTW_DEPTH | FTW_PHYS);
		assert_int_equal(look(f), 0);
	}
}

/* A repository that was there, with whatever it executes, stays one; unless a command works on it. */
static void test_bare_repository_stays(void **state)
{
	struct fixture *f = *state;

	folder_put(&f->real, "build/x.git/HEAD", "ref: refs/heads/main\n");
	folder_put(&f->real, "build/x.git/config", EVIL);
	folder_put(&f->real, "build/x.git/objects/a/b", "x\n");
	folder_put(&f->real, "build/x.git/refs/heads/main", "x\n");
	begin(f);
	assert_int_equal(look(f), 0);
	folder_put(&f->real, "build/a/new", "x\n");
	assert_int_equal(look(f), 0);
	assert_true(stands(f, "build/x.git/HEAD"));
	folder_put(&f->real, "build/x.git/hooks/update", "x\n");
	assert_int_equal(look(f), 1);
	assert_true(stands(f, "build/x.git/HEAD") && !stands(f, "build/x.git/hooks/update"));
	folder_put(&f->real, "build/y.git/config", EVIL); /* no repository yet */
	folder_put(&f->real, "build/y.git/objects/a/b", "x\n");
	assert_int_equal(look(f), 0);
	folder_put(&f->real, "build/y.git/HEAD", "ref: refs/heads/main\n");
	folder_put(&f->real, "build/y.git/refs/heads/main", "x\n");
	assert_int_equal(look(f), 1);
	assert_false(stands(f, "build/y.git/HEAD"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_new_only, setup, teardown),
		cmocka_unit_test_setup_teardown(test_each_look, setup, teardown),
		cmocka_unit_test_setup_teardown(test_folder_replaced, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bare_repository_stays, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
