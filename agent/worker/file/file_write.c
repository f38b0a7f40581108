/* file_write.c - see files.h
 *
 * Where does the path lead (symlinks followed, beneath the workspace)? -> the folder is held open
 * -> is what stands there what the caller saw? -> temporary file beside it, written and synced ->
 * is it still the same file? -> rename. A failure at any point leaves the old file as it was. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/regular.h"
#include "agent/worker/file/closer.h"
#include "agent/worker/file/files.h"
#include "agent/worker/file/put.h"

/* The place of one write, from find_target() to release(). `rel` may differ from the path that was asked
 * for, where that leads through a link. */
struct target {
	char rel[LIMIT_PATH_BYTES]; /* where it really is */
	const char *base;	    /* last component, in rel */
	int dir;		    /* the folder, O_PATH */
	bool is_near;		    /* it is borrowed */
	int old, lock;		    /* old: what stands there, if it was read; -1: none */
	bool exists;
	struct stat st;
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

/* From the top down, each only if it is missing; a link on the way may lead elsewhere in the workspace, as
 * long as it makes no detour. */
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

/* The way to most files has no link in it: then the path is the place, and what stands there is seen at once. */
static bool find_straight(const struct file_change *c, struct target *t)
{
	int dir = near_parent(c->near, t->rel, &t->base);

	if (dir < 0)
		return false;
	if (fstatat(dir, t->base, &t->st, AT_SYMLINK_NOFOLLOW) == 0)
		t->is_near = t->exists = S_ISREG(t->st.st_mode);
	else
		t->is_near = errno == ENOENT;
	if (t->is_near)
		t->dir = dir;
	return t->is_near;
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
	if (c->near && find_straight(c, t))
		return true;
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
	struct sha256_hex now;

	if (slice_eq_cstr(c->expect_sha256, "*"))
		return true;
	if (!t->exists) {
		if (c->expect_sha256.len == 0)
			return true;
		return err_set(err, ERR_STALE, "%s was deleted since it was read.", t->rel);
	}
	if (c->expect_sha256.len == 0)
		return err_set(err, ERR_STALE, "%s exists already. Read it first.", t->rel);
	if (t->st.st_size > LIMIT_DOC_BYTES)
		return err_set(err, ERR_TOO_LARGE, "%s is larger than %d bytes.", t->rel,
			       LIMIT_DOC_BYTES);
	t->old = regular_only(regular_open_unseen(t->dir, t->base, O_NOFOLLOW), &t->st);
	if (t->old < 0)
		return root_errno(err, "read", t->rel);
	return file_hash(t->old, t->rel, (uint64_t)t->st.st_size, &now, err) &&
	       (slice_eq_cstr(c->expect_sha256, now.s) ||
		err_set(err, ERR_STALE,
			"%s was changed by another program since it was read. Read it again.",
			t->rel));
}

/* Permissions, owner and extended attributes of the old file, as far as we may. */
static void copy_attributes(int to, const struct target *t)
{
	int from = t->old >= 0 ? t->old : regular_open(t->dir, t->base, O_NOFOLLOW, NULL);
	struct stat is = { 0 };

	if (fstat(to, &is) == 0)
		put_owner(to, &is, &t->st);
	if ((is.st_mode & 07777) != (t->st.st_mode & 0777))
		(void)fchmod(to, t->st.st_mode & 0777);
	if (from < 0)
		return;
	put_attributes(to, from);
	if (from != t->old)
		(void)close(from);
}

/* PUT_STALE: between our look and the rename another program was faster. */
static bool done(enum put_result result, const struct target *t, const char *what, struct err *err)
{
	if (result == PUT_STALE)
		return err_set(err, ERR_STALE,
			       "%s was %s by another program just now. Read it again.", t->rel,
			       t->exists ? "changed" : "created");
	return result == PUT_DONE || root_errno(err, what, t->rel);
}

/* Until it has its owner and group nobody may do more with it than anybody may in the end. */
static mode_t mode_at_first(const struct file_change *c, const struct target *t)
{
	mode_t mode = t->st.st_mode & 0777;

	if (!t->exists)
		return c->mode ? c->mode & 0777 : 0644;
	return t->st.st_uid == geteuid() && (mode >> 3 & 7) == (mode & 7) ? mode : 0600;
}

/* The folder is synced as well: else a loss of power could bring the old file back although the new one is
 * on the disk. */
static bool replace(const struct file_change *c, const struct target *t, struct err *err)
{
	struct put_was was = put_was_of(t->exists ? &t->st : NULL);
	struct put p;
	bool ok;
	int dir;

	if (!put_open(&p, t->dir, mode_at_first(c, t)))
		return root_errno(err, "written", t->rel);
	if (t->exists)
		copy_attributes(p.fd, t);
	ok = put_bytes(&p, c->data) && (c->lazy || fsync(p.fd) == 0);
	if (!ok)
		root_errno(err, "written", t->rel);
	else if (slice_eq_cstr(c->expect_sha256, "*"))
		ok = renameat(t->dir, p.name, t->dir, t->base) == 0 ||
		     root_errno(err, "written", t->rel);
	else
		ok = done(put_swap(&(struct put_name){ t->dir, p.name, p.fd, NULL },
				   &(struct put_name){ t->dir, t->base, t->old,
						       t->old >= 0 ? &was : NULL },
				   &was),
			  t, "written", err);
	put_end(&p);
	dir = ok && !c->lazy ? openat(t->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
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
		/* A file in the way goes before the folder comes, which is made then, too. */
		if (fd >= 0 || (errno != ENOENT && errno != ENOTDIR))
			break;
		n++;
	}
	return n;
}

/* From below, until one is not empty, or is none of ours. No link is followed at the end. One that is not
 * there is passed: a crash may have come before it was made, or after it was removed. */
static void remove_folders(const struct root *r, const struct file_change *c, const char *file)
{
	uint32_t n = c->folders;
	char rel[LIMIT_PATH_BYTES], *slash;

	(void)snprintf(rel, sizeof(rel), "%s", file);
	if (c->near && n > 0)
		near_forget(c->near); /* it may be one of them */
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
		gone = (up >= 0 && unlinkat(up, name, AT_REMOVEDIR) == 0) || errno == ENOENT;
		if (up >= 0)
			(void)close(up);
		if (!gone || !slash)
			return;
		*slash = '/';
	}
}

