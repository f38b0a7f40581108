/* test_folders.c - which folder a file belongs to, and links in its path. */
#include "lsp/editor/folders.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
	char dir[64], text[512];
	struct arena a;
	struct folders f;
	struct slice workspace, real;
};

/* DIR/real/sub and DIR/link -> DIR/real */
static int setup(void **state)
{
	struct fixture *x = calloc(1, sizeof(*x));
	char path[160], link[160];

	(void)snprintf(x->dir, sizeof(x->dir), "/tmp/emend-folders-XXXXXX");
	assert_non_null(mkdtemp(x->dir));
	(void)snprintf(path, sizeof(path), "%s/real", x->dir);
	(void)snprintf(link, sizeof(link), "%s/link", x->dir);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(symlink(path, link), 0);
	(void)snprintf(path, sizeof(path), "%s/real/sub", x->dir);
	assert_int_equal(mkdir(path, 0700), 0);
	arena_init(&x->a);
	*state = x;
	return 0;
}

static int teardown(void **state)
{
	static const char *const made[] = { "real/sub", "real", "link", "" };
	struct fixture *x = *state;
	char path[160];

	for (size_t i = 0; i < ARRAY_LEN(made); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", x->dir, made[i]);
		(void)remove(path);
	}
	folders_release(&x->f);
	arena_release(&x->a);
	free(x);
	return 0;
}

/* Each %s of the format is the folder. */
static struct json params(struct fixture *x, const char *json)
{
	struct json v;
	char *at;

	(void)snprintf(x->text, sizeof(x->text), "%s", json);
	while ((at = strstr(x->text, "DIR")) != NULL) {
		char rest[512];

		(void)snprintf(rest, sizeof(rest), "%s", at + 3);
		(void)snprintf(at, sizeof(x->text) - (size_t)(at - x->text), "%s%s", x->dir, rest);
	}
	assert_true(json_parse(&x->a, slice_of(arena_cstr(&x->a, slice_of(x->text))), &v, NULL));
	return v;
}

static void place(struct fixture *x, const char *path, const char *workspace, const char *real)
{
	char want[200];
	struct slice p = slice_of("");

	if (path)
		p = arena_printf(&x->a, "%s%s", x->dir, path);
	folders_place(&x->f, &x->a, p, &x->workspace, &x->real);
	(void)snprintf(want, sizeof(want), "%s%s", x->dir, workspace);
	assert_string_equal(x->workspace.ptr, want);
	(void)snprintf(want, sizeof(want), "%s%s", real ? x->dir : "", real ? real : "");
	assert_string_equal(x->real.ptr, want);
}

static void test_sources(void **state)
{
	struct fixture *x = *state;

	folders_init(
		&x->f,
		params(x,
		       "{\"workspaceFolders\":[{\"uri\":\"file://DIR/real/\",\"name\":\"/\"}]}"));
	assert_int_equal(x->f.n, 1);
	place(x, NULL, "/real", NULL);
	folders_release(&x->f);
	folders_init(&x->f,
		     params(x, "{\"workspaceFolders\":null,\"rootUri\":\"file://DIR/real\"}"));
	place(x, "/real/a.c", "/real", "/real/a.c");
	folders_release(&x->f);
	folders_init(
		&x->f,
		params(x, "{\"workspaceFolders\":[],\"rootUri\":null,\"rootPath\":\"DIR/real\"}"));
	assert_int_equal(x->f.n, 1);
	folders_release(&x->f);
	folders_init(&x->f, params(x, "{}"));
	assert_int_equal(x->f.n, 0);
	place(x, "/link/a.c", "/real", "/real/a.c"); /* the file's own folder */
}

static void test_deepest(void **state)
{
	struct fixture *x = *state;

	folders_init(&x->f, params(x, "{\"rootUri\":\"file://DIR/real\"}"));
	folders_change(&x->f,
		       params(x, "{\"added\":[{\"uri\":\"file://DIR/real/sub\",\"name\":\"s\"}]}"));
	place(x, "/real/sub/a.c", "/real/sub", "/real/sub/a.c");
	place(x, "/real/submarine.c", "/real", "/real/submarine.c");
	folders_change(
		&x->f,
		params(x, "{\"removed\":[{\"uri\":\"file://DIR/real/sub/\"}],\"added\":[]}"));
	place(x, "/real/sub/a.c", "/real", "/real/sub/a.c");
}

static void test_links(void **state)
{
	struct fixture *x = *state;
	struct slice out, path;
	size_t at = 0;
	char want[160];

	folders_init(&x->f, params(x, "{\"rootUri\":\"file://DIR/link\"}"));
	place(x, "/link/a.c", "/real", "/real/a.c");
	path = arena_printf(&x->a, "%s/real/a.c", x->dir);
	assert_true(folders_spelling(&x->f, &x->a, path, &at, &out));
	(void)snprintf(want, sizeof(want), "%s/link/a.c", x->dir);
	assert_string_equal(out.ptr, want);
	assert_false(folders_spelling(&x->f, &x->a, path, &at, &out));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_sources, setup, teardown),
		cmocka_unit_test_setup_teardown(test_deepest, setup, teardown),
		cmocka_unit_test_setup_teardown(test_links, setup, teardown),
	};

	return cmocka_run_group_tests_name("folders", tests, NULL, NULL);
}
