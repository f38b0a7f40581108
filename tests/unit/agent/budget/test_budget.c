/* test_budget.c - every cap, at its edge. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "agent/budget/budget.h"

static struct budget make(struct budget_limits l)
{
	struct budget b;

	budget_init(&b, &l, 0, 1000);
	return b;
}

static bool settle(struct budget *b, uint64_t input, uint64_t output, double usd)
{
	struct usage u = { .input = input, .output = output, .usd = usd };
	bool warn = true;

	budget_settle(b, &u, &warn);
	return warn;
}

static void refuses(struct budget *b, uint64_t tokens, double usd, uint64_t now, const char *words)
{
	struct budget before = *b;
	struct err err = { 0 };

	assert_false(budget_reserve(b, tokens, usd, true, now, &err));
	assert_int_equal(err.code, ERR_BUDGET);
	assert_non_null(strstr(err.msg, words));
	assert_memory_equal(&before, b, sizeof(before));
}

static void no_limits(void **state)
{
	struct budget b = make((struct budget_limits){ 0 });
	struct err err = { 0 };

	(void)state;
	for (int i = 0; i < 1000; i++) {
		assert_true(budget_reserve(&b, 1u << 30, 1e6, true, UINT64_MAX, &err));
		assert_false(settle(&b, 1u << 30, 1u << 30, 1e6));
	}
	assert_int_equal(budget_fit(&b, 1u << 30, 5, 5, 32000), 32000);
	assert_true(budget_time_left_ms(&b, 5) == UINT64_MAX);
}

static void money(void **state)
{
	struct budget b = make((struct budget_limits){ .task_usd = 1 });
	struct err err = { 0 };

	(void)state;
	assert_true(budget_reserve(&b, 10, 0.5, true, 1000, &err));
	refuses(&b, 10, 0.6, 1000, "--max-usd"); /* what is reserved counts */
	assert_false(settle(&b, 10, 10, 0.25));
	assert_true(budget_reserve(&b, 10, 0.75, true, 1000, &err));
	assert_true(settle(&b, 10, 10, 0.75));
	refuses(&b, 10, 0.001, 1000, "1.0000 USD are used");
	assert_true(budget_reserve(&b, 10, 99, false, 1000, &err)); /* unpriced: cannot be kept */
}

static void session_money(void **state)
{
	struct budget_limits l = { .task_usd = 10, .session_usd = 5 };
	struct budget b;
	struct err err = { 0 };

	(void)state;
	budget_init(&b, &l, 4.5, 0);
	refuses(&b, 1, 0.6, 0, "session");
	assert_true(budget_reserve(&b, 1, 0.4, true, 0, &err));
	assert_true(settle(&b, 1, 1, 0.1)); /* 4.6 of 5 */
}

static void tokens(void **state)
{
	struct budget b = make((struct budget_limits){ .tokens = 1000 });
	struct err err = { 0 };

	(void)state;
	refuses(&b, 1001, 0, 1000, "--max-tokens");
	assert_true(budget_reserve(&b, 1000, 0, false, 1000, &err));
	assert_false(settle(&b, 300, 100, 0));
	refuses(&b, 601, 0, 1000, "400 are used");
	assert_true(budget_reserve(&b, 600, 0, false, 1000, &err));
	assert_true(settle(&b, 700, 200, 0)); /* a provider may use more than was foreseen */
	refuses(&b, 1, 0, 1000, "1300 are used");
	refuses(&b, UINT64_MAX, 0, 1000, "--max-tokens");
}

static void turns(void **state)
{
	struct budget b = make((struct budget_limits){ .turns = 5 });
	struct err err = { 0 };
	bool warned = false;

	(void)state;
	for (int i = 1; i <= 5; i++) {
		assert_true(budget_reserve(&b, 1, 0, true, 1000, &err));
		assert_int_equal(settle(&b, 1, 1, 0), i == 4); /* said once */
		warned |= b.warned;
	}
	assert_true(warned);
	refuses(&b, 1, 0, 1000, "--max-turns");
}

static void time_cap(void **state)
{
	struct budget b = make((struct budget_limits){ .seconds = 2 });
	struct err err = { 0 };

	(void)state;
	assert_int_equal(budget_time_left_ms(&b, 1000), 2000);
	assert_int_equal(budget_time_left_ms(&b, 2999), 1);
	assert_int_equal(budget_time_left_ms(&b, 3000), 0);
	assert_int_equal(budget_time_left_ms(&b, 500), 2000); /* a clock that went back */
	assert_true(budget_reserve(&b, 1, 0, true, 2999, &err));
	refuses(&b, 1, 0, 3000, "--max-time");
}

static void fit(void **state)
{
	struct budget b = make((struct budget_limits){ .task_usd = 1, .tokens = 10000 });

	(void)state;
	assert_int_equal(budget_fit(&b, 1000, 0.1, 1e-5, 32000), 9000);
	assert_int_equal(budget_fit(&b, 1000, 0.99, 1e-5, 32000), 1000);
	assert_int_equal(budget_fit(&b, 1000, 0.1, 1e-5, 500), 500);
	assert_int_equal(budget_fit(&b, 10000, 0, 1e-5, 500), 0);
	assert_int_equal(budget_fit(&b, 1, 1.5, 1e-5, 500), 0);
	assert_int_equal(budget_fit(&b, 1, 0.5, 0, 500), 500);
	b.session_spent_usd = 3;
	b.limits.session_usd = 3.5;
	assert_int_equal(budget_fit(&b, 1000, 0.1, 1e-4, 32000), 4000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_limits),	 cmocka_unit_test(money),
		cmocka_unit_test(session_money), cmocka_unit_test(tokens),
		cmocka_unit_test(turns),	 cmocka_unit_test(time_cap),
		cmocka_unit_test(fit),
	};

	return cmocka_run_group_tests_name("agent/budget", tests, NULL, NULL);
}
