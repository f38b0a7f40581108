/* test_places_dirs.c - a secret that appears in a workspace that takes long to look through */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "agent/worker/view/places.h"
#include "tests/unit/agent/worker/folder.h"

struct fixture {
	struct folder real;
	struct root root;
	struct places places;
};

static int setup(void **state)
{
	const struct slice names[] = { SLICE(".env*") };
	struct fixture *f = calloc(1, sizeof(*f));
	struct match *denied = NULL;
	struct err err;

	if (!f || !match_new_names(names, 1, &denied, &err))
		return -1;
	folder_make(&f->real);
	folder_put(&f->real, "a/b/c.c", "c\n");
	folder_put(&f->real, "node_modules/x/y.js", "y\n");
	places_init(&f->places);
	*state = f;
	return root_open(&f->root, slice_of(f->real.path), denied, &err) ? 0 : -1;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	places_release(&f->places);
	root_release(&f->root);
	folder_free(&f->real);
	free(f);
	return 0;
}

/* Was it looked through anew? */
static bool looks(struct fixture *f, uint64_t now)
{
	struct err err;

	f->places.check_took_ms = 0; /* whatever the machine did meanwhile */
	assert_true(places_refresh(&f->places, &f->root, now, &err));
	if (f->places.at_ms != now)
		return false;
	f->places.took_ms = 1000 * 1000; /* as of a very large one */
	return true;
}

static void test_what_appears_is_seen(void **state)
{
	struct fixture *f = *state;

	assert_true(looks(f, 1));
	assert_false(looks(f, 2));
	folder_put(&f->real, "a/b/c.c", "changed\n");
	folder_put(&f->real, "node_modules/x/.env", "not looked at\n");
	assert_false(looks(f, 3));
	folder_put(&f->real, "a/b/.env", "X\n");
	assert_true(looks(f, 4));
	assert_true(places_hide(&f->places, "a/b/.env"));
	folder_put(&f->real, ".env", "X\n");
	assert_true(looks(f, 5));
	assert_int_equal(f->places.secrets, 2);
	folder_put(&f->real, "new/folder/.env.x", "X\n");
	assert_true(looks(f, 6));
	assert_int_equal(f->places.secrets, 3);
	assert_false(looks(f, 7));
}

static void test_too_many_folders(void **state)
{
	struct fixture *f = *state;

	assert_true(looks(f, 1));
	f->places.dirs.too_many = true;
	folder_put(&f->real, "a/.env", "X\n");
	assert_false(looks(f, 2)); /* until its time is over */
	places_forget(&f->places);
	assert_true(looks(f, 3));
	assert_int_equal(f->places.secrets, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_what_appears_is_seen, setup, teardown),
		cmocka_unit_test_setup_teardown(test_too_many_folders, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
