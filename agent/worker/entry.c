/* entry.c - see entry.h */
#include "agent/worker/entry.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/worker/upper.h"

static bool fail(struct err *err, const char *rel, const char *what)
{
	if (errno == ELOOP || errno == ENOTDIR || errno == EXDEV)
		return err_set(err, ERR_STALE, "a folder on the way was replaced");
	return err_set(err, errno == EACCES || errno == EPERM ? ERR_DENIED : ERR_IO,
		       "%s cannot be %s: %s", rel, what, strerror(errno));
}

/* As upper_hash() of it. */
static struct sha256_hex hash_of(const struct entry *e)
{
	struct sha256_hex none = { "" };

	return e->kind == ENTRY_FILE   ? sha256(e->data)
	       : e->kind == ENTRY_LINK ? sha256_two(SLICE("link\n"), e->data)
				       : none;
}

/* The folder of rel, made where it is gone; -1: errno. */
static int open_parent(const struct root *r, const char *rel, const char **base)
{
	char dir[LIMIT_PATH_BYTES];

	for (const char *slash = strchr(rel, '/'); slash; slash = strchr(slash + 1, '/')) {
		const char *name;
		int up;

		(void)snprintf(dir, sizeof(dir), "%.*s", (int)(slash - rel), rel);
		up = upper_parent(r->fd, dir, &name);
		if (up < 0)
			return -1;
		(void)!mkdirat(up, name, 0777); /* what is wrong shows when it is opened */
		(void)close(up);
	}
	return upper_parent(r->fd, rel, base);
}

static bool write_file(int dir, const char *tmp, struct slice data, uint32_t mode)
{
	int fd = openat(dir, tmp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	bool ok = fd >= 0;
	int saved;

	while (ok && data.len > 0) {
		ssize_t n = write(fd, data.ptr, data.len);

		ok = n > 0 || (n < 0 && errno == EINTR);
		if (n > 0)
			data = slice_sub(data, (size_t)n, data.len);
	}
	ok = ok && fchmod(fd, mode ? mode & 0777 : 0644) == 0 && fsync(fd) == 0;
	saved = errno;
	if (fd >= 0)
		(void)close(fd);
	errno = saved;
	return ok;
}

static bool make(int dir, const char *tmp, const struct entry *to, uint32_t mode)
{
	char target[LIMIT_PATH_BYTES];

	if (to->kind == ENTRY_FILE)
		return write_file(dir, tmp, to->data, mode);
	(void)snprintf(target, sizeof(target), "%.*s", SLICE_ARG(to->data));
	return symlinkat(target, dir, tmp) == 0;
}

/* base is what the caller expects: checked just now. */
static bool replace(int dir, const char *base, const struct entry *from, const struct entry *to,
		    uint32_t mode)
{
	char tmp[48], id[25];
	bool ok;
	int saved;

	if (to->kind == ENTRY_NONE)
		return unlinkat(dir, base, 0) == 0;
	random_id(id, sizeof(id) - 1);
	(void)snprintf(tmp, sizeof(tmp), ".emend-%s.tmp", id);
	ok = make(dir, tmp, to, mode) &&
	     renameat2(dir, tmp, dir, base, from->kind == ENTRY_NONE ? RENAME_NOREPLACE : 0) == 0;
	saved = errno;
	if (!ok)
		(void)unlinkat(dir, tmp, 0);
	errno = saved;
	return ok;
}

/* Nothing there is fine; no way to it is not. */
static bool reachable(const struct root *r, const char *rel, struct err *err)
{
	int fd = upper_openat(r->fd, rel, O_PATH | O_NOFOLLOW);

	if (fd < 0)
		return errno == ENOENT || fail(err, rel, "reached");
	(void)close(fd);
	return true;
}

/* An empty folder. What is in it by now is somebody's, and keeps it. */
static bool put_folder(const struct root *r, const char *rel, bool make, struct err *err)
{
	const char *base;
	int dir = make ? open_parent(r, rel, &base) : upper_parent(r->fd, rel, &base);
	bool ok;

	if (dir < 0)
		return (!make && errno == ENOENT) || fail(err, rel, "put back");
	if (make)
		ok = mkdirat(dir, base, 0777) == 0 || errno == EEXIST;
	else
		ok = unlinkat(dir, base, AT_REMOVEDIR) == 0 || errno == ENOENT;
	if (!ok && (errno == ENOTEMPTY || errno == EEXIST))
		(void)err_set(err, ERR_STALE, "the folder is not empty, and stays");
	else if (!ok)
		(void)fail(err, rel, make ? "made" : "removed");
	(void)close(dir);
	return ok;
}

bool entry_put(const struct root *r, struct slice path, const struct entry *from,
	       const struct entry *to, uint32_t mode, struct err *err)
{
	struct sha256_hex now, want = hash_of(to), expected = hash_of(from);
	char rel[LIMIT_PATH_BYTES];
	const char *base;
	int dir, lock;
	bool ok;

	if (!root_clean(r, path, rel, err) || !reachable(r, rel, err))
		return false;
	if (from->kind == ENTRY_FOLDER || to->kind == ENTRY_FOLDER)
		return put_folder(r, rel, to->kind == ENTRY_FOLDER, err);
	dir = to->kind == ENTRY_NONE ? upper_parent(r->fd, rel, &base) : open_parent(r, rel, &base);
	if (dir < 0 && to->kind == ENTRY_NONE && errno == ENOENT)
		return true;
	if (dir < 0)
		return fail(err, rel, "put back");
	lock = root_lock(dir);
	ok = upper_hash(r->fd, rel, &now, err);
	if (ok && strcmp(now.s, want.s) != 0) {
		ok = strcmp(now.s, expected.s) == 0 ||
		     err_set(err, ERR_STALE, "it was changed since; it is left as it is");
		ok = ok && (replace(dir, base, from, to, mode) || fail(err, rel, "put back"));
	}
	if (lock >= 0)
		(void)close(lock);
	(void)close(dir);
	return ok;
}

bool entry_mode(const struct root *r, struct slice path, uint32_t from, uint32_t to,
		struct err *err)
{
	char rel[LIMIT_PATH_BYTES], by_fd[40];
	struct stat st;
	bool ok;
	int fd;

	if (!root_clean(r, path, rel, err))
		return false;
	fd = upper_openat(r->fd, rel, O_PATH | O_NOFOLLOW);
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		if (fd >= 0)
			(void)close(fd);
		return err_set(err, ERR_STALE, "the file was removed or replaced since");
	}
	ok = (st.st_mode & 0777) == to;
	if (!ok && (st.st_mode & 0777) != from) {
		(void)close(fd);
		return err_set(err, ERR_STALE, "its permissions were changed since (to %03o)",
			       st.st_mode & 0777);
	}
	(void)snprintf(by_fd, sizeof(by_fd), "/proc/self/fd/%d", fd);
	ok = ok || fchmodat(AT_FDCWD, by_fd, to & 0777, 0) == 0 ||
	     fail(err, rel, "given its permissions");
	(void)close(fd);
	return ok;
}
