/* test_budget.c - every cap, at its edge. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "agent/budget/believe.h"
#include "agent/budget/budget_text.h"

/* A prompt of 1,000 tokens for 1 cent, output at 1 cent for 1,000 tokens. */
static const struct budget_call call = {
	.prompt_tokens = 1000, .prompt_usd = 0.01, .usd_per_output_token = 1e-5, .want = 32000
};

static struct budget make(struct budget_limits l)
{
	struct budget b;

	l.warn = l.warn > 0 ? l.warn : 0.8;
	budget_init(&b, &l, true, 0, NULL, 1000);
	return b;
}

static enum budget_cap settle(struct budget *b, uint64_t input, uint64_t output, double usd)
{
	struct usage u = { .input = input, .output = output, .usd = usd };
	enum budget_cap warn = BUDGET_CAP_TIME;

	budget_settle(b, &u, &warn);
	return warn;
}

static void plans(const struct budget *b, uint64_t now, enum budget_room room, enum budget_cap cap,
		  uint32_t tokens)
{
	struct budget_plan p = budget_plan(b, &call, now);

	assert_int_equal(p.room, room);
	assert_int_equal(p.cap, cap);
	assert_in_range(p.output_tokens, tokens > 0 ? tokens - 1 : 0, tokens + 1);
}

static void says(const struct budget *b, enum budget_cap cap, const char *words)
{
	struct err err = { 0 };

	assert_false(budget_over(b, cap, &call, &err));
	assert_int_equal(err.code, ERR_BUDGET);
	if (!strstr(err.msg, words))
		fail_msg("\"%s\" is not in: %s", words, err.msg);
}

static void no_limits(void **state)
{
	struct budget b = make((struct budget_limits){ 0 });

	(void)state;
	for (int i = 0; i < 1000; i++) {
		plans(&b, UINT64_MAX, BUDGET_ROOM_CALL, BUDGET_CAP_NONE, 32000);
		budget_reserve(&b, &call, 32000);
		assert_int_equal(settle(&b, 1u << 30, 1u << 30, 1e6), BUDGET_CAP_NONE);
	}
	assert_true(budget_time_left_ms(&b, 5) == UINT64_MAX);
}

/* A full call leaves room for the summary; then there is room for that alone; then for nothing. */
static void money(void **state)
{
	struct budget b = make((struct budget_limits){ .task_usd = 1 });

	(void)state;
	plans(&b, 0, BUDGET_ROOM_CALL, BUDGET_CAP_NONE, 32000);
	budget_reserve(&b, &call, 32000);
	assert_true(fabs(b.reserved_usd - 0.33) < 1e-9); /* its own worst case, not the task's */
	assert_int_equal(settle(&b, 1000, 32000, 0.33), BUDGET_CAP_NONE);
	budget_reserve(&b, &call, 32000);
	assert_int_equal(settle(&b, 1000, 32000, 0.33), BUDGET_CAP_NONE);
	/* 0.34 left, less two prompts and the summary's 2,048 tokens; what it says is prompt then */
	plans(&b, 0, BUDGET_ROOM_CALL, BUDGET_CAP_NONE, 14976);
	budget_reserve(&b, &call, 14000);
	assert_int_equal(settle(&b, 1000, 14000, 0.26), BUDGET_CAP_TASK);
	plans(&b, 0, BUDGET_ROOM_LAST, BUDGET_CAP_TASK, 2048);
	assert_int_equal(settle(&b, 0, 0, 0.06), BUDGET_CAP_NONE); /* said once */
	plans(&b, 0, BUDGET_ROOM_LAST, BUDGET_CAP_TASK, 1000);
	assert_int_equal(settle(&b, 0, 0, 0.01), BUDGET_CAP_NONE);
	assert_int_equal(budget_plan(&b, &call, 0).room, BUDGET_ROOM_NONE);
	says(&b, BUDGET_CAP_TASK, "$0.99 of the task's $1.00");
	says(&b, BUDGET_CAP_TASK, "--max-usd");
}

static void first_call_takes_what_is_left(void **state)
{
	struct budget b = make((struct budget_limits){ .task_usd = 0.02 });

	(void)state;
	plans(&b, 0, BUDGET_ROOM_CALL, BUDGET_CAP_NONE, 1000);
	b = make((struct budget_limits){ .task_usd = 0.012 });
	assert_int_equal(budget_plan(&b, &call, 0).room, BUDGET_ROOM_NONE);
}

