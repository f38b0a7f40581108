/* regular.c - see regular.h */
#include "agent/base/regular.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

int regular_only(int fd, struct stat *st)
{
	struct stat own;
	int why;

	if (!st)
		st = &own;
	if (fd < 0)
		return -1;
	if (fstat(fd, st) == 0) {
		if (S_ISREG(st->st_mode))
			return fd;
		errno = S_ISDIR(st->st_mode) ? EISDIR : ENXIO;
	}
	why = errno;
	(void)close(fd);
	errno = why;
	return -1;
}

/* Of another owner's file the kernel does not allow it. */
int regular_open_unseen(int dir, const char *path, int flags)
{
	int fd;

	flags |= O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
	fd = openat(dir, path, flags | O_NOATIME);
	return fd < 0 && errno == EPERM ? openat(dir, path, flags) : fd;
}

int regular_open(int dir, const char *path, int flags, struct stat *st)
{
	return regular_only(openat(dir, path, flags | O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC),
			    st);
}
