/* tree.c - see tree.h
 *
 * Folders within the folder are moved up beside each other before they are emptied, so that the
 * depth costs neither stack nor descriptors. What is gone already is fine: two may clean up. */
#include "agent/sandbox/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Somebody may fill the tree while it is emptied; then it is given up at some time. */
enum { ROUNDS_MAX = 1000 * 1000 };

/* By /proc/self/fd, as fchmod() does not work on O_PATH, and an O_RDONLY open would need the
 * permission that is missing. */
bool tree_chmod(int dir, const char *name, mode_t mode)
{
	int fd = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	char self[48];
	struct stat st;
	bool ok = fd >= 0 && fstat(fd, &st) == 0;

	if (ok && S_ISLNK(st.st_mode)) {
		errno = ELOOP;
		ok = false;
	}
	(void)snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	ok = ok && chmod(self, mode) == 0;
	if (fd >= 0)
		(void)close(fd);
	return ok;
}

static int open_dir(int at, const char *name)
{
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 && errno == EACCES && tree_chmod(at, name, 0700))
		fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0)
		(void)fchmod(fd, 0700);
	return fd;
}

/* A folder of `from` becomes one of `to`, under a name that is free there.
 * "." and a number: names that a command is unlikely to have, but may have, so RENAME_NOREPLACE. */
static bool lift(int from, const char *name, int to, unsigned *n)
{
	char fresh[32];

	if (!tree_chmod(from, name, 0700)) /* moving rewrites its ".." */
		return errno == ENOENT;
	for (int i = 0; i < ROUNDS_MAX; i++) {
		(void)snprintf(fresh, sizeof(fresh), ".%u", (*n)++);
		if (renameat2(from, name, to, fresh, RENAME_NOREPLACE) == 0)
			return true;
		if (errno != EEXIST)
			return errno == ENOENT;
	}
	return false;
}

/* Empties one folder; its own folders go to `top` if there is one, else are named to the caller. */
static bool empty(int fd, int top, unsigned *n)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	DIR *d = copy >= 0 ? fdopendir(copy) : NULL;
	struct dirent *e;
	bool ok = d != NULL;

	while (d && (e = readdir(d)) != NULL) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		if (unlinkat(fd, e->d_name, 0) == 0 || unlinkat(fd, e->d_name, AT_REMOVEDIR) == 0 ||
		    errno == ENOENT)
			continue;
		ok = lift(fd, e->d_name, top, n) && ok;
	}
	if (d)
		(void)closedir(d);
	else if (copy >= 0)
		(void)close(copy);
	return ok;
}

/* One pass over the folders that lie directly in top. *left: some were there. */
static bool pass(int top, unsigned *n, bool *left)
{
	int copy = openat(top, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = copy >= 0 ? fdopendir(copy) : NULL;
	struct dirent *e;
	bool ok = d != NULL;

	*left = false;
	while (ok && (e = readdir(d)) != NULL) {
		int fd;

		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		if (unlinkat(top, e->d_name, 0) == 0)
			continue;
		*left = true;
		fd = open_dir(top, e->d_name);
		if (fd < 0 && errno == ENOENT)
			continue;
		ok = fd >= 0 && empty(fd, top, n);
		if (fd >= 0)
			(void)close(fd);
		ok = ok && (unlinkat(top, e->d_name, AT_REMOVEDIR) == 0 || errno == ENOENT);
	}
	if (d)
		(void)closedir(d);
	else if (copy >= 0)
		(void)close(copy);
	return ok;
}

bool tree_remove(int dir, const char *name)
{
	unsigned n = 0;
	bool left = true, ok = true;
	int top;

	if (unlinkat(dir, name, 0) == 0 || errno == ENOENT)
		return true;
	top = open_dir(dir, name);
	if (top < 0)
		return false;
	for (int i = 0; left && ok && i < ROUNDS_MAX; i++)
		ok = pass(top, &n, &left);
	(void)close(top);
	return unlinkat(dir, name, AT_REMOVEDIR) == 0 || errno == ENOENT;
}
