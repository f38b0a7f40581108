/* test_err.c - errors: set, wrapped, truncated, named; and the log that carries them. */
#include "protocol/base/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "protocol/base/log.h"

static void test_set_and_wrap(void **state)
{
	struct err err = { 0 };

	(void)state;
	assert_false(err_set(&err, ERR_IO, "cannot read %s", "a\nb\x7f"));
	assert_int_equal(err.code, ERR_IO);
	assert_string_equal(err.msg, "cannot read a b ");
	assert_false(err_wrap(&err, "task %d", 7));
	assert_int_equal(err.code, ERR_IO);
	assert_string_equal(err.msg, "task 7: cannot read a b ");
	assert_false(err_set(NULL, ERR_IO, "%s", "nobody listens"));
	assert_false(err_wrap(NULL, "%s", "nobody listens"));
}

static void test_long_messages(void **state)
{
	char longer[2000];
	struct err err = { 0 };

	(void)state;
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	(void)err_set(&err, ERR_IO, "%s", longer);
	assert_int_equal(strlen(err.msg), sizeof(err.msg) - 1);
	(void)err_wrap(&err, "prefix");
	assert_int_equal(strlen(err.msg), sizeof(err.msg) - 1);
	assert_memory_equal(err.msg, "prefix: xxx", 11);
	(void)err_wrap(&err, "%s", longer);
	assert_int_equal(strlen(err.msg), sizeof(err.msg) - 1);
}

/* A message cut at the end is still UTF-8: it goes to editors. */
static void test_cut_is_utf8(void **state)
{
	(void)state;
	for (size_t shift = 0; shift < 4; shift++) {
		char text[1000] = "";
		struct err err = { 0 };
		size_t n;

		memset(text, 'a', shift);
		for (n = shift; n + 4 < sizeof(text); n += 4)
			memcpy(text + n, "\xf0\x9f\x98\x80", 4);
		text[n] = '\0';
		for (int wrap = 0; wrap < 2; wrap++) {
			if (wrap)
				(void)err_wrap(&err, "a");
			else
				(void)err_set(&err, ERR_IO, "%s", text);
			n = strlen(err.msg);
			assert_memory_equal(err.msg + n - 4, "\xf0\x9f\x98\x80", 4);
			assert_true(n > sizeof(err.msg) - 5);
		}
	}
}

static void test_names(void **state)
{
	(void)state;
	for (int i = ERR_NONE; i <= ERR_INTERNAL; i++) {
		assert_non_null(err_name((enum err_code)i));
		for (int k = ERR_NONE; k < i; k++)
			assert_string_not_equal(err_name((enum err_code)i), err_name((enum err_code)k));
	}
	assert_int_equal(err_exit_code(ERR_NONE), 0);
	assert_int_equal(err_exit_code(ERR_INVALID), 1);
	assert_int_equal(err_exit_code(ERR_USAGE), 2);
	assert_int_equal(err_exit_code(ERR_BUDGET), 3);
	assert_int_equal(err_exit_code(ERR_DENIED), 4);
	assert_int_equal(err_exit_code(ERR_CANCELLED), 5);
	assert_int_equal(err_exit_code(ERR_SANDBOX), 6);
	assert_int_equal(err_exit_code(ERR_PROVIDER), 7);
	assert_int_equal(err_exit_code((enum err_code)999), 1);
	assert_string_equal(err_name((enum err_code)999), "unknown");
}

static void test_log(void **state)
{
	char *text = NULL;
	size_t len = 0;
	FILE *sink = open_memstream(&text, &len);

	(void)state;
	assert_non_null(sink);
	assert_false(log_enabled(LOG_ERROR)); /* silent until it is told where to go */
	log_error("lost");
	log_to(sink, LOG_INFO);
	assert_true(log_enabled(LOG_INFO));
	assert_false(log_enabled(LOG_DEBUG));
	log_debug("not shown");
	log_warn("shown %d", 1);
	log_to(NULL, LOG_DEBUG);
	log_error("lost too");
	assert_int_equal(fclose(sink), 0);
	assert_non_null(strstr(text, " warn: shown 1\n"));
	assert_ptr_equal(strchr(text, '\n'), text + len - 1);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_set_and_wrap), cmocka_unit_test(test_long_messages),
		cmocka_unit_test(test_cut_is_utf8),  cmocka_unit_test(test_names),
		cmocka_unit_test(test_log),
	};

	return cmocka_run_group_tests_name("err", tests, NULL, NULL);
}
