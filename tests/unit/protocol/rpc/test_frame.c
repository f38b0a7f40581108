/* test_frame.c - message framing: what is taken, what is refused, and that any split gives the same. */
#include "protocol/rpc/frame.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "protocol/base/limits.h"

/* Feeds all in pieces of n bytes; the bodies, each with '|' behind it, go to out. False: failed. */
static bool run_with(enum frame_mode mode, bool skip, size_t max, struct slice all, size_t n, struct buf *out,
		     struct err *err)
{
	struct frame f;
	bool idle = false, ok = true;

	frame_init(&f, mode, max);
	if (skip)
		frame_skip_long(&f);
	for (size_t at = 0; ok && at < all.len; at += n) {
		struct slice in = slice_sub(all, at, at + n), body;
		enum frame_result r;

		while ((r = frame_next(&f, &in, &body, err)) == FRAME_BODY || r == FRAME_LONG) {
			buf_puts(out, r == FRAME_LONG ? "long:" : "");
			buf_append(out, body);
			buf_putc(out, '|');
		}
		ok = r == FRAME_MORE;
		assert_true(!ok || in.len == 0);
	}
	idle = frame_idle(&f);
	if (!ok) {
		struct slice in = SLICE("Content-Length: 1\r\n\r\nx"), body;

		assert_int_equal(frame_next(&f, &in, &body, NULL), FRAME_FAIL); /* for good */
		assert_false(idle);
	}
	frame_release(&f);
	if (ok && !idle)
		buf_puts(out, "...");
	return ok;
}

static bool run(enum frame_mode mode, size_t max, struct slice all, size_t n, struct buf *out, struct err *err)
{
	return run_with(mode, false, max, all, n, out, err);
}

static void expect_slice(enum frame_mode mode, size_t max, struct slice all, struct slice want, enum err_code code)
{
	for (size_t n = 1; n <= all.len + 1; n++) {
		struct err err = { 0 };
		struct buf out;
		bool ok;

		buf_init(&out, 1024 * 1024);
		ok = run(mode, max, all, n, &out, &err);
		if (ok != (code == ERR_NONE) || err.code != code || !slice_eq(buf_slice(&out), want))
			fail_msg("%.*s\nin pieces of %zu: %s (%s), %s", SLICE_ARG(all), n, buf_cstr(&out),
				 err_name(err.code), err.msg);
		buf_release(&out);
	}
}

static void expect(enum frame_mode mode, size_t max, struct slice all, const char *want, enum err_code code)
{
	expect_slice(mode, max, all, slice_of(want), code);
}

