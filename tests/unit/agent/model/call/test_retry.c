/* test_retry.c - what is tried again, after how long, and how waiting times are read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/model/call/retry.h"

static bool decide(enum fail_kind kind, int tries, double random, uint64_t *ms)
{
	struct failure f = { .kind = kind };

	return retry_decide(&f, tries, 5, random, ms);
}

static void kinds(void **state)
{
	static const enum fail_kind again[] = { FAIL_RESOLVE, FAIL_CONNECT, FAIL_CONNECTION,
						FAIL_TIMEOUT, FAIL_RATE,    FAIL_OVERLOADED,
						FAIL_SERVER,  FAIL_CUT,	    FAIL_PROTOCOL };
	static const enum fail_kind never[] = { FAIL_NONE,	FAIL_PROXY,   FAIL_TRUST,
						FAIL_AUTH,	FAIL_BILLING, FAIL_FORBIDDEN,
						FAIL_NOT_FOUND, FAIL_REQUEST, FAIL_OVERFLOW,
						FAIL_FOREIGN,	FAIL_LIMIT };
	uint64_t ms;

	(void)state;
	assert_int_equal(ARRAY_LEN(again) + ARRAY_LEN(never), FAIL_LIMIT + 1);
	for (size_t i = 0; i < ARRAY_LEN(again); i++)
		assert_true(decide(again[i], 1, 0, &ms));
	for (size_t i = 0; i < ARRAY_LEN(never); i++)
		assert_false(decide(never[i], 1, 0, &ms));
}

static void backs_off(void **state)
{
	static const uint64_t plain[] = { 500, 1000, 2000, 4000, 8000 };
	uint64_t ms;

	(void)state;
	for (int i = 1; i <= 5; i++) {
		assert_true(decide(FAIL_SERVER, i, 0, &ms));
		assert_int_equal(ms, plain[i - 1]);
		assert_true(decide(FAIL_SERVER, i, 0.999, &ms));
		assert_in_range(ms, plain[i - 1] * 3 / 4, plain[i - 1] * 3 / 4 + 10);
	}
	assert_false(decide(FAIL_SERVER, 6, 0, &ms));
	assert_true(retry_decide(&(struct failure){ .kind = FAIL_SERVER }, 30, 99, 0, &ms));
	assert_int_equal(ms, 8000);
	assert_true(retry_decide(&(struct failure){ .kind = FAIL_RATE }, 30, 99, 0, &ms));
	assert_int_equal(ms, 30000);
	assert_true(decide(FAIL_TIMEOUT, 2, 0, &ms));
	assert_false(decide(FAIL_TIMEOUT, 3, 0, &ms));
}

static void obeys_the_server(void **state)
{
	struct failure f = { .kind = FAIL_OVERLOADED, .has_wait = true, .wait_ms = 1234 };
	uint64_t ms = 0;

	(void)state;
	assert_true(retry_decide(&f, 1, 3, 0.5, &ms));
	assert_int_equal(ms, 1234);
	f.wait_ms = RETRY_WAIT_MAX_MS;
	assert_true(retry_decide(&f, 1, 3, 0, &ms));
	f.wait_ms++;
	assert_false(retry_decide(&f, 1, 3, 0, &ms));
	f = (struct failure){ .kind = FAIL_OVERLOADED, .said = FAIL_SAID_STOP };
	assert_false(retry_decide(&f, 1, 3, 0, &ms));
	f = (struct failure){ .kind = FAIL_REQUEST, .said = FAIL_SAID_RETRY };
	assert_true(retry_decide(&f, 1, 3, 0, &ms));
	assert_false(retry_decide(&f, 4, 3, 0, &ms));
	f.kind = FAIL_OVERFLOW; /* the same request can never fit */
	assert_false(retry_decide(&f, 1, 3, 0, &ms));
}

static void reads_waits(void **state)
{
	static const struct {
		const char *value;
		bool ok;
		uint64_t ms;
	} cases[] = {
		{ "0", true, 0 },
		{ "7", true, 7000 },
		{ " 2.5 ", true, 2500 },
		{ "Fri, 20 Nov 2026 10:00:00 GMT", true, 60000 },
		{ "Fri, 20 Nov 2026 09:58:00 GMT", true, 0 },
		{ "Fri, 20 Xyz 2026 10:00:00 GMT", false, 0 },
		{ "Fri, 20 anF 2026 10:00:00 GMT", false, 0 },
		{ "-1", false, 0 },
		{ "", false, 0 },
		{ "soon", false, 0 },
		{ "1e9", false, 0 },
		{ "99999999999999999999999999", false, 0 },
		{ "1.2.3", false, 0 },
	};
	int64_t now = 1795168740; /* Fri, 20 Nov 2026 09:59:00 GMT */
	uint64_t ms;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		ms = 0;
		assert_int_equal(retry_after(slice_of(cases[i].value), now, &ms), cases[i].ok);
		assert_int_equal(ms, cases[i].ms);
	}
	assert_true(retry_after_ms(SLICE("1500"), &ms));
	assert_int_equal(ms, 1500);
	assert_false(retry_after_ms(SLICE("x"), &ms));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kinds),
		cmocka_unit_test(backs_off),
		cmocka_unit_test(obeys_the_server),
		cmocka_unit_test(reads_waits),
	};

	return cmocka_run_group_tests_name("agent/model/retry", tests, NULL, NULL);
}
