/* test_messages.c - texts made fit for an editor; what waits until it may be sent. */
#include "lsp/editor/messages.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void check(enum client_kind kind, const char *text, size_t max, const char *want)
{
	struct client client = { .kind = kind };
	struct arena a;

	arena_init(&a);
	assert_string_equal(shown_text(&a, &client, slice_of(text), max).ptr, want);
	arena_release(&a);
}

static void test_shown_text(void **state)
{
	(void)state;
	check(CLIENT_OTHER, "", 100, "");
	check(CLIENT_OTHER, " a\n\tb\r\n c ", 100, "a b c");
	check(CLIENT_OTHER, "100% \x01\x1b[31mred", 100, "100% [31mred");
	check(CLIENT_EGLOT, "100%", 100, "100\xef\xbc\x85");
	check(CLIENT_OTHER,
	      "\xff"
	      "a\xed\xa0\x80",
	      100,
	      "\xef\xbf\xbd"
	      "a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
	check(CLIENT_OTHER, "abcdefghijklmnop", 10, "abcdefg\xe2\x80\xa6");
	/* Never cut inside a character. */
	check(CLIENT_OTHER, "abcde\xf0\x9f\x98\x80xyz", 10, "abcde\xe2\x80\xa6");
}

static void on_request(void *owner, struct rpc_request *req)
{
	(void)owner;
	conn_reply_result(req, SLICE(""));
}

static void on_notification(void *owner, struct slice method, struct json params, struct arena *a)
{
	(void)owner, (void)method, (void)params, (void)a;
}

static void test_waiting(void **state)
{
	static const struct conn_handlers handlers = { .request = on_request,
						       .notification = on_notification };
	struct client client = { .kind = CLIENT_OTHER };
	struct messages m;
	struct slice out;
	struct conn c;

	(void)state;
	conn_init(&c, &(struct conn_options){ .handlers = &handlers, .mode = FRAME_LINES });
	messages_init(&m, &c, &client);
	messages_show(&m, LSP_MESSAGE_ERROR, "first\nline");
	messages_log(&m, LSP_MESSAGE_LOG, "%s", "second");
	assert_int_equal(conn_output(&c).len, 0);
	messages_ready(&m);
	messages_show(&m, LSP_MESSAGE_INFO, "third");
	messages_ready(&m);
	out = conn_output(&c);
	conn_sent(&c, out.len);
	assert_true(slice_find(out, SLICE("\"type\":1,\"message\":\"first line\""), 0) < out.len);
	out = conn_output(&c);
	assert_true(out.len == 0 || slice_find(out, SLICE("first"), 0) == SIZE_MAX);
	messages_release(&m);
	conn_release(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shown_text),
		cmocka_unit_test(test_waiting),
	};

	return cmocka_run_group_tests_name("messages", tests, NULL, NULL);
}