static void test_good(void **state)
{
	static const struct {
		const char *in, *want;
	} cases[] = {
		{ "", "" },
		{ "Content-Length: 2\r\n\r\n{}", "{}|" },
		{ "content-length:2\r\n\r\n{}", "{}|" },
		{ "CONTENT-LENGTH: \t 0002 \t\r\n\r\n{}", "{}|" },
		{ "Content-Length : 2\r\n\r\n{}", "{}|" },
		{ "Content-Length: 2\n\n{}", "{}|" },
		{ "Content-Type: application/vscode-jsonrpc; charset=utf-8\r\nContent-Length: 2\r\n\r\n{}", "{}|" },
		{ "X: \r\nContent-Length: 3\r\nY: Content-Length: 9\r\n\r\nabc", "abc|" },
		{ "Content-Length: 1\r\n\r\nAContent-Length: 2\r\n\r\nBC", "A|BC|" },
		{ "Content-Length: 22\r\n\r\nContent-Length: 2\r\n\r\n1", "Content-Length: 2\r\n\r\n1|" },
		{ "Content-Length: 0\r\n\r\nContent-Length: 00\r\n\r\nContent-Length: 1\r\n\r\nA", "||A|" },
		{ "Content-Length: 5\r\n\r\nab", "..." },
		{ "Content-Length: 5\r\n", "..." },
		{ "C", "..." },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		expect(FRAME_HEADERS, 100, slice_of(cases[i].in), cases[i].want, ERR_NONE);
	expect_slice(FRAME_HEADERS, 100, SLICE("Content-Length: 3\r\n\r\na\0b"), SLICE("a\0b|"), ERR_NONE);
}

static void test_bad(void **state)
{
	static const struct {
		const char *in;
		enum err_code code;
	} cases[] = {
		{ "Content-Length: -1\r\n\r\n", ERR_INVALID },
		{ "Content-Length: +1\r\n\r\n", ERR_INVALID },
		{ "Content-Length: 1e2\r\n\r\n", ERR_INVALID },
		{ "Content-Length: 0x1\r\n\r\n", ERR_INVALID },
		{ "Content-Length: 1 2\r\n\r\n", ERR_INVALID },
		{ "Content-Length: 2, 2\r\n\r\n", ERR_INVALID },
		{ "Content-Length:\r\n\r\n", ERR_INVALID },
		{ "Content-Length: 101\r\n\r\n", ERR_TOO_LARGE },
		{ "Content-Length: 18446744073709551617\r\n\r\n", ERR_TOO_LARGE },
		{ "Content-Length: 99999999999999999999999999999999999\r\n\r\n", ERR_TOO_LARGE },
		{ "Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}", ERR_INVALID },
		{ "Content-Type: x\r\n\r\n{}", ERR_INVALID },
		{ "\r\n\r\n", ERR_INVALID },
		{ "\n", ERR_INVALID },
		{ "{\"jsonrpc\":", ERR_INVALID }, /* refused before a newline comes */
		{ " Content-Length: 2\r\n\r\n{}", ERR_INVALID },
		{ "Content Length: 2\r\n\r\n{}", ERR_INVALID },
		{ "ContentLength\r\n", ERR_INVALID },
		{ "X: a\rb\r\n", ERR_INVALID },
		{ "X: a\x01\r\n", ERR_INVALID },
		{ "\x80", ERR_INVALID },
		{ "\r\r\n", ERR_INVALID },
		{ ": 3\r\n", ERR_INVALID },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		expect(FRAME_HEADERS, 100, slice_of(cases[i].in), "", cases[i].code);
	expect(FRAME_HEADERS, 100, SLICE("X: \0\r\n"), "", ERR_INVALID);
	expect(FRAME_HEADERS, 100, SLICE("Content-Length: 1\r\n\r\nA{"), "A|", ERR_INVALID);
}

/* A body over the limit is passed over; the one behind it is found. */
static void test_long(void **state)
{
	static const struct {
		const char *in, *want;
		bool ok;
	} cases[] = {
		{ "Content-Length: 11\r\n\r\n\"abcdefghi\"Content-Length: 1\r\n\r\nA", "long:\"abcdefghi\"|A|", true },
		{ "Content-Length: 11\r\n\r\n{ \"a\" : 1 }Content-Length: 0\r\n\r\n", "long:{\"a\":1}||", true },
		{ "Content-Length: 12\r\n\r\n[\"a]\",[1,2]]Content-Length: 10\r\n\r\n0123456789", "long:[]|0123456789|",
		  true },
		{ "Content-Length: 12\r\n\r\n[\"a]\"", "...", true },
		{ "Content-Length: 1099511627777\r\n\r\n", "", false },
		{ "Content-Length: 99999999999999999999999999999999999\r\n\r\n", "", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct slice all = slice_of(cases[i].in);

		for (size_t n = 1; n <= all.len; n++) {
			struct err err = { 0 };
			struct buf out;

			buf_init(&out, 1000);
			if (run_with(FRAME_HEADERS, true, 10, all, n, &out, &err) != cases[i].ok ||
			    strcmp(buf_cstr(&out), cases[i].want) != 0)
				fail_msg("%s\nin pieces of %zu: %s, %s", cases[i].in, n, buf_cstr(&out), err.msg);
			buf_release(&out);
		}
	}
}

static void test_header_limit(void **state)
{
	(void)state;
	for (size_t extra = 0; extra < 2; extra++) {
		struct buf all, out;
		struct err err = { 0 };

		buf_init(&all, 100000);
		buf_init(&out, 100);
		buf_puts(&all, "Content-Length: 1\r\nX: ");
		while (all.len + 4 < LIMIT_HEADER_BYTES + extra)
			buf_putc(&all, 'x');
		buf_puts(&all, "\r\n\r\nA");
		assert_int_equal(run(FRAME_HEADERS, 100, buf_slice(&all), 1000, &out, &err), extra == 0);
		assert_string_equal(buf_cstr(&out), extra ? "" : "A|");
		assert_int_equal(err.code, extra ? ERR_TOO_LARGE : ERR_NONE);
		buf_release(&all);
		buf_release(&out);
	}
}

static void test_lines(void **state)
{
	(void)state;
	expect(FRAME_LINES, 10, SLICE("a\nbc\r\n\n  \nd e\n"), "a|bc|d e|", ERR_NONE);
	expect(FRAME_LINES, 10, SLICE("a\nbc"), "a|...", ERR_NONE);
	expect(FRAME_LINES, 10, SLICE("0123456789\n"), "0123456789|", ERR_NONE);
	expect(FRAME_LINES, 10, SLICE("ok\n0123456789a\n"), "ok|", ERR_TOO_LARGE);
}

static void test_large_body_is_given_back(void **state)
{
	struct frame f;
	struct slice in, body;
	struct buf all;

	(void)state;
	frame_init(&f, FRAME_HEADERS, LIMIT_MESSAGE_BYTES);
	buf_init(&all, 2000000);
	buf_puts(&all, "Content-Length: 1000000\r\n\r\n");
	for (int i = 0; i < 1000000; i++)
		buf_putc(&all, 'x');
	buf_puts(&all, "Content-Length: 1\r\n\r\ny");
	in = slice_sub(buf_slice(&all), 0, 500000);
	assert_int_equal(frame_next(&f, &in, &body, NULL), FRAME_MORE);
	in = slice_sub(buf_slice(&all), 500000, all.len);
	assert_int_equal(frame_next(&f, &in, &body, NULL), FRAME_BODY);
	assert_int_equal(body.len, 1000000);
	assert_int_equal(frame_next(&f, &in, &body, NULL), FRAME_BODY);
	assert_true(slice_eq(body, SLICE("y")));
	assert_int_equal(f.body.cap, 0);
	buf_release(&all);
	frame_release(&f);
}

static void test_write(void **state)
{
	char out[FRAME_HEADER_MAX];

	(void)state;
	assert_int_equal(frame_header(FRAME_HEADERS, 1234, out), 24);
	assert_memory_equal(out, "Content-Length: 1234\r\n\r\n", 24);
	assert_true(frame_header(FRAME_HEADERS, SIZE_MAX, out) < FRAME_HEADER_MAX);
	assert_int_equal(frame_header(FRAME_LINES, 1234, out), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),  cmocka_unit_test(test_bad),
		cmocka_unit_test(test_lines), cmocka_unit_test(test_long), cmocka_unit_test(test_header_limit),
		cmocka_unit_test(test_write), cmocka_unit_test(test_large_body_is_given_back),
	};

	return cmocka_run_group_tests_name("frame", tests, NULL, NULL);
}
