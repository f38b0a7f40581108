/* test_path.c - every spelling of a path comes to one form, and none leads outside. */
#include "agent/base/path.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

struct row {
	const char *root, *path, *want; /* want NULL: an error */
	enum err_code code;
};

static const struct row rows[] = {
	{ "/ws", "a.c", "a.c", 0 },
	{ "/ws", "./src//a.c", "src/a.c", 0 },
	{ "/ws", "src/../b/./c", "b/c", 0 },
	{ "/ws", "/ws/src/a.c", "src/a.c", 0 },
	{ "/ws", "/ws", "", 0 },
	{ "/ws", ".", "", 0 },
	{ "/", "/etc/passwd", "etc/passwd", 0 },
	{ "/ws", "a/b/../../c", "c", 0 },
	{ "/ws", "...", "...", 0 },
	{ "/ws", "a/..b", "a/..b", 0 },
	{ "/ws", "..", NULL, ERR_DENIED },
	{ "/ws", "a/../../x", NULL, ERR_DENIED },
	{ "/ws", "/wsx/a", NULL, ERR_DENIED },
	{ "/ws", "/etc/passwd", NULL, ERR_DENIED },
	{ "/ws", "/ws/../etc", NULL, ERR_DENIED },
	{ "/ws", "", NULL, ERR_INVALID },
};

static void relative(void **state)
{
	struct arena a;

	(void)state;
	arena_init(&a);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct slice out = SLICE("?");
		struct err err = { 0 };
		bool ok = path_relative(&a, slice_of(rows[i].root), slice_of(rows[i].path), &out,
					&err);

		if (ok != (rows[i].want != NULL) || (ok && !slice_eq_cstr(out, rows[i].want)))
			fail_msg("%s: got %s %.*s", rows[i].path, ok ? "ok" : err.msg,
				 SLICE_ARG(out));
		assert_int_equal(err.code, rows[i].code);
	}
	arena_release(&a);
}

static void nul_and_length(void **state)
{
	struct slice out;
	struct arena a;
	struct err err;
	char *big;

	(void)state;
	arena_init(&a);
	assert_false(path_relative(&a, SLICE("/ws"), SLICE("a\0b"), &out, &err));
	assert_int_equal(err.code, ERR_INVALID);
	big = arena_alloc(&a, 5000);
	memset(big, 'x', 5000);
	assert_false(path_relative(&a, SLICE("/ws"), slice_make(big, 5000), &out, &err));
	arena_release(&a);
}

static void parts(void **state)
{
	struct arena a;

	(void)state;
	arena_init(&a);
	assert_true(slice_eq(path_dir(SLICE("src/x/a.c")), SLICE("src/x")));
	assert_true(slice_eq(path_dir(SLICE("a.c")), SLICE("")));
	assert_true(slice_eq(path_base(SLICE("src/x/a.c")), SLICE("a.c")));
	assert_true(slice_eq(path_base(SLICE("a.c")), SLICE("a.c")));
	assert_true(slice_eq(path_join(&a, SLICE("/ws"), SLICE("a/b")), SLICE("/ws/a/b")));
	assert_true(slice_eq(path_join(&a, SLICE("/"), SLICE("a")), SLICE("/a")));
	assert_true(slice_eq(path_join(&a, SLICE("/ws"), SLICE("")), SLICE("/ws")));
	assert_true(path_below(SLICE("/ws/"), SLICE("/ws/a")));
	assert_true(path_below(SLICE("/"), SLICE("/a")));
	assert_false(path_below(SLICE("/ws"), SLICE("/wsa")));
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(relative),
					    cmocka_unit_test(nul_and_length),
					    cmocka_unit_test(parts) };

	return cmocka_run_group_tests_name("workspace/path", tests, NULL, NULL);
}
