/* test_entry.c - links, files and permissions that undo puts back. */
#include "agent/worker/file/entry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <dirent.h>
#include <cmocka.h>

#include "tests/unit/agent/worker/folder.h"

struct place {
	struct folder f;
	struct root r;
};

static int setup(void **state)
{
	static struct place p;
	static const struct slice denied[] = { { ".env*", 5 } };
	struct match *names;
	struct err err;

	folder_make(&p.f);
	if (!match_new_names(denied, 1, &names, &err) ||
	    !root_open(&p.r, slice_of(p.f.path), names, &err))
		return -1;
	*state = &p;
	return 0;
}

static int teardown(void **state)
{
	struct place *p = *state;

	root_release(&p->r);
	folder_free(&p->f);
	return 0;
}

static const struct entry nothing = { ENTRY_NONE, { NULL, 0 } };

static struct entry link_to(const char *target)
{
	return (struct entry){ ENTRY_LINK, slice_of(target) };
}

static struct entry file_of(const char *text)
{
	return (struct entry){ ENTRY_FILE, slice_of(text) };
}

/* ERR_NONE: done. */
static enum err_code put(struct place *p, const char *path, struct entry from, struct entry to)
{
	struct err err = { .code = ERR_NONE };

	(void)!entry_put(&p->r, slice_of(path), &from, &to, 0640, &err);
	return err.code;
}

/* What stands there: "link TARGET", "file", or "". */
static const char *there(struct place *p, const char *path)
{
	static char out[300];
	char target[200] = "";
	struct stat st;

	if (lstat(folder_at(&p->f, path), &st) != 0)
		return "";
	if (!S_ISLNK(st.st_mode))
		return S_ISREG(st.st_mode) ? "file" : "folder";
	(void)!readlink(folder_at(&p->f, path), target, sizeof(target) - 1);
	(void)snprintf(out, sizeof(out), "link %s", target);
	return out;
}

static size_t names(struct place *p)
{
	DIR *d = opendir(p->f.path);
	size_t n = 0;

	while (readdir(d))
		n++;
	(void)closedir(d);
	return n - 2;
}

static void every_way(void **state)
{
	struct place *p = *state;
	struct stat st;

	assert_int_equal(put(p, "a", nothing, link_to("one")), ERR_NONE);
	assert_string_equal(there(p, "a"), "link one");
	assert_int_equal(put(p, "a", link_to("one"), link_to("two")), ERR_NONE);
	assert_string_equal(there(p, "a"), "link two");
	assert_int_equal(put(p, "a", link_to("two"), file_of("text")), ERR_NONE);
	assert_string_equal(there(p, "a"), "file");
	assert_int_equal(lstat(folder_at(&p->f, "a"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
	assert_int_equal(st.st_size, 4);
	assert_int_equal(put(p, "a", file_of("text"), link_to("/three")), ERR_NONE);
	assert_string_equal(there(p, "a"), "link /three");
	assert_int_equal(put(p, "a", link_to("/three"), nothing), ERR_NONE);
	assert_string_equal(there(p, "a"), "");
	assert_int_equal(put(p, "x/y/a", nothing, link_to("one")), ERR_NONE); /* in a new folder */
	assert_string_equal(there(p, "x/y/a"), "link one");
	assert_int_equal(names(p), 1); /* nothing temporary is left */
}

static void only_from_what_is_expected(void **state)
{
	struct place *p = *state;

	folder_put(&p->f, "f", "mine");
	assert_int_equal(put(p, "f", file_of("yours"), link_to("one")), ERR_STALE);
	assert_int_equal(put(p, "f", nothing, link_to("one")), ERR_STALE);
	/* A link to a text is not that text. */
	assert_int_equal(symlink("f", folder_at(&p->f, "l")), 0);
	assert_int_equal(put(p, "l", file_of("mine"), nothing), ERR_STALE);
	assert_int_equal(put(p, "l", link_to("g"), nothing), ERR_STALE);
	/* A folder is nobody's to replace. */
	assert_int_equal(mkdir(folder_at(&p->f, "d"), 0755), 0);
	assert_int_equal(put(p, "d", nothing, link_to("one")), ERR_STALE);
	assert_string_equal(there(p, "f"), "file");
	assert_string_equal(there(p, "l"), "link f");
	assert_string_equal(there(p, "d"), "folder");
	/* As it shall be already: whatever was expected. */
	assert_int_equal(put(p, "l", nothing, link_to("f")), ERR_NONE);
	assert_int_equal(names(p), 3);
}

static void never_through_a_link(void **state)
{
	struct place *p = *state;
	struct err err = { .code = ERR_NONE };

	assert_int_equal(mkdir(folder_at(&p->f, "real"), 0755), 0);
	folder_put(&p->f, "real/f", "text");
	assert_int_equal(symlink("real", folder_at(&p->f, "way")), 0);
	assert_int_equal(put(p, "way/new", nothing, link_to("one")), ERR_STALE);
	assert_int_equal(put(p, "way/f", file_of("text"), nothing), ERR_STALE);
	assert_string_equal(there(p, "real/f"), "file");
	assert_int_equal(symlink("real/f", folder_at(&p->f, "fl")), 0);
	assert_false(entry_mode(&p->r, SLICE("fl"), 0644, 0600, &err));
	assert_int_equal(err.code, ERR_STALE);
	assert_int_equal(put(p, "../out", nothing, link_to("one")), ERR_DENIED);
	assert_int_equal(put(p, ".env", nothing, file_of("secret")), ERR_DENIED);
}

static void permissions(void **state)
{
	struct place *p = *state;
	struct err err = { .code = ERR_NONE };
	struct stat st;

	folder_put(&p->f, "f", "text");
	assert_int_equal(chmod(folder_at(&p->f, "f"), 0), 0); /* not even to be read */
	assert_true(entry_mode(&p->r, SLICE("f"), 0, 0755, &err));
	assert_int_equal(stat(folder_at(&p->f, "f"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0755);
	assert_true(entry_mode(&p->r, SLICE("f"), 0, 0755, &err)); /* already */
	assert_false(entry_mode(&p->r, SLICE("f"), 0600, 0644, &err));
	assert_int_equal(err.code, ERR_STALE);
	assert_non_null(strstr(err.msg, "755"));
	assert_false(entry_mode(&p->r, SLICE("gone"), 0600, 0644, &err));
	assert_int_equal(err.code, ERR_STALE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_way, setup, teardown),
		cmocka_unit_test_setup_teardown(only_from_what_is_expected, setup, teardown),
		cmocka_unit_test_setup_teardown(never_through_a_link, setup, teardown),
		cmocka_unit_test_setup_teardown(permissions, setup, teardown),
	};

	return cmocka_run_group_tests_name("runner/entry", tests, NULL, NULL);
}
