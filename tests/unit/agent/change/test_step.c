/* test_step.c - one step taken back on the text of now, in memory. */
#include "agent/change/step.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "protocol/base/mem.h"

#define BEFORE "one\ntwo\nthree\n\nfive\n"
#define LEFT "one\nTWO\nthree\n\nfive\n"

static const struct slice none = { NULL, 0 };

static struct slice slice_or_none(const char *s)
{
	return s ? slice_of(s) : none;
}

static struct standing file(struct arena *a, const char *text)
{
	struct standing s = { .exists = text != NULL, .bytes = slice_or_none(text) };
	struct err ignored = { 0 };

	if (text && !encoding_decode(a, s.bytes, &s.encoding, &s.text, &ignored))
		s.text = none;
	return s;
}

struct row {
	const char *now, *from, *to; /* NULL: no file */
	const char *want;	     /* NULL: no file */
	const char *why;	     /* in the message; NULL: it goes back */
};

static const struct row rows[] = {
	{ LEFT, LEFT, BEFORE, BEFORE, NULL },
	{ BEFORE, LEFT, BEFORE, BEFORE, NULL }, /* it is back already */
	{ LEFT "MINE\n", LEFT, BEFORE, BEFORE "MINE\n", NULL },
	{ "MINE\n" LEFT, LEFT, BEFORE, "MINE\n" BEFORE, NULL },
	{ "one\nTWO\nMINE\nthree\n\nfive\n", LEFT, BEFORE, "one\ntwo\nMINE\nthree\n\nfive\n", NULL },
	{ "one\nTWO or three\nthree\n\nfive\n", LEFT, BEFORE, NULL, "line 2 was changed since" },
	{ "MINE\none\nTWO or\nthree\n\nfive\n", LEFT, BEFORE, NULL, "line 3 was changed since" },
	{ "one\nthree\n\nfive\n", LEFT, BEFORE, NULL, "line 2 was changed since" },
	{ LEFT, LEFT, NULL, NULL, NULL }, /* it made the file */
	{ NULL, LEFT, NULL, NULL, NULL }, /* which is gone already */
	{ LEFT "MINE\n", LEFT, NULL, NULL, "since Emend created it" },
	{ NULL, NULL, BEFORE, BEFORE, NULL }, /* it removed the file */
	{ "MINE\n", NULL, BEFORE, NULL, "is there again" },
	{ NULL, LEFT, BEFORE, NULL, "removed since" },
	{ "\xff\xfe\xff", LEFT, BEFORE, NULL, "is not text" },
	{ "\xe9t\xe9\n", "\xe9t\xe9\n", "caf\xe9\n", "caf\xe9\n", NULL }, /* Latin-1 stays */
	{ "\xe9\n2\n3\nMINE\n", "\xe9\n2\n3\n", "caf\xe9\n2\n3\n", "caf\xe9\n2\n3\nMINE\n", NULL },
	{ "1\r\nB\r\n3\r\nMINE\r\n", "1\r\nB\r\n3\r\n", "1\r\nb\r\n3\r\n", "1\r\nb\r\n3\r\nMINE\r\n",
	  NULL },
	{ "", "", "text\n", "text\n", NULL },
};

static void steps_turn(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct row *r = &rows[i];
		struct err err = { 0 };
		struct standing now;
		struct arena a;
		bool ok;

		arena_init(&a);
		now = file(&a, r->now);
		ok = step_turn(&a, &now, slice_or_none(r->from), slice_or_none(r->to), &err);
		if (ok != !r->why || (r->why && !strstr(err.msg, r->why)))
			fail_msg("row %zu: %s", i, err.msg);
		if (!slice_eq(now.bytes, slice_or_none(r->why ? r->now : r->want)) ||
		    (ok && now.exists != (r->want != NULL)))
			fail_msg("row %zu: %.*s", i, SLICE_ARG(now.bytes));
		arena_release(&a);
	}
}

/* The text of a buffer is the text of a file in any encoding. */
static void in_a_buffer(void **state)
{
	struct standing now = { .exists = true, .is_buffer = true };
	struct arena a;
	struct err err = { 0 };

	(void)state;
	arena_init(&a);
	now.bytes = now.text = SLICE("\xc3\xa9\n2\nMINE\n");
	assert_true(step_turn(&a, &now, SLICE("\xe9\n2\n"), SLICE("caf\xe9\n2\n"), &err));
	assert_true(slice_eq(now.bytes, SLICE("caf\xc3\xa9\n2\nMINE\n")));
	now.bytes = now.text = SLICE("\xc3\xa9\n");
	assert_true(step_turn(&a, &now, SLICE("\xe9\n"), none, &err));
	assert_false(now.exists);
	arena_release(&a);
}

/* Two steps, with typing between them and in the first: the second goes back, the first is named. */
static void typing_between_two_steps(void **state)
{
	struct standing now;
	struct err err = { 0 };
	struct arena a;

	(void)state;
	arena_init(&a);
	now = file(&a, "1\nMINE 2\n3\n4\nFIVE mine\n6\n7\n8\nNINE\n");
	assert_true(step_turn(&a, &now, SLICE("1\nMINE 2\n3\n4\nFIVE mine\n6\n7\n8\nNINE\n"),
			      SLICE("1\nMINE 2\n3\n4\nFIVE mine\n6\n7\n8\n9\n"), &err));
	assert_false(step_turn(&a, &now, SLICE("1\n2\n3\n4\nFIVE\n6\n7\n8\n9\n"),
			       SLICE("1\n2\n3\n4\n5\n6\n7\n8\n9\n"), &err));
	assert_non_null(strstr(err.msg, "line 5 was changed since"));
	assert_true(slice_eq(now.text, SLICE("1\nMINE 2\n3\n4\nFIVE mine\n6\n7\n8\n9\n")));
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(steps_turn),
		cmocka_unit_test(in_a_buffer),
		cmocka_unit_test(typing_between_two_steps),
	};

	return cmocka_run_group_tests_name("change/step", tests, NULL, NULL);
}