static void a_raise_adds_the_same_again(void **state)
{
	struct budget b = make((struct budget_limits){ .task_usd = 1, .turns = 10 });
	char text[BUDGET_TEXT];

	(void)state;
	assert_false(budget_more(&b, BUDGET_CAP_TASK, text)); /* nothing is used yet */
	budget_reserve(&b, &call, 1000);
	assert_int_equal(settle(&b, 1, 1, 1), BUDGET_CAP_TASK);
	for (int i = 2; i < 5; i++) {
		assert_true(budget_more(&b, BUDGET_CAP_TASK, text));
		assert_string_equal(text, "$1.00 more");
		budget_raise(&b, BUDGET_CAP_TASK);
		assert_true(fabs(b.limits.task_usd - i) < 1e-9);
	}
	budget_raise(&b, BUDGET_CAP_TURNS);
	assert_int_equal(b.limits.turns, 20);
	assert_false(budget_more(&b, BUDGET_CAP_TIME, text));
	assert_int_equal(settle(&b, 1, 1, 2.5), BUDGET_CAP_TASK); /* and is warned of anew */
}

/* Two tasks of one server share the session's cap; a conversation keeps its own sum. */
static void session_money(void **state)
{
	struct budget_limits l = { .task_usd = 10, .session_usd = 1, .warn = 0.8 };
	struct budget_pool pool = { 0 };
	struct budget a, b, c;
	char text[BUDGET_TEXT];

	(void)state;
	budget_init(&a, &l, true, 0, &pool, 0);
	budget_init(&b, &l, true, 0, &pool, 0);
	budget_init(&c, &l, true, 0.97, NULL, 0);
	budget_reserve(&a, &call, 32000);
	budget_reserve(&b, &call, 32000);
	assert_true(fabs(budget_session_spent(&a) - 0.66) < 1e-9);
	assert_int_equal(settle(&a, 1, 1, 0.3), BUDGET_CAP_NONE);
	assert_int_equal(settle(&b, 1, 1, 0.65), BUDGET_CAP_SESSION);
	plans(&a, 0, BUDGET_ROOM_LAST, BUDGET_CAP_SESSION, 2048);
	assert_true(budget_more(&a, BUDGET_CAP_SESSION, text));
	budget_raise(&a, BUDGET_CAP_SESSION);
	plans(&b, 0, BUDGET_ROOM_CALL, BUDGET_CAP_NONE, 32000); /* what was allowed is shared */
	assert_true(pool.reserved_usd < 1e-9 && fabs(pool.spent_usd - 0.95) < 1e-9);
	c.turns = 1;
	plans(&c, 0, BUDGET_ROOM_LAST, BUDGET_CAP_SESSION, 2000);
	says(&c, BUDGET_CAP_SESSION, "budget.sessionUsd");
}

static void tokens(void **state)
{
	struct budget b = make((struct budget_limits){ .tokens = 20000 });

	(void)state;
	plans(&b, 0, BUDGET_ROOM_CALL, BUDGET_CAP_NONE, 7976); /* (20000 - 2 * 1000 - 2048) / 2 */
	budget_reserve(&b, &call, 7976);
	assert_int_equal(settle(&b, 7000, 3000, 0), BUDGET_CAP_NONE);
	plans(&b, 0, BUDGET_ROOM_LAST, BUDGET_CAP_TOKENS, 2048);
	assert_int_equal(settle(&b, 10000, 5000, 0), BUDGET_CAP_TOKENS);
	assert_int_equal(budget_plan(&b, &call, 0).room, BUDGET_ROOM_NONE);
	says(&b, BUDGET_CAP_TOKENS, "25000 of the task's 20000 tokens");
	says(&b, BUDGET_CAP_TOKENS, "--max-tokens");
}

static void turns(void **state)
{
	struct budget b = make((struct budget_limits){ .turns = 5 });

	(void)state;
	for (unsigned i = 1; i <= 5; i++) {
		plans(&b, 0, i == 5 ? BUDGET_ROOM_LAST : BUDGET_ROOM_CALL,
		      i == 5 ? BUDGET_CAP_TURNS : BUDGET_CAP_NONE, 32000);
		budget_reserve(&b, &call, 32000);
		assert_int_equal(settle(&b, 1, 1, 0), i == 4 ? BUDGET_CAP_TURNS : BUDGET_CAP_NONE);
	}
	plans(&b, 0, BUDGET_ROOM_NONE, BUDGET_CAP_TURNS, 0);
	says(&b, BUDGET_CAP_TURNS, "5 of the task's 5 turns");
	b = make((struct budget_limits){ .turns = 1 });
	plans(&b, 0, BUDGET_ROOM_CALL, BUDGET_CAP_NONE, 32000); /* the only one is a real one */
}

