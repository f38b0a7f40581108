/* test_server_url.c - URLs of the fleet's servers: what they say, what is refused, and that no password is in a name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "agent/fleet/server_url.h"

static void taken(void **state)
{
	static const struct {
		const char *text, *user, *password, *path, *name;
	} rows[] = {
		{ "nats://localhost", "", "", "", "localhost:4222" },
		{ "nats://10.0.0.1:14222/", "", "", "", "10.0.0.1:14222" },
		{ "nats://[::1]:1", "", "", "", "[::1]:1" },
		{ "nats://token@host", "token", "", "", "host:4222" },
		{ "nats://u:p%40%2f:x@host:1/7", "u", "p@/:x", "7", "host:1" },
		{ "nats://u:p@ss@host", "u", "p@ss", "", "host:4222" },
		{ "nats://u:100%@host", "u", "100%", "", "host:4222" },
		{ "nats://:p@host", "", "p", "", "host:4222" },
	};
	struct server_url u;
	struct arena a;
	struct err err;

	(void)state;
	arena_init(&a);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (!server_url_parse(&a, slice_of(rows[i].text), "nats", 4222, &u, &err))
			fail_msg("%s: %s", rows[i].text, err.msg);
		assert_true(slice_eq_cstr(u.user, rows[i].user));
		assert_true(slice_eq_cstr(u.password, rows[i].password));
		assert_true(slice_eq_cstr(u.path, rows[i].path));
		assert_string_equal(u.name, rows[i].name);
		assert_null(u.socket);
	}
	assert_true(server_url_parse(&a, SLICE("unix:/run/x"), "redis", 6379, &u, &err));
	assert_string_equal(u.socket, "/run/x");
	assert_true(server_url_has_secret(SLICE("nats://u:p@h")));
	assert_false(server_url_has_secret(SLICE("nats://h:4222")));
	assert_false(server_url_has_secret(SLICE("unix:/a@b")));
	assert_true(server_url_has_secret(SLICE("nats://token@h")));
	assert_true(server_url_has_secret(SLICE("redis://:p@h")));
	assert_false(server_url_has_secret(SLICE("postgres://u@h/d")));
	arena_release(&a);
}

static void refused(void **state)
{
	static const struct {
		const char *text, *words;
	} rows[] = {
		{ "", "Expected a URL" },
		{ "localhost:4222", "Expected a URL" },
		{ "http://h", "nats://HOST:PORT" },
		{ "tls://h", "TLS is not spoken" },
		{ "nats://", "not the name of a host" },
		{ "nats://a b", "not the name of a host" },
		{ "nats://h:0", "port" },
		{ "nats://h,k", "not the name of a host" },
	};
	struct server_url u;
	struct arena a;
	struct err err;

	(void)state;
	arena_init(&a);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (server_url_parse(&a, slice_of(rows[i].text), "nats", 4222, &u, &err))
			fail_msg("%s is taken", rows[i].text);
		assert_int_equal(err.code, ERR_USAGE);
		if (!strstr(err.msg, rows[i].words))
			fail_msg("%s: %s", rows[i].text, err.msg);
	}
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(taken),
		cmocka_unit_test(refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
