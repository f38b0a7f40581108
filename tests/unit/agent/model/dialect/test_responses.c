/* test_responses.c - what the turn of a Responses reply holds, where the server does not keep to the rules. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/model/dialect.h"

static void feed(struct reply *r, const char *text)
{
	struct failure f = { 0 };

	assert_true(dialect_event(&responses_dialect, r, SLICE(""), slice_of(text), &f));
}

/* The second gets an id of its own, under which its result goes back. What the server wrote of it still holds the
 * other one, and would be refused beside that result. */
static void two_calls_with_one_id(void **state)
{
	struct reply r;
	struct turn t;

	(void)state;
	reply_init(&r, NULL, NULL);
	feed(&r, "{\"type\":\"response.output_item.done\",\"output_index\":0,\"item\":{\"type\":"
		 "\"function_call\",\"call_id\":\"c\",\"name\":\"a\",\"arguments\":\"{}\"}}");
	feed(&r, "{\"type\":\"response.output_item.done\",\"output_index\":1,\"item\":{\"type\":"
		 "\"function_call\",\"call_id\":\"c\",\"name\":\"b\",\"arguments\":\"{}\"}}");
	feed(&r, "{\"type\":\"response.completed\",\"response\":{\"status\":\"completed\"}}");
	reply_turn(&r, SLICE("openai/m"), &t);
	assert_int_equal(t.n_blocks, 2);
	assert_true(slice_eq_cstr(t.blocks[0].id, "c"));
	assert_true(t.blocks[0].raw.len > 0);
	assert_false(slice_eq_cstr(t.blocks[1].id, "c"));
	assert_int_equal(t.blocks[1].raw.len, 0);
	reply_release(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_calls_with_one_id),
	};

	return cmocka_run_group_tests_name("model/responses", tests, NULL, NULL);
}
