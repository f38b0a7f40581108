/* test_http.c - requests against a tiny server on the same loop: everything in one thread, so that what
 * keeps the loop alive is seen. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include <arpa/inet.h>

#include <cmocka.h>

#include "agent/model/http/http.h"
#include "protocol/base/buf.h"

struct fixture {
	uv_loop_t loop;
	uv_tcp_t server;
	uv_tcp_t peer;
	bool peer_open, peer_gone;
	struct buf received;
	uv_write_t write;
	const char *answer; /* sent when the whole body "ping" has come; NULL: silence */

	struct http *http;
	struct http_request *request;
	struct buf body;
	size_t n_done;
	int curl;
	long status;
	enum { NOTHING, CANCEL, FREE, STOP } in_body, in_done;
	bool inside;
};

static void on_alloc(uv_handle_t *h, size_t want, uv_buf_t *out)
{
	static char piece[4096];

	(void)h;
	(void)want;
	*out = uv_buf_init(piece, sizeof(piece));
}

static void on_peer_closed(uv_handle_t *h)
{
	((struct fixture *)h->data)->peer_open = false;
}

static void on_read(uv_stream_t *s, ssize_t n, const uv_buf_t *piece)
{
	struct fixture *x = s->data;
	uv_buf_t out;

	if (n < 0) {
		x->peer_gone = true;
		uv_close((uv_handle_t *)s, on_peer_closed);
		return;
	}
	buf_append(&x->received, slice_make(piece->base, (size_t)n));
	if (!slice_ends(buf_slice(&x->received), SLICE("ping")) || !x->answer)
		return;
	buf_clear(&x->received);
	out = uv_buf_init((char *)(uintptr_t)x->answer, (unsigned)strlen(x->answer));
	assert_int_equal(uv_write(&x->write, s, &out, 1, NULL), 0);
}

static void on_connection(uv_stream_t *s, int status)
{
	struct fixture *x = s->data;

	assert_int_equal(status, 0);
	assert_false(x->peer_open);
	assert_int_equal(uv_tcp_init(&x->loop, &x->peer), 0);
	x->peer.data = x;
	x->peer_open = true;
	assert_int_equal(uv_accept(s, (uv_stream_t *)&x->peer), 0);
	assert_int_equal(uv_read_start((uv_stream_t *)&x->peer, on_alloc, on_read), 0);
	uv_unref((uv_handle_t *)&x->peer); /* only what http does may keep the loop alive */
}

static void begin(struct fixture *x, const char *answer)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	*x = (struct fixture){ .answer = answer };
	buf_init(&x->received, 65536);
	buf_init(&x->body, 65536);
	assert_int_equal(uv_loop_init(&x->loop), 0);
	assert_int_equal(uv_tcp_init(&x->loop, &x->server), 0);
	x->server.data = x;
	assert_int_equal(uv_tcp_bind(&x->server, (struct sockaddr *)&at, 0), 0);
	assert_int_equal(uv_listen((uv_stream_t *)&x->server, 8, on_connection), 0);
	uv_unref((uv_handle_t *)&x->server);
	x->http = http_new(&x->loop);
}

static void end(struct fixture *x)
{
	http_free(x->http);
	uv_close((uv_handle_t *)&x->server, NULL);
	if (x->peer_open && !uv_is_closing((uv_handle_t *)&x->peer))
		uv_close((uv_handle_t *)&x->peer, NULL);
	(void)uv_run(&x->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&x->loop), 0);
	buf_release(&x->received);
	buf_release(&x->body);
}

static void on_header(void *payload, long status, struct slice name, struct slice value)
{
	struct fixture *x = payload;

	assert_false(x->inside);
	if (slice_eq_cstr(name, "X-Test"))
		buf_printf(&x->body, "%ld:%.*s;", status, SLICE_ARG(value));
}

static bool act(struct fixture *x, int what)
{
	if (what == CANCEL)
		http_cancel(x->request);
	if (what == FREE) {
		http_free(x->http);
		x->http = NULL;
	}
	return what != STOP;
}

static bool on_body(void *payload, long status, struct slice bytes)
{
	struct fixture *x = payload;

	assert_int_equal(status, 200);
	buf_append(&x->body, bytes);
	return act(x, x->in_body);
}

static void on_done(void *payload, const struct http_result *r)
{
	struct fixture *x = payload;

	assert_false(x->inside);
	x->n_done++;
	x->curl = r->curl;
	x->status = r->status;
	assert_non_null(r->detail);
	(void)act(x, x->in_done);
	x->request = NULL;
}

static void post(struct fixture *x)
{
	static const struct http_callbacks cb = { on_header, on_body, on_done };
	struct sockaddr_in at;
	int len = sizeof(at);
	char url[64];
	struct http_spec spec = {
		.url = url, .body = SLICE("ping"), .direct = true, .idle_ms = 60000
	};
	struct err err = { 0 };

	assert_int_equal(uv_tcp_getsockname(&x->server, (struct sockaddr *)&at, &len), 0);
	(void)snprintf(url, sizeof(url), "http://127.0.0.1:%d/", ntohs(at.sin_port));
	x->inside = true;
	x->request = http_post(x->http, &spec, &cb, x, &err);
	x->inside = false;
	assert_non_null(x->request);
}

