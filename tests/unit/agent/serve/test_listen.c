/* test_listen.c - where the service listens: names that are this machine's own, addresses that are refused, and a socket's
 * path, which one service has at a time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "agent/serve/listen.h"
#include "tests/unit/agent/worker/folder.h"

static void own_names(void **state)
{
	static const char *const own[] = { "localhost", "localhost:80",	   "localhost:",
					   "127.0.0.1", "127.0.0.1:65535", "127.9.9.9",
					   "[::1]",	"[::1]:8080" };
	static const char *const other[] = { "",
					     ":80",
					     "localhost.",
					     "localhost.example",
					     "localhost:80x",
					     "localhost:65536",
					     "localhost:80:80",
					     "127.0.0.1.example",
					     "128.0.0.1",
					     "0.0.0.0",
					     "127.1",
					     "::1",
					     "[::2]",
					     "[::1].example",
					     "[::1",
					     "example.org" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(own); i++)
		assert_true(listen_is_own_host(slice_of(own[i])));
	for (size_t i = 0; i < ARRAY_LEN(other); i++) {
		if (listen_is_own_host(slice_of(other[i])))
			fail_msg("%s is taken for an own name", other[i]);
	}
}

static void addresses(void **state)
{
	static const struct {
		const char *text;
		enum err_code code;
	} wrong[] = {
		{ "", ERR_USAGE },
		{ "localhost", ERR_USAGE },
		{ "127.0.0.1:", ERR_USAGE },
		{ "127.0.0.1:65536", ERR_USAGE },
		{ "127.0.0.1:-1", ERR_USAGE },
		{ "0.0.0.0:0", ERR_DENIED },
		{ "10.0.0.1:0", ERR_DENIED },
		{ "[::]:0", ERR_DENIED },
		{ "example.org:0", ERR_DENIED },
		{ ":0", ERR_DENIED },
	};
	struct sockaddr_storage at;
	socklen_t len = sizeof(at);
	struct listen l;
	struct arena a;
	struct err err;

	(void)state;
	arena_init(&a);
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		assert_false(listen_open(&a, slice_of(wrong[i].text), &l, &err));
		assert_int_equal(err.code, wrong[i].code);
		assert_int_equal(l.fd, -1);
	}
	assert_true(listen_open(&a, SLICE("localhost:0"), &l, &err));
	assert_false(l.local);
	assert_true(slice_starts(l.name, SLICE("127.0.0.1:")));
	assert_false(slice_ends(l.name, SLICE(":0"))); /* the port that was free */
	assert_int_equal(getsockname(l.fd, (struct sockaddr *)&at, &len), 0);
	listen_close(&l);
	arena_release(&a);
}

static void one_at_a_time(void **state)
{
	struct listen first, second;
	struct folder dir;
	struct slice text;
	struct arena a;
	struct stat st;
	struct err err;

	(void)state;
	folder_make(&dir);
	arena_init(&a);
	text = arena_printf(&a, "unix:%s/sock", dir.path);
	assert_true(listen_open(&a, text, &first, &err));
	assert_true(first.local && first.fd >= 0);
	assert_int_equal(stat(first.path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_false(listen_open(&a, text, &second, &err));
	assert_int_equal(err.code, ERR_IO);
	assert_int_equal(stat(first.path, &st), 0);
	/* It dies: its socket stays, its lock does not. */
	(void)close(first.fd);
	(void)close(first.lock);
	assert_true(listen_open(&a, text, &second, &err));
	listen_close(&second);
	assert_int_equal(stat(second.path, &st), -1);
	/* What is no socket is not removed. */
	folder_put(&dir, "sock", "text");
	assert_false(listen_open(&a, text, &second, &err));
	assert_int_equal(stat(first.path, &st), 0);
	arena_release(&a);
	folder_free(&dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(own_names),
		cmocka_unit_test(addresses),
		cmocka_unit_test(one_at_a_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
