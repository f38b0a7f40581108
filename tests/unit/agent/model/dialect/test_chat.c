/* test_chat.c - Chat Completions as servers really write them: numbers, ids and ends missing, things said twice. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "agent/model/dialect/chat.h"

struct fixture {
	struct reply r;
	struct failure f;
	struct turn turn;
};

static void begin(struct fixture *x)
{
	*x = (struct fixture){ 0 };
	reply_init(&x->r, NULL, NULL);
}

static bool feed(struct fixture *x, const char *data)
{
	return dialect_event(&chat_dialect, &x->r, SLICE(""), slice_of(data), &x->f);
}

static void delta(struct fixture *x, const char *members)
{
	char text[1024];

	(void)snprintf(text, sizeof(text), "{\"id\":\"c1\",\"choices\":[{\"delta\":{%s}}]}",
		       members);
	assert_true(feed(x, text));
}

static void stop(struct fixture *x, const char *why)
{
	char text[256];

	(void)snprintf(text, sizeof(text),
		       "{\"choices\":[{\"delta\":{},\"finish_reason\":\"%s\"}]}", why);
	assert_true(feed(x, text));
}

static void call(struct fixture *x, const char *members)
{
	char text[512];

	(void)snprintf(text, sizeof(text), "\"tool_calls\":[{%s}]", members);
	delta(x, text);
}

/* Ends the reply; the calls, "NAME(ARGUMENTS)" one after the other. */
static void gives(struct fixture *x, enum stop_reason why, const char *calls)
{
	char seen[512] = "";
	struct slice last = SLICE("");
	size_t at = 0;

	assert_true(x->r.stopped);
	reply_turn(&x->r, SLICE("a/m"), &x->turn);
	assert_int_equal(x->r.stop, why);
	for (size_t i = 0; i < x->turn.n_blocks; i++) {
		const struct block *b = &x->turn.blocks[i];

		if (b->kind != BLOCK_CALL)
			continue;
		assert_true(b->id.len > 0);
		assert_false(slice_eq(b->id, last)); /* results are matched by it */
		last = b->id;
		at += (size_t)snprintf(seen + at, sizeof(seen) - at, "%.*s(%.*s)",
				       SLICE_ARG(b->name), SLICE_ARG(b->text));
	}
	assert_string_equal(seen, calls);
	reply_release(&x->r);
}

#define F(name, args) "\"function\":{\"name\":\"" name "\",\"arguments\":" args "}"

static void calls_of_all_kinds(void **state)
{
	struct fixture x;

	(void)state;
	begin(&x); /* as it should be */
	call(&x, "\"index\":0,\"id\":\"a\"," F("read", "\"\""));
	call(&x, "\"index\":0,\"function\":{\"arguments\":\"{\\\"p\\\":\"}");
	call(&x, "\"index\":1,\"id\":\"b\"," F("list", "\"{}\""));
	call(&x, "\"index\":0,\"function\":{\"arguments\":\"1}\"}");
	stop(&x, "tool_calls");
	gives(&x, STOP_TOOL, "read({\"p\":1})list({})");

	begin(&x); /* no index, no id; an object for arguments; "stop" */
	call(&x, F("read", "{\"p\":1}"));
	call(&x, F("list", "{}"));
	stop(&x, "stop");
	gives(&x, STOP_TOOL, "read({\"p\":1})list({})");

	begin(&x); /* two whole calls with one number */
	call(&x, "\"index\":0,\"id\":\"a\"," F("read", "\"{}\""));
	call(&x, "\"index\":0,\"id\":\"b\"," F("list", "\"{}\""));
	stop(&x, "tool_calls");
	gives(&x, STOP_TOOL, "read({})list({})");

	begin(&x); /* fragments that say neither number nor id; the name again; the whole again */
	call(&x, "\"id\":\"a\"," F("read", "\"{\\\"p\\\":\""));
	call(&x, "\"function\":{\"arguments\":\"1}\"}");
	call(&x, "\"index\":null,\"function\":{\"arguments\":\"{\\\"p\\\":1}\"}");
	stop(&x, "tool_calls");
	gives(&x, STOP_TOOL, "read({\"p\":1})");

	begin(&x); /* null and nothing are no arguments */
	call(&x, "\"index\":0,\"id\":\"a\"," F("now", "null"));
	stop(&x, "tool_calls");
	gives(&x, STOP_TOOL, "now({})");

	begin(&x); /* tools were promised, and none came */
	delta(&x, "\"content\":\"hm\",\"tool_calls\":[]");
	stop(&x, "tool_calls");
	gives(&x, STOP_END, "");

	begin(&x); /* cut in the middle: not made */
	call(&x, "\"index\":0,\"id\":\"a\"," F("read", "\"{\\\"p\\\":\""));
	stop(&x, "length");
	gives(&x, STOP_LENGTH, "");
}

