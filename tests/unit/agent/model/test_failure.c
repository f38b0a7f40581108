/* test_failure.c - how failures are classed and said. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <curl/curl.h>

#include "agent/model/failure.h"

static const struct failure_where where = {
	.provider = "Anthropic", .host = "api.anthropic.com", .key_source = "ANTHROPIC_API_KEY",
	.keys_url = "https://keys", .billing_url = "https://billing", .model = { "claude-x", 8 },
};

static void every_kind_is_a_whole_sentence(void **state)
{
	(void)state;
	for (int k = FAIL_RESOLVE; k <= FAIL_LIMIT; k++) {
		struct failure f = { .kind = (enum fail_kind)k };
		struct err err = { 0 };

		fail_message(&f, &where, &err);
		assert_true(strlen(err.msg) > 30);
		assert_null(strchr(err.msg, '{'));
		assert_int_equal(err.msg[strlen(err.msg) - 1], '.');
		assert_int_equal(err.code, k == FAIL_OVERFLOW ? ERR_TOO_LARGE : ERR_PROVIDER);
		assert_true(strlen(fail_words(f.kind)) > 3);
	}
}

static void details(void **state)
{
	struct failure f = { .kind = FAIL_AUTH, .status = 401, .request_id = "req_1" };
	struct err err = { 0 };

	(void)state;
	(void)fail_set(&f, FAIL_AUTH, SLICE("  bad\x1b[0m\n\xff key "));
	fail_message(&f, &where, &err);
	assert_string_equal(err.msg, "Anthropic refused the API key from ANTHROPIC_API_KEY. Check that it is whole "
				     "and not revoked, or get a new one: https://keys. (request req_1) "
				     "[HTTP 401: bad[0m \xef\xbf\xbd key]");
}

static void long_details_are_cut(void **state)
{
	char text[1000];
	struct failure f = { 0 };

	(void)state;
	for (size_t shift = 0; shift < 3; shift++) {
		memset(text, 'x', sizeof(text));
		for (size_t i = shift; i + 2 < sizeof(text); i += 2)
			memcpy(text + i, "\xc3\xa4", 2);
		(void)fail_set(&f, FAIL_SERVER, slice_make(text, sizeof(text)));
		assert_in_range(strlen(f.detail), sizeof(f.detail) - 4, sizeof(f.detail) - 1);
		assert_true((f.detail[strlen(f.detail) - 1] & 0xff) == 0xa4);
	}
}

static void statuses(void **state)
{
	static const struct {
		long status;
		enum fail_kind kind;
	} cases[] = {
		{ 302, FAIL_FOREIGN },	 { 400, FAIL_REQUEST },	   { 401, FAIL_AUTH },
		{ 402, FAIL_BILLING },	 { 403, FAIL_FORBIDDEN },  { 404, FAIL_NOT_FOUND },
		{ 407, FAIL_PROXY },	 { 408, FAIL_SERVER },	   { 409, FAIL_SERVER },
		{ 413, FAIL_OVERFLOW },	 { 422, FAIL_REQUEST },	   { 429, FAIL_RATE },
		{ 500, FAIL_SERVER },	 { 503, FAIL_SERVER },	   { 529, FAIL_OVERLOADED },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_int_equal(fail_kind_of_status(cases[i].status), cases[i].kind);
}

static void overflow(void **state)
{
	(void)state;
	assert_true(fail_is_overflow(SLICE("Error: Prompt is TOO LONG: 5 > 4")));
	assert_true(fail_is_overflow(SLICE("The input token count (9) exceeds the maximum")));
	assert_true(fail_is_overflow(SLICE("this exceeds the available context size")));
	assert_false(fail_is_overflow(SLICE("rate limit: too many tokens per minute")));
	assert_false(fail_is_overflow(SLICE("bad tool")));
	assert_false(fail_is_overflow(SLICE("")));
}

static void curl_codes(void **state)
{
	static const struct {
		int curl;
		bool connected;
		enum fail_kind kind;
	} cases[] = {
		{ CURLE_COULDNT_RESOLVE_HOST, false, FAIL_RESOLVE },
		{ CURLE_COULDNT_RESOLVE_PROXY, false, FAIL_PROXY },
		{ CURLE_COULDNT_CONNECT, false, FAIL_CONNECT },
		{ CURLE_OPERATION_TIMEDOUT, false, FAIL_CONNECT },
		{ CURLE_OPERATION_TIMEDOUT, true, FAIL_TIMEOUT },
		{ CURLE_PEER_FAILED_VERIFICATION, false, FAIL_TRUST },
		{ CURLE_SSL_CACERT_BADFILE, false, FAIL_TRUST },
		{ CURLE_SSL_CONNECT_ERROR, false, FAIL_CONNECTION },
		{ CURLE_PARTIAL_FILE, true, FAIL_CUT },
		{ CURLE_GOT_NOTHING, true, FAIL_CUT },
		{ CURLE_RECV_ERROR, true, FAIL_CUT },
		{ CURLE_RECV_ERROR, false, FAIL_CONNECTION },
		{ CURLE_HTTP2_STREAM, true, FAIL_CUT },
		{ CURLE_OUT_OF_MEMORY, true, FAIL_CONNECTION },
	};
	struct failure f = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		fail_of_curl(&f, cases[i].curl, cases[i].connected, 0, "words");
		assert_int_equal(f.kind, cases[i].kind);
	}
	fail_of_curl(&f, CURLE_RECV_ERROR, false, 0, "CONNECT tunnel failed, response 403");
	assert_int_equal(f.kind, FAIL_PROXY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_is_a_whole_sentence),
		cmocka_unit_test(details),
		cmocka_unit_test(long_details_are_cut),
		cmocka_unit_test(statuses),
		cmocka_unit_test(overflow),
		cmocka_unit_test(curl_codes),
	};

	return cmocka_run_group_tests_name("agent/model/failure", tests, NULL, NULL);
}
