/* test_write.c - the JSON writer: separators, escapes, numbers that read back the same. */
#include "protocol/json/write.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "protocol/json/json.h"

static void test_structure(void **state)
{
	struct buf b;
	struct jw w;

	(void)state;
	buf_init(&b, 1000);
	buf_puts(&b, "x=");
	jw_init(&w, &b);
	jw_object(&w);
	jw_karray(&w, "a");
	jw_i64(&w, INT64_MIN);
	jw_object(&w);
	jw_end(&w);
	jw_array(&w);
	jw_end(&w);
	jw_bool(&w, true);
	jw_null(&w);
	jw_end(&w);
	jw_kobject(&w, "o");
	jw_kcstr(&w, "n", NULL);
	jw_kcstr(&w, "s", "t");
	jw_end(&w);
	jw_ki64(&w, "i", 7);
	jw_kf64(&w, "f", 0.5);
	jw_kbool(&w, "b", false);
	jw_kraw(&w, "r", SLICE("[1, 2]"));
	jw_key_slice(&w, SLICE("k\"\n"));
	jw_raw(&w, SLICE("0"));
	jw_kstr(&w, "", SLICE(""));
	jw_end(&w);
	assert_string_equal(buf_cstr(&b), "x={\"a\":[-9223372036854775808,{},[],true,null],\"o\":{\"n\":null,\"s\":"
					  "\"t\"},\"i\":7,\"f\":0.5,\"b\":false,\"r\":[1, 2],\"k\\\"\\n\":0,\"\":\"\"}");
	assert_int_equal(w.depth, 0);
	buf_release(&b);
}

static void test_deepest(void **state)
{
	struct buf b;
	struct jw w;

	(void)state;
	buf_init(&b, 10000);
	jw_init(&w, &b);
	for (int i = 0; i < JW_MAX_DEPTH - 1; i++) {
		if (i % 2) {
			jw_kobject(&w, "k");
		} else if (i > 0) {
			jw_key(&w, "a");
			jw_object(&w);
		} else {
			jw_object(&w);
		}
	}
	for (int i = 0; i < JW_MAX_DEPTH - 1; i++)
		jw_end(&w);
	assert_true(json_check(buf_slice(&b), NULL, NULL));
	buf_release(&b);
}

