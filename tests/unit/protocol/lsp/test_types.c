/* test_types.c - positions and ranges from JSON and back. */
#include "protocol/lsp/types.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static void test_read_range(void **state)
{
	static const struct {
		const char *text;
		bool ok;
		struct range want;
	} cases[] = {
		{ "{\"start\":{\"line\":1,\"character\":2},\"end\":{\"line\":3,\"character\":4}}",
		  true,
		  { { 1, 2 }, { 3, 4 } } },
		{ "{\"end\":{\"character\":2.0,\"line\":1e0},\"start\":{\"line\":1,\"character\":2},\"x\":0}",
		  true,
		  { { 1, 2 }, { 1, 2 } } },
		{ "{\"start\":{\"line\":0,\"character\":0},\"end\":{\"line\":99999999999,\"character\":4294967295}}",
		  true,
		  { { 0, 0 }, { UINT32_MAX, UINT32_MAX } } },
		{ "{\"start\":{\"line\":0,\"character\":0},\"end\":{\"line\":7,\"character\":1.7976931348623157e308}}",
		  true,
		  { { 0, 0 }, { 7, UINT32_MAX } } },
		{ "{\"start\":{\"line\":0,\"character\":0},\"end\":{\"line\":7,\"character\":-1e300}}", false, { { 0, 0 }, { 0, 0 } } },
		{ "{\"start\":{\"line\":1,\"character\":2},\"end\":{\"line\":1,\"character\":1}}", false, { { 0, 0 }, { 0, 0 } } },
		{ "{\"start\":{\"line\":2,\"character\":0},\"end\":{\"line\":1,\"character\":1}}", false, { { 0, 0 }, { 0, 0 } } },
		{ "{\"start\":{\"line\":-1,\"character\":2},\"end\":{\"line\":1,\"character\":2}}", false, { { 0, 0 }, { 0, 0 } } },
		{ "{\"start\":{\"line\":0.5,\"character\":2},\"end\":{\"line\":1,\"character\":2}}", false, { { 0, 0 }, { 0, 0 } } },
		{ "{\"start\":{\"line\":\"0\",\"character\":2},\"end\":{\"line\":1,\"character\":2}}", false, { { 0, 0 }, { 0, 0 } } },
		{ "{\"start\":{\"line\":0},\"end\":{\"line\":1,\"character\":2}}", false, { { 0, 0 }, { 0, 0 } } },
		{ "{\"start\":{\"line\":0,\"character\":2}}", false, { { 0, 0 }, { 0, 0 } } },
		{ "[]", false, { { 0, 0 }, { 0, 0 } } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct range r = { 0 };
		struct json root;
		struct arena a;

		arena_init(&a);
		assert_true(json_parse(&a, slice_of(cases[i].text), &root, NULL));
		if (range_read(root, &r) != cases[i].ok)
			fail_msg("%s", cases[i].text);
		assert_int_equal(position_cmp(r.start, cases[i].want.start), 0);
		assert_int_equal(position_cmp(r.end, cases[i].want.end), 0);
		arena_release(&a);
	}
}

static void test_write_range(void **state)
{
	struct buf b;
	struct jw w;

	(void)state;
	buf_init(&b, 1000);
	jw_init(&w, &b);
	range_write(&w, (struct range){ { 0, 1 }, { 2, UINT32_MAX } });
	assert_string_equal(buf_cstr(&b), "{\"start\":{\"line\":0,\"character\":1},\"end\":{\"line\":2,"
					  "\"character\":4294967295}}");
	buf_release(&b);
}

static void test_compare(void **state)
{
	(void)state;
	assert_true(position_cmp((struct position){ 1, 9 }, (struct position){ 2, 0 }) < 0);
	assert_true(position_cmp((struct position){ 2, 0 }, (struct position){ 1, 9 }) > 0);
	assert_true(position_cmp((struct position){ 1, 1 }, (struct position){ 1, 2 }) < 0);
	assert_true(position_cmp((struct position){ 1, 2 }, (struct position){ 1, 2 }) == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read_range),
		cmocka_unit_test(test_write_range),
		cmocka_unit_test(test_compare),
	};

	return cmocka_run_group_tests_name("lsp_types", tests, NULL, NULL);
}
