/* test_files.c - reading and writing beneath the workspace */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include <dirent.h>
#include <sys/xattr.h>

#include "agent/worker/file/closer.h"
#include "agent/worker/file/files.h"
#include "tests/unit/agent/worker/folder.h"

struct fixture {
	struct folder in, out;
	struct root root;
	struct near *near; /* NULL, or all that a test writes goes through it */
};

static int setup(void **state)
{
	static const struct slice names[] = { { ".env*", 5 } };
	struct fixture *f = calloc(1, sizeof(*f));
	struct match *denied = NULL;
	struct err err;

	if (!f || !match_new_names(names, 1, &denied, &err))
		return -1;
	folder_make(&f->in);
	folder_make(&f->out);
	folder_put(&f->out, "secret", "outside");
	folder_put(&f->in, "a.txt", "hello\n");
	folder_put(&f->in, "sub/b.txt", "b");
	folder_put(&f->in, ".env", "KEY");
	if (symlink(folder_at(&f->out, "secret"), folder_at(&f->in, "out_link")) < 0)
		return -1;
	assert_int_equal(symlink("sub/b.txt", folder_at(&f->in, "in_link")), 0);
	assert_int_equal(symlink("nowhere", folder_at(&f->in, "dangling")), 0);
	assert_int_equal(symlink(".env", folder_at(&f->in, "env_link")), 0);
	assert_int_equal(symlink("sub", folder_at(&f->in, "dir_link")), 0);
	(void)mkfifo(folder_at(&f->in, "fifo"), 0600);
	*state = f;
	return root_open(&f->root, slice_of(f->in.path), denied, &err) ? 0 : -1;
}

static int setup_near(void **state)
{
	struct fixture *f;

	if (setup(state) < 0)
		return -1;
	f = *state;
	f->near = malloc(sizeof(*f->near));
	if (!f->near)
		return -1;
	near_init(f->near, f->root.fd);
	f->near->closer = closer_start();
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	if (f->near) {
		near_forget(f->near);
		closer_end(f->near->closer);
	}
	free(f->near);
	root_release(&f->root);
	folder_free(&f->in);
	folder_free(&f->out);
	free(f);
	return 0;
}

static enum err_code read_code(const struct fixture *f, const char *path, size_t max)
{
	struct file_info info;
	struct buf b;
	struct err err = { .code = ERR_NONE };

	buf_init(&b, max);
	(void)!file_read(&f->root, slice_of(path), &b, &info, &err);
	buf_release(&b);
	return err.code;
}

static void reads(void **state)
{
	const struct fixture *f = *state;
	struct file_info info;
	struct buf b;
	struct err err;

	buf_init(&b, 100);
	assert_true(file_read(&f->root, SLICE("sub/../a.txt"), &b, &info, &err));
	assert_true(slice_eq(buf_slice(&b), SLICE("hello\n")));
	assert_string_equal(info.sha256.s, sha256(SLICE("hello\n")).s);
	assert_int_equal(info.mode & 0600, 0600);
	buf_clear(&b);
	assert_true(file_read(&f->root, SLICE("in_link"), &b, &info, &err));
	assert_true(slice_eq(buf_slice(&b), SLICE("b")));
	buf_release(&b);
	assert_int_equal(read_code(f, "a.txt", 6), ERR_NONE);
	assert_int_equal(read_code(f, "a.txt", 5), ERR_TOO_LARGE);
	assert_int_equal(read_code(f, "none", 100), ERR_NOT_FOUND);
	assert_int_equal(read_code(f, "a.txt/x", 100), ERR_NOT_FOUND);
	assert_int_equal(read_code(f, folder_at(&f->in, "a.txt"), 100), ERR_NONE);
}

static void reads_refused(void **state)
{
	static const char *const bad[] = { ".env",     ".ENV",	    "sub/../.env", "env_link",
					   "out_link", "../secret", "/etc/passwd", "fifo",
					   "sub",      "",	    ".env/x" };
	const struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		if (read_code(f, bad[i], 100) != ERR_DENIED)
			fail_msg("%s", bad[i]);
	}
}

