/* test_slice.c - views of bytes: comparing, cutting, searching; and the intrusive list. */
#include "protocol/base/slice.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "protocol/base/list.h"

static const struct slice nothing = { NULL, 0 };

static void test_compare(void **state)
{
	(void)state;
	assert_true(slice_eq(SLICE("ab"), SLICE("ab")));
	assert_true(slice_eq(SLICE(""), nothing));
	assert_false(slice_eq(SLICE("ab"), SLICE("aB")));
	assert_false(slice_eq(SLICE("ab"), SLICE("abc")));
	assert_true(slice_eq(SLICE("a\0b"), SLICE("a\0b")));
	assert_false(slice_eq(SLICE("a\0b"), SLICE("a\0c")));
	assert_true(slice_eq_cstr(SLICE("ab"), "ab"));
	assert_true(slice_eq_cstr(nothing, ""));
	assert_int_equal(slice_of(NULL).len, 0);
	assert_true(slice_cmp(SLICE("a"), SLICE("b")) < 0);
	assert_true(slice_cmp(SLICE("b"), SLICE("a")) > 0);
	assert_true(slice_cmp(SLICE("a"), SLICE("ab")) < 0);
	assert_true(slice_cmp(SLICE("ab"), SLICE("a")) > 0);
	assert_true(slice_cmp(SLICE("\x7f"), SLICE("\x80")) < 0);
	assert_int_equal(slice_cmp(nothing, SLICE("")), 0);
}

static void test_starts_ends(void **state)
{
	(void)state;
	assert_true(slice_starts(SLICE("abc"), SLICE("ab")));
	assert_true(slice_starts(SLICE("abc"), SLICE("")));
	assert_true(slice_starts(nothing, SLICE("")));
	assert_false(slice_starts(SLICE("ab"), SLICE("abc")));
	assert_false(slice_starts(SLICE("abc"), SLICE("b")));
	assert_true(slice_ends(SLICE("abc"), SLICE("bc")));
	assert_true(slice_ends(SLICE("abc"), SLICE("abc")));
	assert_true(slice_ends(SLICE("abc"), SLICE("")));
	assert_true(slice_ends(nothing, SLICE("")));
	assert_false(slice_ends(SLICE("bc"), SLICE("abc")));
	assert_false(slice_ends(SLICE("abc"), SLICE("ab")));
}

static void test_sub(void **state)
{
	struct slice s = SLICE("hello");

	(void)state;
	assert_true(slice_eq_cstr(slice_sub(s, 1, 3), "el"));
	assert_true(slice_eq_cstr(slice_sub(s, 0, 99), "hello"));
	assert_true(slice_eq_cstr(slice_sub(s, 3, SIZE_MAX), "lo"));
	assert_int_equal(slice_sub(s, 5, 9).len, 0);
	assert_int_equal(slice_sub(s, 9, 12).len, 0);
	assert_int_equal(slice_sub(s, 3, 2).len, 0);
	assert_int_equal(slice_sub(nothing, 0, 5).len, 0);
	assert_non_null(slice_sub(nothing, 0, 5).ptr);
}

static void test_find(void **state)
{
	struct slice s = SLICE("abcabc");

	(void)state;
	assert_int_equal(slice_find(s, SLICE("bc"), 0), 1);
	assert_int_equal(slice_find(s, SLICE("bc"), 2), 4);
	assert_true(slice_find(s, SLICE("bc"), 5) == SIZE_MAX);
	assert_int_equal(slice_find(s, SLICE(""), 6), 6);
	assert_true(slice_find(s, SLICE(""), 7) == SIZE_MAX);
	assert_true(slice_find(s, SLICE("abcabcd"), 0) == SIZE_MAX);
	assert_int_equal(slice_find(nothing, SLICE(""), 0), 0);
	assert_true(slice_find(nothing, SLICE("a"), 0) == SIZE_MAX);
	assert_int_equal(slice_find_byte(s, 'c', 3), 5);
	assert_true(slice_find_byte(s, 'a', 4) == SIZE_MAX);
	assert_true(slice_find_byte(s, 'a', 99) == SIZE_MAX);
	assert_true(slice_find_byte(nothing, 'a', 0) == SIZE_MAX);
}

static void test_trim(void **state)
{
	(void)state;
	assert_true(slice_eq_cstr(slice_trim(SLICE(" \t\r\n\v\fa b \n")), "a b"));
	assert_int_equal(slice_trim(SLICE(" \n ")).len, 0);
	assert_int_equal(slice_trim(nothing).len, 0);
	assert_true(slice_eq_cstr(slice_trim(SLICE("\xa0x")), "\xa0x"));
}

static void test_lines(void **state)
{
	struct slice rest = SLICE("a\n\nb\r\nc"), line;

	(void)state;
	assert_true(slice_next_line(&rest, &line) && slice_eq_cstr(line, "a"));
	assert_true(slice_next_line(&rest, &line) && slice_eq_cstr(line, ""));
	assert_true(slice_next_line(&rest, &line) && slice_eq_cstr(line, "b\r"));
	assert_true(slice_next_line(&rest, &line) && slice_eq_cstr(line, "c"));
	assert_false(slice_next_line(&rest, &line));
	rest = SLICE("a\n");
	assert_true(slice_next_line(&rest, &line));
	assert_false(slice_next_line(&rest, &line)); /* no empty line behind the last newline */
	rest = nothing;
	assert_false(slice_next_line(&rest, &line));
}

struct item {
	int n;
	struct list link;
};

static int sum_and_remove(struct list *head, int remove)
{
	int digits = 0;

	LIST_EACH(it, next, head) {
		struct item *i = container_of(it, struct item, link);

		digits = digits * 10 + i->n;
		if (i->n == remove)
			list_remove(&i->link);
	}
	return digits;
}

static void test_list(void **state)
{
	struct item items[3] = { { .n = 1 }, { .n = 2 }, { .n = 3 } };
	struct list head;

	(void)state;
	list_init(&head);
	assert_true(list_empty(&head));
	assert_int_equal(sum_and_remove(&head, 0), 0);
	for (int i = 0; i < 3; i++)
		list_append(&head, &items[i].link);
	assert_false(list_empty(&head));
	assert_int_equal(sum_and_remove(&head, 2), 123);
	assert_int_equal(sum_and_remove(&head, 1), 13);
	list_remove(&items[1].link); /* not in the list: harmless */
	assert_int_equal(sum_and_remove(&head, 3), 3);
	assert_true(list_empty(&head));
}

/* The published values of FNV-1a; in parts it is the same as in one. */
static void hashes(void **state)
{
	(void)state;
	assert_true(slice_hash(SLICE_HASH, SLICE("")) == UINT64_C(0xcbf29ce484222325));
	assert_true(slice_hash(SLICE_HASH, SLICE("a")) == UINT64_C(0xaf63dc4c8601ec8c));
	assert_true(slice_hash(SLICE_HASH, SLICE("foobar")) == UINT64_C(0x85944171f73967e8));
	assert_true(slice_hash(slice_hash(SLICE_HASH, SLICE("foo")), SLICE("bar")) ==
		    UINT64_C(0x85944171f73967e8));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hashes),
		cmocka_unit_test(test_compare), cmocka_unit_test(test_starts_ends), cmocka_unit_test(test_sub),
		cmocka_unit_test(test_find),	cmocka_unit_test(test_trim),	    cmocka_unit_test(test_lines),
		cmocka_unit_test(test_list),
	};

	return cmocka_run_group_tests_name("slice", tests, NULL, NULL);
}
