/* test_redis_wire.c - replies of Redis, whole and byte by byte; what is none; commands with any bytes in them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "agent/fleet/redis_wire.h"

static bool note(void *payload, enum redis_kind kind, struct slice text)
{
	buf_printf(payload, "%d:", (int)kind);
	buf_append(payload, text);
	buf_putc(payload, ';');
	return true;
}

static bool feed(struct slice rest, size_t piece, struct buf *out, struct err *err)
{
	struct redis_wire w;
	bool ok = true;

	buf_clear(out);
	redis_wire_init(&w, note, out);
	for (; ok && rest.len > 0; rest = slice_sub(rest, piece, rest.len))
		ok = redis_wire_feed(&w, slice_sub(rest, 0, piece), err);
	redis_wire_release(&w);
	return ok;
}

static void replies(void **state)
{
	static const struct {
		const char *text, *wanted;
	} rows[] = {
		{ "+OK\r\n+PONG\r\n", "0:OK;0:PONG;" },
		{ "-NOAUTH no\r\n", "1:NOAUTH no;" },
		{ ":12\r\n", "2:12;" },
		{ "$5\r\nhello\r\n$0\r\n\r\n$-1\r\n", "3:hello;3:;4:;" },
		{ "$7\r\na\r\nb\r\nc\r\n", "3:a\r\nb\r\nc;" },
		{ "$5\r\nhell", "" },
		{ "+", "" },
	};
	struct buf out;
	struct err err;

	(void)state;
	buf_init(&out, 4096);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		for (size_t piece = 1; piece < 20; piece++) {
			if (!feed(slice_of(rows[i].text), piece, &out, &err))
				fail_msg("%s: %s", rows[i].text, err.msg);
			assert_string_equal(buf_cstr(&out), rows[i].wanted);
		}
	}
	buf_release(&out);
}

static void no_replies(void **state)
{
	static const char *const rows[] = { "\r\n",	     "hello\r\n",    "$x\r\n", "$-2\r\n",
					    "$5\r\nhelloXX", "$9999999\r\n", "*2\r\n", "$\r\n" };
	struct buf out;
	struct err err;

	(void)state;
	buf_init(&out, 4096);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (feed(slice_of(rows[i]), 1, &out, &err) ||
		    feed(slice_of(rows[i]), 100, &out, &err))
			fail_msg("%s is taken", rows[i]);
	}
	buf_release(&out);
}

static void commands(void **state)
{
	const struct slice words[] = { SLICE("SET"), SLICE("k"), SLICE("a\r\n\0b"), SLICE("") };
	static const char wanted[] = "*4\r\n$3\r\nSET\r\n$1\r\nk\r\n$5\r\na\r\n\0b\r\n$0\r\n\r\n";
	struct buf out;

	(void)state;
	buf_init(&out, 4096);
	redis_command(&out, words, ARRAY_LEN(words));
	assert_int_equal(out.len, sizeof(wanted) - 1);
	assert_memory_equal(out.data, wanted, out.len);
	buf_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(replies),
		cmocka_unit_test(no_replies),
		cmocka_unit_test(commands),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
