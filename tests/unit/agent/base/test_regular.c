/* test_regular.c - only an ordinary file is opened, and nothing else is waited for */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "agent/base/regular.h"
#include "tests/unit/agent/worker/folder.h"

static void refused(const struct folder *f, const char *name, int flags, int why)
{
	int fd = regular_open(AT_FDCWD, folder_at(f, name), flags, NULL);

	assert_int_equal(fd, -1);
	assert_int_equal(errno, why);
}

static void only_files(void **state)
{
	struct folder f;
	struct stat st;
	int fd;

	(void)state;
	folder_make(&f);
	folder_put(&f, "dir/file", "12345");
	assert_int_equal(symlink("dir/file", folder_at(&f, "link")), 0);
	assert_int_equal(symlink("/dev/tty", folder_at(&f, "tty")), 0);
	assert_int_equal(mkfifo(folder_at(&f, "fifo"), 0600), 0);
	fd = regular_open(AT_FDCWD, folder_at(&f, "link"), 0, &st);
	assert_true(fd >= 0);
	assert_int_equal(st.st_size, 5);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	assert_int_equal(close(fd), 0);
	refused(&f, "link", O_NOFOLLOW, ELOOP);
	refused(&f, "fifo", 0, ENXIO);
	refused(&f, "dir", 0, EISDIR);
	refused(&f, "none", 0, ENOENT);
	assert_int_equal(regular_open(AT_FDCWD, folder_at(&f, "tty"), 0, NULL), -1);
	errno = EPERM;
	assert_int_equal(regular_only(-1, NULL), -1);
	assert_int_equal(errno, EPERM);
	folder_free(&f);
}

/* Its time of access is older than that of its content, so that reading it would set it anew. */
static void a_look_leaves_no_time(void **state)
{
	struct timespec times[2] = { { .tv_sec = 1000 }, { .tv_sec = 2000 } };
	struct folder f;
	struct stat st;
	char got[8];
	int fd;

	(void)state;
	folder_make(&f);
	folder_put(&f, "file", "12345");
	assert_int_equal(utimensat(AT_FDCWD, folder_at(&f, "file"), times, 0), 0);
	fd = regular_open_unseen(AT_FDCWD, folder_at(&f, "file"), O_NOFOLLOW);
	assert_int_equal(read(fd, got, sizeof(got)), 5);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_atim.tv_sec, 1000);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	assert_int_equal(close(fd), 0);
	assert_int_equal(regular_open_unseen(AT_FDCWD, folder_at(&f, "none"), 0), -1);
	assert_int_equal(errno, ENOENT);
	folder_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(only_files),
					    cmocka_unit_test(a_look_leaves_no_time) };

	return cmocka_run_group_tests_name("base/regular", tests, NULL, NULL);
}
