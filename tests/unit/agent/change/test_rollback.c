/* test_rollback.c - an unfinished change of several buffers comes to an end: all new, all old, or
 * what could not be put back is named. */
#include "agent/change/rollback.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "agent/change/history.h"
#include "tests/unit/agent/change/desk.h"

#define OLD_A "one\ntwo\nthree\n\nfive\n"
#define NEW_A "one\nTWO\nthree\n\nfive\n"
#define OLD_B "alpha\nbeta\n"
#define NEW_B "ALPHA\nbeta\n"

struct result {
	int calls;
	size_t restored, left;
	bool finished;
	char report[400];
	struct err err;
};

static void done(void *payload, const struct rollback_result *r, const struct err *err)
{
	struct result *out = payload;

	out->calls++;
	out->restored = r->restored;
	out->left = r->left;
	out->finished = r->finished;
	(void)snprintf(out->report, sizeof(out->report), "%.*s", SLICE_ARG(r->report));
	if (err)
		out->err = *err;
}

static struct result go(struct desk *d)
{
	struct result r = { 0 };

	assert_non_null(rollback_start(&d->workspace, d->log, done, &r));
	assert_int_equal(r.calls, 0); /* never inside */
	desk_run(d);
	assert_int_equal(r.calls, 1);
	return r;
}

static void show(struct desk *d, const char *a, const char *b)
{
	editor_change(&d->e, 0, 0, d->e.text[0].len, slice_of(a));
	editor_change(&d->e, 1, 0, d->e.text[1].len, slice_of(b));
	editor_tell_all(&d->e);
}

static void two_edits(struct desk *d)
{
	desk_begin(d->log, 2);
	desk_edit(d->log, 1, "a.txt", OLD_A, NEW_A);
	desk_edit(d->log, 2, "b.txt", OLD_B, NEW_B);
}

static const struct past_edit *step(struct desk *d, int number)
{
	struct history h;

	assert_true(history_read(&d->arena, scratch_dir(d->state), event_log_session(d->log), &h,
				 NULL));
	for (size_t i = 0; i < h.n; i++)
		if (h.edits[i].step == number)
			return &h.edits[i];
	return NULL;
}

static void nothing_to_do(void **state)
{
	struct desk *d = *state;
	struct result r = go(d);

	assert_int_equal(r.err.code, ERR_NONE);
	assert_string_equal(r.report, "");
	assert_false(r.finished);
}

static void half_made_goes_back(void **state)
{
	struct desk *d = *state;
	struct result r;

	two_edits(d);
	desk_edited(d->log, 1, true);
	show(d, NEW_A "MINE\n", OLD_B); /* the user has typed since */
	r = go(d);
	assert_int_equal(r.err.code, ERR_NONE);
	assert_int_equal(r.restored, 1);
	assert_string_equal(r.report, "a.txt is as it was before\n");
	desk_holds(d, 0, OLD_A "MINE\n");
	desk_holds(d, 1, OLD_B);
	assert_false(desk_marked(d));
	assert_true(step(d, 1)->failed);
	assert_true(step(d, 2)->unknown); /* the editor was asked, and may still do it */
	r = go(d);
	assert_string_equal(r.report, ""); /* it is over */
}

static void made_but_not_logged_goes_back(void **state)
{
	struct desk *d = *state;
	struct result r;

	two_edits(d);
	show(d, NEW_A, NEW_B);
	r = go(d);
	assert_int_equal(r.restored, 2);
	desk_holds(d, 0, OLD_A);
	desk_holds(d, 1, OLD_B);
	assert_true(step(d, 1)->failed && step(d, 2)->failed);
}

static void all_made_stays(void **state)
{
	struct desk *d = *state;
	struct result r;

	two_edits(d);
	desk_edited(d->log, 1, true);
	desk_edited(d->log, 2, true);
	show(d, NEW_A, NEW_B);
	r = go(d);
	assert_true(r.finished);
	assert_int_equal(r.restored, 0);
	desk_holds(d, 0, NEW_A);
	desk_holds(d, 1, NEW_B);
	assert_true(step(d, 1)->made && step(d, 2)->made);
	assert_false(desk_marked(d));
}

static void what_was_not_tried_is_not_touched(void **state)
{
	struct desk *d = *state;
	struct result r;

	two_edits(d);
	desk_edited(d->log, 1, true);
	desk_edited(d->log, 2, false);
	show(d, NEW_A, NEW_B); /* by the user's own hand */
	r = go(d);
	assert_int_equal(r.restored, 1);
	desk_holds(d, 0, OLD_A);
	desk_holds(d, 1, NEW_B);
}

