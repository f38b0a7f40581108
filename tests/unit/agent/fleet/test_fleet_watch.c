/* test_fleet_watch.c - which tasks a worker tells as lost, and when: those of workers that are gone, that began anew, and
 * those that nobody took; never one that is settled, and one of all survivors only. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "agent/fleet/fleet_watch.h"
#include "protocol/base/buf.h"

enum { S = 1000 };

static void note(void *payload, struct slice reply, struct slice id, struct slice worker)
{
	buf_printf(payload, "%.*s/%.*s of %.*s;", SLICE_ARG(reply), SLICE_ARG(id),
		   SLICE_ARG(worker));
}

static const char *tick(struct fleet_watch *w, uint64_t now)
{
	static char text[256];
	struct buf out;

	buf_init(&out, sizeof(text) - 1);
	fleet_watch_tick(w, now, note, &out);
	memcpy(text, buf_cstr(&out), out.len + 1);
	buf_release(&out);
	return text;
}

static void beat(struct fleet_watch *w, const char *name, int64_t session, uint64_t up,
		 uint64_t now)
{
	(void)fleet_watch_beat(w, &(struct watch_beat){ slice_of(name), session, up }, now);
}

#define R SLICE("r")
#define WITH(w, self)                        \
	fleet_watch_init(&(w), SLICE(self)); \
	fleet_watch_begin(&(w), 0)

static void a_worker_that_cannot_be_reached(void **state)
{
	struct fleet_watch w;

	(void)state;
	WITH(w, "b");
	beat(&w, "c", 1, 1, 0);
	fleet_watch_task(&w, R, SLICE("1"), S);
	fleet_watch_claim(&w, R, SLICE("1"), SLICE("c"), 1, S);
	fleet_watch_task(&w, R, SLICE("2"), S);
	fleet_watch_claim(&w, R, SLICE("2"), SLICE("c"), 1, S);
	fleet_watch_settled(&w, R, SLICE("2"));
	fleet_watch_unreached(&w, SLICE("c"), 2 * S);
	assert_string_equal(tick(&w, 11 * S), "");
	/* It was a moment only. */
	beat(&w, "c", 1, 12 * S, 11 * S);
	assert_string_equal(tick(&w, 12 * S), "");
	fleet_watch_unreached(&w, SLICE("c"), 13 * S);
	fleet_watch_unreached(&w, SLICE("c"), 20 * S);
	assert_string_equal(tick(&w, 23 * S - 1), "");
	assert_string_equal(tick(&w, 23 * S), "r/1 of c;");
	assert_string_equal(tick(&w, 60 * S), "");
	assert_true(fleet_watch_alone(&w));
	assert_int_equal(w.n_tasks, 0);
	fleet_watch_release(&w);
}

static void a_silent_worker(void **state)
{
	struct fleet_watch w;

	(void)state;
	WITH(w, "b");
	beat(&w, "c", 1, 1, 0);
	fleet_watch_claim(&w, R, SLICE("1"), SLICE("c"), 1, S);
	assert_string_equal(tick(&w, 29 * S), "");
	/* We were away ourselves: that it was silent then says nothing. */
	fleet_watch_begin(&w, 29 * S);
	assert_string_equal(tick(&w, 50 * S), "");
	assert_string_equal(tick(&w, 59 * S), "r/1 of c;");
	fleet_watch_release(&w);
}

/* What came while it stood still lies in its socket. */
static void one_that_stood_still(void **state)
{
	struct fleet_watch w;

	(void)state;
	WITH(w, "b");
	beat(&w, "c", 1, 1, 0);
	fleet_watch_task(&w, R, SLICE("1"), S);
	fleet_watch_claim(&w, R, SLICE("2"), SLICE("c"), 1, S);
	fleet_watch_excuse(&w, 40 * S);
	assert_string_equal(tick(&w, 40 * S), "");
	fleet_watch_settled(&w, R, SLICE("1"));
	assert_string_equal(tick(&w, 70 * S), "r/2 of c;");
	fleet_watch_release(&w);
}

static void a_worker_that_began_anew(void **state)
{
	struct fleet_watch w;

	(void)state;
	WITH(w, "b");
	beat(&w, "c", 1, 1, 0);
	fleet_watch_claim(&w, R, SLICE("1"), SLICE("c"), 1, S);
	beat(&w, "c", 2, 1, 2 * S);
	fleet_watch_claim(&w, R, SLICE("2"), SLICE("c"), 2, 2 * S);
	assert_string_equal(tick(&w, 3 * S), "r/1 of c;");
	fleet_watch_release(&w);
}

