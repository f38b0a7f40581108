/* test_trust.c - which variable wins, and what is told about files that are not there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "agent/model/http/trust.h"

struct variables {
	const char *list[8][2];
};

static const char *env(void *ctx, const char *name)
{
	const struct variables *v = ctx;

	for (size_t i = 0; i < ARRAY_LEN(v->list) && v->list[i][0]; i++)
		if (strcmp(v->list[i][0], name) == 0)
			return v->list[i][1];
	return NULL;
}

static void make_file(char *path, const char *text)
{
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	assert_int_equal(close(fd), 0);
}

static void order(void **state)
{
	struct variables none = { { { NULL, NULL } } };
	struct variables empty = { { { "SSL_CERT_FILE", "" }, { "SSL_CERT_DIR", "/" } } };
	struct variables both = { { { "SSL_CERT_FILE", "/etc/passwd" },
				    { "CURL_CA_BUNDLE", "/etc/group" } } };
	struct http_trust t;
	struct arena a;

	(void)state;
	arena_init(&a);
	assert_true(trust_load(env, &none, &a, &t, NULL));
	assert_true(!t.ca_file && !t.ca_dir && t.ca_pem.len == 0);
	assert_true(trust_load(env, &empty, &a, &t, NULL));
	assert_true(!t.ca_file && t.ca_pem.len == 0);
	assert_string_equal(t.ca_dir, "/");
	assert_true(trust_load(env, &both, &a, &t, NULL));
	assert_string_equal(t.ca_file, "/etc/group");
	arena_release(&a);
}

static void extra_is_added(void **state)
{
	char base[] = "/tmp/emend-ca-XXXXXX", extra[] = "/tmp/emend-ca-XXXXXX";
	struct variables v = { { { "SSL_CERT_FILE", base }, { "NODE_EXTRA_CA_CERTS", extra } } };
	struct http_trust t;
	struct arena a;

	(void)state;
	arena_init(&a);
	make_file(base, "BASE");
	make_file(extra, "EXTRA\n");
	assert_true(trust_load(env, &v, &a, &t, NULL));
	assert_true(slice_eq_cstr(t.ca_pem, "BASE\nEXTRA\n"));
	(void)unlink(base);
	(void)unlink(extra);
	arena_release(&a);
}

static void missing(void **state)
{
	static const char *const names[] = { "SSL_CERT_FILE", "SSL_CERT_DIR", "CURL_CA_BUNDLE",
					     "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS" };
	struct arena a;

	(void)state;
	arena_init(&a);
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct variables v = { { { names[i], "/no/such/place" } } };
		struct http_trust t;
		struct err err = { 0 };

		assert_false(trust_load(env, &v, &a, &t, &err));
		assert_int_equal(err.code, ERR_PROVIDER);
		assert_non_null(strstr(err.msg, names[i]));
		assert_non_null(strstr(err.msg, "/no/such/place"));
	}
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(order),
		cmocka_unit_test(extra_is_added),
		cmocka_unit_test(missing),
	};

	return cmocka_run_group_tests_name("agent/model/trust", tests, NULL, NULL);
}
