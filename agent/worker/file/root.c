/* root.c - see root.h. Where a path leads is decided by the kernel (openat2 with RESOLVE_BENEATH), never by
 * comparing text, since links and renames change that at any moment. What is compared as text is only what
 * is asked for (root_clean), and where an open descriptor turns out to lie (root_place). */
#include "agent/worker/file/root.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "agent/base/regular.h"
#include "agent/policy/secret_file.h"
#include "protocol/base/mem.h"

/* openat2 gives EAGAIN where a folder on the way is renamed just then. */
enum { OPEN_TRIES = 64 };

/* Folders that are the machine's, not a project's. */
static bool is_system(struct slice path)
{
	static const char *const dirs[] = { "/",      "/bin",	"/boot", "/etc",  "/home", "/lib",
					    "/lib32", "/lib64", "/run",	 "/sbin", "/usr",  "/var" };
	static const char *const trees[] = { "/dev/", "/proc/", "/sys/" };

	for (size_t i = 0; i < ARRAY_LEN(dirs); i++) {
		if (slice_eq_cstr(path, dirs[i]))
			return true;
	}
	for (size_t i = 0; i < ARRAY_LEN(trees); i++) {
		struct slice tree = slice_of(trees[i]);

		if (slice_starts(path, tree) || slice_eq(path, slice_sub(tree, 0, tree.len - 1)))
			return !slice_starts(path, SLICE("/dev/shm/"));
	}
	return false;
}

