/* test_nats_wire.c - the protocol of NATS: every operation, whole and byte by byte; what is none; headers and subjects. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "agent/fleet/nats_wire.h"

static bool note(void *payload, const struct nats_msg *m)
{
	struct buf *out = payload;

	buf_printf(out, "%d|%.*s|%.*s|%.*s|%llu|%zu|%.*s;", (int)m->op, SLICE_ARG(m->text),
		   SLICE_ARG(m->subject), SLICE_ARG(m->reply), (unsigned long long)m->sid,
		   m->header.len, SLICE_ARG(m->payload));
	return true;
}

static bool feed(const char *text, size_t piece, struct buf *out, struct err *err)
{
	struct slice rest = slice_of(text);
	struct nats_wire w;
	bool ok = true;

	buf_clear(out);
	nats_wire_init(&w, note, out);
	for (; ok && rest.len > 0; rest = slice_sub(rest, piece, rest.len))
		ok = nats_wire_feed(&w, slice_sub(rest, 0, piece), err);
	nats_wire_release(&w);
	return ok;
}

static void operations(void **state)
{
	static const struct {
		const char *text, *wanted;
	} rows[] = {
		{ "INFO {\"a\":1} \r\n", "0|{\"a\":1}|||0|0|;" },
		{ "PING\r\nping\r\nPONG\r\n+OK\r\n", "1||||0|0|;1||||0|0|;2||||0|0|;3||||0|0|;" },
		{ "-ERR 'Authorization Violation'\r\n", "4|'Authorization Violation'|||0|0|;" },
		{ "MSG a.b 9 5\r\nhello\r\n", "5||a.b||9|0|hello;" },
		{ "MSG a.b 9 _IN.x 5\r\nhel\r\n\r\nPING\r\n",
		  "5||a.b|_IN.x|9|0|hel\r\n;1||||0|0|;" },
		{ "MSG a 1 0\r\n\r\n", "5||a||1|0|;" },
		{ "HMSG a 1 r 12 15\r\nNATS/1.0\r\n\r\nabc\r\n", "5||a|r|1|12|abc;" },
		{ "HMSG a 1 12 12\r\nNATS/1.0\r\n\r\n\r\n", "5||a||1|12|;" },
		{ "MSG\ta  1\t 2\r\nxy\r\n", "5||a||1|0|xy;" },
		{ "PIN", "" },
		{ "MSG a 1 5\r\nhell", "" },
	};
	struct buf out;
	struct err err;

	(void)state;
	buf_init(&out, 4096);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		for (size_t piece = 1; piece < 40; piece += 3) {
			if (!feed(rows[i].text, piece, &out, &err))
				fail_msg("%s: %s", rows[i].text, err.msg);
			assert_string_equal(buf_cstr(&out), rows[i].wanted);
		}
	}
	buf_release(&out);
}

static void no_operations(void **state)
{
	static const char *const rows[] = {
		"HTTP/1.1 400 Bad Request\r\n",
		"\r\n",
		"MSG a 1\r\n",
		"MSG a x 5\r\nhello\r\n",
		"MSG a 1 -5\r\n",
		"MSG a 1 99999999999999999999\r\n",
		"MSG a 1 67108865\r\n",
		"MSG a 1 5\r\nhelloXX",
		"MSG a 1 r s 5\r\n",
		"HMSG a 1 5\r\nhello\r\n",
		"HMSG a 1 6 5\r\nhello\r\n",
		"INFOX {}\r\n",
	};
	struct buf out;
	struct err err;

	(void)state;
	buf_init(&out, 4096);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (feed(rows[i], 1, &out, &err) || feed(rows[i], 1000, &out, &err))
			fail_msg("%s is taken", rows[i]);
	}
	buf_release(&out);
}

static void a_line_without_an_end(void **state)
{
	struct nats_wire w;
	struct buf text, out;
	struct err err;

	(void)state;
	buf_init(&text, 2 * NATS_LINE_MAX);
	buf_init(&out, 4096);
	for (size_t i = 0; i <= NATS_LINE_MAX; i++)
		buf_putc(&text, 'I');
	nats_wire_init(&w, note, &out);
	assert_false(nats_wire_feed(&w, buf_slice(&text), &err));
	assert_int_equal(err.code, ERR_TOO_LARGE);
	nats_wire_release(&w);
	buf_release(&out);
	buf_release(&text);
}

static void headers(void **state)
{
	struct slice h = SLICE("NATS/1.0 503 No Responders\r\nA: b c \r\nTraceParent:x\r\n\r\n");

	(void)state;
	assert_int_equal(nats_header_status(h), 503);
	assert_int_equal(nats_header_status(SLICE("NATS/1.0\r\n\r\n")), 0);
	assert_int_equal(nats_header_status(SLICE("")), 0);
	assert_true(slice_eq_cstr(nats_header(h, "a"), "b c"));
	assert_true(slice_eq_cstr(nats_header(h, "traceparent"), "x"));
	assert_int_equal(nats_header(h, "trace").len, 0);
}

static void subjects(void **state)
{
	(void)state;
	assert_true(nats_is_word(SLICE("a-B_9")));
	assert_false(nats_is_word(SLICE("")));
	assert_false(nats_is_word(SLICE("a.b")));
	assert_false(nats_is_word(SLICE("a*")));
	assert_true(nats_is_subject(SLICE("_INBOX.a.1")));
	assert_false(nats_is_subject(SLICE("a.*")));
	assert_false(nats_is_subject(SLICE("a.>")));
	assert_false(nats_is_subject(SLICE("a b")));
	assert_false(nats_is_subject(SLICE("a\r\nPUB b 0")));
	assert_false(nats_is_subject(SLICE("")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(operations),
		cmocka_unit_test(no_operations),
		cmocka_unit_test(a_line_without_an_end),
		cmocka_unit_test(headers),
		cmocka_unit_test(subjects),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
