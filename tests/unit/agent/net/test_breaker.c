/* test_breaker.c - when a server that fails is called again: waits that double, a minute of rest, three trials. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "agent/net/breaker.h"

static uint64_t open_it(struct breaker *b)
{
	uint64_t now = 100;

	breaker_init(b, "x");
	for (int i = 0; i < BREAKER_FAILURES; i++) {
		now += breaker_wait(b, now);
		assert_true(breaker_may(b, now));
		breaker_failed(b, now, "down");
	}
	assert_int_equal(b->state, BREAKER_OPEN);
	return now;
}

static void waits_double(void **state)
{
	struct breaker b;
	uint64_t now = 5;

	(void)state;
	breaker_init(&b, "x");
	assert_true(breaker_may(&b, now));
	for (unsigned i = 0; i + 1 < BREAKER_FAILURES; i++) {
		breaker_failed(&b, now, "down");
		assert_int_equal(b.state, BREAKER_CLOSED);
		assert_int_equal(breaker_wait(&b, now), BREAKER_FIRST_MS << i);
		assert_false(breaker_may(&b, now + (BREAKER_FIRST_MS << i) - 1));
		now += BREAKER_FIRST_MS << i;
		assert_true(breaker_may(&b, now));
	}
	breaker_worked(&b);
	assert_int_equal(b.failures, 0);
	assert_int_equal(breaker_wait(&b, 0), 0);
	assert_int_equal(b.all, BREAKER_FAILURES - 1);
	assert_string_equal(b.why, "down");
}

static void opens_and_closes(void **state)
{
	struct breaker b;
	uint64_t now = open_it(&b);

	(void)state;
	assert_int_equal(b.opens, 1);
	breaker_failed(&b, now + 1000, "still under way when it opened");
	assert_int_equal(breaker_wait(&b, now), BREAKER_OPEN_MS);
	assert_false(breaker_may(&b, now + BREAKER_OPEN_MS - 1));
	assert_true(breaker_may(&b, now + BREAKER_OPEN_MS));
	assert_int_equal(b.state, BREAKER_TRYING);
	breaker_worked(&b);
	breaker_worked(&b);
	assert_int_equal(b.state, BREAKER_TRYING);
	breaker_worked(&b);
	assert_int_equal(b.state, BREAKER_CLOSED);
}

static void a_trial_fails(void **state)
{
	struct breaker b;
	uint64_t now = open_it(&b) + BREAKER_OPEN_MS;

	(void)state;
	assert_true(breaker_may(&b, now));
	breaker_worked(&b);
	breaker_failed(&b, now, "again");
	assert_int_equal(b.state, BREAKER_OPEN);
	assert_int_equal(b.opens, 2);
	assert_int_equal(breaker_wait(&b, now), BREAKER_OPEN_MS);
	assert_string_equal(breaker_state_name(b.state), "open");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(waits_double),
		cmocka_unit_test(opens_and_closes),
		cmocka_unit_test(a_trial_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
