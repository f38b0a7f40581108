/* test_broker_request.c - one CONNECT, read strictly */
#include "agent/net/broker_request.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "protocol/base/limits.h"

#define TOKEN "abcdefghijklmnopqrstuvwxyz0123456789abcd"
/* base64 of "emend:" TOKEN */
#define AUTH "ZW1lbmQ6YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXowMTIzNDU2Nzg5YWJjZA=="

static enum broker_parse parse(const char *text, struct broker_request *r)
{
	struct err err = { .code = ERR_NONE };
	enum broker_parse p = broker_request_parse(slice_of(text), r, &err);

	assert_int_equal(p == BROKER_BAD, err.code == ERR_INVALID);
	return p;
}

static void a_whole_one(void **state)
{
	static const char text[] =
		"CONNECT Registry.npmjs.org:443 HTTP/1.1\r\n"
		"Host: registry.npmjs.org:443\r\n"
		"proxy-authorization:  bAsIc  " AUTH " \r\n"
		"Content-Length: 0\r\nX:\r\nUser-Agent: a\xc3\xa9\tb\r\n\r\nearly";
	struct broker_request r;

	(void)state;
	assert_int_equal(parse(text, &r), BROKER_WHOLE);
	assert_true(r.connect && r.has_token && r.has_target);
	assert_string_equal(r.token, TOKEN);
	assert_string_equal(r.target.name, "registry.npmjs.org");
	assert_int_equal(r.target.port, 443);
	assert_string_equal(text + r.bytes, "early");
	assert_int_equal(parse("CONNECT [::1]:1 HTTP/1.0\r\n\r\n", &r), BROKER_WHOLE);
	assert_true(r.connect && !r.has_token && r.has_target);
}

static void in_pieces_it_is_not_whole(void **state)
{
	static const char text[] =
		"CONNECT a.test:443 HTTP/1.1\r\nProxy-Authorization: Basic " AUTH "\r\n\r\n";
	struct broker_request r;
	struct err err;

	(void)state;
	for (size_t n = 0; n < sizeof(text) - 1; n++)
		assert_int_equal(broker_request_parse(slice_make(text, n), &r, &err), BROKER_MORE);
	assert_int_equal(parse(text, &r), BROKER_WHOLE);
	assert_int_equal(r.bytes, sizeof(text) - 1);
}

static void broken_ones(void **state)
{
	static const char *const bad[] = {
		"\r\n\r\n",
		"CONNECT\r\n\r\n",
		"CONNECT a:1\r\n\r\n",
		"CONNECT  a:1 HTTP/1.1\r\n\r\n",
		"CONNECT a:1  HTTP/1.1\r\n\r\n",
		" CONNECT a:1 HTTP/1.1\r\n\r\n",
		"CONNECT a:1 HTTP/1.1 \r\n\r\n",
		"CONNECT a:1 HTTP/2\r\n\r\n",
		"CONNECT a:1 http/1.1\r\n\r\n",
		"CONN\"ECT a:1 HTTP/1.1\r\n\r\n",
		"CONNECT a:1 HTTP/1.1\n\n",
		"CONNECT a:1 HTTP/1.1\r\nA: b\n\r\n",
		"CONNECT a:1 HTTP/1.1\rA: b\r\n\r\n",
		"CONNECT a:1 HTTP/1.1\r\n\rA: b\r\n\r\n",
		"CONNECT a:1 HTTP/1.1\r\nnothing\r\n\r\n",
		"CONNECT a:1 HTTP/1.1\r\n: b\r\n\r\n",
		"CONNECT a:1 HTTP/1.1\r\nA : b\r\n\r\n",
		"CONNECT a:1 HTTP/1.1\r\nA: b\r\n folded\r\n\r\n",
		"CONNECT a:1 HTTP/1.1\r\n folded: x\r\n\r\n",
		"CONNECT a:1 HTTP/1.1\r\nA: \x01\r\n\r\n",
		"CONNECT a:1 HTTP/1.1\r\nA: \x7f\r\n\r\n",
		"CONNECT a:1 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
		"CONNECT a:1 HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello",
		"CONNECT a:1 HTTP/1.1\r\nContent-Length: 0\r\nContent-Length: 44\r\n\r\n",
		"CONNECT a:1 HTTP/1.1\r\nContent-Length: +0\r\n\r\n",
		"CONNECT a:1 HTTP/1.1\r\nProxy-Authorization: Basic x\r\nPROXY-AUTHORIZATION: y\r\n\r\n",
	};
	struct broker_request r;
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (parse(bad[i], &r) != BROKER_BAD)
			fail_msg("%zu: %s", i, bad[i]);
	assert_int_equal(broker_request_parse(SLICE("CONNECT a\0b:1 HTTP/1.1\r\n\r\n"), &r, &err),
			 BROKER_BAD);
	/* At once, not only when it is whole. */
	assert_int_equal(broker_request_parse(SLICE("\x16\x03\x01"), &r, &err), BROKER_BAD);
}

