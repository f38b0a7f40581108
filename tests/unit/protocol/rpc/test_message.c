/* test_message.c - telling the four kinds of messages apart, and errors that travel and come back. */
#include "protocol/rpc/message.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "protocol/base/limits.h"

static struct json parse(struct arena *a, struct slice text)
{
	struct err err = { 0 };
	struct json root;

	if (!json_parse(a, text, &root, &err))
		fail_msg("%s", err.msg);
	return root;
}

static void test_classify(void **state)
{
	static const struct {
		const char *text;
		enum message_kind kind;
		const char *id, *method, *params;
		bool why;
	} cases[] = {
		{ "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"m\"}", MESSAGE_REQUEST, "1", "m", "", false },
		{ "{\"jsonrpc\":\"2.0\",\"id\":\"\",\"method\":\"\"}", MESSAGE_REQUEST, "\"\"", "", "", false },
		{ "{\"jsonrpc\":\"2.0\",\"id\":1.0,\"method\":\"m\",\"params\":[]}", MESSAGE_REQUEST, "1.0", "m", "[]",
		  false },
		{ "{\"method\":\"a\\/\\u0062\",\"params\":{},\"\\u006asonrpc\":\"2.0\"}", MESSAGE_NOTIFICATION, "",
		  "a/b", "{}", false },
		{ "{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"params\":null}", MESSAGE_NOTIFICATION, "", "m", "", false },
		{ "{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"result\":1}", MESSAGE_NOTIFICATION, "", "m", "", false },
		{ "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":null}", MESSAGE_RESPONSE, "1", "", "", false },
		{ "{\"id\":1,\"result\":2}", MESSAGE_RESPONSE, "1", "", "", false },
		{ "{\"jsonrpc\":\"2.0\",\"id\":\"x\",\"error\":{}}", MESSAGE_RESPONSE, "\"x\"", "", "", false },
		{ "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{}}", MESSAGE_RESPONSE, "", "", "", false },
		{ "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":2,\"error\":null}", MESSAGE_RESPONSE, "1", "", "", false },
		{ "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":null,\"error\":{}}", MESSAGE_RESPONSE, "1", "", "", false },
		{ "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":1,\"error\":{}}", MESSAGE_RESPONSE, "1", "", "", true },
		{ "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":null}", MESSAGE_RESPONSE, "1", "", "", true },
		{ "[]", MESSAGE_INVALID, "", "", "", true },
		{ "null", MESSAGE_INVALID, "", "", "", true },
		{ "{\"jsonrpc\":\"2.0\",\"id\":7}", MESSAGE_INVALID, "7", "", "", true },
		{ "{\"id\":7,\"method\":\"m\"}", MESSAGE_INVALID, "7", "", "", true },
		{ "{\"jsonrpc\":\"2.0\",\"id\":{},\"method\":\"m\"}", MESSAGE_INVALID, "", "", "", true },
		{ "{\"jsonrpc\":\"2.0\",\"id\":12345678901234567890,\"method\":\"m\"}", MESSAGE_INVALID, "", "", "",
		  true },
		{ "{\"jsonrpc\":\"2.0\",\"method\":null}", MESSAGE_INVALID, "", "", "", true },
		{ "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"m\",\"params\":0}", MESSAGE_INVALID, "7", "m", "0", true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct message m;
		struct arena a;

		arena_init(&a);
		message_classify(parse(&a, slice_of(cases[i].text)), &a, &m);
		if (m.kind != cases[i].kind || (m.why != NULL) != cases[i].why ||
		    !slice_eq_cstr(m.id, cases[i].id) || !slice_eq(m.method, slice_of(cases[i].method)) ||
		    !slice_eq_cstr(json_raw(m.params), cases[i].params))
			fail_msg("%s: kind %d, id %.*s, %s", cases[i].text, (int)m.kind, SLICE_ARG(m.id),
				 m.why ? m.why : "");
		arena_release(&a);
	}
}

static void expect_written(struct buf *b, const char *want)
{
	assert_string_equal(buf_cstr(b), want);
	buf_clear(b);
}

static void test_writers(void **state)
{
	struct buf b;
	struct jw w;

	(void)state;
	buf_init(&b, 1000);
	jw_init(&w, &b);
	message_request_begin(&w, SLICE("\"i\""), "m");
	jw_array(&w);
	jw_end(&w);
	message_end(&w);
	expect_written(&b, "{\"jsonrpc\":\"2.0\",\"id\":\"i\",\"method\":\"m\",\"params\":[]}");
	jw_init(&w, &b);
	message_notification_begin(&w, "m");
	jw_i64(&w, 1);
	message_end(&w);
	expect_written(&b, "{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"params\":1}");
	jw_init(&w, &b);
	message_result_begin(&w, SLICE("12"));
	jw_null(&w);
	message_end(&w);
	expect_written(&b, "{\"jsonrpc\":\"2.0\",\"id\":12,\"result\":null}");
	jw_init(&w, &b);
	message_error(&w, SLICE(""), -1, SLICE("a\"b"), NULL);
	expect_written(&b, "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-1,\"message\":\"a\\\"b\"}}");
	buf_release(&b);
}

/* Each kind of error survives the way through the wire. */
static void test_errors_come_back(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 1000);
	for (int i = ERR_NONE + 1; i <= ERR_INTERNAL; i++) {
		enum err_code code = (enum err_code)i;
		struct err got = { 0 };
		struct arena a;
		struct jw w;
		int64_t rpc;

		arena_init(&a);
		buf_clear(&b);
		jw_init(&w, &b);
		message_error(&w, SLICE("1"), message_code_of(code), SLICE("Words."), err_name(code));
		message_error_read(json_get(parse(&a, buf_slice(&b)), "error"), &a, &got, &rpc);
		assert_int_equal(got.code, code);
		assert_string_equal(got.msg, "Words.");
		assert_int_equal(rpc, message_code_of(code));
		assert_true(rpc <= -32600 && rpc >= -32803);
		arena_release(&a);
	}
	buf_release(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_classify),
		cmocka_unit_test(test_writers),
		cmocka_unit_test(test_errors_come_back),
	};

	return cmocka_run_group_tests_name("message", tests, NULL, NULL);
}
