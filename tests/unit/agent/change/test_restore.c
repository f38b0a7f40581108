/* test_restore.c - one buffer goes back, around what the user typed, or stays as it is. */
#include "agent/change/restore.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "protocol/base/mem.h"
#include "tests/unit/agent/change/desk.h"

#define BEFORE "one\ntwo\nthree\n\nfive\n"
#define LEFT "one\nTWO\nthree\n\nfive\n"

struct answer_got {
	int calls;
	bool written;
	char now[200];
	struct err err;
};

static void done(void *payload, const struct restored *r, const struct err *err)
{
	struct answer_got *g = payload;

	g->calls++;
	g->written = r->written;
	(void)snprintf(g->now, sizeof(g->now), "%.*s", SLICE_ARG(r->now));
	if (err)
		g->err = *err;
}

static void show(struct desk *d, const char *text)
{
	editor_change(&d->e, 0, 0, d->e.text[0].len, slice_of(text));
	editor_tell_all(&d->e);
}

static struct restore_spec spec(void)
{
	return (struct restore_spec){ .path = SLICE("a.txt"),
				      .left = SLICE(LEFT),
				      .before = SLICE(BEFORE),
				      .label = SLICE("undo") };
}

static struct answer_got go(struct desk *d, const struct restore_spec *s)
{
	struct answer_got g = { 0 };

	assert_non_null(restore_start(&d->workspace, s, done, &g));
	assert_int_equal(g.calls, 0); /* never inside */
	desk_run(d);
	assert_int_equal(g.calls, 1);
	return g;
}

static void goes_back(void **state)
{
	static const struct {
		const char *now, *want;
		bool written;
	} rows[] = {
		{ LEFT, BEFORE, true },
		{ BEFORE, BEFORE, false },
		{ "MINE\n" LEFT "MINE", "MINE\n" BEFORE "MINE", true },
		{ "MINE\n" BEFORE, "MINE\n" BEFORE, false },
	};
	struct desk *d = *state;
	struct restore_spec s = spec();

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct answer_got g;

		show(d, rows[i].now);
		g = go(d, &s);
		assert_int_equal(g.err.code, ERR_NONE);
		assert_int_equal(g.written, rows[i].written);
		assert_string_equal(g.now, rows[i].want);
		desk_holds(d, 0, rows[i].want);
	}
}

static void a_conflict_is_left(void **state)
{
	struct desk *d = *state;
	struct restore_spec s = spec();
	struct answer_got g;

	show(d, "one\nTWO or three\nthree\n\nfive\n");
	g = go(d, &s);
	assert_int_equal(g.err.code, ERR_STALE);
	assert_false(g.written);
	desk_holds(d, 0, "one\nTWO or three\nthree\n\nfive\n");
	s.before = (struct slice){ NULL, 0 }; /* what we created, and the user wrote on */
	g = go(d, &s);
	assert_int_equal(g.err.code, ERR_STALE);
	assert_non_null(strstr(g.err.msg, "created"));
	show(d, LEFT);
	g = go(d, &s); /* an open file is not removed under its editor */
	assert_int_equal(g.err.code, ERR_DENIED);
	desk_holds(d, 0, LEFT);
}

/* The user types after the text was read: it is read again, and merged. */
static void typing_in_between(void **state)
{
	struct desk *d = *state;
	struct restore_spec s = spec();
	struct answer_got g = { 0 };

	show(d, LEFT);
	assert_non_null(restore_start(&d->workspace, &s, done, &g));
	desk_type(d, 0, 0, "MINE\n");
	desk_run(d);
	assert_int_equal(g.calls, 1);
	assert_int_equal(g.err.code, ERR_NONE);
	assert_int_equal(d->e.stale, 1);
	desk_holds(d, 0, "MINE\n" BEFORE);
}

static void a_refusal_is_passed_on(void **state)
{
	struct desk *d = *state;
	struct restore_spec s = spec();
	struct answer_got g;

	show(d, LEFT);
	d->e.always = ANSWER_REFUSED;
	g = go(d, &s);
	assert_int_equal(g.err.code, ERR_DENIED);
	assert_false(g.written);
	desk_holds(d, 0, LEFT);
}

static void dropped(void **state)
{
	struct desk *d = *state;
	struct restore_spec s = spec();
	struct answer_got g = { 0 };

	show(d, LEFT);
	restore_drop(restore_start(&d->workspace, &s, done, &g));
	desk_run(d);
	assert_int_equal(g.calls, 0);
	desk_holds(d, 0, LEFT);
	restore_drop(NULL);
}

static bool upper(void *ctx, struct arena *a, struct slice now, struct slice *after, struct err *err)
{
	int *calls = ctx;

	if (++*calls == 2)
		return err_set(err, ERR_STALE, "not this one");
	*after = arena_printf(a, "AROUND\n%.*s", SLICE_ARG(now));
	return true;
}

static void around_decides(void **state)
{
	struct desk *d = *state;
	struct restore_spec s = spec();
	struct answer_got g;
	int calls = 0;

	s.around = upper;
	s.ctx = &calls;
	show(d, "mine\n");
	g = go(d, &s);
	assert_int_equal(g.err.code, ERR_NONE);
	desk_holds(d, 0, "AROUND\nmine\n");
	g = go(d, &s);
	assert_int_equal(g.err.code, ERR_STALE);
	assert_string_equal(g.err.msg, "not this one");
	desk_holds(d, 0, "AROUND\nmine\n");
}

static void entries_in_the_log(void **state)
{
	static const struct restore_entry rows[] = {
		{ RESTORE_TEXT, ENTRY_NONE, ENTRY_NONE, 0 },
		{ RESTORE_TEXT, ENTRY_NONE, ENTRY_NONE, 0755 },
		{ RESTORE_MODE, ENTRY_NONE, ENTRY_NONE, 0600 },
		{ RESTORE_LINK, ENTRY_FILE, ENTRY_LINK, 0 },
		{ RESTORE_LINK, ENTRY_LINK, ENTRY_NONE, 0 },
	};
	struct desk *d = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct restore_entry e;
		struct json v;
		struct buf b;
		struct jw w;

		buf_init(&b, 1000);
		jw_init(&w, &b);
		jw_object(&w);
		restore_entry_write(&w, &rows[i]);
		jw_end(&w);
		assert_true(json_parse(&d->arena, buf_slice(&b), &v, NULL));
		e = restore_entry_read(v);
		assert_memory_equal(&e, &rows[i], sizeof(e));
		buf_release(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(goes_back, desk_setup, desk_teardown),
		cmocka_unit_test_setup_teardown(a_conflict_is_left, desk_setup, desk_teardown),
		cmocka_unit_test_setup_teardown(typing_in_between, desk_setup, desk_teardown),
		cmocka_unit_test_setup_teardown(a_refusal_is_passed_on, desk_setup, desk_teardown),
		cmocka_unit_test_setup_teardown(dropped, desk_setup, desk_teardown),
		cmocka_unit_test_setup_teardown(around_decides, desk_setup, desk_teardown),
		cmocka_unit_test_setup_teardown(entries_in_the_log, desk_setup, desk_teardown),
	};

	return cmocka_run_group_tests_name("change/restore", tests, NULL, NULL);
}
