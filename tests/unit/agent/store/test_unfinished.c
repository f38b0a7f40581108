/* test_unfinished.c - which sessions of a workspace have a change under way. */
#include "agent/store/unfinished.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/agent/store/shelf.h"

static bool mark_or(void **state, const char *workspace, const char *session, struct err *err)
{
	struct shelf *s = *state;
	struct event_log *l;
	bool ok;

	assert_true(event_log_open(s->store, slice_of(session), &l, NULL));
	event_log_mark(l, slice_of(workspace));
	ok = shelf_sync(s, l, err);
	shelf_close(s, l);
	return ok;
}

static bool mark(void **state, const char *workspace, const char *session)
{
	return mark_or(state, workspace, session, NULL);
}

/* The marked sessions, sorted by their first letter, as one word. */
static const char *marked(void **state, const char *workspace, size_t max)
{
	static char out[64];
	struct slice found[8];
	struct arena a;
	size_t n, len = 0;

	arena_init(&a);
	n = unfinished_list(scratch_dir(*state), slice_of(workspace), &a, found, max);
	for (char c = 'a'; c <= 'z'; c++)
		for (size_t i = 0; i < n; i++)
			if (found[i].ptr[0] == c)
				len += (size_t)snprintf(out + len, sizeof(out) - len, "%.*s ",
							SLICE_ARG(found[i]));
	out[len] = '\0';
	arena_release(&a);
	return out;
}

static void by_workspace(void **state)
{
	assert_string_equal(marked(state, "/ws", 8), ""); /* no folder yet */
	assert_true(mark(state, "/ws", "a1") && mark(state, "/ws", "b1") && mark(state, "/ws", "b1"));
	assert_true(mark(state, "/ws2", "c1"));
	assert_string_equal(marked(state, "/ws", 8), "a1 b1 ");
	assert_string_equal(marked(state, "/ws2", 8), "c1 ");
	assert_string_equal(marked(state, "/w", 8), "");
	assert_int_equal(strlen(marked(state, "/ws", 1)), 3); /* one of them */
	unfinished_remove(scratch_dir(*state), SLICE("/ws2"), SLICE("a1")); /* not that one */
	unfinished_remove(scratch_dir(*state), SLICE("/ws"), SLICE("b1"));
	unfinished_remove(scratch_dir(*state), SLICE("/ws"), SLICE("b1"));
	assert_string_equal(marked(state, "/ws", 8), "a1 ");
}

/* Without a mark on the disk no file may be touched. */
static void what_cannot_be_marked_is_an_error(void **state)
{
	struct err err = { 0 };

	scratch_write(*state, "unfinished", "a file\n", 7);
	assert_false(mark_or(state, "/ws", "a1", &err));
	assert_int_equal(err.code, ERR_IO);
	assert_non_null(strstr(err.msg, "unfinished"));
	assert_string_equal(marked(state, "/ws", 8), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(by_workspace, shelf_setup, shelf_teardown),
		cmocka_unit_test_setup_teardown(what_cannot_be_marked_is_an_error, shelf_setup,
						shelf_teardown),
	};

	return cmocka_run_group_tests_name("store/unfinished", tests, NULL, NULL);
}