static void test_strings(void **state)
{
	static const struct {
		struct slice in;
		const char *want;
	} cases[] = {
		{ { "", 0 }, "\"\"" },
		{ { "a\"\\/b", 5 }, "\"a\\\"\\\\/b\"" },
		{ { "\b\f\n\r\t\x01\x1f\x7f", 8 }, "\"\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\"" },
		{ { "a\0b\0", 4 }, "\"a\\u0000b\\u0000\"" },
		{ { "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", 9 }, "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"" },
		{ { "a\xff"
		    "b",
		    3 },
		  "\"a\xef\xbf\xbd"
		  "b\"" },
		{ { "\xe2\x82", 2 }, "\"\xef\xbf\xbd\xef\xbf\xbd\"" },
		{ { "\xed\xa0\x80x", 4 }, "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdx\"" },
		{ { "\xc0\x80", 2 }, "\"\xef\xbf\xbd\xef\xbf\xbd\"" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct buf b;
		struct jw w;

		buf_init(&b, 1000);
		jw_init(&w, &b);
		jw_str(&w, cases[i].in);
		assert_string_equal(buf_cstr(&b), cases[i].want);
		assert_true(json_check(buf_slice(&b), NULL, NULL));
		buf_release(&b);
	}
}

/* For readers who drop a message with U+0000: in a string, in a key, and in JSON of others. */
static void test_no_nul(void **state)
{
	struct buf b;
	struct jw w;

	(void)state;
	buf_init(&b, 1000);
	jw_init(&w, &b);
	w.no_nul = true;
	jw_object(&w);
	jw_kstr(&w, "a", SLICE("x\0\0y"));
	jw_key_slice(&w, SLICE("k\0"));
	jw_str(&w, SLICE("\\u0000"));
	jw_kraw(&w, "r", SLICE("[\"\\u0000\\\\u0000\\\\\\u0000\",1]"));
	jw_end(&w);
	assert_string_equal(buf_cstr(&b),
			    "{\"a\":\"x\xef\xbf\xbd\xef\xbf\xbdy\",\"k\xef\xbf\xbd\":\"\\\\u0000\","
			    "\"r\":[\"\\ufffd\\\\u0000\\\\\\ufffd\",1]}");
	buf_release(&b);
}

/* Any bytes give valid JSON, which reads back as what was written if that was text. */
static void test_any_bytes(void **state)
{
	uint32_t seed = 99;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		char bytes[12];
		struct slice in = { bytes, (size_t)(round % 13) }, out;
		struct arena a;
		struct json v;
		struct buf b;
		struct jw w;

		for (size_t i = 0; i < in.len; i++) {
			seed = seed * 1664525 + 1013904223;
			bytes[i] = (char)(round % 2 ? seed >> 24 : (seed >> 24) % 128);
		}
		arena_init(&a);
		buf_init(&b, 1000);
		jw_init(&w, &b);
		jw_str(&w, in);
		assert_true(json_parse(&a, buf_slice(&b), &v, NULL));
		assert_true(json_str(v, &a, &out));
		if (round % 2 == 0)
			assert_true(slice_eq(in, out));
		buf_release(&b);
		arena_release(&a);
	}
}

static const char *written(struct buf *b, double n)
{
	struct jw w;

	buf_clear(b);
	jw_init(&w, b);
	jw_f64(&w, n);
	return buf_cstr(b);
}

static void test_doubles(void **state)
{
	struct buf b;
	uint64_t seed = 1;

	(void)state;
	buf_init(&b, 100);
	assert_string_equal(written(&b, 0.0), "0");
	assert_string_equal(written(&b, -0.0), "-0");
	assert_string_equal(written(&b, 100), "100");
	assert_string_equal(written(&b, 0.1), "0.1");
	assert_string_equal(written(&b, -1.25), "-1.25");
	assert_string_equal(written(&b, 123456.789), "123456.789");
	assert_string_equal(written(&b, 0.000001), "0.000001");
	assert_string_equal(written(&b, 0.0000001), "1e-7");
	assert_string_equal(written(&b, 1e16), "10000000000000000");
	assert_string_equal(written(&b, 1e17), "1e17");
	assert_string_equal(written(&b, 1.5e300), "1.5e300");
	assert_string_equal(written(&b, 5e-324), "5e-324");
	assert_string_equal(written(&b, DBL_MAX), "1.7976931348623157e308");
	assert_string_equal(written(&b, (double)NAN), "null");
	assert_string_equal(written(&b, (double)INFINITY), "null");
	for (int i = 0; i < 20000; i++) {
		double n, back = 0;
		struct arena a;
		struct json v;

		seed = seed * 6364136223846793005u + 1442695040888963407u;
		memcpy(&n, &seed, sizeof(n));
		if (i % 2)
			n = (double)(int64_t)(seed >> 40) / 1000;
		if (!isfinite(n))
			continue;
		arena_init(&a);
		(void)written(&b, n);
		assert_true(json_parse(&a, buf_slice(&b), &v, NULL));
		assert_true(json_f64(v, &back));
		assert_memory_equal(&n, &back, sizeof(n));
		arena_release(&a);
	}
	buf_release(&b);
}

static void test_full(void **state)
{
	struct buf b;
	struct jw w;

	(void)state;
	buf_init(&b, 10);
	jw_init(&w, &b);
	jw_array(&w);
	jw_str(&w, SLICE("much too long"));
	jw_i64(&w, 1);
	jw_end(&w);
	assert_true(b.full);
	assert_true(b.len <= 10);
	buf_release(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_structure), cmocka_unit_test(test_deepest), cmocka_unit_test(test_strings),
		cmocka_unit_test(test_no_nul),
		cmocka_unit_test(test_any_bytes), cmocka_unit_test(test_doubles), cmocka_unit_test(test_full),
	};

	return cmocka_run_group_tests_name("json_write", tests, NULL, NULL);
}
