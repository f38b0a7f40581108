/* test_conn_call.c - the outgoing side of a connection: done() exactly once, and never inside. */
#include "tests/unit/protocol/rpc/peer.h"

#include "protocol/base/mem.h"

#define OPEN(p) struct peer *p = peer_new(FRAME_HEADERS)

static struct rpc_call *call(struct peer *p, const char *method, uint64_t deadline)
{
	return conn_call(&p->conn, method, SLICE(""), deadline, peer_done, p);
}

static void test_call_and_answer(void **state)
{
	OPEN(p);
	struct jw *w;

	(void)state;
	w = conn_call_begin(&p->conn, "ask");
	jw_object(w);
	jw_kcstr(w, "what", "é");
	jw_end(w);
	(void)conn_call_end(&p->conn, UINT64_MAX, peer_done, p);
	(void)call(p, "bare", UINT64_MAX);
	expect(&p->wire, "{\"jsonrpc\":\"2.0\",\"id\":\"emend-1\",\"method\":\"ask\",\"params\":{\"what\":\"é\"}}\n"
			 "{\"jsonrpc\":\"2.0\",\"id\":\"emend-2\",\"method\":\"bare\"}\n");
	expect(&p->log, "");
	peer_take(p, "{\"jsonrpc\":\"2.0\",\"id\":\"emend-2\",\"result\":null}");
	expect(&p->log, "done null\n");
	peer_take(p, "{\"jsonrpc\":\"2.0\",\"id\":\"emend\\u002d1\",\"result\":{\"x\":1},\"error\":null}");
	expect(&p->log, "done {\"x\":1}\n");
	peer_take(p, "{\"jsonrpc\":\"2.0\",\"id\":\"emend-1\",\"result\":1}"); /* a second answer is nothing */
	expect(&p->log, "");
	expect(&p->wire, "");
	assert_int_equal(p->conn.n_calls, 0);
	peer_free(p);
}

static void test_errors(void **state)
{
	static const struct {
		const char *answer, *log;
	} cases[] = {
		{ "\"error\":{\"code\":-32800,\"message\":\"Gone.\"}", "done error cancelled -32800: Gone.\n" },
		{ "\"error\":{\"code\":-32801,\"message\":\"m\"}", "done error stale -32801: m\n" },
		{ "\"error\":{\"code\":-32601,\"message\":\"m\"}", "done error not_found -32601: m\n" },
		{ "\"error\":{\"code\":-32602,\"message\":\"m\"}", "done error invalid -32602: m\n" },
		{ "\"error\":{\"code\":7,\"message\":\"a\\nb\"}", "done error internal 7: a b\n" },
		{ "\"error\":{\"code\":-32803,\"message\":\"m\",\"data\":{\"kind\":\"denied\"}}",
		  "done error denied -32803: m\n" },
		{ "\"error\":{\"code\":-32800,\"message\":\"m\",\"data\":{\"kind\":\"none\"}}",
		  "done error cancelled -32800: m\n" },
		{ "\"error\":{}", "done error internal -32001: The other side reported an error without a message.\n" },
		{ "\"error\":\"x\"", "done error invalid 0: The error of the response is not an object.\n" },
		{ "\"result\":1,\"error\":{\"code\":1,\"message\":\"m\"}",
		  "done error invalid 0: The response has both a result and an error.\n" },
	};
	OPEN(p);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char body[300];

		(void)call(p, "m", UINT64_MAX);
		(void)snprintf(body, sizeof(body), "{\"jsonrpc\":\"2.0\",\"id\":\"emend-%zu\",%s}", i + 1,
			       cases[i].answer);
		peer_take(p, body);
		expect(&p->log, cases[i].log);
	}
	peer_free(p);
}

static void test_unknown_responses_are_ignored(void **state)
{
	OPEN(p);

	(void)state;
	(void)call(p, "m", UINT64_MAX);
	buf_clear(&p->wire);
	peer_take(p, "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":1}");
	peer_take(p, "{\"jsonrpc\":\"2.0\",\"id\":\"emend-99\",\"result\":1}");
	peer_take(p, "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32700,\"message\":\"what?\"}}");
	peer_take(p, "{\"error\":3}");
	expect(&p->log, "");
	expect(&p->wire, ""); /* a response is never answered */
	peer_free(p);
}

