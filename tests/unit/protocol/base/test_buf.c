/* test_buf.c - the bounded buffer, the arena, and allocation. */
#include "protocol/base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "protocol/base/arena.h"
#include "protocol/base/mem.h"

static void test_append(void **state)
{
	struct buf b;
	char *taken;

	(void)state;
	buf_init(&b, 1000);
	assert_string_equal(buf_cstr(&b), "");
	assert_int_equal(buf_slice(&b).len, 0);
	buf_append(&b, SLICE("ab\0c"));
	buf_puts(&b, "de");
	buf_putc(&b, '\0');
	buf_printf(&b, "%d-%s", 42, "x");
	assert_true(slice_eq(buf_slice(&b), SLICE("ab\0cde\0"
						  "42-x")));
	assert_int_equal(b.data[b.len], 0);
	buf_consume(&b, 4);
	assert_true(slice_eq(buf_slice(&b), SLICE("de\0"
						  "42-x")));
	buf_truncate(&b, 2);
	assert_string_equal(buf_cstr(&b), "de");
	buf_consume(&b, 99);
	assert_int_equal(b.len, 0);
	buf_puts(&b, "kept");
	taken = buf_take(&b);
	assert_string_equal(taken, "kept");
	assert_int_equal(b.len, 0);
	free(taken);
	taken = buf_take(&b);
	assert_string_equal(taken, ""); /* also of an empty one */
	free(taken);
	buf_puts(&b, "again");
	assert_string_equal(buf_cstr(&b), "again");
	buf_release(&b);
	buf_release(&b);
}

static void test_maximum(void **state)
{
	struct buf b;

	(void)state;
	for (size_t max = 0; max < 200; max++) {
		size_t puts = 0;

		buf_init(&b, max);
		while (!b.full && puts < 1000) {
			buf_puts(&b, "abc");
			puts++;
		}
		assert_true(b.full);
		assert_int_equal(b.len, max / 3 * 3);
		buf_putc(&b, 'x'); /* would fit, but something is missing before it */
		assert_int_equal(b.len, max / 3 * 3);
		buf_printf(&b, "%d", 1);
		assert_int_equal(b.len, max / 3 * 3);
		buf_truncate(&b, b.len > 3 ? 3 : 0);
		assert_false(b.full);
		buf_clear(&b);
		for (size_t i = 0; i < max; i++)
			buf_putc(&b, 'y');
		assert_false(b.full);
		assert_int_equal(b.len, max);
		buf_append(&b, SLICE(""));
		assert_false(b.full);
		buf_putc(&b, 'z');
		assert_true(b.full);
		buf_release(&b);
	}
}

static void test_printf_long(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 5000);
	for (int i = 1; i <= 90; i++)
		buf_printf(&b, "%*d", i, i);
	assert_false(b.full);
	assert_int_equal(b.len, 90 * 91 / 2);
	buf_printf(&b, "%5000d", 1);
	assert_true(b.full);
	assert_int_equal(b.len, 90 * 91 / 2);
	buf_release(&b);
}

static void test_arena(void **state)
{
	struct arena a;
	size_t total = 0;

	(void)state;
	arena_init(&a);
	arena_release(&a); /* of nothing */
	for (size_t size = 0; size < 40000; size = size * 5 / 4 + 1) {
		char *p = arena_alloc(&a, size), *q = arena_array(&a, size, 3);

		assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
		assert_int_equal((uintptr_t)q % _Alignof(max_align_t), 0);
		for (size_t i = 0; i < size; i++)
			assert_int_equal(p[i] | q[3 * i] | q[3 * i + 2], 0);
		memset(p, 0xff, size);
		memset(q, 0xff, 3 * size);
		total += 4 * size;
	}
	assert_true(a.total >= total);
	arena_release(&a);
	assert_int_equal(a.total, 0);
	arena_release(&a);
}

static void test_arena_text(void **state)
{
	struct arena a;
	struct slice s;
	char *c;

	(void)state;
	arena_init(&a);
	c = arena_cstr(&a, slice_make("abcdef", 3));
	assert_string_equal(c, "abc");
	s = arena_dup(&a, SLICE("x\0y"));
	assert_true(slice_eq(s, SLICE("x\0y")));
	assert_int_equal(s.ptr[3], 0);
	assert_string_equal(arena_cstr(&a, slice_make(NULL, 0)), "");
	s = arena_printf(&a, "%s-%05d", "n", 42);
	assert_true(slice_eq_cstr(s, "n-00042"));
	assert_string_equal(s.ptr, "n-00042");
	s = arena_printf(&a, "%30000d", 7);
	assert_int_equal(s.len, 30000);
	assert_string_equal(c, "abc");
	arena_release(&a);
}

static void test_mem(void **state)
{
	char *p = xmalloc(0);

	(void)state;
	assert_non_null(p);
	p = xrealloc(p, 10);
	memcpy(p, "123456789", 10);
	p = xrealloc(p, 5000);
	assert_string_equal(p, "123456789");
	free(p);
	p = xcalloc(3, 7);
	for (int i = 0; i < 21; i++)
		assert_int_equal(p[i], 0);
	free(p);
	p = xstrdup("dup");
	assert_string_equal(p, "dup");
	free(p);
	p = xslicedup(slice_make("abc", 2));
	assert_string_equal(p, "ab");
	free(p);
	p = xslicedup(slice_make(NULL, 0));
	assert_string_equal(p, "");
	free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_append), cmocka_unit_test(test_maximum), cmocka_unit_test(test_printf_long),
		cmocka_unit_test(test_arena),  cmocka_unit_test(test_arena_text), cmocka_unit_test(test_mem),
	};

	return cmocka_run_group_tests_name("buf", tests, NULL, NULL);
}
