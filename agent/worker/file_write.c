/* file_write.c - see files.h
 *
 * Where does the path lead (symlinks followed, beneath the workspace)? -> the folder is held open
 * -> is what stands there what the caller saw? -> temporary file beside it, written and synced ->
 * is it still the same file? -> rename. A failure at any point leaves the old file as it was. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "agent/worker/files.h"
#include "agent/base/regular.h"
#include "protocol/base/log.h"

enum {
	XATTR_LIST_BYTES = 4096,
	XATTR_VALUE_BYTES = 16 * 1024,
	RENAME_KEEP = 1 /* RENAME_NOREPLACE */
};

struct target {
	char rel[LIMIT_PATH_BYTES]; /* where it really is */
	const char *base;	    /* last component, in rel */
	int dir;		    /* the folder, O_PATH */
	bool exists;
	struct stat st;
	struct sha256_hex now; /* "" if it does not exist or nobody asked */
};

static bool has_part(const char *path, const char *part, size_t n)
{
	for (const char *at = path; *at; at += strcspn(at, "/"), at += *at == '/') {
		if (strcspn(at, "/") == n && memcmp(at, part, n) == 0)
			return true;
	}
	return false;
}

/* Whoever allowed this write judged the path that was asked for. Names that editors and git execute
 * begin with a dot; a link that a command put there must not lead to one unseen. */
static bool no_detour(const char *asked, const char *place, struct err *err)
{
	for (const char *at = place; *at; at += strcspn(at, "/"), at += *at == '/') {
		if (*at == '.' && !has_part(asked, at, strcspn(at, "/")))
			return err_set(err, ERR_DENIED,
				       "%s leads through a symbolic link to %s; write it by that "
				       "name.",
				       asked, place);
	}
	return true;
}

/* Makes the last component of dir, whose folder exists. */
static bool make_one(const struct root *r, char *dir, struct err *err)
{
	char place[LIMIT_PATH_BYTES], *slash = strrchr(dir, '/');
	bool ok;
	int up;

	if (slash)
		*slash = 0;
	up = root_openat(r, slash ? dir : "", O_PATH | O_DIRECTORY, false);
	if (slash)
		*slash = '/';
	if (up < 0)
		return root_errno(err, "created", dir);
	ok = root_place(r, up, place, err) && no_detour(dir, place, err);
	if (ok && mkdirat(up, slash ? slash + 1 : dir, 0777) < 0 && errno != EEXIST)
		ok = root_errno(err, "created", dir);
	(void)close(up);
	return ok;
}

static bool make_parents(const struct root *r, char *dir, struct err *err)
{
	for (char *end = dir; *end;) {
		char keep;
		int fd;

		end += *end == '/';
		end += strcspn(end, "/");
		keep = *end;
		*end = 0;
		fd = root_openat(r, dir, O_PATH | O_DIRECTORY, false);
		if (fd >= 0)
			(void)close(fd);
		else if (errno != ENOENT)
			return root_errno(err, "created", dir);
		else if (!make_one(r, dir, err))
			return false;
		*end = keep;
	}
	return true;
}

/* Splits rel into folder and base and opens the folder, making it where wanted. */
static bool open_parent(const struct root *r, struct target *t, const char *asked, bool make,
			struct err *err)
{
	char dir[LIMIT_PATH_BYTES], place[LIMIT_PATH_BYTES];
	char *slash;

	(void)snprintf(dir, sizeof(dir), "%s", t->rel);
	slash = strrchr(dir, '/');
	t->base = slash ? t->rel + (slash - dir) + 1 : t->rel;
	if (slash)
		*slash = 0;
	else
		dir[0] = 0;
	if (make && !make_parents(r, dir, err))
		return false;
	t->dir = root_openat(r, dir, O_PATH | O_DIRECTORY, false);
	if (t->dir < 0)
		return root_errno(err, "written", t->rel);
	return root_place(r, t->dir, place, err) && no_detour(asked, place, err);
}

/* Follows the path to what it names now, if anything. */
static bool find_target(const struct root *r, const struct file_change *c, struct target *t,
			struct err *err)
{
	char rel[LIMIT_PATH_BYTES];
	int fd;

	if (!root_clean(r, c->path, rel, err))
		return false;
	if (!*rel)
		return err_set(err, ERR_INVALID, "The workspace itself is not a file.");
	(void)snprintf(t->rel, sizeof(t->rel), "%s", rel);
	fd = c->remove ? -1 : root_openat(r, rel, O_PATH, false);
	if (fd >= 0) {
		bool ok = root_place(r, fd, t->rel, err);

		(void)close(fd);
		if (!ok)
			return err_wrap(err, "%s: ", rel);
		if (!no_detour(rel, t->rel, err))
			return false;
	} else if (!c->remove && errno != ENOENT) {
		return root_errno(err, "written", rel);
	}
	return open_parent(r, t, rel, c->make_parents && !c->remove, err);
}

