/* test_ledger_post.c - the ledger from the loop: answers come later, in order, and nothing holds the loop. */
#include "agent/store/ledger_post.h"

#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/agent/store/shelf.h"

struct answer {
	int calls;
	bool ok;
	struct ledger_reservation r;
	struct err err;
};

static void done(void *payload, const struct ledger_reservation *r, const struct err *err)
{
	struct answer *a = payload;

	a->calls++;
	a->ok = r != NULL;
	if (r)
		a->r = *r;
	a->err = err ? *err : (struct err){ 0 };
}

static struct ledger_asked *ask(struct shelf *s, struct ledger *l, double first, double second,
				struct answer *a)
{
	double usd[2] = { first, second };

	*a = (struct answer){ 0 };
	return ledger_post_reserve(s->store, l,
				   &(struct ledger_ask){ .call = { .session = SLICE("s1"),
								   .task = SLICE("t1"),
								   .model = SLICE("m") },
							 .usd = usd,
							 .n = 2,
							 .day_cap = 10 },
				   done, a);
}

static void the_first_sum_for_which_there_is_room(void **state)
{
	struct shelf *s = *state;
	struct ledger *l = ledger_new(scratch_dir(&s->scratch));
	struct answer a;

	(void)ask(s, l, 4, 1, &a);
	assert_int_equal(a.calls, 0);
	shelf_run(s);
	assert_true(a.calls == 1 && a.ok && a.r.which == 0 && a.err.code == ERR_NONE);
	(void)ask(s, l, 8, 5, &a);
	shelf_run(s);
	assert_true(a.ok && a.r.which == 1);
	assert_int_equal(a.err.code, ERR_BUDGET); /* why not the first */
	(void)ask(s, l, 8, 5, &a);
	shelf_run(s);
	assert_false(a.ok);
	assert_int_equal(a.err.code, ERR_BUDGET);
	ledger_post_free(s->store, l);
}

static void a_settlement_is_there_before_the_next_one(void **state)
{
	struct shelf *s = *state;
	struct ledger *l = ledger_new(scratch_dir(&s->scratch));
	struct answer a, b;

	(void)ask(s, l, 9, 9, &a);
	shelf_run(s);
	ledger_post_settle(s->store, l, a.r.id, &(struct usage){ .usd = 2 });
	(void)ask(s, l, 7, 7, &b);
	shelf_run(s);
	assert_true(b.ok);
	ledger_post_free(s->store, l);
}

static void what_is_dropped_is_given_back(void **state)
{
	struct shelf *s = *state;
	struct ledger *l = ledger_new(scratch_dir(&s->scratch));
	struct answer a, b;

	ledger_asked_drop(ask(s, l, 9, 9, &a));
	shelf_run(s);
	assert_int_equal(a.calls, 0);
	(void)ask(s, l, 9, 9, &b);
	shelf_run(s);
	assert_true(b.ok);
	ledger_post_free(s->store, l);
}

static void summed(void *payload, const struct ledger_sums *sums, const struct err *err)
{
	assert_null(err);
	*(struct ledger_sums *)payload = *sums;
}

static void sums_come_later_and_know_what_was_posted_before(void **state)
{
	struct shelf *s = *state;
	struct ledger *l = ledger_new(scratch_dir(&s->scratch));
	struct ledger_sums sums = { .today = { .usd = 77 } };
	struct answer a;

	(void)ask(s, l, 9, 9, &a);
	shelf_run(s);
	ledger_post_settle(s->store, l, a.r.id, &(struct usage){ .usd = 2 });
	ledger_post_sums(s->store, l, SLICE("s1"), SLICE("t1"), summed, &sums);
	assert_true(sums.today.usd == 77);
	shelf_run(s);
	assert_true(sums.today.usd == 2 && sums.session.usd == 2 && sums.task.usd == 2);
	ledger_post_free(s->store, l);
}

/* --- another program writes --- */

struct turns {
	uv_timer_t timer;
	const struct answer *a;
	sqlite3 *db;
	int n;
};

static void on_turn(uv_timer_t *t)
{
	struct turns *x = t->data;

	assert_int_equal(x->a->calls, 0); /* the loop turns, and the answer waits */
	if (++x->n < 20)
		return;
	assert_int_equal(sqlite3_exec(x->db, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
	uv_close((uv_handle_t *)t, NULL);
}

static void the_loop_turns_while_another_program_writes(void **state)
{
	struct shelf *s = *state;
	struct ledger *l = ledger_new(scratch_dir(&s->scratch));
	struct answer a;
	struct turns x = { .a = &a };
	char path[128];

	(void)ask(s, l, 1, 1, &a);
	shelf_run(s);
	(void)snprintf(path, sizeof(path), "%s/emend.db", s->scratch.path);
	assert_int_equal(sqlite3_open(path, &x.db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(x.db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	(void)ask(s, l, 1, 1, &a);
	x.timer.data = &x;
	assert_int_equal(uv_timer_init(&s->loop, &x.timer), 0);
	assert_int_equal(uv_timer_start(&x.timer, on_turn, 1, 1), 0);
	shelf_run(s);
	assert_int_equal(x.n, 20);
	assert_true(a.calls == 1 && a.ok);
	assert_int_equal(sqlite3_close(x.db), SQLITE_OK);
	ledger_post_free(s->store, l);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, shelf_setup, shelf_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_first_sum_for_which_there_is_room),
		TEST(a_settlement_is_there_before_the_next_one),
		TEST(what_is_dropped_is_given_back),
		TEST(sums_come_later_and_know_what_was_posted_before),
		TEST(the_loop_turns_while_another_program_writes),
	};

	return cmocka_run_group_tests_name("store/ledger_post", tests, NULL, NULL);
}
