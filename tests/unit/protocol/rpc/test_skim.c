/* test_skim.c - the outline of a message: what stays, what goes, in pieces of any size. */
#include "protocol/rpc/skim.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "protocol/json/json.h"

static void check(const char *in, const char *want)
{
	struct slice all = slice_of(in);

	for (size_t n = 1; n <= all.len + 1; n++) {
		struct skim s;

		skim_init(&s);
		for (size_t at = 0; at < all.len; at += n)
			skim_feed(&s, slice_sub(all, at, at + n));
		if (!slice_eq_cstr(skim_outline(&s), want))
			fail_msg("%s\nin pieces of %zu: %.*s", in, n, SLICE_ARG(skim_outline(&s)));
		skim_release(&s);
	}
}

static void test_outline(void **state)
{
	(void)state;
	check("", "");
	check(" 12 ", "12");
	check("\"a\"", "\"a\"");
	check("{\"id\":1 ,\r\n \"method\"\t: \"m\" }", "{\"id\":1,\"method\":\"m\"}");
	check("{\"a\":[1,{\"b\":[\"]\"]}],\"c\":2}", "{\"a\":[],\"c\":2}");
	check("{\"a\":{\"b\":{\"c\":{\"d\":{\"e\":\"}\"}},\"f\":true}}}", "{\"a\":{\"b\":{\"c\":{},\"f\":true}}}");
	check("{\"a\\\"[\":\"\\\\\",\"b\":\"\\u0041\"}", "{\"a\\\"[\":\"\\\\\",\"b\":\"\\u0041\"}");
	/* What is no JSON does no harm, and is none afterwards. */
	check("]}]}{", "]}]}{");
	check("[}1", "[}1");
	check("\"\\", "\"\\");
}

/* A long string goes, in pieces or at once, behind escapes or without; what follows stays. */
static void test_long_strings(void **state)
{
	static const char *const filling[] = { "x", "\\n", "\\\\", "\\\"", "\xc3\xa4" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(filling); i++)
		for (int over = 0; over < 2; over++) {
			size_t len = strlen(filling[i]), n = SKIM_STRING_BYTES / len + (size_t)over;
			struct skim s;

			skim_init(&s);
			skim_feed(&s, SLICE("{\"text\":\""));
			for (size_t k = 0; k < n; k++)
				skim_feed(&s, slice_of(filling[i]));
			skim_feed(&s, SLICE("\",\"version\":7}"));
			if (over)
				assert_true(slice_eq_cstr(skim_outline(&s), "{\"text\":\"\",\"version\":7}"));
			else
				assert_int_equal(skim_outline(&s).len, 9 + n * len + 14);
			assert_true(json_check(skim_outline(&s), NULL, NULL));
			skim_release(&s);
		}
}

/* Many members: memory stays bounded, and nothing half is given out. */
static void test_full(void **state)
{
	struct skim s;

	(void)state;
	skim_init(&s);
	skim_feed(&s, SLICE("{\"method\":\"m\""));
	for (int i = 0; i < 200000; i++)
		skim_feed(&s, SLICE(",\"a\":1"));
	for (int i = 0; i < SKIM_STRING_BYTES / 5 + 2; i++)
		skim_feed(&s, slice_of(i == 0 ? ",\"cut" : "short")); /* which makes room */
	skim_feed(&s, SLICE("\":2}"));
	assert_int_equal(skim_outline(&s).len, 0);
	assert_true(s.out.cap <= SKIM_OUTLINE_BYTES);
	skim_release(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_outline),
		cmocka_unit_test(test_long_strings),
		cmocka_unit_test(test_full),
	};

	return cmocka_run_group_tests_name("skim", tests, NULL, NULL);
}
