/* test_suggest.c - what is near, and what is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/config/suggest.h"

static void distances(void **state)
{
	static const struct {
		const char *a, *b;
		size_t want;
	} t[] = {
		{ "model", "model", 0 },
		{ "modle", "model", 1 },
		{ "Model", "model", 0 },
		{ "mode", "model", 1 },
		{ "modal", "model", 1 },
		{ "", "model", SIZE_MAX },
		{ "xyz", "model", SIZE_MAX },
		{ "a", "b", 1 },
		{ "actoins", "actions", 1 },
		{ "deny_files", "denyFiles", 1 },
		{ "completely", "different!", SIZE_MAX },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(t); i++)
		assert_int_equal(suggest_distance(slice_of(t[i].a), slice_of(t[i].b)), t[i].want);
}

static void long_words_are_not_compared(void **state)
{
	char a[100];

	(void)state;
	memset(a, 'x', sizeof(a));
	assert_int_equal(suggest_distance(slice_make(a, 64), slice_make(a, 64)), SIZE_MAX);
	assert_int_equal(suggest_distance(slice_make(a, 63), slice_make(a, 63)), 0);
}

static void nearest(void **state)
{
	static const char *const names[] = { "status", NULL, "sessions", "cost" };

	(void)state;
	assert_string_equal(suggest(SLICE("stats"), names, 4), "status");
	assert_string_equal(suggest(SLICE("session"), names, 4), "sessions");
	assert_null(suggest(SLICE("quux"), names, 4));
	assert_null(suggest(SLICE("x"), names, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(distances),
		cmocka_unit_test(long_words_are_not_compared),
		cmocka_unit_test(nearest),
	};

	return cmocka_run_group_tests_name("config/suggest", tests, NULL, NULL);
}
