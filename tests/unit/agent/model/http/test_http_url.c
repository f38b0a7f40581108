/* test_http_url.c - addresses: taken apart, and which may go without encryption. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/model/http/http.h"

static void splits(void **state)
{
	static const struct {
		const char *url, *host; /* host NULL: refused */
		bool tls;
	} cases[] = {
		{ "https://api.anthropic.com", "api.anthropic.com", true },
		{ "HTTPS://Host:8443/v1/x", "Host", true },
		{ "http://127.0.0.1:80", "127.0.0.1", false },
		{ "http://[::1]:8080/a", "::1", false },
		{ "https://", NULL, false },
		{ "https:///path", NULL, false },
		{ "http://:80", NULL, false },
		{ "http://[::1", NULL, false },
		{ "ftp://host", NULL, false },
		{ "host", NULL, false },
		{ "", NULL, false },
		{ "https://user:pw@host", NULL, false },
		{ "https://host/?q", NULL, false },
		{ "https://host/#f", NULL, false },
		{ "https://host /", NULL, false },
		{ "https://ho\nst/", NULL, false },
		{ "https://host\\@evil", NULL, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct err err = { 0 };
		struct slice host;
		bool tls;

		if (!http_split_url(slice_of(cases[i].url), &tls, &host, &err)) {
			assert_null(cases[i].host);
			assert_int_equal(err.code, ERR_INVALID);
			continue;
		}
		assert_non_null(cases[i].host);
		assert_true(slice_eq_cstr(host, cases[i].host));
		assert_int_equal(tls, cases[i].tls);
	}
}

static void places(void **state)
{
	static const struct {
		const char *host;
		bool loopback, private;
	} cases[] = {
		{ "localhost", true, true },
		{ "LOCALHOST", true, true },
		{ "a.localhost", true, true },
		{ "127.0.0.1", true, true },
		{ "127.9.9.9", true, true },
		{ "::1", true, true },
		{ "10.1.2.3", false, true },
		{ "172.16.0.1", false, true },
		{ "172.32.0.1", false, false },
		{ "192.168.1.1", false, true },
		{ "192.169.1.1", false, false },
		{ "169.254.1.1", false, true },
		{ "fd00::1", false, true },
		{ "fe80::1", false, true },
		{ "2001:db8::1", false, false },
		{ "ollama", false, true },
		{ "box.local", false, true },
		{ "x.internal", false, true },
		{ "nas.lan", false, true },
		{ "example.com", false, false },
		{ "8.8.8.8", false, false },
		{ "localhost.evil.com", false, false },
		{ "127.0.0.1.evil.com", false, false },
		{ "notlocalhost.com", false, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_int_equal(http_is_loopback(slice_of(cases[i].host)), cases[i].loopback);
		assert_int_equal(http_is_private(slice_of(cases[i].host)), cases[i].private);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(splits),
		cmocka_unit_test(places),
	};

	return cmocka_run_group_tests_name("agent/model/http_url", tests, NULL, NULL);
}
