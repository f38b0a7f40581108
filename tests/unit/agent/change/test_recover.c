/* test_recover.c - what a killed emend left half done is found and ended; what another one is at is
 * left alone. */
#include "agent/change/recover.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "tests/unit/agent/change/desk.h"

#define OLD_A "one\ntwo\nthree\n\nfive\n"
#define NEW_A "one\nTWO\nthree\n\nfive\n"

struct result {
	int calls;
	size_t restored;
	char report[600];
};

static void done(void *payload, struct slice report, size_t restored)
{
	struct result *r = payload;

	r->calls++;
	r->restored = restored;
	(void)snprintf(r->report, sizeof(r->report), "%.*s", SLICE_ARG(report));
}

static struct recover *start(struct desk *d, struct result *r)
{
	*r = (struct result){ 0 };
	return recover_start(&d->workspace, d->store, d->log, done, r);
}

static struct result go(struct desk *d)
{
	struct result r;

	desk_run(d); /* what is logged is on the disk */
	assert_non_null(start(d, &r));
	assert_int_equal(r.calls, 0);
	desk_run(d);
	assert_int_equal(r.calls, 1);
	return r;
}

static void show(struct desk *d, const char *a)
{
	editor_change(&d->e, 0, 0, d->e.text[0].len, slice_of(a));
	editor_tell_all(&d->e);
}

/* Another session that was killed after it had changed a.txt. */
static struct event_log *killed(struct desk *d)
{
	struct event_log *l = NULL;

	assert_true(event_log_open(d->store, SLICE("20260101-bbbbbbbbb"), &l, NULL));
	desk_begin(l, 2);
	desk_edit(l, 1, "a.txt", OLD_A, NEW_A);
	desk_edit(l, 2, "b.txt", "alpha\nbeta\n", "x\n");
	desk_edited(l, 1, true);
	show(d, NEW_A);
	return l;
}

static void nothing_costs_nothing(void **state)
{
	struct desk *d = *state;
	struct result r;

	assert_null(start(d, &r));
	/* Nor does what another workspace has. */
	shelf_mark(scratch_dir(d->state), "/other", SLICE("s"));
	assert_null(start(d, &r));
	recover_drop(NULL);
}

static void another_session_is_rolled_back(void **state)
{
	struct desk *d = *state;
	struct event_log *l = killed(d);
	struct result r;

	event_log_close(l);
	r = go(d);
	assert_int_equal(r.restored, 1);
	assert_non_null(strstr(r.report, "in session 20260101-bbbbbbbbb. The change was rolled back:"));
	assert_non_null(strstr(r.report, "a.txt is as it was before"));
	desk_holds(d, 0, OLD_A);
	assert_false(desk_marked(d));
	assert_null(start(d, &r));
	/* Its log is free again, and holds. */
	assert_true(event_log_open(d->store, SLICE("20260101-bbbbbbbbb"), &l, NULL));
	event_log_close(l);
}

static void its_own_session_too(void **state)
{
	struct desk *d = *state;
	struct result r;

	desk_begin(d->log, 1);
	desk_edit(d->log, 1, "a.txt", OLD_A, NEW_A);
	desk_edited(d->log, 1, true);
	show(d, NEW_A);
	r = go(d);
	assert_non_null(strstr(r.report, "The change is complete"));
	assert_int_equal(r.restored, 0);
	desk_holds(d, 0, NEW_A);
	assert_false(desk_marked(d));
}

/* Killed in an undo that had come to its second file: both go back, and nothing is open any more. */
static void an_undo_goes_on(void **state)
{
	struct desk *d = *state;
	struct event_log *l;
	struct result r;
	struct jw *w;

	l = killed(d);
	desk_edited(l, 2, true);
	w = event_log_begin(l, "commit");
	jw_kcstr(w, "task", "t1");
	jw_kcstr(w, "transaction", "t1.1");
	jw_kbool(w, "ok", true);
	assert_true(event_log_end(l, NULL));
	w = event_log_begin(l, "undoing");
	jw_kcstr(w, "task", "t1");
	jw_ki64(w, "only", -1);
	assert_true(event_log_end(l, NULL));
	event_log_close(l);
	r = go(d);
	assert_non_null(strstr(r.report, "Emend was stopped while it undid task t1. That is finished now"));
	assert_non_null(strstr(r.report, "restored a.txt"));
	desk_holds(d, 0, OLD_A);
	assert_false(desk_marked(d));
	assert_null(start(d, &r));
}

static void one_that_is_at_work_is_left_alone(void **state)
{
	struct desk *d = *state;
	struct event_log *l = killed(d); /* and not closed: it lives */
	struct result r = go(d);

	assert_int_equal(r.restored, 0);
	assert_string_equal(r.report, "");
	desk_holds(d, 0, NEW_A);
	assert_true(desk_marked(d));
	event_log_close(l);
}

static void a_mark_without_a_session_goes(void **state)
{
	struct desk *d = *state;
	struct result r;

	shelf_mark(scratch_dir(d->state), "/ws", SLICE("20260101-ccccccccc"));
	r = go(d);
	assert_string_equal(r.report, "");
	assert_false(desk_marked(d));
}

static void what_cannot_be_done_is_said_and_tried_again(void **state)
{
	struct desk *d = *state;
	struct result r;

	event_log_close(killed(d));
	d->e.always = ANSWER_NONE;
	r = go(d);
	assert_non_null(strstr(r.report, "They could not be put back:"));
	assert_non_null(strstr(r.report, "a.txt could not be put back"));
	assert_true(desk_marked(d));
	d->e.always = ANSWER_MADE;
	r = go(d);
	assert_int_equal(r.restored, 1);
	desk_holds(d, 0, OLD_A);
}

static void a_damaged_log_is_named(void **state)
{
	struct desk *d = *state;
	struct result r;

	event_log_close(killed(d));
	scratch_write(d->state, "sessions/20260101-bbbbbbbbb/log.jsonl", "{\"seq\":1}\n{}\n", 13);
	r = go(d);
	assert_non_null(strstr(r.report, "log.jsonl"));
	assert_true(desk_marked(d));
	desk_holds(d, 0, NEW_A);
}

static void dropped(void **state)
{
	struct desk *d = *state;
	struct result r;

	event_log_close(killed(d));
	recover_drop(start(d, &r));
	desk_run(d);
	assert_int_equal(r.calls, 0);
	assert_true(desk_marked(d));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(nothing_costs_nothing, desk_setup, desk_teardown),
		cmocka_unit_test_setup_teardown(another_session_is_rolled_back, desk_setup,
						desk_teardown),
		cmocka_unit_test_setup_teardown(its_own_session_too, desk_setup, desk_teardown),
		cmocka_unit_test_setup_teardown(an_undo_goes_on, desk_setup, desk_teardown),
		cmocka_unit_test_setup_teardown(one_that_is_at_work_is_left_alone, desk_setup,
						desk_teardown),
		cmocka_unit_test_setup_teardown(a_mark_without_a_session_goes, desk_setup, desk_teardown),
		cmocka_unit_test_setup_teardown(what_cannot_be_done_is_said_and_tried_again, desk_setup,
						desk_teardown),
		cmocka_unit_test_setup_teardown(a_damaged_log_is_named, desk_setup, desk_teardown),
		cmocka_unit_test_setup_teardown(dropped, desk_setup, desk_teardown),
	};

	return cmocka_run_group_tests_name("change/recover", tests, NULL, NULL);
}
