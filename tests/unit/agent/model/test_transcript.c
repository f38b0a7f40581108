/* test_transcript.c - turns stay where and as they were added. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/model/transcript.h"

static void grows(void **state)
{
	struct transcript t = { 0 };
	struct arena a;

	(void)state;
	arena_init(&a);
	for (size_t i = 0; i < 1000; i++) {
		struct block *b = arena_array(&a, 1, sizeof(*b));
		struct turn turn = { i % 2 ? ROLE_ASSISTANT : ROLE_USER, SLICE("m"), b, 1 };

		b->text = arena_printf(&a, "%zu", i);
		transcript_add(&t, &a, &turn);
	}
	assert_int_equal(t.n, 1000);
	for (size_t i = 0; i < 1000; i++) {
		assert_int_equal(t.turns[i].role, i % 2 ? ROLE_ASSISTANT : ROLE_USER);
		assert_true(slice_eq(t.turns[i].blocks[0].text, arena_printf(&a, "%zu", i)));
	}
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(grows) };

	return cmocka_run_group_tests_name("agent/model/transcript", tests, NULL, NULL);
}