static void time_cap(void **state)
{
	struct budget b = make((struct budget_limits){ .seconds = 2 });

	(void)state;
	assert_int_equal(budget_time_left_ms(&b, 1000), 2000);
	assert_int_equal(budget_time_left_ms(&b, 2999), 1);
	assert_int_equal(budget_time_left_ms(&b, 3000), 0);
	assert_int_equal(budget_time_left_ms(&b, 500), 2000); /* a clock that went back */
	plans(&b, 2999, BUDGET_ROOM_CALL, BUDGET_CAP_NONE, 32000);
	plans(&b, 3000, BUDGET_ROOM_NONE, BUDGET_CAP_TIME, 0);
	says(&b, BUDGET_CAP_TIME, "--max-time");
}

/* Without a price dollars cannot be held: tokens are, and a limit that was asked for is refused. */
static void unpriced(void **state)
{
	struct budget_limits l = { .task_usd = 2, .session_usd = 5, .day_usd = 50 };
	struct err err = { 0 };
	struct budget b;

	(void)state;
	assert_true(budget_check(&l, false, SLICE("x/y"), &err));
	budget_init(&b, &l, false, 0, NULL, 0);
	assert_true(b.limits.tokens == 2000000 && b.limits.day_usd <= 0);
	l.tokens_set = true; /* "no limit", in the user's own words */
	budget_init(&b, &l, false, 0, NULL, 0);
	assert_true(b.limits.tokens == 0);
	l.usd_set = true;
	assert_true(budget_check(&l, true, SLICE("x/y"), &err));
	assert_false(budget_check(&l, false, SLICE("x/some-model-9"), &err));
	assert_int_equal(err.code, ERR_BUDGET);
	assert_non_null(strstr(err.msg, "\"models\": {\"x/some-model-9\": {\"price\": "));
	l.task_usd = l.session_usd = l.day_usd = 0; /* no limit in dollars: nothing to be kept */
	assert_true(budget_check(&l, false, SLICE("x/y"), &err));
}

static void words_for_money(void **state)
{
	static const struct {
		double usd;
		const char *text;
	} all[] = { { 0, "$0.00" },	 { 0.01, "$0.01" },	{ 2, "$2.00" },
		    { 12.5, "$12.50" },	 { 0.0004, "$0.0004" }, { 1e-5, "$0.00001" },
		    { 0.1234, "$0.12" }, { 0.00963, "$0.0096" } };
	char text[BUDGET_TEXT];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		budget_usd(text, all[i].usd);
		assert_string_equal(text, all[i].text);
	}
}

static struct usage believed(struct usage u, uint64_t sent, uint64_t received)
{
	usage_believe(&u, sent, received, true);
	return u;
}

static void reports_are_not_all_believed(void **state)
{
	struct usage u;

	(void)state;
	u = believed((struct usage){ .input = 100, .output = 30 }, 600, 90);
	assert_true(!u.estimated && u.input == 100 && u.output == 30);
	u = believed((struct usage){ .cache_read = 5, .output = 900000 }, 600, 90);
	assert_true(!u.estimated && u.output == 900000); /* the provider bills what it says */
	u = believed((struct usage){ 0 }, 600, 6000);
	assert_true(u.estimated && u.input == 201 && u.output == 2001);
	u = believed((struct usage){ .input = 100, .output = 1 }, 600,
		     6000); /* cut in the middle */
	assert_true(u.estimated && u.input == 100 && u.output == 2001);
	u = believed((struct usage){ .input = UINT64_MAX / 4, .output = UINT64_MAX / 4 }, 600, 60);
	assert_true(u.estimated && u.input == 201 && u.output == 21);
	u = believed((struct usage){ .input = 7 }, 600, 0); /* it said nothing */
	assert_true(!u.estimated && u.output == 0);
	u = (struct usage){ .input = 100, .output = 3 };
	usage_believe(&u, 600, 60, false); /* without its end */
	assert_true(u.estimated && u.input == 100 && u.output == 21);
	u = (struct usage){ .input = 100, .output = 50 };
	usage_believe(&u, 600, 60, false);
	assert_true(u.estimated && u.output == 50);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_limits),
		cmocka_unit_test(money),
		cmocka_unit_test(first_call_takes_what_is_left),
		cmocka_unit_test(a_raise_adds_the_same_again),
		cmocka_unit_test(session_money),
		cmocka_unit_test(tokens),
		cmocka_unit_test(turns),
		cmocka_unit_test(time_cap),
		cmocka_unit_test(unpriced),
		cmocka_unit_test(words_for_money),
		cmocka_unit_test(reports_are_not_all_believed),
	};

	return cmocka_run_group_tests_name("agent/budget", tests, NULL, NULL);
}
