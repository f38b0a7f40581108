/* test_conn.c - the incoming side of a connection: each request answered once, whatever happens. */
#include "tests/unit/protocol/rpc/peer.h"

#include "protocol/base/mem.h"

#define OPEN(p) struct peer *p = peer_new(FRAME_HEADERS)

static void test_request_and_reply(void **state)
{
	OPEN(p);

	(void)state;
	peer_take(p, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"echo\",\"params\":{\"a\":[1,2]}}");
	expect(&p->log, "request echo 1 {\"a\":[1,2]}\nstill 1\n");
	expect(&p->wire, "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"a\":[1,2]}}\n");
	assert_true(p->wakes > 0);
	assert_int_equal(p->conn.n_requests, 0);
	peer_take(p, "{\"jsonrpc\":\"2.0\",\"id\":\"x\\u0041\",\"method\":\"nothing\"}");
	expect(&p->log, "request nothing \"x\\u0041\" \n");
	expect(&p->wire, "{\"jsonrpc\":\"2.0\",\"id\":\"x\\u0041\",\"result\":null}\n");
	peer_take(p, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"fail\",\"params\":null}"); /* 1 is free again */
	expect(&p->wire, "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32803,\"message\":\"There is no such "
			 "thing.\",\"data\":{\"kind\":\"not_found\"}}}\n");
	peer_take(p, "{\"jsonrpc\":\"2.0\",\"id\":-7,\"method\":\"no\\\"such\"}");
	expect(&p->wire, "{\"jsonrpc\":\"2.0\",\"id\":-7,\"error\":{\"code\":-32601,\"message\":\"There is no "
			 "method \\\"no\\\"such\\\".\"}}\n");
	peer_free(p);
}

static void test_output_is_framed(void **state)
{
	OPEN(p);
	struct slice first, rest;

	(void)state;
	assert_int_equal(conn_output(&p->conn).len, 0);
	conn_notify(&p->conn, "a", SLICE(""));
	first = conn_output(&p->conn);
	assert_true(slice_eq(first, SLICE("Content-Length: 30\r\n\r\n{\"jsonrpc\":\"2.0\",\"method\":\"a\"}")));
	conn_sent(&p->conn, 10);
	conn_notify(&p->conn, "b", SLICE("[ 1 ]"));
	rest = conn_output(&p->conn); /* stays where it is while more is queued */
	assert_ptr_equal(rest.ptr, first.ptr + 10);
	assert_int_equal(rest.len, first.len - 10);
	conn_sent(&p->conn, rest.len);
	assert_true(slice_eq(conn_output(&p->conn), SLICE("Content-Length: 45\r\n\r\n"
							  "{\"jsonrpc\":\"2.0\",\"method\":\"b\",\"params\":[ 1 ]}")));
	assert_int_equal(conn_unsent(&p->conn), conn_output(&p->conn).len);
	conn_sent(&p->conn, conn_output(&p->conn).len);
	assert_int_equal(conn_output(&p->conn).len, 0);
	peer_free(p);
}