static void reasoning_goes_back_as_it_came(void **state)
{
	struct fixture x;

	(void)state;
	begin(&x);
	delta(&x, "\"reasoning\":\"Look \"");
	delta(&x, "\"reasoning\":\"first.\"");
	delta(&x, "\"content\":\"Ok\"");
	stop(&x, "stop");
	reply_turn(&x.r, SLICE("a/m"), &x.turn);
	assert_int_equal(x.turn.blocks[0].kind, BLOCK_THINKING);
	assert_true(slice_eq_cstr(x.turn.blocks[0].raw, "{\"reasoning\":\"Look first.\"}"));
	reply_release(&x.r);
	begin(&x);
	delta(&x,
	      "\"reasoning\":\"L\",\"reasoning_details\":[{\"text\":\"L\",\"signature\":\"s\"}]");
	delta(&x, "\"content\":\"Ok\"");
	stop(&x, "stop");
	reply_turn(&x.r, SLICE("a/m"), &x.turn);
	assert_true(
		slice_eq_cstr(x.turn.blocks[0].raw,
			      "{\"reasoning_details\":[{\"text\":\"L\",\"signature\":\"s\"}]}"));
	reply_release(&x.r);
}

static void usage_is_taken_where_it_comes(void **state)
{
	struct fixture x;

	(void)state;
	begin(&x);
	delta(&x, "\"content\":\"a\"");
	stop(&x, "stop");
	assert_true(feed(
		&x,
		"{\"choices\":[],\"usage\":{\"prompt_tokens\":100,\"completion_tokens\":7,"
		"\"prompt_tokens_details\":{\"cached_tokens\":60,\"cache_write_tokens\":30}}}"));
	assert_true(feed(&x, "[DONE]"));
	assert_true(x.r.complete && x.r.usage.input == 10 && x.r.usage.cache_read == 60);
	assert_true(x.r.usage.cache_write == 30 && x.r.usage.output == 7);
	/* as DeepSeek says it; and numbers that cannot be do not wrap around */
	assert_true(feed(&x, "{\"choices\":[],\"usage\":{\"prompt_tokens\":5,"
			     "\"prompt_cache_hit_tokens\":9,\"completion_tokens\":-1}}"));
	assert_true(x.r.usage.input == 0 && x.r.usage.cache_read == 5 && x.r.usage.output == 0);
	reply_release(&x.r);
}

static void fails(const char *data, enum fail_kind kind)
{
	struct fixture x;

	begin(&x);
	assert_false(feed(&x, data));
	assert_int_equal(x.f.kind, kind);
	reply_release(&x.r);
}

static void errors_in_the_stream(void **state)
{
	struct fixture x;

	(void)state;
	fails("{\"error\":{\"code\":502,\"message\":\"upstream\"},\"choices\":[]}", FAIL_SERVER);
	fails("{\"error\":\"model has crashed\"}", FAIL_SERVER);
	fails("{\"object\":\"error\",\"message\":\"This model's maximum context length is 4096\"}",
	      FAIL_OVERFLOW);
	fails("{\"error\":{\"code\":\"insufficient_quota\",\"message\":\"x\"}}", FAIL_BILLING);
	fails("{\"error\":{\"type\":\"unavailable_error\",\"code\":503,\"message\":\"Loading model\"}}",
	      FAIL_OVERLOADED);
	fails("not json", FAIL_PROTOCOL);
	fails("<html>", FAIL_FOREIGN);
	begin(&x); /* [DONE] alone ends nothing; an unknown event is no fault */
	assert_true(feed(&x, "[DONE]"));
	assert_false(x.r.complete);
	assert_true(dialect_event(&chat_dialect, &x.r, SLICE("ping"), SLICE("..."), &x.f));
	reply_release(&x.r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(calls_of_all_kinds),
		cmocka_unit_test(reasoning_goes_back_as_it_came),
		cmocka_unit_test(usage_is_taken_where_it_comes),
		cmocka_unit_test(errors_in_the_stream),
	};

	return cmocka_run_group_tests_name("model/chat", tests, NULL, NULL);
}
