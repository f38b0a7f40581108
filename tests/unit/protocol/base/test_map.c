/* test_map.c - the hash map against a plain array, through many insertions and removals. */
#include "protocol/base/map.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

enum { KEYS = 500 };

static struct slice key_of(char out[16], unsigned i)
{
	int n = snprintf(out, 16, "key%u", i);

	return slice_make(out, (size_t)n);
}

static void check(const struct map *m, int *const want[KEYS])
{
	struct slice key;
	void *value;
	size_t at = 0, live = 0, seen = 0;
	char text[16];

	for (unsigned i = 0; i < KEYS; i++) {
		assert_ptr_equal(map_get(m, key_of(text, i)), want[i]);
		live += want[i] != NULL;
	}
	assert_int_equal(m->live, live);
	assert_true(m->used >= live && m->used <= m->cap); /* and free slots end every search */
	assert_true(m->cap == 0 || m->used * 4 <= m->cap * 3 + 4);
	while (map_next(m, &at, &key, &value)) {
		assert_ptr_equal(map_get(m, key), value);
		seen++;
	}
	assert_int_equal(seen, live);
}

static void test_random(void **state)
{
	static int values[KEYS];
	int *want[KEYS] = { 0 };
	uint32_t seed = 5;
	struct map m;
	char text[16];

	(void)state;
	map_init(&m, 77);
	check(&m, want);
	for (int round = 0; round < 20000; round++) {
		unsigned i;

		seed = seed * 1664525 + 1013904223;
		i = (seed >> 8) % KEYS;
		if (seed >> 30) {
			int *value = &values[(seed >> 4) % KEYS];

			assert_ptr_equal(map_put(&m, key_of(text, i), value), want[i]);
			want[i] = value;
		} else {
			assert_ptr_equal(map_remove(&m, key_of(text, i)), want[i]);
			want[i] = NULL;
		}
		if (round % 500 == 0)
			check(&m, want);
	}
	for (unsigned i = 0; i < KEYS; i++) {
		(void)map_remove(&m, key_of(text, i));
		want[i] = NULL;
	}
	check(&m, want);
	map_release(&m);
	map_release(&m);
}

/* Keys that are always new must not make it grow for ever. */
static void test_churn(void **state)
{
	struct map m;
	char text[16];
	int value;

	(void)state;
	map_init(&m, 1);
	for (unsigned i = 0; i < 100000; i++) {
		assert_null(map_put(&m, key_of(text, i), &value));
		assert_ptr_equal(map_remove(&m, key_of(text, i)), &value);
	}
	assert_true(m.cap <= 64 && m.used <= m.cap);
	map_release(&m);
}

static void test_keys(void **state)
{
	struct map m;
	int a, b, c;
	char text[4] = "abc";

	(void)state;
	map_init(&m, 0);
	assert_null(map_get(&m, SLICE("")));
	assert_null(map_remove(&m, SLICE("x")));
	assert_null(map_put(&m, SLICE(""), &a));
	assert_null(map_put(&m, SLICE("a\0b"), &b));
	assert_null(map_put(&m, slice_of(text), &c));
	text[0] = 'x'; /* the key was copied */
	assert_ptr_equal(map_get(&m, SLICE("")), &a);
	assert_ptr_equal(map_get(&m, SLICE("a\0b")), &b);
	assert_ptr_equal(map_get(&m, SLICE("abc")), &c);
	assert_null(map_get(&m, SLICE("a")));
	assert_null(map_get(&m, SLICE("xbc")));
	map_release(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_churn),
		cmocka_unit_test(test_keys),
	};

	return cmocka_run_group_tests_name("map", tests, NULL, NULL);
}