static void nobody_took_it(void **state)
{
	struct fleet_watch w;

	(void)state;
	WITH(w, "b");
	fleet_watch_task(&w, R, SLICE("1"), S);
	fleet_watch_task(&w, R, SLICE("1"), 5 * S);	/* the same */
	fleet_watch_task(&w, SLICE(""), SLICE("2"), S); /* nobody waits */
	fleet_watch_task(&w, R, SLICE("3"), S);
	fleet_watch_claim(&w, R, SLICE("3"), SLICE("b"), 1, S); /* by us */
	assert_string_equal(tick(&w, 11 * S - 1), "");
	assert_string_equal(tick(&w, 11 * S), "r/1 of ;");
	fleet_watch_release(&w);
}

/* The one with the first name of all who saw the task from its start. */
static void one_tells(void **state)
{
	static const char *const names[] = { "a", "b", "d" };
	struct fleet_watch w[3];

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		fleet_watch_init(&w[i], slice_of(names[i]));
		fleet_watch_begin(&w[i], names[i][0] == 'a' ? 5 * S : 0);
		beat(&w[i], "a", 1, 1, 5 * S); /* it came later than task 1 */
		beat(&w[i], "b", 1, 6 * S, 5 * S);
		beat(&w[i], "c", 1, 6 * S, 5 * S);
		beat(&w[i], "d", 1, 6 * S, 5 * S);
		if (names[i][0] != 'a')
			fleet_watch_claim(&w[i], R, SLICE("1"), SLICE("c"), 1, S);
		fleet_watch_claim(&w[i], R, SLICE("2"), SLICE("c"), 1, 6 * S);
		fleet_watch_unreached(&w[i], SLICE("c"), 7 * S);
		beat(&w[i], "a", 1, 11 * S, 16 * S);
		beat(&w[i], "b", 1, 16 * S, 16 * S);
		beat(&w[i], "d", 1, 16 * S, 16 * S);
	}
	assert_string_equal(tick(&w[0], 17 * S), "r/2 of c;");
	assert_string_equal(tick(&w[1], 17 * S), "r/1 of c;");
	assert_string_equal(tick(&w[2], 17 * S), "");
	for (size_t i = 0; i < 3; i++)
		fleet_watch_release(&w[i]);
}

/* One that drains sees no tasks any more, so it is not waited for. */
static void who_drains_does_not_tell(void **state)
{
	struct fleet_watch w;

	(void)state;
	WITH(w, "b");
	beat(&w, "a", 1, 1, 0);
	beat(&w, "c", 1, 1, 0);
	beat(&w, "a", 1, 0, S);
	fleet_watch_claim(&w, R, SLICE("1"), SLICE("c"), 1, 2 * S);
	fleet_watch_unreached(&w, SLICE("c"), 3 * S);
	assert_string_equal(tick(&w, 13 * S), "r/1 of c;");
	fleet_watch_release(&w);
}

static void count(void *payload, struct slice name)
{
	(void)name;
	++*(int *)payload;
}

static void there_is_a_limit(void **state)
{
	struct fleet_watch w;
	char id[16];
	int busy = 0;

	(void)state;
	WITH(w, "b");
	beat(&w, "c", 1, 1, 0);
	fleet_watch_each_busy(&w, count, &busy);
	assert_int_equal(busy, 0);
	for (int i = 0; i < 300; i++) {
		(void)snprintf(id, sizeof(id), "%d", i);
		fleet_watch_claim(&w, R, slice_of(id), SLICE("c"), 1, S);
	}
	fleet_watch_each_busy(&w, count, &busy);
	assert_int_equal(busy, 1);
	assert_int_equal(w.n_tasks, 300);
	for (int i = 0; i < 2 * WATCH_PEERS; i++) {
		(void)snprintf(id, sizeof(id), "p%d", i);
		beat(&w, id, 1, 1, S);
	}
	assert_int_equal(w.n_peers, WATCH_PEERS);
	fleet_watch_release(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_worker_that_cannot_be_reached),
		cmocka_unit_test(a_silent_worker),
		cmocka_unit_test(a_worker_that_began_anew),
		cmocka_unit_test(nobody_took_it),
		cmocka_unit_test(one_that_stood_still),
		cmocka_unit_test(one_tells),
		cmocka_unit_test(who_drains_does_not_tell),
		cmocka_unit_test(there_is_a_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
