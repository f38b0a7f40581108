/* test_snapshot.c - a snapshot keeps its text, whatever happens to the source. */
#include "agent/base/snapshot.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "protocol/base/mem.h"

static void keeps_its_text(void **state)
{
	char text[] = "one";
	struct snapshot *s = snapshot_new(slice_of(text), 7), *again = snapshot_ref(s);

	(void)state;
	text[0] = 'X';
	snapshot_unref(s);
	assert_true(slice_eq(snapshot_text(again), SLICE("one")));
	assert_int_equal(snapshot_version(again), 7);
	snapshot_unref(again);
	snapshot_unref(NULL);
}

static void takes_memory(void **state)
{
	struct snapshot *s = snapshot_take(xstrdup("a\0b"), 1, -3);

	(void)state;
	assert_int_equal(snapshot_text(s).len, 1);
	assert_int_equal(snapshot_version(s), -3);
	snapshot_unref(s); /* leaks show under ASan */
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(keeps_its_text),
					    cmocka_unit_test(takes_memory) };

	return cmocka_run_group_tests_name("workspace/snapshot", tests, NULL, NULL);
}
