/* test_tried.c - the note that the sandbox works here */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "agent/worker/view/tried.h"
#include "tests/unit/agent/worker/folder.h"

struct fixture {
	struct folder base;
	struct views views;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct err err;

	folder_make(&f->base);
	*state = f;
	return views_open(&f->views, slice_of(f->base.path), &err) ? 0 : -1;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	views_release(&f->views);
	folder_free(&f->base);
	free(f);
	return 0;
}

/* One start of a runner: what it knew, and what it then found out. */
static bool start(struct fixture *f, bool works)
{
	bool known;
	int fd = tried_open(&f->views, &known);

	tried_close(fd, works);
	return known;
}

static void known_after_it_worked(void **state)
{
	assert_false(start(*state, true));
	assert_true(start(*state, true));
}

static void not_known_after_it_failed(void **state)
{
	(void)start(*state, true);
	assert_true(start(*state, false));
	assert_false(start(*state, true));
	assert_true(start(*state, true));
}

static void another_place_says_nothing(void **state)
{
	struct fixture *f = *state;

	(void)start(f, true);
	folder_put(&f->base, "tried", "another-boot user:[1] mnt:[2] 0 0.1.0\n");
	assert_false(start(f, true));
	assert_true(start(f, true));
}

/* The state folder is the user's, but what stands there may be of anybody's making. */
static void neither_links_nor_pipes(void **state)
{
	struct fixture *f = *state;
	char path[4096];
	struct stat st;

	folder_put(&f->base, "other", "mine\n");
	(void)snprintf(path, sizeof(path), "%s/tried", f->base.path);
	assert_int_equal(symlink("other", path), 0);
	assert_false(start(f, true));
	assert_false(start(f, true));
	(void)snprintf(path, sizeof(path), "%s/other", f->base.path);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, 5);
	(void)snprintf(path, sizeof(path), "%s/tried", f->base.path);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_false(start(f, true));
	assert_false(start(f, true));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(known_after_it_worked, setup, teardown),
		cmocka_unit_test_setup_teardown(not_known_after_it_failed, setup, teardown),
		cmocka_unit_test_setup_teardown(another_place_says_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(neither_links_nor_pipes, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
