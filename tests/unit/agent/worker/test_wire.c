/* test_wire.c - bytes in JSON, there and back */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "agent/base/base64.h"
#include "agent/worker/wire.h"

static void check(struct slice bytes, const char *member)
{
	struct arena a;
	struct buf b;
	struct jw w;
	struct json doc;
	struct slice back;
	struct err err;

	arena_init(&a);
	buf_init(&b, 1 << 20);
	jw_init(&w, &b);
	jw_object(&w);
	wire_bytes(&w, bytes);
	jw_end(&w);
	assert_true(json_parse(&a, buf_slice(&b), &doc, &err));
	assert_true(json_present(json_get(doc, member)));
	assert_true(wire_bytes_read(doc, &a, &back));
	assert_true(slice_eq(bytes, back));
	buf_release(&b);
	arena_release(&a);
}

static void round_trips(void **state)
{
	char all[256];

	(void)state;
	for (size_t i = 0; i < sizeof(all); i++)
		all[i] = (char)i;
	check(SLICE(""), "text");
	check(SLICE("plain \xc3\xa9\n\t\x01\x7f"), "text");
	check(SLICE("nul \0 inside"), "base64");
	check(SLICE("\xff"), "base64");
	for (size_t n = 129; n <= sizeof(all); n++)
		check(slice_make(all, n), "base64");
}

static void broken_base64(void **state)
{
	static const char *const bad[] = { "A",	   "AA",    "AAA",  "A===",    "AA=A",
					   "====", "AAA\n", "A*AA", "AA==AAAA" };
	char out[16];
	size_t n;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		if (base64_decode(slice_of(bad[i]), out, &n))
			fail_msg("%s", bad[i]);
	}
	assert_true(base64_decode(SLICE("aGk="), out, &n));
	assert_int_equal(n, 2);
	assert_memory_equal(out, "hi", 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(round_trips),
					    cmocka_unit_test(broken_base64) };

	return cmocka_run_group_tests_name("wire", tests, NULL, NULL);
}