static void bad_targets_are_kept_apart(void **state)
{
	static const char *const bad[] = { "a.test",	     "a.test:0",  "127.1:80",
					   "2130706433:443", "http://a/", "a:443/x",
					   "u@a:443",	     "a..b:443",  "b\xc3\xbc.de:443" };
	struct broker_request r;
	char text[128];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		(void)snprintf(text, sizeof(text), "CONNECT %s HTTP/1.1\r\n\r\n", bad[i]);
		assert_int_equal(parse(text, &r), BROKER_WHOLE);
		if (r.has_target || r.bad_target.code != ERR_INVALID)
			fail_msg("%s", bad[i]);
	}
	assert_int_equal(parse("GET http://a.test/ HTTP/1.1\r\n\r\n", &r), BROKER_WHOLE);
	assert_false(r.connect);
	assert_int_equal(parse("connect a.test:1 HTTP/1.1\r\n\r\n", &r), BROKER_WHOLE);
	assert_false(r.connect);
}

static void tokens_that_are_none(void **state)
{
	static const char *const bad[] = {
		"Basic",
		"Basic ",
		("Basic " AUTH "AAAA"),
		("Bearer " AUTH),
		"Basic !!!!",
		AUTH,
		"Basic ZW1lbmQ6", /* "emend:" */
		/* "other:" TOKEN, and one character less */
		"Basic b3RoZXI6YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXowMTIzNDU2Nzg5YWJjZA==",
		"Basic ZW1lbmQ6YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXowMTIzNDU2Nzg5YWJj",
	};
	struct broker_request r;
	char text[4096], *at = text;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		(void)snprintf(text, sizeof(text),
			       "CONNECT a:1 HTTP/1.1\r\nProxy-Authorization: %s\r\n\r\n", bad[i]);
		assert_int_equal(parse(text, &r), BROKER_WHOLE);
		if (r.has_token)
			fail_msg("%s", bad[i]);
	}
	at += snprintf(text, sizeof(text), "CONNECT a:1 HTTP/1.1\r\nProxy-Authorization: Basic ");
	memset(at, 'A', 3000);
	memcpy(at + 3000, "\r\n\r\n", 5);
	assert_int_equal(parse(text, &r), BROKER_WHOLE);
	assert_false(r.has_token);
}

static void it_has_a_length(void **state)
{
	static const char first[] = "CONNECT a:1 HTTP/1.1\r\nA: ";
	size_t n = LIMIT_NET_HEADER_BYTES * 2;
	char *text = malloc(n);
	struct broker_request r;
	struct err err;

	(void)state;
	memset(text, 'x', n);
	memcpy(text, first, sizeof(first) - 1);
	assert_int_equal(
		broker_request_parse(slice_make(text, LIMIT_NET_HEADER_BYTES - 1), &r, &err),
		BROKER_MORE);
	assert_int_equal(broker_request_parse(slice_make(text, LIMIT_NET_HEADER_BYTES), &r, &err),
			 BROKER_TOO_LONG);
	memcpy(text + LIMIT_NET_HEADER_BYTES - 4, "\r\n\r\n", 4);
	assert_int_equal(broker_request_parse(slice_make(text, n), &r, &err), BROKER_WHOLE);
	assert_int_equal(r.bytes, LIMIT_NET_HEADER_BYTES);
	memcpy(text + LIMIT_NET_HEADER_BYTES - 4, "x\r\n\r\n", 5);
	assert_int_equal(broker_request_parse(slice_make(text, n), &r, &err), BROKER_TOO_LONG);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(a_whole_one),
					    cmocka_unit_test(in_pieces_it_is_not_whole),
					    cmocka_unit_test(broken_ones),
					    cmocka_unit_test(bad_targets_are_kept_apart),
					    cmocka_unit_test(tokens_that_are_none),
					    cmocka_unit_test(it_has_a_length) };

	return cmocka_run_group_tests_name("runner/broker_request", tests, NULL, NULL);
}
