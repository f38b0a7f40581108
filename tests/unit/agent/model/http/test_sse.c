/* test_sse.c - the event reader against every split of the same bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/model/http/sse.h"
#include "protocol/base/limits.h"

struct seen {
	struct buf text; /* "event=data;" for each event */
	size_t stop_after, events;
};

static bool on_event(void *payload, struct slice event, struct slice data)
{
	struct seen *s = payload;

	buf_printf(&s->text, "%.*s=%.*s;", SLICE_ARG(event), SLICE_ARG(data));
	return ++s->events != s->stop_after;
}

static const struct {
	const char *bytes, *events;
} cases[] = {
	{ "data: a\n\n", "=a;" },
	{ "event: x\ndata: a\n\n", "x=a;" },
	{ "event:x\r\ndata:a\r\n\r\n", "x=a;" },
	{ "event: x\rdata: a\r\r", "x=a;" },
	{ "data: a\r\n\ndata: b\n\r\ndata: c\r\r\n", "=a;=b;=c;" },
	{ "\xef\xbb\xbf"
	  "data: a\n\n",
	  "=a;" },
	{ "data: \xef\xbb\xbf"
	  "a\n\n",
	  "=\xef\xbb\xbf"
	  "a;" },
	{ ": comment\n\n:\n\ndata: a\n\n", "=a;" },
	{ "data: a\ndata: b\ndata:\n\n", "=a\nb\n;" },
	{ "data\n\n", "=;" },
	{ "data:  two spaces\n\n", "= two spaces;" },
	{ "id: 1\nretry: 5\nunknown: z\ndata: a\n\n", "=a;" },
	{ "event: lost\n\ndata: a\n\n", "=a;" },
	{ "data: at the end", "=at the end;" },
	{ "data: a\n", "=a;" },
	{ "data: a\r", "=a;" },
	{ "event: only", "" },
	{ "", "" },
	{ "\n\n\r\r\n", "" },
	{ "data: {\"x\":\"\xc3\xa4\xf0\x9f\x98\x80\"}\n\n",
	  "={\"x\":\"\xc3\xa4\xf0\x9f\x98\x80\"};" },
	{ "dataX: a\nDATA: b\ndata : c\n\n", "" },
};

static void run(const char *bytes, size_t split, const char *expected)
{
	struct slice all = slice_of(bytes);
	struct seen seen = { 0 };
	struct sse s;

	buf_init(&seen.text, 4096);
	sse_init(&s, on_event, &seen);
	if (split == SIZE_MAX) {
		for (size_t i = 0; i < all.len; i++)
			assert_true(sse_feed(&s, slice_sub(all, i, i + 1), NULL));
	} else {
		assert_true(sse_feed(&s, slice_sub(all, 0, split), NULL));
		assert_true(sse_feed(&s, slice_sub(all, split, all.len), NULL));
	}
	assert_true(sse_end(&s, NULL));
	assert_string_equal(buf_cstr(&seen.text), expected);
	sse_release(&s);
	buf_release(&seen.text);
}

static void every_split(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		run(cases[i].bytes, SIZE_MAX, cases[i].events);
		for (size_t at = 0; at <= strlen(cases[i].bytes); at++)
			run(cases[i].bytes, at, cases[i].events);
	}
}

static void stops_when_told(void **state)
{
	struct seen seen = { .stop_after = 2 };
	struct sse s;

	(void)state;
	buf_init(&seen.text, 4096);
	sse_init(&s, on_event, &seen);
	assert_true(sse_feed(&s, SLICE("data: 1\n\ndata: 2\n\ndata: 3\n\n"), NULL));
	assert_true(sse_feed(&s, SLICE("data: 4\n\n"), NULL));
	assert_true(sse_end(&s, NULL));
	assert_string_equal(buf_cstr(&seen.text), "=1;=2;");
	sse_release(&s);
	buf_release(&seen.text);
}

static void feed_much(struct sse *s, size_t bytes, bool *ok, struct err *err)
{
	static const char piece[64 * 1024] = { 'a' };

	for (size_t i = 0; i < bytes && *ok; i += sizeof(piece))
		*ok = sse_feed(s, slice_make(piece, sizeof(piece)), err);
}

static void a_line_has_a_limit(void **state)
{
	struct seen seen = { 0 };
	struct err err = { 0 };
	struct sse s;
	bool ok = true;

	(void)state;
	sse_init(&s, on_event, &seen);
	feed_much(&s, LIMIT_SSE_LINE_BYTES, &ok, &err);
	assert_true(ok);
	feed_much(&s, 1, &ok, &err);
	assert_false(ok);
	assert_int_equal(err.code, ERR_TOO_LARGE);
	sse_release(&s);
}

static void an_event_has_a_limit(void **state)
{
	struct seen seen = { 0 };
	struct err err = { 0 };
	struct sse s;
	bool ok = true;

	(void)state;
	sse_init(&s, on_event, &seen);
	for (int i = 0; i < 3 && ok; i++) { /* each line fits, all together do not */
		ok = sse_feed(&s, SLICE("data:"), &err);
		feed_much(&s, LIMIT_SSE_LINE_BYTES / 2, &ok, &err);
		ok = ok && sse_feed(&s, SLICE("\n"), &err);
	}
	assert_true(ok);
	assert_false(sse_feed(&s, SLICE("\n"), &err));
	assert_int_equal(err.code, ERR_TOO_LARGE);
	assert_int_equal(seen.events, 0);
	sse_release(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_split),
		cmocka_unit_test(stops_when_told),
		cmocka_unit_test(a_line_has_a_limit),
		cmocka_unit_test(an_event_has_a_limit),
	};

	return cmocka_run_group_tests_name("agent/model/sse", tests, NULL, NULL);
}