static void test_deadline(void **state)
{
	OPEN(p);

	(void)state;
	assert_true(conn_next_deadline(&p->conn) == UINT64_MAX);
	(void)call(p, "slow", 2000);
	(void)call(p, "slower", 3000);
	(void)call(p, "never", UINT64_MAX);
	assert_int_equal(conn_next_deadline(&p->conn), 2000);
	buf_clear(&p->wire);
	conn_tick(&p->conn, 1999);
	expect(&p->log, "");
	conn_tick(&p->conn, 2000);
	expect(&p->log, "done error timeout 0: The other side did not answer in time.\n");
	expect(&p->wire, "{\"jsonrpc\":\"2.0\",\"method\":\"$/cancelRequest\",\"params\":{\"id\":\"emend-1\"}}\n");
	conn_tick(&p->conn, 2001);
	expect(&p->log, "");
	peer_take(p, "{\"jsonrpc\":\"2.0\",\"id\":\"emend-1\",\"result\":1}"); /* late */
	expect(&p->log, "");
	assert_int_equal(conn_next_deadline(&p->conn), 3000);
	conn_tick(&p->conn, UINT64_MAX - 1);
	expect(&p->log, "done error timeout 0: The other side did not answer in time.\n");
	assert_true(conn_next_deadline(&p->conn) == UINT64_MAX);
	peer_free(p); /* "never" is freed without a word */
}

static void test_cancel_and_drop(void **state)
{
	OPEN(p);
	struct rpc_call *a = call(p, "a", UINT64_MAX), *b = call(p, "b", UINT64_MAX);

	(void)state;
	buf_clear(&p->wire);
	conn_call_cancel(a);
	conn_call_cancel(a);
	expect(&p->wire, "{\"jsonrpc\":\"2.0\",\"method\":\"$/cancelRequest\",\"params\":{\"id\":\"emend-1\"}}\n");
	conn_call_drop(b);
	expect(&p->wire, "{\"jsonrpc\":\"2.0\",\"method\":\"$/cancelRequest\",\"params\":{\"id\":\"emend-2\"}}\n");
	peer_take(p, "{\"jsonrpc\":\"2.0\",\"id\":\"emend-2\",\"result\":1}");
	expect(&p->log, "");
	peer_take(p, "{\"jsonrpc\":\"2.0\",\"id\":\"emend-1\",\"error\":{\"code\":-32800,\"message\":\"ok\"}}");
	expect(&p->log, "done error cancelled -32800: ok\n");
	peer_free(p);
}

static void test_done_may_drop_and_call(void **state)
{
	OPEN(p);

	(void)state;
	(void)call(p, "a", 5);
	p->drop_in_done = call(p, "b", 5); /* both are due; the first takes the second with it */
	conn_tick(&p->conn, 5);
	expect(&p->log, "done error timeout 0: The other side did not answer in time.\n");
	assert_int_equal(p->conn.n_calls, 0);
	p->drop_in_done = call(p, "c", UINT64_MAX); /* itself: harmless */
	peer_take(p, "{\"jsonrpc\":\"2.0\",\"id\":\"emend-3\",\"result\":3}");
	expect(&p->log, "done 3\n");
	(void)call(p, "d", UINT64_MAX);
	p->call_in_done = true;
	conn_close(&p->conn, NULL);
	expect(&p->log, "done error io 0: The connection was closed.\n");
	assert_int_equal(conn_next_deadline(&p->conn), 0); /* the new one fails by itself, later */
	conn_tick(&p->conn, 0);
	expect(&p->log, "done error io 0: The connection is closed.\n");
	assert_true(conn_next_deadline(&p->conn) == UINT64_MAX);
	peer_free(p);
}

static void test_close_fails_all(void **state)
{
	OPEN(p);
	struct err why = { 0 };

	(void)state;
	(void)call(p, "a", UINT64_MAX);
	(void)call(p, "b", 10);
	(void)err_set(&why, ERR_TIMEOUT, "The runner died.");
	conn_close(&p->conn, &why);
	expect(&p->log, "done error io 0: The runner died.\ndone error io 0: The runner died.\n");
	assert_int_equal(p->conn.n_calls, 0);
	peer_free(p);
}