static void test_lines(void **state)
{
	struct peer *p = peer_new(FRAME_LINES);
	struct err err;

	(void)state;
	assert_true(conn_feed(&p->conn, SLICE("\n\r\n{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"echo\","), &err));
	assert_true(conn_feed(&p->conn, SLICE("\"params\":[\t1]}\r\n"), &err));
	assert_true(slice_eq(conn_output(&p->conn), SLICE("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":[\t1]}\n")));
	conn_sent(&p->conn, conn_output(&p->conn).len);
	conn_notify(&p->conn, "n", SLICE("[1,\n\n2]"));
	assert_true(slice_eq(conn_output(&p->conn),
			     SLICE("{\"jsonrpc\":\"2.0\",\"method\":\"n\",\"params\":[1,  2]}\n")));
	peer_free(p);
}

static void test_what_is_no_message(void **state)
{
	static const struct {
		const char *body, *id;
		int code;
	} cases[] = {
		{ "{", "null", -32700 },
		{ "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"echo\",}", "null", -32700 },
		{ "\"\xff\"", "null", -32700 },
		{ "{}{}", "null", -32700 },
		{ "[]", "null", -32600 },
		{ "[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"echo\"}]", "null", -32600 },
		{ "17", "null", -32600 },
		{ "{}", "null", -32600 },
		{ "{\"jsonrpc\":\"2.0\"}", "null", -32600 },
		{ "{\"jsonrpc\":\"2.0\",\"id\":3}", "3", -32600 },
		{ "{\"id\":3,\"method\":\"echo\"}", "3", -32600 },
		{ "{\"jsonrpc\":\"1.0\",\"id\":3,\"method\":\"echo\"}", "3", -32600 },
		{ "{\"jsonrpc\":2.0,\"id\":3,\"method\":\"echo\"}", "3", -32600 },
		{ "{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":1}", "3", -32600 },
		{ "{\"jsonrpc\":\"2.0\",\"method\":1,\"params\":\"bar\"}", "null", -32600 },
		{ "{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"echo\",\"params\":\"bar\"}", "3", -32600 },
		{ "{\"jsonrpc\":\"2.0\",\"id\":null,\"method\":\"echo\"}", "null", -32600 },
		{ "{\"jsonrpc\":\"2.0\",\"id\":[1],\"method\":\"echo\"}", "null", -32600 },
		{ "{\"jsonrpc\":\"2.0\",\"id\":1.5,\"method\":\"echo\"}", "null", -32600 },
		{ "{\"jsonrpc\":\"2.0\",\"id\":true,\"method\":\"echo\"}", "null", -32600 },
	};
	OPEN(p);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char want[100];

		peer_take(p, cases[i].body);
		(void)snprintf(want, sizeof(want), "{\"jsonrpc\":\"2.0\",\"id\":%s,\"error\":{\"code\":%d,\"message\":\"",
			       cases[i].id, cases[i].code);
		if (!slice_starts(buf_slice(&p->wire), slice_of(want)))
			fail_msg("%s\ngave %s\nnot  %s", cases[i].body, buf_cstr(&p->wire), want);
		buf_clear(&p->wire);
		expect(&p->log, "");
	}
	peer_take(p, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"echo\",\"params\":[]}"); /* it still lives */
	expect(&p->wire, "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":[]}\n");
	peer_free(p);
}

static void test_long_ids(void **state)
{
	OPEN(p);
	struct buf b;

	(void)state;
	buf_init(&b, 10000);
	for (size_t len = LIMIT_ID_BYTES - 2; len <= LIMIT_ID_BYTES - 1; len++) {
		buf_clear(&b);
		buf_puts(&b, "{\"jsonrpc\":\"2.0\",\"method\":\"nothing\",\"id\":\"");
		for (size_t i = 0; i < len; i++)
			buf_putc(&b, 'i');
		buf_puts(&b, "\"}");
		peer_take(p, buf_cstr(&b));
		assert_int_equal(strstr(buf_cstr(&p->wire), "-32600") != NULL, len + 2 > LIMIT_ID_BYTES);
		buf_clear(&p->wire);
	}
	buf_release(&b);
	peer_free(p);
}

static void test_duplicate_ids(void **state)
{
	OPEN(p);

	(void)state;
	peer_take(p, "{\"jsonrpc\":\"2.0\",\"id\":5,\"method\":\"keep\"}");
	peer_take(p, "{\"jsonrpc\":\"2.0\",\"id\":\"5\",\"method\":\"keep\"}"); /* another id */
	expect(&p->wire, "");
	peer_take(p, "{\"jsonrpc\":\"2.0\",\"id\":5,\"method\":\"keep\"}");
	expect(&p->wire, "{\"jsonrpc\":\"2.0\",\"id\":5,\"error\":{\"code\":-32600,\"message\":\"A request with this "
			 "id is not answered yet.\"}}\n");
	assert_int_equal(p->n_kept, 2);
	conn_reply_result(p->kept[0], SLICE("true"));
	conn_reply_result(p->kept[1], SLICE("false"));
	expect(&p->wire, "{\"jsonrpc\":\"2.0\",\"id\":5,\"result\":true}\n"
			 "{\"jsonrpc\":\"2.0\",\"id\":\"5\",\"result\":false}\n");
	peer_take(p, "{\"jsonrpc\":\"2.0\",\"id\":5,\"method\":\"nothing\"}");
	expect(&p->wire, "{\"jsonrpc\":\"2.0\",\"id\":5,\"result\":null}\n");
	peer_free(p);
}

static void test_too_many_in_flight(void **state)
{
	OPEN(p);
	char body[100];

	(void)state;
	for (int i = 0; i < LIMIT_IN_FLIGHT + 1; i++) {
		(void)snprintf(body, sizeof(body), "{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"keep\"}", i);
		peer_take(p, body);
	}
	assert_int_equal(p->n_kept, LIMIT_IN_FLIGHT);
	assert_non_null(strstr(buf_cstr(&p->wire), "\"id\":1024,\"error\":{\"code\":-32803"));
	for (size_t i = 0; i < p->n_kept; i++)
		conn_reply_result(p->kept[i], SLICE("1"));
	assert_int_equal(p->conn.n_requests, 0);
	peer_free(p);
}

static void test_forgotten(void **state)
{
	OPEN(p);

	(void)state;
	peer_take(p, "{\"jsonrpc\":\"2.0\",\"id\":9,\"method\":\"forget\"}");
	expect(&p->wire, "{\"jsonrpc\":\"2.0\",\"id\":9,\"error\":{\"code\":-32603,\"message\":\"The request was not "
			 "answered.\"}}\n");
	assert_int_equal(p->conn.n_requests, 0);
	peer_free(p);
}

static void test_cancel(void **state)
{
	OPEN(p);

	(void)state;
	peer_take(p, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"keep\"}");
	peer_take(p, "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"keep/obedient\"}");
	buf_clear(&p->log);
	peer_take(p, "{\"jsonrpc\":\"2.0\",\"method\":\"$/cancelRequest\",\"params\":{\"id\":2}}");
	expect(&p->log, "cancelled 2\n");
	expect(&p->wire, "{\"jsonrpc\":\"2.0\",\"id\":2,\"error\":{\"code\":-32800,\"message\":\"The request was "
			 "cancelled.\",\"data\":{\"kind\":\"cancelled\"}}}\n");
	peer_take(p, "{\"jsonrpc\":\"2.0\",\"method\":\"$/cancelRequest\",\"params\":{\"id\":1}}");
	peer_take(p, "{\"jsonrpc\":\"2.0\",\"method\":\"$/cancelRequest\",\"params\":{\"id\":1}}"); /* told once */
	expect(&p->log, "cancelled 1\n");
	expect(&p->wire, "");
	assert_true(p->kept[0]->cancelled);
	conn_reply_result(p->kept[0], SLICE("7")); /* it was too late: a result is fine */
	expect(&p->wire, "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":7}\n");
	/* no such request, or nonsense: nothing happens */
	peer_take(p, "{\"jsonrpc\":\"2.0\",\"method\":\"$/cancelRequest\",\"params\":{\"id\":1}}");
	peer_take(p, "{\"jsonrpc\":\"2.0\",\"method\":\"$/cancelRequest\",\"params\":{\"id\":\"1\"}}");
	peer_take(p, "{\"jsonrpc\":\"2.0\",\"method\":\"$/cancelRequest\",\"params\":[1]}");
	peer_take(p, "{\"jsonrpc\":\"2.0\",\"method\":\"$/cancelRequest\"}");
	expect(&p->log, "");
	expect(&p->wire, "");
	/* a successor with the same id is another request */
	peer_take(p, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"keep\"}");
	assert_false(p->kept[2]->cancelled);
	conn_reply_result(p->kept[2], SLICE(""));
	peer_free(p);
}

static void test_close(void **state)
{
	OPEN(p);

	(void)state;
	peer_take(p, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"keep\"}");
	peer_take(p, "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"keep/obedient\"}");
	peer_take(p, "{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"keep\"}");
	buf_clear(&p->log);
	conn_close(&p->conn, NULL);
	conn_close(&p->conn, NULL);
	expect(&p->log, "cancelled 1\ncancelled 2\ncancelled 3\n");
	for (int id = 1; id <= 3; id++) {
		char want[200];
		size_t len;

		len = (size_t)snprintf(want, sizeof(want),
				       "{\"jsonrpc\":\"2.0\",\"id\":%d,\"error\":{\"code\":-32603,\"message\":\"The "
				       "connection closed before the request was done.\"}}\n",
				       id);
		assert_true(slice_starts(buf_slice(&p->wire), slice_of(want)));
		buf_consume(&p->wire, len);
	}
	expect(&p->wire, ""); /* nothing twice */
	assert_true(conn_output(&p->conn).len > 0);
	assert_false(conn_wants_read(&p->conn));
	conn_reply_result(p->kept[0], SLICE("1")); /* its owner comes late: harmless */
	conn_notify(&p->conn, "late", SLICE(""));
	peer_take(p, "{\"jsonrpc\":\"2.0\",\"id\":4,\"method\":\"echo\"}");
	expect(&p->log, "");
	expect(&p->wire, "");
	assert_int_equal(p->conn.n_requests, 0);
	peer_free(p); /* request 3 is still held: freed with the connection */
}

static void test_close_from_inside(void **state)
{
	OPEN(p);
	struct err err;
	struct slice both = SLICE("Content-Length: 33\r\n\r\n{\"jsonrpc\":\"2.0\",\"method\":\"exit\"}"
				  "Content-Length: 43\r\n\r\n{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"nothing\"}");

	(void)state;
	assert_true(conn_feed(&p->conn, both, &err));
	expect(&p->log, "notification exit \n"); /* what came behind it is not looked at */
	assert_int_equal(p->conn.state, CONN_CLOSED);
	peer_free(p);

	p = peer_new(FRAME_HEADERS);
	peer_take(p, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"close\"}");
	expect(&p->wire, "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":\"bye\"}\n"); /* it may still answer */
	assert_int_equal(p->conn.state, CONN_CLOSED);
	peer_free(p);
}

static void test_broken_frame(void **state)
{
	OPEN(p);
	struct err err = { 0 };

	(void)state;
	peer_take(p, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"keep\"}");
	assert_false(conn_feed(&p->conn, SLICE("Content-Length: x\r\n\r\n"), &err));
	assert_int_equal(err.code, ERR_INVALID);
	assert_int_equal(p->conn.state, CONN_CLOSED);
	assert_non_null(strstr(buf_cstr(&p->log), "cancelled 1\n"));
	assert_true(conn_feed(&p->conn, SLICE("more"), &err));
	peer_free(p);
}

/* An empty message is none, but the next one is found. */
static void test_empty_frame(void **state)
{
	OPEN(p);
	struct err err = { 0 };

	(void)state;
	assert_true(conn_feed(&p->conn, SLICE("Content-Length: 0\r\n\r\n"), &err));
	assert_non_null(strstr(buf_cstr(&p->wire), "\"id\":null,\"error\":{\"code\":-32700"));
	peer_take(p, "{\"jsonrpc\":\"2.0\",\"method\":\"exit\"}");
	expect(&p->log, "notification exit \n");
	peer_free(p);
}

static void test_eof(void **state)
{
	OPEN(p);
	struct err err = { 0 };

	(void)state;
	peer_take(p, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"echo\"}");
	assert_true(conn_eof(&p->conn, &err));
	assert_int_equal(p->conn.state, CONN_CLOSED);
	peer_free(p);
	p = peer_new(FRAME_HEADERS);
	assert_true(conn_feed(&p->conn, SLICE("Content-Length: 10\r\n\r\n{\"js"), &err));
	assert_false(conn_eof(&p->conn, &err));
	assert_int_equal(err.code, ERR_IO);
	assert_int_equal(p->conn.state, CONN_CLOSED);
	peer_free(p);
}

/* Every way to cut a conversation in two, and byte by byte. */
static void test_any_split(void **state)
{
	struct slice all = SLICE(
		"Content-Length: 56\r\n\r\n{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"echo\",\"params\":[\"\xc3\xa9\"]}"
		"content-length:33\r\nX-Other: 1\r\n\r\n{\"jsonrpc\":\"2.0\",\"method\":\"note\"}"
		"Content-Length: 7\r\n\r\n{\"a\":1,"
		"CONTENT-LENGTH :   43  \r\n\r\n{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"nothing\"}");
	struct err err;

	(void)state;
	for (size_t cut = 0; cut <= all.len; cut++) {
		OPEN(p);

		for (size_t at = 0; cut == all.len && at < all.len; at++)
			assert_true(conn_feed(&p->conn, slice_sub(all, at, at + 1), &err));
		if (cut < all.len) {
			assert_true(conn_feed(&p->conn, slice_sub(all, 0, cut), &err));
			assert_true(conn_feed(&p->conn, slice_sub(all, cut, all.len), &err));
		}
		expect(&p->log, "request echo 1 [\"\xc3\xa9\"]\nstill 1\nnotification note \nrequest nothing 2 \n");
		assert_non_null(strstr(buf_cstr(&p->wire), "\"id\":null,\"error\":{\"code\":-32700"));
		peer_free(p);
	}
}

static void test_large_messages(void **state)
{
	OPEN(p);
	struct buf b;

	(void)state;
	buf_init(&b, 4 * 1024 * 1024);
	buf_puts(&b, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"keep\",\"params\":[\"");
	for (int i = 0; i < 300000; i++)
		buf_puts(&b, "\\u00e9");
	buf_puts(&b, "\"]}");
	peer_take(p, buf_cstr(&b));
	/* the request owns what it needs: the bytes that were fed are gone */
	conn_reply_result(p->kept[0], json_raw(p->kept[0]->params));
	assert_int_equal(p->wire.len, (size_t)300000 * 6 + strlen("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":[\"\"]}\n"));
	peer_free(p);

	p = peer_new(FRAME_HEADERS); /* a result over the limit becomes an error */
	peer_take(p, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"keep\"}");
	{
		struct jw *w = conn_result_begin(p->kept[0]);

		jw_array(w);
		for (int i = 0; i < 40; i++)
			jw_str(w, buf_slice(&b));
		jw_end(w);
		conn_result_end(p->kept[0]);
	}
	expect(&p->wire, "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32603,\"message\":\"The result is too "
			 "large to be sent.\",\"data\":{\"kind\":\"too_large\"}}}\n");
	assert_int_equal(p->conn.state, CONN_OPEN);
	buf_release(&b);
	peer_free(p);
}

/* One message of LIMIT_MESSAGE_BYTES and more: `head`, a string of blanks, `tail`. */
static void feed_long(struct peer *p, const char *head, const char *tail)
{
	size_t blanks = LIMIT_MESSAGE_BYTES, len = strlen(head) + blanks + strlen(tail);
	char *piece = xmalloc(1024 * 1024), header[64];
	struct err err = { 0 };

	memset(piece, ' ', 1024 * 1024);
	(void)snprintf(header, sizeof(header), "Content-Length: %zu\r\n\r\n", len);
	assert_true(conn_feed(&p->conn, slice_of(header), &err));
	assert_true(conn_feed(&p->conn, slice_of(head), &err));
	for (size_t at = 0; at < blanks; at += 1024 * 1024)
		assert_true(conn_feed(&p->conn, slice_make(piece, 1024 * 1024), &err));
	assert_true(p->conn.in.body.cap == 0 && p->conn.in.skim.out.cap <= SKIM_OUTLINE_BYTES);
	assert_true(conn_feed(&p->conn, slice_of(tail), &err));
	free(piece);
}

/* A message of any length is survived, without being kept. */
static void test_too_long(void **state)
{
	OPEN(p);
	struct rpc_call *call;

	(void)state;
	feed_long(p, "{\"jsonrpc\":\"2.0\",\"params\":{\"textDocument\":{\"text\":\"",
		  "\",\"uri\":\"file:///a\",\"version\":3}},\"method\":\"textDocument/didOpen\"}");
	expect(&p->log, "long textDocument/didOpen {\"textDocument\":{\"text\":\"\",\"uri\":\"file:///a\","
			"\"version\":3}}\n");
	feed_long(p, "{\"jsonrpc\":\"2.0\",\"method\":\"echo\",\"params\":[\"", "\"],\"id\":\"x\"}");
	expect(&p->wire, "{\"jsonrpc\":\"2.0\",\"id\":\"x\",\"error\":{\"code\":-32803,\"message\":\"The message "
			 "is longer than 67108864 bytes and was not read.\",\"data\":{\"kind\":\"too_large\"}}}\n");
	feed_long(p, "{\"jsonrpc\":\"2.0\",\"method\":\"echo\",\"params\":[\"", "\",],\"id\":1");
	expect(&p->wire, "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32700,\"message\":\"The message "
			 "is longer than 67108864 bytes and was not read.\",\"data\":{\"kind\":\"too_large\"}}}\n");
	call = conn_call(&p->conn, "ask", SLICE(""), UINT64_MAX, peer_done, p);
	assert_non_null(call);
	feed_long(p, "{\"jsonrpc\":\"2.0\",\"id\":\"emend-1\",\"result\":\"", "\"}");
	expect(&p->log, "done error invalid 0: The message is longer than 67108864 bytes and was not read.\n");
	peer_take(p, "{\"jsonrpc\":\"2.0\",\"method\":\"exit\"}");
	expect(&p->log, "notification exit \n");
	peer_free(p);
}

/* Many requests in one piece, from a peer that does not read: no more are answered than what fills the
 * queue, and none is lost. */
static void test_back_pressure_inside_a_piece(void **state)
{
	enum { REQUESTS = 400, RESULT = 1024 * 1024 };
	OPEN(p);
	struct slice rest;
	struct err err = { 0 };
	struct buf all;
	int answered = 0;

	(void)state;
	buf_init(&all, 1024 * 1024);
	for (int i = 0; i < REQUESTS; i++) {
		char body[64];

		(void)snprintf(body, sizeof(body), "{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"keep\"}", i);
		buf_printf(&all, "Content-Length: %zu\r\n\r\n%s", strlen(body), body);
	}
	p->result_bytes = RESULT;
	rest = buf_slice(&all);
	while (answered < REQUESTS) {
		size_t before = rest.len;

		assert_true(conn_feed_part(&p->conn, &rest, &err));
		assert_true(rest.len < before || !conn_wants_read(&p->conn));
		assert_true(conn_unsent(&p->conn) <= LIMIT_OUT_HIGH_BYTES + RESULT + 1000);
		answered += (int)(conn_unsent(&p->conn) / RESULT);
		conn_sent(&p->conn, conn_output(&p->conn).len);
		buf_clear(&p->wire);
	}
	assert_int_equal(answered, REQUESTS);
	assert_int_equal(rest.len, 0);
	buf_release(&all);
	peer_free(p);
}

static void test_back_pressure(void **state)
{
	OPEN(p);
	char *big = xmalloc(1024 * 1024 + 1);
	struct err err = { 0 };
	struct slice json = slice_make(big, 1024 * 1024);

	(void)state;
	memset(big, '1', 1024 * 1024);
	assert_true(conn_wants_read(&p->conn));
	for (int i = 0; i < LIMIT_OUT_HIGH_BYTES / (1024 * 1024); i++)
		conn_notify(&p->conn, "n", json);
	assert_false(conn_wants_read(&p->conn));
	conn_sent(&p->conn, conn_output(&p->conn).len);
	assert_true(conn_wants_read(&p->conn));
	buf_clear(&p->wire);
	/* A peer that never reads: the connection ends, from the next tick, and memory is bounded. */
	for (int i = 0; i < LIMIT_OUT_MAX_BYTES / (1024 * 1024) + 8; i++) {
		conn_notify(&p->conn, "n", json);
		buf_clear(&p->wire);
	}
	assert_true(conn_unsent(&p->conn) <= (size_t)LIMIT_OUT_MAX_BYTES + 2 * 1024 * 1024);
	assert_int_equal(p->conn.state, CONN_OPEN);
	assert_int_equal(conn_next_deadline(&p->conn), 0);
	assert_false(conn_feed(&p->conn, SLICE(""), &err));
	assert_int_equal(err.code, ERR_TOO_LARGE);
	assert_int_equal(p->conn.state, CONN_CLOSED);
	free(big);
	peer_free(p);
}

/* The queue may become full at any byte of a message: then it holds all of the message or none of it. */
static void test_full_at_any_byte(void **state)
{
	OPEN(p);
	struct buf *queue = &p->conn.pending;
	size_t max = queue->max, len, sent = 0;

	(void)state;
	conn_notify(&p->conn, "first", SLICE("[1]"));
	len = queue->len;
	for (size_t room = 0; room < 120; room++) {
		queue->max = len + room;
		conn_notify(&p->conn, "n", SLICE(""));
		assert_true(queue->len == len || slice_ends(buf_slice(queue), SLICE("\"n\"}")));
		assert_true(slice_starts(buf_slice(queue), SLICE("Content-Length: 47\r\n\r\n{\"jsonrpc\"")));
		assert_int_equal(p->conn.close_due, queue->len == len);
		assert_false(queue->full);
		sent += queue->len > len;
		buf_truncate(queue, len);
		p->conn.close_due = false;
	}
	assert_true(sent > 0 && sent < 120);
	queue->max = max;
	peer_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_request_and_reply), cmocka_unit_test(test_output_is_framed),
		cmocka_unit_test(test_lines),		  cmocka_unit_test(test_what_is_no_message),
		cmocka_unit_test(test_long_ids),	  cmocka_unit_test(test_duplicate_ids),
		cmocka_unit_test(test_too_many_in_flight), cmocka_unit_test(test_forgotten),
		cmocka_unit_test(test_cancel),		  cmocka_unit_test(test_close),
		cmocka_unit_test(test_close_from_inside), cmocka_unit_test(test_broken_frame),
		cmocka_unit_test(test_eof),		  cmocka_unit_test(test_any_split),
		cmocka_unit_test(test_large_messages),	  cmocka_unit_test(test_back_pressure),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_empty_frame),
		cmocka_unit_test(test_back_pressure_inside_a_piece),
		cmocka_unit_test(test_full_at_any_byte),
	};

	return cmocka_run_group_tests_name("conn", tests, NULL, NULL);
}
