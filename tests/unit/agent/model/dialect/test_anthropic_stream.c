/* test_anthropic_stream.c - streams of servers that leave things out, add things, or go too far. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "agent/model/dialect/anthropic.h"
#include "protocol/base/limits.h"

struct fixture {
	struct reply r;
	struct failure f;
	struct turn turn;
	struct buf shown;
};

static void show(void *payload, struct slice text)
{
	buf_append(&((struct fixture *)payload)->shown, text);
}

static const struct model_callbacks sink = { .text = show, .thinking = show };

static void begin(struct fixture *x)
{
	*x = (struct fixture){ 0 };
	buf_init(&x->shown, 1 << 20);
	reply_init(&x->r, &sink, x);
}

static void end(struct fixture *x)
{
	buf_release(&x->shown);
	reply_release(&x->r);
}

static bool feed(struct fixture *x, const char *event, const char *data)
{
	return dialect_event(&anthropic_dialect, &x->r, slice_of(event), slice_of(data), &x->f);
}

static bool turn(struct fixture *x)
{
	reply_turn(&x->r, SLICE("anthropic/m"), &x->turn);
	return x->f.kind == FAIL_NONE;
}

static void types_from_the_event_name(void **state)
{
	struct fixture x;

	(void)state;
	begin(&x);
	assert_true(feed(&x, "content_block_start", "{\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"a\"}}"));
	assert_true(feed(&x, "content_block_delta",
			 "{\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"b\"}}"));
	assert_true(feed(&x, "", "{\"type\":\"content_block_stop\",\"index\":0}"));
	assert_true(feed(&x, "message_stop", "{}"));
	assert_true(feed(&x, "", "[DONE]"));
	assert_true(x.r.complete && turn(&x));
	assert_int_equal(x.turn.n_blocks, 1);
	assert_true(slice_eq_cstr(x.turn.blocks[0].text, "ab"));
	assert_string_equal(buf_cstr(&x.shown), "ab");
	end(&x);
}

static void input_from_the_start_block(void **state)
{
	struct fixture x;

	(void)state;
	begin(&x);
	assert_true(feed(&x, "", "{\"type\":\"content_block_start\",\"index\":3,\"content_block\":{\"type\":"
				 "\"tool_use\",\"id\":\"t\",\"name\":\"n\",\"input\":{\"a\":[1]}}}"));
	assert_true(feed(&x, "", "{\"type\":\"content_block_stop\",\"index\":3}"));
	assert_true(turn(&x));
	assert_true(slice_eq_cstr(x.turn.blocks[0].text, "{\"a\":[1]}"));
	assert_int_equal(x.r.stop, STOP_TOOL);
	end(&x);
}

static void unsigned_thinking_is_dropped(void **state)
{
	struct fixture x;

	(void)state;
	begin(&x);
	assert_true(feed(&x, "", "{\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":"
				 "\"thinking\",\"thinking\":\"hm\"}}"));
	assert_true(feed(&x, "", "{\"type\":\"content_block_stop\",\"index\":0}"));
	assert_true(turn(&x));
	assert_int_equal(x.turn.n_blocks, 0);
	assert_string_equal(buf_cstr(&x.shown), "hm");
	end(&x);
}

static void usage_is_cumulative(void **state)
{
	struct fixture x;

	(void)state;
	begin(&x);
	assert_true(feed(&x, "", "{\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"usage\":{\"input_tokens\":9,"
				 "\"cache_read_input_tokens\":5,\"output_tokens\":1}}}"));
	assert_true(feed(&x, "", "{\"type\":\"message_delta\",\"delta\":{},\"usage\":{\"output_tokens\":7,"
				 "\"input_tokens\":null,\"cache_read_input_tokens\":-4}}"));
	assert_true(feed(&x, "", "{\"type\":\"message_delta\",\"usage\":{\"output_tokens\":11,"
				 "\"output_tokens_details\":{\"thinking_tokens\":4}}}"));
	assert_int_equal(x.r.usage.input, 9);
	assert_int_equal(x.r.usage.cache_read, 5);
	assert_int_equal(x.r.usage.output, 11);
	assert_int_equal(x.r.usage.reasoning, 4);
	end(&x);
}

static void strangers_are_ignored(void **state)
{
	static const char *const events[] = {
		"{}", "[]", "null", "1", "{\"type\":\"future\"}", "{\"type\":7}",
		"{\"type\":\"content_block_delta\",\"index\":9,\"delta\":{\"type\":\"text_delta\",\"text\":\"x\"}}",
		"{\"type\":\"content_block_stop\",\"index\":9}", "{\"type\":\"message_start\"}",
		"{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":null}}",
	};
	struct fixture x;

	(void)state;
	begin(&x);
	for (size_t i = 0; i < ARRAY_LEN(events); i++)
		assert_true(feed(&x, "", events[i]));
	assert_int_equal(x.r.n, 0);
	assert_false(x.r.complete);
	end(&x);
}

static void failures(void **state)
{
	static const struct {
		const char *data;
		enum fail_kind kind;
	} cases[] = {
		{ "{", FAIL_PROTOCOL },
		{ "", FAIL_PROTOCOL },
		{ "{\"type\":\"content_block_start\",\"index\":0}", FAIL_PROTOCOL },
		{ "{\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"tool_use\"}}",
		  FAIL_PROTOCOL },
		{ "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\"}}", FAIL_OVERLOADED },
		{ "{\"type\":\"error\",\"error\":{\"type\":\"rate_limit_error\"}}", FAIL_RATE },
		{ "{\"type\":\"error\",\"error\":{\"type\":\"new_error\"}}", FAIL_SERVER },
		{ "{\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\",\"message\":\"prompt is too long\"}}",
		  FAIL_OVERFLOW },
		{ "{\"error\":{\"message\":\"gateway\"}}", FAIL_SERVER },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct fixture x;

		begin(&x);
		assert_false(feed(&x, "", cases[i].data));
		assert_int_equal(x.f.kind, cases[i].kind);
		end(&x);
	}
}

/* What is wrong with a call is told to the model, by the tools: it is no failure of the provider. */
static void calls_that_are_no_object(void **state)
{
	static const struct {
		const char *sent, *kept;
	} rows[] = {
		{ "{\\\"path\\\": a}", "{\"" CALL_NOT_JSON "\":\"{\\\"path\\\": a}\"}" },
		{ "[]", "{\"" CALL_NOT_JSON "\":\"[]\"}" },
		{ "null", "{\"" CALL_NOT_JSON "\":\"null\"}" },
		{ "", "{}" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct fixture x;
		char data[300];

		begin(&x);
		for (int n = 0; n < 2; n++) { /* both with one id: the provider would refuse that */
			(void)snprintf(data, sizeof(data),
				       "{\"type\":\"content_block_start\",\"index\":%d,\"content_block\":{\"type\":"
				       "\"tool_use\",\"id\":\"t\",\"name\":\"n\"}}", n);
			assert_true(feed(&x, "", data));
			(void)snprintf(data, sizeof(data),
				       "{\"type\":\"content_block_delta\",\"index\":%d,\"delta\":{\"type\":"
				       "\"input_json_delta\",\"partial_json\":\"%s\"}}", n, rows[i].sent);
			assert_true(feed(&x, "", data));
		}
		assert_true(turn(&x));
		assert_int_equal(x.turn.n_blocks, 2);
		assert_true(slice_eq_cstr(x.turn.blocks[0].text, rows[i].kept));
		assert_false(slice_eq(x.turn.blocks[0].id, x.turn.blocks[1].id));
		end(&x);
	}
}

static void too_many_blocks(void **state)
{
	struct fixture x;
	char data[200];
	bool ok = true;
	int i;

	(void)state;
	begin(&x);
	for (i = 0; ok && i < 2000; i++) {
		(void)snprintf(data, sizeof(data),
			       "{\"type\":\"content_block_start\",\"index\":%d,\"content_block\":{\"type\":\"tool_use\","
			       "\"id\":\"t%d\",\"name\":\"n\"}}", i, i);
		ok = feed(&x, "", data);
	}
	assert_false(ok);
	assert_int_equal(i, REPLY_BLOCKS + 1);
	assert_int_equal(x.f.kind, FAIL_LIMIT);
	end(&x);
}

static void too_much(const char *type, const char *delta, const char *field, size_t limit)
{
	static char data[1024 * 1024 + 200];
	struct fixture x;
	size_t n, fed = 0;
	bool ok = true;

	begin(&x);
	(void)snprintf(data, sizeof(data), "{\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":"
					   "\"%s\",\"id\":\"t\",\"name\":\"n\"}}", type);
	assert_true(feed(&x, "", data));
	n = (size_t)snprintf(data, sizeof(data), "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":"
						 "\"%s\",\"%s\":\"", delta, field);
	memset(data + n, 'x', 1024 * 1024);
	memcpy(data + n + 1024 * 1024, "\"}}", 4);
	while (ok && fed <= 2 * limit) {
		ok = feed(&x, "", data);
		fed += 1024 * 1024;
	}
	assert_false(ok);
	assert_int_equal(x.f.kind, FAIL_LIMIT);
	assert_int_equal(fed, limit + 1024 * 1024);
	end(&x);
}

static void sizes(void **state)
{
	(void)state;
	too_much("tool_use", "input_json_delta", "partial_json", LIMIT_TOOL_ARGS_BYTES);
	too_much("thinking", "signature_delta", "signature", LIMIT_TURN_BYTES);
}

static void whole_replies(void **state)
{
	struct fixture x;

	(void)state;
	begin(&x);
	assert_true(dialect_whole(&anthropic_dialect, &x.r, SLICE("{\"id\":\"m1\",\"content\":[{\"type\":\"text\",\"text\":\"hi\"}],"
						"\"stop_reason\":\"max_tokens\",\"usage\":{\"output_tokens\":3}}"),
				    &x.f));
	assert_true(turn(&x) && x.r.complete && x.r.stop == STOP_LENGTH && x.r.usage.output == 3);
	end(&x);
	begin(&x);
	assert_false(dialect_whole(&anthropic_dialect, &x.r, SLICE("<html>"), &x.f));
	assert_int_equal(x.f.kind, FAIL_FOREIGN);
	assert_false(dialect_whole(&anthropic_dialect, &x.r, SLICE("{\"ok\":true}"), &x.f));
	assert_int_equal(x.f.kind, FAIL_FOREIGN);
	assert_false(dialect_whole(&anthropic_dialect, &x.r, SLICE("{\"error\":{\"type\":\"api_error\"}}"), &x.f));
	assert_int_equal(x.f.kind, FAIL_SERVER);
	end(&x);
}

static void official_spend_limit(void **state)
{
	static const char body[] = "{\"error\":{\"type\":\"rate_limit_error\",\"message\":\"limit\"}}";
	struct endpoint e = { .official = true, .dialect = &anthropic_dialect };
	struct failure f = { .status = 429 };

	(void)state;
	dialect_error(&e, slice_of(body), &f);
	assert_int_equal(f.kind, FAIL_BILLING); /* no word on when to come back */
	f = (struct failure){ .status = 429, .has_wait = true };
	dialect_error(&e, slice_of(body), &f);
	assert_int_equal(f.kind, FAIL_RATE);
	e.official = false;
	f = (struct failure){ .status = 429 };
	dialect_error(&e, slice_of(body), &f);
	assert_int_equal(f.kind, FAIL_RATE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(types_from_the_event_name),
		cmocka_unit_test(input_from_the_start_block),
		cmocka_unit_test(unsigned_thinking_is_dropped),
		cmocka_unit_test(usage_is_cumulative),
		cmocka_unit_test(strangers_are_ignored),
		cmocka_unit_test(failures),
		cmocka_unit_test(calls_that_are_no_object),
		cmocka_unit_test(too_many_blocks),
		cmocka_unit_test(sizes),
		cmocka_unit_test(whole_replies),
		cmocka_unit_test(official_spend_limit),
	};

	return cmocka_run_group_tests_name("agent/model/anthropic_stream", tests, NULL, NULL);
}
