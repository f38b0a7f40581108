/* test_git_lib.c - the lazily loaded library answers, and the same to everybody. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "agent/base/git_lib.h"

enum { THREADS = 4 };

static void *load(void *out)
{
	*(const struct git_lib **)out = git_lib(NULL);
	return NULL;
}

static void test_once(void **state)
{
	const struct git_lib *got[THREADS] = { NULL };
	pthread_t threads[THREADS];

	(void)state;
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, load, &got[i]), 0);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_non_null(got[0]);
	for (int i = 1; i < THREADS; i++)
		assert_ptr_equal(got[i], got[0]);
}

static void test_error(void **state)
{
	struct err err = { 0 };
	const struct git_lib *git = git_lib(&err);

	(void)state;
	assert_non_null(git);
	assert_true(git->git_libgit2_opts(-1) < 0);
	assert_false(git_lib_error(git, &err, "No such option"));
	assert_int_equal(err.code, ERR_IO);
	assert_non_null(strstr(err.msg, "No such option: "));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_once),
		cmocka_unit_test(test_error),
	};

	return cmocka_run_group_tests_name("workspace/git_lib", tests, NULL, NULL);
}
