/* file_sweep.c - see files.h: what a write that was killed left beside its file.
 *
 * A temporary file is locked by its writer as long as that lives, so only orphans go. A writer that was
 * killed a moment ago may still be dying: it gets that moment. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "agent/base/regular.h"

#include "agent/worker/file/files.h"

static bool is_temporary(const char *name)
{
	struct slice s = slice_of(name);

	return s.len > 11 && slice_starts(s, SLICE(".emend-")) && slice_ends(s, SLICE(".tmp"));
}

/* tries: left for all files of the folder, so that one long write of another emend costs half a second. */
static bool lock_orphan(int fd, int *tries)
{
	const struct timespec moment = { 0, 25 * 1000 * 1000 };

	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK || --*tries < 0)
			return false;
		(void)nanosleep(&moment, NULL);
	}
	return true;
}

static void remove_orphan(int dir, const char *name, int *tries)
{
	int fd = regular_open(dir, name, O_NOFOLLOW, NULL);

	if (fd < 0)
		return;
	if (lock_orphan(fd, tries))
		(void)unlinkat(dir, name, 0);
	(void)close(fd);
}

/* No folder, or one that cannot be read, has nothing to sweep. */
bool file_sweep(const struct root *r, struct slice path, struct err *err)
{
	char rel[LIMIT_PATH_BYTES], *slash;
	struct dirent *e;
	DIR *d = NULL;
	int fd, tries = 20;

	if (!root_clean(r, path, rel, err))
		return false;
	fd = root_openat(r, rel, O_PATH, false); /* a link's temporary file is beside its target */
	if (fd >= 0) {
		bool ok = root_place(r, fd, rel, err);

		(void)close(fd);
		if (!ok)
			return false;
	}
	slash = strrchr(rel, '/');
	rel[slash ? slash - rel : 0] = 0;
	fd = root_openat(r, rel, O_RDONLY | O_DIRECTORY, false);
	if (fd >= 0)
		d = fdopendir(fd);
	if (!d) { /* no folder, nothing to sweep */
		if (fd >= 0)
			(void)close(fd);
		return true;
	}
	while ((e = readdir(d)))
		if (is_temporary(e->d_name))
			remove_orphan(dirfd(d), e->d_name, &tries);
	(void)closedir(d);
	return true;
}
