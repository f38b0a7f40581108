/* test_progress.c - begin only after the editor agreed, at most five reports a second, one end. */
#include "lsp/editor/progress.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "protocol/base/limits.h"

struct fixture {
	uv_loop_t loop;
	struct conn conn;
	struct client client;
	struct progress *p;
	char id[64];
};

static void on_request(void *owner, struct rpc_request *req)
{
	(void)owner;
	conn_reply_result(req, SLICE(""));
}

static void on_notification(void *owner, struct slice method, struct json params, struct arena *a)
{
	(void)owner, (void)method, (void)params, (void)a;
}

static const struct conn_handlers handlers = { .request = on_request,
					       .notification = on_notification };

static void start(struct fixture *x, const char *token)
{
	struct json v = { 0 };
	struct arena a;

	*x = (struct fixture){ .client = { .progress = true } };
	arena_init(&a);
	if (token)
		assert_true(json_parse(&a, slice_of(token), &v, NULL));
	assert_int_equal(uv_loop_init(&x->loop), 0);
	conn_init(&x->conn, &(struct conn_options){ .handlers = &handlers, .mode = FRAME_LINES });
	x->p = progress_start(&(struct progress_options){ .loop = &x->loop,
							  .conn = &x->conn,
							  .client = &x->client,
							  .token = v,
							  .title = SLICE("title") });
	arena_release(&a);
}

static void finish(struct fixture *x)
{
	assert_int_equal(uv_run(&x->loop, UV_RUN_DEFAULT), 0);
	assert_int_equal(uv_loop_close(&x->loop), 0);
	conn_release(&x->conn);
}

/* What was sent since the last time; the caller looks for pieces of it. */
static char *sent(struct fixture *x)
{
	static char text[4096];
	size_t len = 0;

	for (struct slice out = conn_output(&x->conn); out.len; out = conn_output(&x->conn)) {
		assert_true(len + out.len < sizeof(text));
		memcpy(text + len, out.ptr, out.len);
		len += out.len;
		conn_sent(&x->conn, out.len);
	}
	text[len] = '\0';
	return text;
}

static void answer(struct fixture *x, const char *text, const char *reply)
{
	const char *at = strstr(text, "\"id\":");
	char line[256];
	struct err err;

	assert_non_null(at);
	assert_int_equal(sscanf(at, "\"id\":%63[^,}]", x->id), 1);
	(void)snprintf(line, sizeof(line), "{\"jsonrpc\":\"2.0\",\"id\":%s,%s}\n", x->id, reply);
	assert_true(conn_feed(&x->conn, slice_of(line), &err));
}

static size_t count(const char *text, const char *what)
{
	size_t n = 0;

	for (const char *at = text; (at = strstr(at, what)) != NULL; at++)
		n++;
	return n;
}

static void test_agreed(void **state)
{
	struct fixture x;
	char *out;

	(void)state;
	start(&x, NULL);
	progress_report(x.p, SLICE("early"));
	out = sent(&x);
	assert_non_null(strstr(out, "workDoneProgress/create"));
	assert_null(strstr(out, "$/progress"));
	answer(&x, out, "\"result\":null");
	out = sent(&x);
	assert_int_equal(count(out, "\"kind\":\"begin\""), 1);
	assert_int_equal(count(out, "\"kind\":\"report\""), 0); /* too soon after the begin */
	for (int i = 0; i < 50; i++)
		progress_report(x.p, SLICE("later"));
	progress_report(x.p, SLICE("latest"));
	assert_int_equal(count(sent(&x), "\"kind\":\"report\""), 0);
	while (uv_loop_alive(&x.loop)) /* the timer */
		(void)uv_run(&x.loop, UV_RUN_ONCE);
	out = sent(&x);
	assert_int_equal(count(out, "\"kind\":\"report\""), 1);
	assert_non_null(strstr(out, "latest"));
	progress_end(x.p, SLICE("over"));
	out = sent(&x);
	assert_int_equal(count(out, "\"kind\":\"end\""), 1);
	assert_non_null(strstr(out, "over"));
	finish(&x);
}

static void test_refused(void **state)
{
	struct fixture x;
	char *out;

	(void)state;
	start(&x, NULL);
	out = sent(&x);
	answer(&x, out, "\"error\":{\"code\":-32601,\"message\":\"no\"}");
	progress_report(x.p, SLICE("x"));
	progress_end(x.p, SLICE("y"));
	assert_int_equal(sent(&x)[0], '\0');
	finish(&x);
}

static void test_over_before_agreed(void **state)
{
	struct fixture x;
	char *out;

	(void)state;
	start(&x, NULL);
	progress_end(x.p, SLICE("quick"));
	out = sent(&x);
	assert_null(strstr(out, "$/progress"));
	answer(&x, out, "\"result\":null");
	out = sent(&x);
	assert_int_equal(count(out, "\"kind\":\"begin\""), 1);
	assert_int_equal(count(out, "\"kind\":\"end\""), 1);
	finish(&x);
}

/* No answer at all: the deadline of the call ends it. */
static void test_never_answered(void **state)
{
	struct fixture x;

	(void)state;
	start(&x, NULL);
	(void)sent(&x);
	progress_end(x.p, SLICE("quick"));
	conn_tick(&x.conn, uv_now(&x.loop) + LIMIT_CLIENT_REPLY_MS + 1);
	assert_null(strstr(sent(&x), "$/progress\""));
	finish(&x);
}

static void test_given_token(void **state)
{
	struct fixture x;
	struct arena a;
	struct json v;
	char *out;

	(void)state;
	start(&x, "\"t\\u006fk\"");
	out = sent(&x);
	assert_null(strstr(out, "create"));
	assert_non_null(strstr(out, "\"kind\":\"begin\""));
	arena_init(&a);
	assert_true(json_parse(&a, SLICE("\"tok\""), &v, NULL));
	assert_true(progress_has_token(x.p, v));
	assert_true(json_parse(&a, SLICE("\"other\""), &v, NULL));
	assert_false(progress_has_token(x.p, v));
	assert_false(progress_has_token(NULL, v));
	arena_release(&a);
	progress_end(x.p, SLICE(""));
	finish(&x);
}

static void test_not_supported(void **state)
{
	struct client client = { .progress = false };

	(void)state;
	assert_null(progress_start(&(struct progress_options){ .client = &client }));
	progress_report(NULL, SLICE("x"));
	progress_end(NULL, SLICE("x"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_agreed),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_over_before_agreed),
		cmocka_unit_test(test_never_answered),
		cmocka_unit_test(test_given_token),
		cmocka_unit_test(test_not_supported),
	};

	return cmocka_run_group_tests_name("progress", tests, NULL, NULL);
}
