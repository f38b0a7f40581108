/* test_prune.c - old contents go when all are too much: the oldest first, never a log, never what is
 * still needed. */
#include "agent/store/prune.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/agent/store/shelf.h"

enum { SESSIONS = PRUNE_KEEP + 4, BYTES = 1000, LONG_MS = 60 * 1000 };

static struct slice name(int i, char out[24])
{
	(void)snprintf(out, 24, "20260101-%02daaaaaaa", i);
	return slice_of(out);
}

static struct event_log *open_session(void **state, int i)
{
	struct event_log *l = NULL;
	char id[24];

	assert_true(event_log_open(((struct shelf *)*state)->store, name(i, id), &l, NULL));
	return l;
}

/* Session 0 is the oldest. Each holds one blob. */
static void fill(void **state)
{
	char text[BYTES];
	struct sha256_hex h;

	for (int i = 0; i < SESSIONS; i++) {
		struct event_log *l = open_session(state, i);

		memset(text, 'a' + i, sizeof(text));
		assert_true(blob_put(l, slice_make(text, sizeof(text)), &h, NULL));
		shelf_close(*state, l);
	}
}

static bool has_blob(void **state, int i)
{
	char text[BYTES], id[24];
	struct slice got;
	struct arena a;
	bool ok;

	memset(text, 'a' + i, sizeof(text));
	arena_init(&a);
	ok = blob_get(scratch_dir(*state), name(i, id), slice_of(sha256(slice_make(text, BYTES)).s),
		      &a, &got, NULL);
	arena_release(&a);
	return ok;
}

/* Which have none, as bits. */
static unsigned gone(void **state)
{
	unsigned bits = 0;

	for (int i = 0; i < SESSIONS; i++)
		bits |= has_blob(state, i) ? 0 : 1u << i;
	return bits;
}

static bool saw_pruned(void *payload, struct json ev, struct err *err)
{
	(void)err;
	if (json_is(json_get(ev, "type"), "pruned"))
		*(int64_t *)payload = json_i64_or(json_get(ev, "bytes"), 0);
	return true;
}

static uint64_t prune(void **state, uint64_t max)
{
	return history_prune(scratch_dir(*state), max, LONG_MS);
}

static void the_oldest_go(void **state)
{
	int64_t bytes = 0;
	char id[24];

	fill(state);
	assert_int_equal(prune(state, 0), 0); /* no limit */
	assert_int_equal(prune(state, SESSIONS * BYTES), 0);
	assert_int_equal(gone(state), 0);
	assert_int_equal(prune(state, SESSIONS * BYTES - 1), BYTES);
	assert_int_equal(gone(state), 1);
	assert_int_equal(prune(state, (SESSIONS - 3) * BYTES), 2 * BYTES);
	assert_int_equal(gone(state), 7);
	/* The log stays, says so, and holds. */
	assert_true(event_log_read(scratch_dir(*state), name(1, id), saw_pruned, &bytes, NULL));
	assert_int_equal(bytes, BYTES);
	/* The newest keep theirs, whatever the limit. */
	assert_int_equal(prune(state, 1), BYTES);
	assert_int_equal(gone(state), 15);
	assert_int_equal(prune(state, 1), 0);
}

static void what_is_needed_stays(void **state)
{
	struct event_log *at_work;
	char id[24];

	fill(state);
	shelf_mark(scratch_dir(*state), "/ws", name(0, id));
	at_work = open_session(state, 2);
	assert_int_equal(prune(state, 1), 2 * BYTES);
	assert_int_equal(gone(state), 1u << 1 | 1u << 3);
	shelf_close(*state, at_work);
	unfinished_remove(scratch_dir(*state), SLICE("/ws"), name(0, id));
	assert_int_equal(prune(state, 1), 2 * BYTES);
	assert_int_equal(gone(state), 15);
}

/* What a session holds is remembered beside it, and measured anew once it was written again. */
static void sizes_are_remembered_but_not_for_ever(void **state)
{
	struct event_log *l;
	struct sha256_hex h;
	char path[64], id[24], *text;

	fill(state);
	assert_int_equal(prune(state, SESSIONS * BYTES), 0);
	(void)snprintf(path, sizeof(path), "sessions/%s/blobs.size", name(0, id).ptr);
	assert_int_equal(scratch_read(*state, path, &text), 5);
	assert_string_equal(text, "1000\n");
	free(text);
	l = open_session(state, 0);
	assert_true(blob_put(l, SLICE("more"), &h, NULL));
	shelf_close(*state, l);
	assert_int_equal(prune(state, SESSIONS * BYTES), BYTES + 4);
	assert_int_equal(gone(state), 1);
}

static void without_time_nothing_goes(void **state)
{
	fill(state);
	assert_int_equal(history_prune(scratch_dir(*state), 1, 0), 0);
	assert_int_equal(gone(state), 0);
}

/* A task that starts prunes on the store's thread, between what others write there. */
static void on_the_thread(void **state)
{
	struct shelf *s = *state;

	fill(state);
	history_prune_start(s->store, SESSIONS * BYTES - 1);
	shelf_run(s);
	assert_int_equal(gone(state), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_oldest_go, shelf_setup, shelf_teardown),
		cmocka_unit_test_setup_teardown(what_is_needed_stays, shelf_setup, shelf_teardown),
		cmocka_unit_test_setup_teardown(sizes_are_remembered_but_not_for_ever, shelf_setup,
						shelf_teardown),
		cmocka_unit_test_setup_teardown(without_time_nothing_goes, shelf_setup,
						shelf_teardown),
		cmocka_unit_test_setup_teardown(on_the_thread, shelf_setup, shelf_teardown),
	};

	return cmocka_run_group_tests_name("store/prune", tests, NULL, NULL);
}
