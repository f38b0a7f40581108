/* test_uri.c - file URIs in the spellings that editors use. */
#include "protocol/lsp/uri.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "protocol/base/limits.h"

static void test_to_path(void **state)
{
	static const struct {
		const char *uri, *path; /* NULL: no file of this machine */
	} cases[] = {
		{ "file:///home/u/a.c", "/home/u/a.c" },
		{ "file:/home/u/a.c", "/home/u/a.c" },
		{ "file://localhost/a", "/a" },
		{ "FILE://LocalHost/a", "/a" },
		{ "file:///", "/" },
		{ "file:////a//b/", "//a//b/" },
		{ "file:///a%20b", "/a b" },
		{ "file:///%C3%A9", "/\xc3\xa9" },
		{ "file:///%c3%a9", "/\xc3\xa9" },
		{ "file:///\xc3\xa9", "/\xc3\xa9" },
		{ "file:///%ff", "/\xff" },
		{ "file:///%2541", "/%41" }, /* decoded once */
		{ "file:///a%", "/a%" },
		{ "file:///a%4", "/a%4" },
		{ "file:///%(x)%%41", "/%(x)%A" },
		{ "file:///%zz", "/%zz" },
		{ "file:///a?b#c", "/a?b#c" },
		{ "file:///a%2Fb", "/a/b" },
		{ "file:///c%3A/x", "/c:/x" },
		{ "file:///C:/x", "/C:/x" },
		{ "file:///a/../b/./c", "/a/../b/./c" },
		{ "file:///a%00b", NULL },
		{ "file://host/a", NULL },
		{ "file://host", NULL },
		{ "file://localhost", NULL },
		{ "file:a", NULL },
		{ "file:", NULL },
		{ "file", NULL },
		{ "", NULL },
		{ "/home/u/a.c", NULL },
		{ "untitled:Untitled-1", NULL },
		{ "git:/a/b?ref", NULL },
		{ "files:///a", NULL },
		{ "https://localhost/a", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct slice path = { 0 };
		struct arena a;
		bool ok;

		arena_init(&a);
		ok = uri_to_path(slice_of(cases[i].uri), &a, &path);
		if (ok != (cases[i].path != NULL) || (ok && !slice_eq_cstr(path, cases[i].path)))
			fail_msg("%s gave %.*s", cases[i].uri, SLICE_ARG(path));
		if (ok)
			assert_int_equal(path.ptr[path.len], 0);
		arena_release(&a);
	}
}

static void test_limits(void **state)
{
	char *uri = malloc(LIMIT_URI_BYTES + 1);
	struct slice path;
	struct arena a;

	(void)state;
	assert_non_null(uri);
	memset(uri, 'a', LIMIT_URI_BYTES + 1);
	memcpy(uri, "file:///", 8);
	arena_init(&a);
	assert_true(uri_to_path(slice_make(uri, LIMIT_URI_BYTES), &a, &path));
	assert_int_equal(path.len, LIMIT_URI_BYTES - 7);
	assert_false(uri_to_path(slice_make(uri, LIMIT_URI_BYTES + 1), &a, &path));
	assert_false(uri_to_path(SLICE("file:///a\0b"), &a, &path));
	arena_release(&a);
	free(uri);
}

static void test_from_path(void **state)
{
	struct arena a;

	(void)state;
	arena_init(&a);
	assert_true(slice_eq_cstr(uri_from_path(SLICE("/a-b_c.d~/E9"), &a), "file:///a-b_c.d~/E9"));
	assert_true(slice_eq_cstr(uri_from_path(SLICE("/ %?#:@!$&'()*+,;=[]\\\"<>^`{|}\x7f\xc3\xa9"), &a),
				  "file:///%20%25%3F%23%3A%40%21%24%26%27%28%29%2A%2B%2C%3B%3D%5B%5D%5C%22%3C%3E%5E"
				  "%60%7B%7C%7D%7F%C3%A9"));
	arena_release(&a);
}

/* Any bytes but NUL, there and back. */
static void test_round_trip(void **state)
{
	unsigned seed = 1;

	(void)state;
	for (int round = 0; round < 2000; round++) {
		char bytes[64] = "/";
		struct slice path = { bytes, 1 + (size_t)(round % 60) }, back;
		struct arena a;

		for (size_t i = 1; i < path.len; i++) {
			seed = seed * 1103515245 + 12345;
			bytes[i] = (char)(1 + (seed >> 16) % 255);
		}
		arena_init(&a);
		assert_true(uri_to_path(uri_from_path(path, &a), &a, &back));
		assert_true(slice_eq(path, back));
		arena_release(&a);
	}
}

static void test_equal(void **state)
{
	static const struct {
		const char *a, *b;
		bool equal;
	} cases[] = {
		{ "file:///a%5bb%5d", "file:///a[b]", true },
		{ "file:///a%5bb", "file:///a%5Bb", true },
		{ "file:///c%3A/x", "file:///c:/x", true },
		{ "file:///a%", "file:///a%25", true },
		{ "file:/a", "file://localhost/a", true },
		{ "file:///a", "file:///b", false },
		{ "file:///a", "file:///A", false },
		{ "file:///a", "/a", false },
		{ "untitled:a%20b", "untitled:a b", false },
		{ "untitled:a", "untitled:a", true },
		{ "file://host/a%5b", "file://host/a%5B", false },
	};
	struct arena a;

	(void)state;
	arena_init(&a);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct slice x = slice_of(cases[i].a), y = slice_of(cases[i].b);

		if (uri_equal(x, y) != cases[i].equal || uri_equal(y, x) != cases[i].equal ||
		    slice_eq(uri_key(x, &a), uri_key(y, &a)) != cases[i].equal)
			fail_msg("%s and %s", cases[i].a, cases[i].b);
	}
	arena_release(&a);
}

static void test_scheme(void **state)
{
	(void)state;
	assert_true(slice_eq_cstr(uri_scheme(SLICE("file:///a")), "file"));
	assert_true(slice_eq_cstr(uri_scheme(SLICE("vscode-notebook-cell+x.1:/a")), "vscode-notebook-cell+x.1"));
	assert_int_equal(uri_scheme(SLICE("1a:b")).len, 0);
	assert_int_equal(uri_scheme(SLICE("/a:b")).len, 0);
	assert_int_equal(uri_scheme(SLICE("abc")).len, 0);
	assert_int_equal(uri_scheme(SLICE("")).len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_to_path),	   cmocka_unit_test(test_limits), cmocka_unit_test(test_from_path),
		cmocka_unit_test(test_round_trip), cmocka_unit_test(test_equal),  cmocka_unit_test(test_scheme),
	};

	return cmocka_run_group_tests_name("uri", tests, NULL, NULL);
}