static void test_limits(void **state)
{
	OPEN(p);
	char *big = xmalloc(LIMIT_MESSAGE_BYTES + 1);

	(void)state;
	for (int i = 0; i < LIMIT_CALLS; i++)
		(void)call(p, "m", UINT64_MAX);
	buf_clear(&p->wire);
	p->wakes = 0;
	(void)call(p, "m", UINT64_MAX);
	expect(&p->wire, ""); /* not sent */
	expect(&p->log, "");
	assert_true(p->wakes > 0);
	assert_int_equal(conn_next_deadline(&p->conn), 0);
	conn_tick(&p->conn, 0);
	expect(&p->log, "done error too_large 0: The other side has not answered 256 requests; no more are sent.\n");
	assert_int_equal(p->conn.n_calls, LIMIT_CALLS);
	peer_free(p);

	p = peer_new(FRAME_HEADERS);
	memset(big, '1', LIMIT_MESSAGE_BYTES);
	(void)conn_call(&p->conn, "m", slice_make(big, LIMIT_MESSAGE_BYTES), UINT64_MAX, peer_done, p);
	conn_notify(&p->conn, "n", slice_make(big, LIMIT_MESSAGE_BYTES));
	expect(&p->wire, "");
	conn_tick(&p->conn, 0);
	expect(&p->log, "done error too_large 0: The request is larger than 67108864 bytes and was not sent.\n");
	assert_int_equal(conn_unsent(&p->conn), 0);
	free(big);
	peer_free(p);
}

/* Moves what each side has to say to the other, in pieces of n bytes, until both are silent. */
static void pump(struct peer *a, struct peer *b, size_t n)
{
	struct peer *from = a, *to = b;
	int silent = 0;

	while (silent < 2) {
		struct slice out = conn_output(&from->conn);
		struct err err;
		struct peer *swap = from;

		silent = out.len == 0 ? silent + 1 : 0;
		out = slice_sub(out, 0, n);
		assert_true(conn_feed(&to->conn, out, &err));
		conn_sent(&from->conn, out.len);
		from = to;
		to = swap;
	}
}

static void test_two_ends(void **state)
{
	static const size_t pieces[] = { 1, 7, 4096 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(pieces) * 2; i++) {
		struct peer *a = peer_new(i & 1 ? FRAME_LINES : FRAME_HEADERS);
		struct peer *b = peer_new(a->conn.in.mode);
		struct rpc_call *kept;

		(void)conn_call(&a->conn, "echo", SLICE("{\"n\":[1]}"), UINT64_MAX, peer_done, a);
		(void)conn_call(&b->conn, "fail", SLICE(""), UINT64_MAX, peer_done, b);
		kept = conn_call(&a->conn, "keep/obedient", SLICE(""), UINT64_MAX, peer_done, a);
		pump(a, b, pieces[i / 2]);
		expect(&a->log, "request fail \"emend-1\" \ndone {\"n\":[1]}\n");
		expect(&b->log, "request echo \"emend-1\" {\"n\":[1]}\nstill \"emend-1\"\n"
				"request keep/obedient \"emend-2\" \n"
				"done error not_found -32803: There is no such thing.\n");
		conn_call_cancel(kept);
		pump(a, b, pieces[i / 2]);
		expect(&b->log, "cancelled \"emend-2\"\n");
		expect(&a->log, "done error cancelled -32800: The request was cancelled.\n");
		peer_free(a);
		peer_free(b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_call_and_answer),	 cmocka_unit_test(test_errors),
		cmocka_unit_test(test_unknown_responses_are_ignored),
		cmocka_unit_test(test_deadline),	 cmocka_unit_test(test_cancel_and_drop),
		cmocka_unit_test(test_done_may_drop_and_call), cmocka_unit_test(test_close_fails_all),
		cmocka_unit_test(test_limits),		 cmocka_unit_test(test_two_ends),
	};

	return cmocka_run_group_tests_name("conn_call", tests, NULL, NULL);
}