/* An editor that did not answer in time made it all the same. */
static void what_nobody_knows_is_looked_at(void **state)
{
	struct desk *d = *state;
	struct jw *w;
	struct result r;

	two_edits(d);
	w = event_log_begin(d->log, "edited");
	jw_kcstr(w, "task", "t1");
	jw_ki64(w, "step", 1);
	jw_kbool(w, "ok", false);
	jw_kbool(w, "unknown", true);
	assert_true(event_log_end(d->log, NULL));
	desk_edited(d->log, 2, false);
	show(d, NEW_A, OLD_B);
	r = go(d);
	assert_int_equal(r.restored, 1);
	desk_holds(d, 0, OLD_A);
	desk_holds(d, 1, OLD_B);
	assert_true(step(d, 1)->failed);
}

static void the_users_lines_are_left_and_named(void **state)
{
	struct desk *d = *state;
	struct result r;

	desk_begin(d->log, 0); /* how many there would be is not known */
	desk_edit(d->log, 1, "a.txt", OLD_A, NEW_A);
	desk_edited(d->log, 1, true);
	desk_edit(d->log, 2, "b.txt", OLD_B, NEW_B);
	desk_edited(d->log, 2, true);
	show(d, "one\nTWO of mine\nthree\n\nfive\n", NEW_B);
	r = go(d);
	assert_int_equal(r.err.code, ERR_NONE);
	assert_int_equal(r.left, 1);
	assert_int_equal(r.restored, 1);
	assert_non_null(strstr(r.report, "a.txt could not be put back: line 2 was changed since"));
	desk_holds(d, 0, "one\nTWO of mine\nthree\n\nfive\n");
	desk_holds(d, 1, OLD_B);
}

static void an_editor_that_does_not_answer(void **state)
{
	struct desk *d = *state;
	struct result r;

	two_edits(d);
	show(d, NEW_A, NEW_B);
	d->e.always = ANSWER_NONE;
	r = go(d);
	assert_int_equal(r.err.code, ERR_TIMEOUT);
	assert_true(desk_marked(d)); /* unfinished still */
	desk_holds(d, 0, NEW_A);
	d->e.always = ANSWER_MADE;
	r = go(d);
	assert_int_equal(r.err.code, ERR_NONE);
	assert_int_equal(r.restored, 2);
	desk_holds(d, 0, OLD_A);
	desk_holds(d, 1, OLD_B);
	assert_false(desk_marked(d));
}

static void a_missing_image(void **state)
{
	struct desk *d = *state;
	struct sha256_hex h = sha256(SLICE(OLD_B));
	char path[200];
	struct result r;

	two_edits(d);
	show(d, NEW_A, NEW_B);
	desk_run(d);
	(void)snprintf(path, sizeof(path), "%s/sessions/20260101-aaaaaaaaa/blobs/%.2s/%s",
		       d->state->path, h.s, h.s);
	assert_int_equal(unlink(path), 0);
	r = go(d);
	assert_int_equal(r.err.code, ERR_NOT_FOUND);
	assert_true(desk_marked(d));
	desk_holds(d, 1, NEW_B);
}

static void dropped(void **state)
{
	struct desk *d = *state;
	struct result r = { 0 };

	two_edits(d);
	show(d, NEW_A, NEW_B);
	rollback_drop(rollback_start(&d->workspace, d->log, done, &r));
	desk_run(d);
	assert_int_equal(r.calls, 0);
	desk_holds(d, 0, NEW_A);
	assert_true(desk_marked(d));
	rollback_drop(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(nothing_to_do, desk_setup, desk_teardown),
		cmocka_unit_test_setup_teardown(half_made_goes_back, desk_setup, desk_teardown),
		cmocka_unit_test_setup_teardown(made_but_not_logged_goes_back, desk_setup,
						desk_teardown),
		cmocka_unit_test_setup_teardown(all_made_stays, desk_setup, desk_teardown),
		cmocka_unit_test_setup_teardown(what_was_not_tried_is_not_touched, desk_setup,
						desk_teardown),
		cmocka_unit_test_setup_teardown(what_nobody_knows_is_looked_at, desk_setup,
						desk_teardown),
		cmocka_unit_test_setup_teardown(the_users_lines_are_left_and_named, desk_setup,
						desk_teardown),
		cmocka_unit_test_setup_teardown(an_editor_that_does_not_answer, desk_setup,
						desk_teardown),
		cmocka_unit_test_setup_teardown(a_missing_image, desk_setup, desk_teardown),
		cmocka_unit_test_setup_teardown(dropped, desk_setup, desk_teardown),
	};

	return cmocka_run_group_tests_name("change/rollback", tests, NULL, NULL);
}