static enum err_code change(const struct fixture *f, const char *path, const char *text,
			    const char *expect)
{
	struct file_change c = { .path = slice_of(path),
				 .data = slice_of(text),
				 .expect_sha256 = slice_of(expect),
				 .make_parents = true,
				 .remove = !text,
				 .near = f->near };
	struct file_info info;
	struct err err = { .code = ERR_NONE };

	if (file_write(&f->root, &c, &info, &err) && text)
		assert_string_equal(info.sha256.s, sha256(c.data).s);
	return err.code;
}

static void writes(void **state)
{
	const struct fixture *f = *state;
	struct sha256_hex old = sha256(SLICE("hello\n"));
	struct stat st;

	(void)chmod(folder_at(&f->in, "a.txt"), 0751);
	assert_int_equal(change(f, "a.txt", "new", old.s), ERR_NONE);
	assert_string_equal(folder_get(&f->in, "a.txt"), "new");
	assert_int_equal(stat(folder_at(&f->in, "a.txt"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0751);
	assert_int_equal(change(f, "a.txt", "again", old.s), ERR_STALE);
	assert_int_equal(change(f, "a.txt", "again", ""), ERR_STALE);
	assert_string_equal(folder_get(&f->in, "a.txt"), "new");
	assert_int_equal(change(f, "x/y/z/new.txt", "made", ""), ERR_NONE);
	assert_string_equal(folder_get(&f->in, "x/y/z/new.txt"), "made");
	assert_int_equal(change(f, "gone.txt", "made", old.s), ERR_STALE);
	assert_int_equal(change(f, "any.txt", "made", "*"), ERR_NONE);
	assert_int_equal(change(f, "dir_link/c.txt", "c", ""), ERR_NONE);
	assert_string_equal(folder_get(&f->in, "sub/c.txt"), "c");
}

static void writes_through_links(void **state)
{
	const struct fixture *f = *state;
	struct stat st;

	assert_int_equal(change(f, "in_link", "through", "*"), ERR_NONE);
	assert_string_equal(folder_get(&f->in, "sub/b.txt"), "through");
	assert_int_equal(lstat(folder_at(&f->in, "in_link"), &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_int_equal(change(f, "out_link", "x", "*"), ERR_DENIED);
	assert_int_equal(change(f, "dangling", "x", "*"), ERR_DENIED);
	assert_int_equal(change(f, "env_link", "x", "*"), ERR_DENIED);
	assert_int_equal(change(f, ".env.local", "x", ""), ERR_DENIED);
	assert_int_equal(change(f, "fifo", "x", "*"), ERR_DENIED);
	assert_int_equal(change(f, "sub", "x", "*"), ERR_DENIED);
	assert_int_equal(change(f, "../planted", "x", "*"), ERR_DENIED);
	assert_string_equal(folder_get(&f->out, "secret"), "outside");
	assert_string_equal(folder_get(&f->in, ".env"), "KEY");
}

static void writes_take_no_detour(void **state)
{
	const struct fixture *f = *state;

	folder_put(&f->in, ".vscode/settings.json", "{}");
	assert_int_equal(symlink(".vscode", folder_at(&f->in, "plain")), 0);
	assert_int_equal(symlink(".vscode/settings.json", folder_at(&f->in, "file")), 0);
	assert_int_equal(symlink("..", folder_at(&f->in, ".vscode/up")), 0);
	assert_int_equal(change(f, "plain/settings.json", "x", "*"), ERR_DENIED);
	assert_int_equal(change(f, "plain/new.json", "x", ""), ERR_DENIED);
	assert_int_equal(change(f, "plain/new/deep.json", "x", ""), ERR_DENIED);
	assert_int_equal(change(f, "plain/settings.json", NULL, "*"), ERR_DENIED);
	assert_int_equal(change(f, "file", "x", "*"), ERR_DENIED);
	assert_string_equal(folder_get(&f->in, ".vscode/settings.json"), "{}");
	assert_string_equal(folder_get(&f->in, ".vscode/new/deep.json"), "(no file)");
	assert_int_equal(change(f, ".vscode/settings.json", "mine", "*"), ERR_NONE);
	assert_int_equal(change(f, ".vscode/up/a.txt", "out of it", "*"), ERR_NONE);
}

static void removes(void **state)
{
	const struct fixture *f = *state;

	assert_int_equal(change(f, "a.txt", NULL, sha256(SLICE("other")).s), ERR_STALE);
	assert_int_equal(change(f, "a.txt", NULL, sha256(SLICE("hello\n")).s), ERR_NONE);
	assert_string_equal(folder_get(&f->in, "a.txt"), "(no file)");
	assert_int_equal(change(f, "a.txt", NULL, "*"), ERR_NONE);
	assert_int_equal(change(f, "out_link", NULL, "*"),
			 ERR_NONE); /* the link, not what it names */
	assert_string_equal(folder_get(&f->out, "secret"), "outside");
	assert_int_equal(change(f, ".env", NULL, "*"), ERR_DENIED);
	assert_int_equal(change(f, "sub", NULL, "*"), ERR_DENIED);
}

/* What a crash left of "make two folders and a file in them", at each of its instants. */
static void removes_made_folders(void **state)
{
	const struct fixture *f = *state;

	for (int made = 0; made < 4; made++) {
		struct file_change c = { .path = SLICE("new/deep/file"),
					 .expect_sha256 = SLICE(""),
					 .remove = true,
					 .folders = 2,
					 .near = f->near };
		struct file_info info;
		struct err err = { .code = ERR_NONE };

		if (made > 0)
			assert_int_equal(mkdir(folder_at(&f->in, "new"), 0755), 0);
		if (made > 1)
			assert_int_equal(mkdir(folder_at(&f->in, "new/deep"), 0755), 0);
		if (made > 2)
			assert_int_equal(change(f, "new/deep/file", "x", ""), ERR_NONE);
		assert_int_equal(file_write(&f->root, &c, &info, &err), made < 3);
		assert_int_equal(err.code, made < 3 ? ERR_NONE : ERR_STALE);
		assert_int_equal(access(folder_at(&f->in, "new"), F_OK) == 0, made == 3);
	}
}

static void keeps_attributes(void **state)
{
	const struct fixture *f = *state;
	char value[8] = "";

	if (setxattr(folder_at(&f->in, "a.txt"), "user.mark", "yes", 3, 0) < 0)
		skip(); /* the file system has none */
	assert_int_equal(change(f, "a.txt", "new", "*"), ERR_NONE);
	assert_int_equal(getxattr(folder_at(&f->in, "a.txt"), "user.mark", value, sizeof(value)),
			 3);
	assert_string_equal(value, "yes");
}

static void leaves_nothing_behind(void **state)
{
	const struct fixture *f = *state;
	struct dirent *e;
	DIR *d;

	assert_int_equal(change(f, "a.txt", "new", sha256(SLICE("x")).s), ERR_STALE);
	assert_int_equal(change(f, "a.txt", "new", "*"), ERR_NONE);
	d = opendir(f->in.path);
	assert_non_null(d);
	while ((e = readdir(d)) != NULL)
		assert_null(strstr(e->d_name, ".emend"));
	(void)closedir(d);
}

/* What takes the place of a folder that was held is seen when it was forgotten, and the old one when not. */
static void a_folder_is_held_until_it_is_forgotten(void **state)
{
	const struct fixture *f = *state;

	assert_int_equal(change(f, "sub/one", "1", ""), ERR_NONE);
	assert_int_equal(rename(folder_at(&f->in, "sub"), folder_at(&f->in, "moved")), 0);
	assert_int_equal(change(f, "sub/two", "2", ""), ERR_NONE);
	near_forget(f->near);
	assert_int_equal(change(f, "sub/three", "3", ""), ERR_NONE);
	assert_string_equal(folder_get(&f->in, "moved/one"), "1");
	assert_string_equal(folder_get(&f->in, "moved/two"), "2");
	assert_string_equal(folder_get(&f->in, "sub/three"), "3");
	assert_int_equal(change(f, "sub/three", "4", sha256(SLICE("x")).s), ERR_STALE);
	assert_string_equal(folder_get(&f->in, "sub/three"), "3");
}

static size_t open_files(void)
{
	DIR *d = opendir("/proc/self/fd");
	size_t n = 0;

	assert_non_null(d);
	while (readdir(d))
		n++;
	(void)closedir(d);
	return n;
}

/* More than wait at once, and the last ones are too few to wake anybody. */
static void what_was_replaced_is_closed(void **state)
{
	const struct fixture *f = *state;
	char text[16] = "hello\n";
	size_t before = open_files();

	for (int i = 0; i < 215; i++) {
		struct sha256_hex was = sha256(slice_of(text));

		(void)snprintf(text, sizeof(text), "%d\n", i);
		assert_int_equal(change(f, "a.txt", text, was.s), ERR_NONE);
	}
	near_forget(f->near);
	closer_end(f->near->closer);
	f->near->closer = NULL;
	assert_int_equal(open_files(), before);
	assert_string_equal(folder_get(&f->in, "a.txt"), "214\n");
}

static void moved_workspace_is_noticed(void **state)
{
	struct fixture *f = *state;
	char moved[80];
	struct err err;

	assert_true(root_check(&f->root, &err));
	(void)snprintf(moved, sizeof(moved), "%s.moved", f->in.path);
	assert_int_equal(rename(f->in.path, moved), 0);
	assert_false(root_check(&f->root, &err));
	assert_int_equal(err.code, ERR_STALE);
	assert_int_equal(rename(moved, f->in.path), 0);
	assert_true(root_check(&f->root, &err));
}

static void system_folders_are_refused(void **state)
{
	static const char *const bad[] = {
		"/", "/usr", "/etc", "/proc/self", "/dev", "/sys/kernel"
	};
	struct root r;
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		if (root_open(&r, slice_of(bad[i]), NULL, &err) || err.code != ERR_DENIED)
			fail_msg("%s", bad[i]);
		root_release(&r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(system_folders_are_refused),
		cmocka_unit_test_setup_teardown(reads, setup, teardown),
		cmocka_unit_test_setup_teardown(reads_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(writes, setup, teardown),
		cmocka_unit_test_setup_teardown(writes_through_links, setup, teardown),
		cmocka_unit_test_setup_teardown(writes_take_no_detour, setup, teardown),
		cmocka_unit_test_setup_teardown(removes, setup, teardown),
		cmocka_unit_test_setup_teardown(removes_made_folders, setup, teardown),
		cmocka_unit_test_setup_teardown(keeps_attributes, setup, teardown),
		cmocka_unit_test_setup_teardown(leaves_nothing_behind, setup, teardown),
		cmocka_unit_test_setup_teardown(moved_workspace_is_noticed, setup, teardown),
		cmocka_unit_test_setup_teardown(writes, setup_near, teardown),
		cmocka_unit_test_setup_teardown(writes_through_links, setup_near, teardown),
		cmocka_unit_test_setup_teardown(writes_take_no_detour, setup_near, teardown),
		cmocka_unit_test_setup_teardown(removes, setup_near, teardown),
		cmocka_unit_test_setup_teardown(removes_made_folders, setup_near, teardown),
		cmocka_unit_test_setup_teardown(keeps_attributes, setup_near, teardown),
		cmocka_unit_test_setup_teardown(leaves_nothing_behind, setup_near, teardown),
		cmocka_unit_test_setup_teardown(a_folder_is_held_until_it_is_forgotten, setup_near,
						teardown),
		cmocka_unit_test_setup_teardown(what_was_replaced_is_closed, setup_near, teardown),
	};

	return cmocka_run_group_tests_name("files", tests, NULL, NULL);
}