/* The inode is kept, so that a workspace which was moved or replaced is noticed. */
bool root_open(struct root *r, struct slice path, struct match *denied, struct err *err)
{
	struct stat st;

	*r = (struct root){ .fd = -1, .denied = denied, .path = xslicedup(path) };
	if (path.len == 0 || path.ptr[0] != '/' || path.len >= LIMIT_PATH_BYTES)
		return err_set(err, ERR_INVALID, "The workspace is not an absolute path.");
	if (is_system(path))
		return err_set(err, ERR_DENIED,
			       "%s is a folder of the system and cannot be a workspace. "
			       "Start in a project folder.",
			       r->path);
	r->fd = open(r->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (r->fd < 0 || fstat(r->fd, &st) < 0)
		return err_set(err, ERR_NOT_FOUND, "The workspace %s cannot be opened: %s.",
			       r->path, strerror(errno));
	r->dev = st.st_dev;
	r->ino = st.st_ino;
	return true;
}

void root_release(struct root *r)
{
	if (r->fd >= 0)
		(void)close(r->fd);
	free(r->path);
	match_free(r->denied);
	match_free(r->denied_always);
	match_free(r->look_into);
	*r = (struct root){ .fd = -1 };
}

bool root_check(const struct root *r, struct err *err)
{
	struct stat st;

	if (stat(r->path, &st) == 0 && st.st_dev == r->dev && st.st_ino == r->ino)
		return true;
	return err_set(err, ERR_STALE, "The workspace %s was moved or replaced. Start again there.",
		       r->path);
}

bool root_denied(const struct root *r, struct slice rel)
{
	return r->denied && match_is(r->denied, rel);
}

struct root root_for_undo(const struct root *r)
{
	struct root all = *r;

	all.denied = NULL;
	return all;
}

bool root_looks_into(const struct root *r, struct slice rel)
{
	return r->look_into && secret_file_named(rel) && match_is(r->look_into, rel);
}

bool root_denied_always(const struct root *r, struct slice rel)
{
	return r->denied_always && match_is(r->denied_always, rel);
}

/* "a/./b/../c" becomes "a/c"; ".." above the workspace is an error. */
static bool clean_text(struct slice path, char *out, struct err *err)
{
	size_t len = 0, at = 0;

	while (at < path.len) {
		size_t end = slice_find_byte(path, '/', at);
		struct slice part;

		if (end == SIZE_MAX)
			end = path.len;
		part = slice_sub(path, at, end);
		at = end + 1;
		if (part.len == 0 || slice_eq_cstr(part, "."))
			continue;
		if (slice_eq_cstr(part, "..")) {
			if (len == 0)
				return err_set(err, ERR_DENIED, "%.*s leads out of the workspace.",
					       SLICE_ARG(path));
			while (len > 0 && out[len - 1] != '/')
				len--;
			len -= len > 0;
			continue;
		}
		if (len)
			out[len++] = '/';
		memcpy(out + len, part.ptr, part.len);
		len += part.len;
	}
	out[len] = 0;
	return true;
}

bool root_clean(const struct root *r, struct slice path, char *out, struct err *err)
{
	struct slice root = slice_of(r->path);

	if (path.len >= LIMIT_PATH_BYTES || slice_find_byte(path, 0, 0) != SIZE_MAX)
		return err_set(err, ERR_INVALID,
			       "That is not a path: too long, or with a NUL in it.");
	if (path.len && path.ptr[0] == '/') {
		if (!slice_starts(path, root) || (path.len > root.len && path.ptr[root.len] != '/'))
			return err_set(err, ERR_DENIED, "%.*s lies outside of the workspace.",
				       SLICE_ARG(path));
		path = slice_sub(path, root.len, path.len);
	}
	if (!clean_text(path, out, err))
		return false;
	if (root_denied(r, slice_of(out)))
		return err_set(err, ERR_DENIED,
			       "%s is kept secret: its name is in the list of denied files.", out);
	return true;
}

/* Without openat2 (before Linux 5.6, or filtered by a container): part by part, no links. */
static int open_by_hand(const struct root *r, const char *rel, int flags, mode_t mode)
{
	int dir = fcntl(r->fd, F_DUPFD_CLOEXEC, 0);

	for (;;) {
		size_t n = strcspn(rel, "/");
		char part[256];
		int next;

		if (dir < 0)
			return -1;
		if (n >= sizeof(part) || (n == 2 && rel[0] == '.' && rel[1] == '.')) {
			(void)close(dir);
			errno = ENAMETOOLONG;
			return -1;
		}
		memcpy(part, rel, n);
		part[n] = 0;
		if (rel[n] == 0)
			next = openat(dir, n ? part : ".", flags | O_NOFOLLOW, mode);
		else
			next = openat(dir, part, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		(void)close(dir);
		if (rel[n] == 0)
			return next;
		dir = next;
		rel += n + 1;
	}
}

int root_openat(const struct root *r, const char *rel, int flags, bool no_links)
{
	struct open_how how = {
		.flags = (uint64_t)(unsigned)(flags | O_CLOEXEC),
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS |
			   (no_links ? RESOLVE_NO_SYMLINKS : 0u),
	};
	long fd = -1;

	if (!(flags & O_PATH))
		how.flags |= O_NOCTTY | O_NONBLOCK;
	for (int i = 0; i < OPEN_TRIES; i++) {
		fd = syscall(SYS_openat2, r->fd, *rel ? rel : ".", &how, sizeof(how));
		if (fd >= 0 || errno != EAGAIN)
			break;
	}
	if (fd < 0 && errno == ENOSYS)
		return open_by_hand(r, rel, (int)how.flags, 0);
	return (int)fd;
}

int root_open_file(const struct root *r, const char *rel, bool no_links, struct stat *st)
{
	return regular_only(root_openat(r, rel, O_RDONLY, no_links), st);
}

/* Where an open descriptor lies, by /proc: the kernel keeps that right through renames. */
static bool link_of(int fd, char *out)
{
	char name[64];
	ssize_t n;

	(void)snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	n = readlink(name, out, LIMIT_PATH_BYTES);
	if (n < 0 || n >= LIMIT_PATH_BYTES)
		return false;
	out[n] = 0;
	return true;
}

bool root_place(const struct root *r, int fd, char *out, struct err *err)
{
	char top[LIMIT_PATH_BYTES], at[LIMIT_PATH_BYTES];
	size_t n;

	if (!link_of(r->fd, top) || !link_of(fd, at))
		return err_set(err, ERR_IO,
			       "The kernel does not say where an open file lies "
			       "(is /proc mounted?).");
	n = strlen(top);
	if (strncmp(at, top, n) != 0 || (at[n] && at[n] != '/'))
		return err_set(err, ERR_DENIED, "That leads out of the workspace.");
	(void)snprintf(out, LIMIT_PATH_BYTES, "%s", at[n] ? at + n + 1 : "");
	if (root_denied(r, slice_of(out)))
		return err_set(err, ERR_DENIED,
			       "%s is kept secret: its name is in the list of denied files.", out);
	return true;
}

/* Not waited for without end: a program that holds the lock and hangs must not stop all writing. */
int root_lock(int dir)
{
	enum { TRIES = 500, PAUSE_NS = 2 * 1000 * 1000 };
	struct timespec pause = { .tv_nsec = PAUSE_NS };
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	for (int i = 0; fd >= 0 && i < TRIES; i++) {
		if (flock(fd, LOCK_EX | LOCK_NB) == 0)
			return fd;
		if (errno != EWOULDBLOCK)
			break;
		(void)nanosleep(&pause, NULL);
	}
	if (fd >= 0)
		(void)close(fd);
	return -1;
}

bool root_errno(struct err *err, const char *what, const char *rel)
{
	switch (errno) {
	case ENOENT:
	case ENOTDIR:
		return err_set(err, ERR_NOT_FOUND, "%s does not exist.", rel);
	case EXDEV:
		return err_set(err, ERR_DENIED, "%s leads out of the workspace.", rel);
	case ELOOP:
		return err_set(err, ERR_DENIED,
			       "%s is a symbolic link that cannot be followed here.", rel);
	case EAGAIN:
		return err_set(err, ERR_STALE, "%s is being moved by another program. Try again.",
			       rel);
	case EACCES:
	case EPERM:
		return err_set(err, ERR_DENIED, "%s cannot be %s: no permission.", rel, what);
	default:
		return err_set(err, ERR_IO, "%s cannot be %s: %s.", rel, what, strerror(errno));
	}
}
