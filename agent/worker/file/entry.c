/* entry.c - see entry.h. Compared by hash, under the lock of the folder: what is there is left, unless it is
 * exactly `from`. */
#include "agent/worker/file/entry.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/worker/file/manifest.h"
#include "agent/worker/file/put.h"
#include "agent/worker/view/upper.h"

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

/* The new file or link, under a temporary name. A file keeps the attributes of the one in whose place it
 * goes. */
static bool make(struct put *p, int dir, const char *base, const struct entry *to, uint32_t mode)
{
	char target[LIMIT_PATH_BYTES];
	int old;

	if (to->kind == ENTRY_LINK) {
		(void)snprintf(target, sizeof(target), "%.*s", SLICE_ARG(to->data));
		return put_link(p, dir, target);
	}
	if (!put_open(p, dir, 0600))
		return false;
	old = openat(dir, base, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (old >= 0) {
		put_attributes(p->fd, old);
		(void)close(old);
	}
	if (fchmod(p->fd, mode ? mode & 0777 : 0644) == 0 && put_bytes(p, to->data) &&
	    fsync(p->fd) == 0)
		return true;
	put_end(p);
	return false;
}

/* base is what the caller expects: it had the right hash just now. */
static enum put_result replace(int dir, const char *base, const struct put_was *was,
			       const struct entry *to, uint32_t mode)
{
	enum put_result result;
	struct put p;

	if (to->kind == ENTRY_NONE)
		return put_remove(dir, base, was);
	if (!make(&p, dir, base, to, mode))
		return PUT_FAILED;
	result = put_swap(&(struct put_name){ dir, p.name, p.fd, NULL },
			  &(struct put_name){ dir, base, -1, NULL }, was);
	put_end(&p);
	return result;
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

/* A bundle is handled by its list; a folder comes and goes empty; a file or a link is exchanged (put.h). */
bool entry_put(const struct root *r, struct slice path, const struct entry *from,
	       const struct entry *to, uint32_t mode, struct err *err)
{
	struct sha256_hex now, want = hash_of(to), expected = hash_of(from);
	char rel[LIMIT_PATH_BYTES];
	enum put_result result = PUT_STALE;
	struct put_was was;
	struct stat st;
	const char *base;
	int dir, lock;
	bool ok;

	if (to->kind == ENTRY_BUNDLE)
		return err_set(
			err, ERR_INVALID,
			"the content of its files was not kept; what made them can make them "
			"again");
	if (from->kind == ENTRY_BUNDLE)
		return manifest_remove(r, from->data, err);
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
	was = put_was_of(from->kind != ENTRY_NONE &&
					 fstatat(dir, base, &st, AT_SYMLINK_NOFOLLOW) == 0
				 ? &st
				 : NULL);
	ok = upper_hash(r->fd, rel, &now, err);
	if (ok && strcmp(now.s, want.s) != 0) {
		if (strcmp(now.s, expected.s) == 0)
			result = replace(dir, base, &was, to, mode);
		ok = result == PUT_DONE ||
		     (result == PUT_STALE
			      ? err_set(err, ERR_STALE, "it was changed since; it is left as it is")
			      : fail(err, rel, "put back"));
	}
	if (lock >= 0)
		(void)close(lock);
	(void)close(dir);
	return ok;
}

/* By descriptor, through /proc: chmod by path would follow a link that somebody puts there. */
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
