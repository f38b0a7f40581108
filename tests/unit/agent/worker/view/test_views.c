/* test_views.c - the runner's own folder, and those that others left */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "agent/worker/view/upper.h"
#include "tests/unit/agent/worker/folder.h"

static int setup(void **state)
{
	struct folder *base = calloc(1, sizeof(*base));

	folder_make(base);
	*state = base;
	return 0;
}

static int teardown(void **state)
{
	folder_free(*state);
	free(*state);
	return 0;
}

static void begin(const struct folder *base, struct views *v)
{
	struct err err;

	assert_true(views_open(v, slice_of(base->path), &err));
}

/* A runner that was killed: its lock is gone, its folder is not. Its path. */
static char *leave_dead(const struct folder *base)
{
	struct views v;

	begin(base, &v);
	assert_int_equal(close(v.fd), 0);
	return v.path;
}

static void an_empty_one_is_taken_over(void **state)
{
	char *dead = leave_dead(*state);
	struct views v;

	begin(*state, &v);
	assert_string_equal(v.path, dead);
	views_release(&v);
	assert_int_not_equal(access(dead, F_OK), 0);
	free(dead);
}

static void only_one_takes_it(void **state)
{
	char *dead = leave_dead(*state);
	struct views one, other;

	begin(*state, &one);
	begin(*state, &other);
	assert_string_equal(one.path, dead);
	assert_string_not_equal(other.path, dead);
	assert_int_equal(access(dead, F_OK), 0);
	views_release(&one);
	views_release(&other);
	free(dead);
}

/* What is in it may be of a command; what others may enter is none of ours. */
static void others_are_removed(void **state)
{
	for (int i = 0; i < 2; i++) {
		char *dead = leave_dead(*state);
		char inside[128];
		struct views v;

		(void)snprintf(inside, sizeof(inside), "%s/1", dead);
		assert_int_equal(i == 0 ? mkdir(inside, 0) : chmod(dead, 0755), 0);
		begin(*state, &v);
		assert_string_not_equal(v.path, dead);
		assert_int_not_equal(access(dead, F_OK), 0);
		views_release(&v);
		free(dead);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(an_empty_one_is_taken_over, setup, teardown),
		cmocka_unit_test_setup_teardown(only_one_takes_it, setup, teardown),
		cmocka_unit_test_setup_teardown(others_are_removed, setup, teardown),
	};

	return cmocka_run_group_tests_name("worker/views", tests, NULL, NULL);
}
