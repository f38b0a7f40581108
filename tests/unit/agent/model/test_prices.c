/* test_prices.c - which row a model's name finds, and what a request costs. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/model/prices.h"

static bool finds(const char *name, const char *row)
{
	const struct price_row *r = price_find(slice_of(name));

	return row ? r && slice_eq_cstr(slice_of(r->model), row) : r == NULL;
}

static void names(void **state)
{
	(void)state;
	assert_true(finds("claude-opus-5-5", "claude-opus-5-5"));
	assert_true(finds("claude-opus-5", "claude-opus-5"));
	assert_true(finds("claude-sonnet-4-5-20250929", "claude-sonnet-4-5"));
	assert_true(finds("claude-sonnet-5-5-latest", "claude-sonnet-5-5"));
	assert_true(finds("claude-haiku-4-5@20251001", "claude-haiku-4-5"));
	assert_true(finds("gpt-5.4-mini", "gpt-5.4-mini"));
	assert_true(finds("claude-opus-5-9", NULL));
	assert_true(finds("claude-opus-5-5-turbo", NULL));
	assert_true(finds("claude-opus", NULL));
	assert_true(finds("", NULL));
	assert_true(finds("my-model", NULL));
}

static void costs(const char *name, struct usage u, double usd)
{
	assert_true(fabs(price_of(price_find(slice_of(name)), &u) - usd) < 1e-9);
}

static void prices(void **state)
{
	struct usage all = { .input = 1000000,
			     .cache_read = 1000000,
			     .cache_write = 1000000,
			     .output = 1000000,
			     .reasoning = 900000 };

	(void)state;
	costs("claude-sonnet-5-5", all, 2 + 0.10 + 2.50 + 10);
	costs("claude-opus-5-5", (struct usage){ .output = 500 }, 0.01);
	costs("claude-opus-5-5", (struct usage){ 0 }, 0);
}

static void tiers(void **state)
{
	(void)state;
	costs("claude-haiku-5-5", (struct usage){ .input = 100000, .output = 1000000 }, 0.01 + 0.5);
	costs("claude-haiku-5-5", (struct usage){ .input = 100001, .output = 1000000 },
	      0.0500005 + 2.5);
	costs("claude-haiku-5-5", (struct usage){ .cache_read = 90000, .cache_write = 10001 },
	      90000 * 0.05e-6 + 10001 * 0.625e-6);
	costs("gpt-6-sol", (struct usage){ .input = 272001, .output = 1000 },
	      272001 * 4e-6 + 1000 * 15e-6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(prices),
		cmocka_unit_test(tiers),
	};

	return cmocka_run_group_tests_name("agent/model/prices", tests, NULL, NULL);
}
