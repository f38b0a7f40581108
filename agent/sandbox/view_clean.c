/* view_clean.c - see view.h
 *
 * Read and covered before the command runs. Others of the session may change the file meanwhile;
 * then this command goes on with the older text, which is fine. */
#include "agent/sandbox/view.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "agent/sandbox/git_config.h"

#define COPY VIEW_LAYERS "/config"

static int open_at(int dir, const char *rel, int flags)
{
	struct open_how how = { .flags = (uint64_t)(flags | O_CLOEXEC),
				.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS };

	return (int)syscall(SYS_openat2, dir, rel, &how, sizeof(how));
}

/* Up to one byte more than may be read. */
static void read_all(int fd, struct buf *out)
{
	char piece[16 * 1024];
	ssize_t n;

	while (!out->full && (n = read(fd, piece, sizeof(piece))) > 0)
		buf_append(out, slice_make(piece, (size_t)n));
}

/* A detached copy with this text.
 * The tmpfs is unmounted at once; the detached copy keeps the file alive as long as it is mounted
 * somewhere. */
static int copy_of(struct slice text)
{
	int fd, mount_fd = -1;

	if (mount("tmpfs", VIEW_LAYERS, "tmpfs", MS_NOSUID | MS_NODEV, "size=2m,mode=755") < 0)
		return -1;
	fd = open(COPY, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
	if (fd >= 0 && write(fd, text.ptr, text.len) == (ssize_t)text.len)
		mount_fd = view_copy_tree(AT_FDCWD, COPY, MOUNT_ATTR_RDONLY);
	if (fd >= 0)
		(void)close(fd);
	(void)umount2(VIEW_LAYERS, MNT_DETACH);
	return mount_fd;
}

bool view_clean(int dir, const char *rel, struct err *err)
{
	int fd = open_at(dir, rel, O_RDONLY | O_NONBLOCK | O_NOCTTY), target;
	struct buf text, clean;
	bool ok = true;

	if (fd < 0)
		return true; /* gone, or not readable for a command either */
	buf_init(&text, GIT_CONFIG_BYTES);
	buf_init(&clean, GIT_CONFIG_BYTES);
	read_all(fd, &text);
	(void)close(fd);
	if (text.full || git_config_clean(buf_slice(&text), &clean)) {
		target = open_at(dir, rel, O_PATH);
		ok = (target < 0 && errno == ENOENT) ||
		     view_cover(copy_of(text.full ? SLICE("") : buf_slice(&clean)), target, rel,
				err);
		if (target >= 0)
			(void)close(target);
	}
	buf_release(&text);
	buf_release(&clean);
	return ok;
}
