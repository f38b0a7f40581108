/* test_match.c - globs, names of secrets, regular expressions with a bound */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "agent/worker/ignore/match.h"
#include "protocol/base/buf.h"

static void check_glob(const char *glob, const char *path, bool want)
{
	struct match *m = NULL;
	struct err err;

	assert_true(match_new_glob(slice_of(glob), &m, &err));
	if (match_is(m, slice_of(path)) != want)
		fail_msg("%s on %s", glob, path);
	match_free(m);
}

static void globs(void **state)
{
	static const struct {
		const char *glob, *path;
		bool want;
	} t[] = {
		{ "*.c", "a.c", true },
		{ "*.c", "src/x/a.c", true },
		{ "*.c", "a.cc", false },
		{ "src/*.c", "src/a.c", true },
		{ "src/*.c", "src/x/a.c", false },
		{ "src/**/*.c", "src/x/y/a.c", true },
		{ "src/**/*.c", "src/a.c", true },
		{ "src/**", "src/x/a.c", true },
		{ "**/test_*.py", "test_a.py", true },
		{ "a?c", "abc", true },
		{ "a?c", "a/c", false },
		{ "[ab].c", "b.c", true },
		{ "[!ab].c", "b.c", false },
		{ "[!ab].c", "c.c", true },
		{ "*.{c,h}", "x.h", true },
		{ "*.{c,h}", "x.o", false },
		{ "{src,lib}/*.c", "lib/x.c", true },
		{ "a.c", "axc", false },
		{ "[", "[", true },
		{ "a{b", "a{b", true },
		{ "a\\*", "a*", true },
		{ "a\\*", "ab", false },
		{ "/a.c", "a.c", true },
		{ "/a.c", "x/a.c", false },
		{ "*", "\xff.c", true },
		{ "a}b", "a}b", true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(t); i++)
		check_glob(t[i].glob, t[i].path, t[i].want);
}

static void secret_names(void **state)
{
	static const struct slice names[] = { { ".env*", 5 }, { "!.env.example", 13 },
					      { "*.pem", 5 }, { ".git/config", 11 },
					      { ".ssh", 4 },  { "*secret*", 8 } };
	static const struct {
		const char *path;
		bool want;
	} t[] = {
		{ ".env", true },	 { "a/.env", true },	      { ".ENV.local", true },
		{ ".env/x", true },	 { ".env.example", false },   { "a/.env.example", false },
		{ "x.env", false },	 { "k.PEM", true },	      { "k.pem.txt", false },
		{ ".git/config", true }, { "sub/.git/config", true }, { ".git/configx", false },
		{ ".ssh/id", true },	 { "my-Secret-file", true },  { ".env.example/.env", true },
		{ "", false },		 { "README.md", false },
	};
	struct match *m = NULL;
	struct err err;

	(void)state;
	assert_true(match_new_names(names, ARRAY_LEN(names), &m, &err));
	for (size_t i = 0; i < ARRAY_LEN(t); i++) {
		if (match_is(m, slice_of(t[i].path)) != t[i].want)
			fail_msg("%s", t[i].path);
	}
	match_free(m);
	assert_true(match_new_names(NULL, 0, &m, &err));
	assert_false(match_is(m, SLICE(".env")));
	match_free(m);
}

static void expressions(void **state)
{
	struct match *m = NULL;
	struct err err;
	size_t start, end;

	(void)state;
	assert_true(match_new(SLICE("^b+$"), 0, &m, &err));
	assert_int_equal(match_find(m, SLICE("a\nbb\nc"), 0, &start, &end), MATCH_YES);
	assert_int_equal(start, 2);
	assert_int_equal(end, 4);
	assert_int_equal(match_find(m, SLICE("a\nbb\nc"), 3, &start, &end), MATCH_NO);
	match_free(m);
	assert_true(match_new(SLICE("A.B"), MATCH_LITERAL | MATCH_IGNORE_CASE, &m, &err));
	assert_true(match_is(m, SLICE("xa.by")));
	assert_false(match_is(m, SLICE("aXb")));
	match_free(m);
	assert_false(match_new(SLICE("a("), 0, &m, &err));
	assert_int_equal(err.code, ERR_INVALID);
	assert_false(match_new(SLICE(""), 0, &m, &err));
}

static void too_much_backtracking_ends(void **state)
{
	struct match *m = NULL;
	struct err err;
	struct buf text;
	size_t start, end;

	(void)state;
	buf_init(&text, 1 << 20);
	for (int i = 0; i < 5000; i++)
		buf_puts(&text, "ab");
	assert_true(match_new(SLICE("(a|b|ab)*(a|b|ab)*(a|b|ab)*[cd]"), 0, &m, &err));
	assert_int_equal(match_find(m, buf_slice(&text), 0, &start, &end), MATCH_LIMIT);
	match_free(m);
	buf_release(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(globs),
		cmocka_unit_test(secret_names),
		cmocka_unit_test(expressions),
		cmocka_unit_test(too_much_backtracking_ends),
	};

	return cmocka_run_group_tests_name("match", tests, NULL, NULL);
}