/* What stands there now. */
static bool look(const struct file_change *c, struct target *t, struct err *err)
{
	struct stat st;

	if (fstatat(t->dir, t->base, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT || root_errno(err, "written", t->rel);
	if (S_ISLNK(st.st_mode) && !c->remove)
		return err_set(err, ERR_DENIED,
			       "%.*s is a symbolic link that leads nowhere; "
			       "write its target instead.",
			       SLICE_ARG(c->path));
	if (!S_ISREG(st.st_mode) && !S_ISLNK(st.st_mode))
		return err_set(err, ERR_DENIED, "%.*s is not a regular file.", SLICE_ARG(c->path));
	t->exists = true;
	t->st = st;
	return true;
}

/* Does what stands there now have the hash that the caller saw? */
static bool check_expected(const struct file_change *c, struct target *t, struct err *err)
{
	struct buf now;
	bool ok;
	int fd;

	if (slice_eq_cstr(c->expect_sha256, "*"))
		return true;
	if (!t->exists) {
		if (c->expect_sha256.len == 0)
			return true;
		return err_set(err, ERR_STALE, "%s was deleted since it was read.", t->rel);
	}
	if (c->expect_sha256.len == 0)
		return err_set(err, ERR_STALE, "%s exists already. Read it first.", t->rel);
	fd = regular_open(t->dir, t->base, O_NOFOLLOW, NULL);
	if (fd < 0)
		return root_errno(err, "read", t->rel);
	buf_init(&now, LIMIT_DOC_BYTES);
	ok = file_slurp(fd, t->rel, &now, err);
	if (ok) {
		t->now = sha256(buf_slice(&now));
		if (!slice_eq_cstr(c->expect_sha256, t->now.s))
			ok = err_set(err, ERR_STALE,
				     "%s was changed by another program since it was read. "
				     "Read it again.",
				     t->rel);
	}
	buf_release(&now);
	(void)close(fd);
	return ok;
}

/* Permissions, owner and extended attributes of the old file, as far as we may. */
static void copy_attributes(int to, const struct target *t)
{
	char names[XATTR_LIST_BYTES], value[XATTR_VALUE_BYTES];
	ssize_t len, n;
	int from;

	/* Another owner's file becomes ours; its group stays if we are in it. */
	if (fchown(to, t->st.st_uid, t->st.st_gid) < 0 &&
	    fchown(to, (uid_t)-1, t->st.st_gid) < 0)
		log_debug("write: neither owner nor group of %s could be kept", t->base);
	(void)fchmod(to, t->st.st_mode & 0777);
	from = regular_open(t->dir, t->base, O_NOFOLLOW, NULL);
	if (from < 0)
		return;
	len = flistxattr(from, names, sizeof(names));
	for (char *p = names; len > 0 && p < names + len; p += strlen(p) + 1) {
		n = fgetxattr(from, p, value, sizeof(value));
		if (n >= 0 && strncmp(p, "security.", 9) != 0)
			(void)fsetxattr(to, p, value, (size_t)n, 0);
	}
	(void)close(from);
}

static bool write_all(int fd, struct slice data)
{
	while (data.len) {
		ssize_t n = write(fd, data.ptr, data.len);

		if (n < 0 && errno != EINTR)
			return false;
		if (n > 0)
			data = slice_sub(data, (size_t)n, data.len);
	}
	return fsync(fd) == 0;
}

/* The old file may have been replaced while we wrote. */
static bool same_still(const struct target *t)
{
	struct stat st;

	if (fstatat(t->dir, t->base, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return !t->exists && errno == ENOENT;
	return t->exists && st.st_ino == t->st.st_ino && st.st_dev == t->st.st_dev &&
	       st.st_size == t->st.st_size && st.st_mtim.tv_sec == t->st.st_mtim.tv_sec &&
	       st.st_mtim.tv_nsec == t->st.st_mtim.tv_nsec;
}

static bool put_in_place(const struct target *t, const char *tmp, bool whatever, struct err *err)
{
	if (!whatever && !same_still(t))
		return err_set(err, ERR_STALE,
			       "%s was changed by another program just now. "
			       "Read it again.",
			       t->rel);
	if (!t->exists && !whatever) {
		if (syscall(SYS_renameat2, t->dir, tmp, t->dir, t->base, RENAME_KEEP) == 0)
			return true;
		if (errno == EEXIST)
			return err_set(err, ERR_STALE,
				       "%s was created by another program just now.", t->rel);
		if (errno != EINVAL && errno != ENOSYS) /* a file system without it: plain rename */
			return root_errno(err, "written", t->rel);
	}
	if (renameat(t->dir, tmp, t->dir, t->base) < 0)
		return root_errno(err, "written", t->rel);
	return true;
}

static bool replace(const struct file_change *c, const struct target *t, struct err *err)
{
	char tmp[48] = ".emend-", id[25];
	int fd, dir;
	bool ok = false;

	random_id(id, sizeof(id) - 1);
	(void)snprintf(tmp, sizeof(tmp), ".emend-%s.tmp", id);
	fd = openat(t->dir, tmp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		    t->exists ? 0600
		    : c->mode ? c->mode & 0777
			      : 0644);
	if (fd < 0)
		return root_errno(err, "written", t->rel);
	(void)flock(fd, LOCK_EX | LOCK_NB); /* nobody sweeps it away: see file_sweep.c */
	if (t->exists)
		copy_attributes(fd, t);
	if (!write_all(fd, c->data))
		root_errno(err, "written", t->rel);
	else
		ok = put_in_place(t, tmp, slice_eq_cstr(c->expect_sha256, "*"), err);
	if (!ok)
		(void)unlinkat(t->dir, tmp, 0);
	(void)close(fd);
	dir = ok ? openat(t->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	if (dir >= 0) {
		(void)fsync(dir);
		(void)close(dir);
	}
	return ok;
}

uint32_t file_missing_folders(const struct root *r, struct slice path)
{
	char rel[LIMIT_PATH_BYTES], *slash;
	struct err ignored = { 0 };
	uint32_t n = 0;

	if (!root_clean(r, path, rel, &ignored))
		return 0;
	while ((slash = strrchr(rel, '/'))) {
		int fd;

		*slash = 0;
		fd = root_openat(r, rel, O_PATH | O_DIRECTORY, false);
		if (fd >= 0)
			(void)close(fd);
		if (fd >= 0 || errno != ENOENT)
			break;
		n++;
	}
	return n;
}

/* From below, until one is not empty, or is none of ours. No link is followed at the end. */
static void remove_folders(const struct root *r, const char *file, uint32_t n)
{
	char rel[LIMIT_PATH_BYTES], *slash;

	(void)snprintf(rel, sizeof(rel), "%s", file);
	for (; n > 0 && (slash = strrchr(rel, '/')); n--) {
		const char *name;
		bool gone;
		int up;

		*slash = 0; /* rel is the folder now */
		slash = strrchr(rel, '/');
		name = slash ? slash + 1 : rel;
		if (slash)
			*slash = 0;
		up = root_openat(r, slash ? rel : "", O_PATH | O_DIRECTORY, false);
		gone = up >= 0 && unlinkat(up, name, AT_REMOVEDIR) == 0;
		if (up >= 0)
			(void)close(up);
		if (!gone || !slash)
			return;
		*slash = '/';
	}
}

bool file_write(const struct root *r, const struct file_change *c, struct file_info *info,
		struct err *err)
{
	struct target t = { .dir = -1 };
	bool ok = false;
	int lock = -1;

	if (c->data.len > LIMIT_DOC_BYTES)
		return err_set(err, ERR_TOO_LARGE, "A file of more than %d bytes is not written.",
			       LIMIT_DOC_BYTES);
	if (!find_target(r, c, &t, err))
		goto out;
	lock = root_lock(t.dir);
	if (!look(c, &t, err) || !check_expected(c, &t, err))
		goto out;
	*info = (struct file_info){ 0 };
	if (!c->remove) {
		ok = replace(c, &t, err);
		info->sha256 = sha256(c->data);
		info->size = c->data.len;
	} else if (!t.exists) {
		ok = slice_eq_cstr(c->expect_sha256, "*") || c->expect_sha256.len == 0;
	} else if (!same_still(&t)) {
		err_set(err, ERR_STALE, "%s was changed by another program just now.", t.rel);
	} else {
		ok = unlinkat(t.dir, t.base, 0) == 0 || root_errno(err, "deleted", t.rel);
	}
	if (ok && c->remove)
		remove_folders(r, t.rel, c->folders);
out:
	if (lock >= 0)
		(void)close(lock);
	if (t.dir >= 0)
		(void)close(t.dir);
	return ok;
}
