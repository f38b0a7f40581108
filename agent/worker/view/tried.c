/* tried.c - see tried.h */
#include "agent/worker/view/tried.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/base/path.h"
#include "protocol/base/mem.h"
#include "protocol/base/version.h"

enum { TEXT = 256 };

/* A state folder may be seen by several machines, and by containers of one: what works in one says nothing of another.
 * Empty: it cannot be said. */
static size_t here(char text[TEXT])
{
	char boot[64] = "", user[64] = "", mounts[64] = "";
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, boot, sizeof(boot) - 1) : -1;
	int len;

	if (fd >= 0)
		(void)close(fd);
	if (n <= 0 || readlink("/proc/self/ns/user", user, sizeof(user) - 1) <= 0 ||
	    readlink("/proc/self/ns/mnt", mounts, sizeof(mounts) - 1) <= 0)
		return 0;
	boot[strcspn(boot, "\n")] = 0;
	len = snprintf(text, TEXT, "%s %s %s %u %s\n", boot, user, mounts, (unsigned)getuid(),
		       EMEND_VERSION);
	return len > 0 && len < TEXT ? (size_t)len : 0;
}

int tried_open(const struct views *v, bool *known)
{
	char text[TEXT], was[TEXT], *path;
	size_t n = here(text), size;
	struct stat st;
	int fd = -1;

	*known = false;
	if (n == 0 || !v->path)
		return -1;
	size = strlen(v->path) + sizeof("/tried");
	path = xmalloc(size);
	(void)snprintf(path, size, "%.*s/tried", SLICE_ARG(path_dir(slice_of(v->path))));
	fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600);
	free(path);
	if (fd >= 0 && (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))) {
		(void)close(fd);
		return -1;
	}
	if (fd >= 0)
		*known = pread(fd, was, sizeof(was), 0) == (ssize_t)n && memcmp(was, text, n) == 0;
	return fd;
}

/* Not synced: after a crash of the machine it would be of another boot. */
void tried_close(int fd, bool works)
{
	char text[TEXT];
	size_t n = works ? here(text) : 0;

	if (fd < 0)
		return;
	if (ftruncate(fd, 0) == 0 && n > 0 && pwrite(fd, text, n, 0) != (ssize_t)n)
		(void)!ftruncate(fd, 0);
	(void)close(fd);
}