#define OK "HTTP/1.1 200 OK\r\nX-Test: yes\r\nContent-Length: 4\r\n\r\npong"

static void kept_connections_wake_nobody(void **state)
{
	struct fixture x;

	(void)state;
	begin(&x, OK);
	for (size_t i = 1; i <= 3; i++) {
		buf_clear(&x.body);
		post(&x);
		(void)uv_run(&x.loop,
			     UV_RUN_DEFAULT); /* ends only if nothing is watched any more */
		assert_int_equal(x.n_done, i);
		assert_int_equal(x.status, 200);
		assert_string_equal(buf_cstr(&x.body), "200:yes;pong");
		assert_false(uv_loop_alive(&x.loop));
		assert_false(x.peer_gone); /* the connection is kept and used again */
	}
	end(&x);
}

static void informational_responses(void **state)
{
	struct fixture x;

	(void)state;
	begin(&x, "HTTP/1.1 103 Early Hints\r\nX-Test: a\r\n\r\n" OK);
	post(&x);
	(void)uv_run(&x.loop, UV_RUN_DEFAULT);
	assert_string_equal(buf_cstr(&x.body), "103:a;200:yes;pong");
	assert_int_equal(x.status, 200);
	end(&x);
}

static void until_gone(struct fixture *x)
{
	uv_ref((uv_handle_t *)&x->peer); /* a loop without handles of its own does not even look */
	while (!x->peer_gone)
		(void)uv_run(&x->loop, UV_RUN_ONCE);
	(void)uv_run(&x->loop, UV_RUN_DEFAULT);
}

static void cancel_closes_at_once(void **state)
{
	struct fixture x;

	(void)state;
	begin(&x, NULL);
	post(&x);
	while (x.received.len == 0)
		(void)uv_run(&x.loop, UV_RUN_ONCE);
	http_cancel(x.request);
	until_gone(&x);
	assert_int_equal(x.n_done, 0);
	end(&x);
}

static void cancel_before_anything(void **state)
{
	struct fixture x;

	(void)state;
	begin(&x, OK);
	post(&x);
	http_cancel(x.request);
	(void)uv_run(&x.loop, UV_RUN_DEFAULT);
	assert_int_equal(x.n_done, 0);
	http_cancel(NULL);
	end(&x);
}

static void inside_body(int what, size_t done)
{
	struct fixture x;

	begin(&x, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart");
	x.in_body = what;
	post(&x);
	(void)uv_run(&x.loop, UV_RUN_DEFAULT);
	assert_int_equal(x.n_done, done);
	assert_string_equal(buf_cstr(&x.body), "part");
	until_gone(&x);
	end(&x);
}

static void inside_callbacks(void **state)
{
	(void)state;
	inside_body(CANCEL, 0);
	inside_body(FREE, 0);
	inside_body(STOP, 1);
}

static void inside_done(void **state)
{
	struct fixture x;

	(void)state;
	begin(&x, OK);
	x.in_done = FREE;
	post(&x);
	(void)uv_run(&x.loop, UV_RUN_DEFAULT);
	assert_int_equal(x.n_done, 1);
	end(&x);
	begin(&x, OK);
	x.in_done = CANCEL;
	post(&x);
	(void)uv_run(&x.loop, UV_RUN_DEFAULT);
	assert_int_equal(x.n_done, 1);
	end(&x);
}

static void free_while_running(void **state)
{
	struct fixture x;

	(void)state;
	begin(&x, NULL);
	post(&x);
	while (x.received.len == 0)
		(void)uv_run(&x.loop, UV_RUN_ONCE);
	post(&x);
	end(&x);
	begin(&x, NULL); /* never used: nothing was loaded */
	end(&x);
}

static void nobody_there(void **state)
{
	struct fixture x;

	(void)state;
	begin(&x, OK);
	x.server.data = &x;
	post(&x);
	uv_close((uv_handle_t *)&x.server, NULL);
	(void)uv_run(&x.loop, UV_RUN_DEFAULT);
	assert_int_equal(x.n_done, 1);
	assert_int_equal(x.status, 0);
	assert_int_not_equal(x.curl, 0);
	assert_int_equal(uv_tcp_init(&x.loop, &x.server), 0);
	end(&x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kept_connections_wake_nobody),
		cmocka_unit_test(informational_responses),
		cmocka_unit_test(cancel_closes_at_once),
		cmocka_unit_test(cancel_before_anything),
		cmocka_unit_test(inside_callbacks),
		cmocka_unit_test(inside_done),
		cmocka_unit_test(free_while_running),
		cmocka_unit_test(nobody_there),
	};

	(void)alarm(60); /* what never happens ends the program */
	return cmocka_run_group_tests_name("agent/model/http", tests, NULL, NULL);
}