static bool may_be_missing(const struct file_change *c)
{
	return slice_eq_cstr(c->expect_sha256, "*") || c->expect_sha256.len == 0;
}

/* What is gone already is fine if the caller expected nothing there. */
static bool take_away(const struct file_change *c, const struct target *t, struct err *err)
{
	struct put_was was = put_was_of(&t->st);

	if (!t->exists)
		return may_be_missing(c);
	return done(put_remove(t->dir, t->base, &was), t, "deleted", err);
}

static struct file_info info_of(const struct file_change *c)
{
	if (c->remove)
		return (struct file_info){ .size = 0 };
	return (struct file_info){ .sha256 = sha256(c->data), .size = c->data.len };
}

/* The lock goes with its descriptor, and what was replaced with the last one. */
static void release(const struct file_change *c, struct target *t)
{
	if (t->lock >= 0)
		(void)close(t->lock);
	if (t->old >= 0)
		closer_close(c->near ? c->near->closer : NULL, t->old);
	if (t->dir >= 0 && !t->is_near)
		(void)close(t->dir);
}

/* The lock keeps other runners out between the look and the rename; programs that know nothing of it are met
 * by put.h. */
bool file_write(const struct root *r, const struct file_change *c, struct file_info *info,
		struct err *err)
{
	struct target t = { .dir = -1, .old = -1, .lock = -1 };
	bool ok = false;

	if (c->data.len > LIMIT_DOC_BYTES)
		return err_set(err, ERR_TOO_LARGE, "A file of more than %d bytes is not written.",
			       LIMIT_DOC_BYTES);
	if (!find_target(r, c, &t, err)) {
		ok = c->remove && err->code == ERR_NOT_FOUND && may_be_missing(c);
		if (ok) { /* its folder is missing too */
			*err = (struct err){ .code = ERR_NONE };
			remove_folders(r, c, t.rel);
		}
		goto out;
	}
	if (t.is_near)
		near_lock(c->near);
	else
		t.lock = root_lock(t.dir);
	if ((!t.is_near && !look(c, &t, err)) || !check_expected(c, &t, err))
		goto out;
	ok = c->remove ? take_away(c, &t, err) : replace(c, &t, err);
	if (ok && c->remove)
		remove_folders(r, c, t.rel);
	if (info)
		*info = info_of(c);
out:
	release(c, &t);
	return ok;
}
