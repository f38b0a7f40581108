/* upper_apply.c - see upper.h: from the layer to the real tree.
 *
 * A file becomes real by a rename within its folder, after its content was written and synced, and
 * only if what stands there is still what the list of changes says. Folders are opened without
 * following any link, in both trees. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "agent/policy/protect.h"
#include "agent/sandbox/tree.h"
#include "agent/worker/upper.h"
#include "protocol/base/log.h"
#include "protocol/base/mem.h"

enum { PIECE_BYTES = 256 * 1024 };

static bool fail(struct err *err, const char *rel, const char *what)
{
	if (errno == ELOOP || errno == ENOTDIR || errno == EXDEV)
		return err_set(err, ERR_STALE, "%s: a folder on the way was replaced.", rel);
	return err_set(err, errno == EACCES || errno == EPERM ? ERR_DENIED : ERR_IO,
		       "%s cannot be %s: %s.", rel, what, strerror(errno));
}

/* The folders of rel in the real tree, made like those in the layer. */
static int make_parents(const struct upper *u, const struct root *r, const char *rel,
			const char **base)
{
	char dir[LIMIT_PATH_BYTES];
	struct stat st;

	for (const char *slash = strchr(rel, '/'); slash; slash = strchr(slash + 1, '/')) {
		const char *name;
		int fd, up;

		(void)snprintf(dir, sizeof(dir), "%.*s", (int)(slash - rel), rel);
		fd = upper_openat(r->fd, dir, O_PATH | O_DIRECTORY);
		if (fd >= 0) {
			(void)close(fd);
			continue;
		}
		if (errno != ENOENT)
			return -1;
		fd = upper_openat(u->fd, dir, O_PATH | O_DIRECTORY);
		if (fd < 0 || fstat(fd, &st) < 0)
			st.st_mode = 0755;
		if (fd >= 0)
			(void)close(fd);
		up = upper_parent(r->fd, dir, &name);
		if (up < 0 || (mkdirat(up, name, st.st_mode & 0777) < 0 && errno != EEXIST)) {
			if (up >= 0)
				(void)close(up);
			return -1;
		}
		(void)close(up);
	}
	return upper_parent(r->fd, rel, base);
}

static bool is_still(const struct root *r, const struct upper_change *c, struct err *err)
{
	struct sha256_hex now;

	if (!upper_hash(r->fd, c->rel, &now, err))
		return false;
	if (c->stale || strcmp(now.s, c->before.s) != 0)
		return err_set(err, ERR_STALE,
			       "%s was changed by another program while the command ran; it is "
			       "left as it is.",
			       c->rel);
	return true;
}

static bool copy_bytes(int from, int to)
{
	char *piece = xmalloc(PIECE_BYTES);
	ssize_t n;
	bool ok = true;

	while (ok && (n = read(from, piece, PIECE_BYTES)) != 0) {
		struct slice left = slice_make(piece, n > 0 ? (size_t)n : 0);

		ok = n > 0 || errno == EINTR;
		while (ok && left.len > 0) {
			ssize_t put = write(to, left.ptr, left.len);

			ok = put > 0 || (put < 0 && errno == EINTR);
			if (put > 0)
				left = slice_sub(left, (size_t)put, left.len);
		}
	}
	free(piece);
	return ok;
}

/* Content alone keeps the permissions of the old file, but for the right to execute it. */
static uint32_t mode_of(const struct upper_change *c)
{
	if (c->kind != UPPER_CHANGED || c->old_mode == 0)
		return c->mode & 0777;
	if (c->mode & 0100)
		return c->old_mode | (c->old_mode & 0444) >> 2;
	return c->old_mode & ~0111u;
}

static void temp_name(char *out, size_t size)
{
	char id[25];

	random_id(id, sizeof(id) - 1);
	(void)snprintf(out, size, ".emend-%s.tmp", id);
}

static bool in_place(int dir, const char *tmp, const char *base, bool fresh)
{
	if (!fresh)
		return renameat(dir, tmp, dir, base) == 0;
	if (renameat2(dir, tmp, dir, base, RENAME_NOREPLACE) == 0)
		return true;
	return (errno == EINVAL || errno == ENOSYS) && renameat(dir, tmp, dir, base) == 0;
}

static bool put_file(struct upper *u, const struct upper_change *c, int dir, const char *base,
		     bool sync, struct err *err)
{
	int from = upper_openat(u->fd, c->rel, O_RDONLY | O_NOFOLLOW), to;
	char tmp[48];
	struct stat st;
	bool ok;

	if (from < 0)
		return fail(err, c->rel, "read");
	temp_name(tmp, sizeof(tmp));
	to = openat(dir, tmp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	ok = to >= 0 && copy_bytes(from, to);
	/* Where we may not, another owner's file becomes ours. */
	if (ok && fstatat(dir, base, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    fchown(to, st.st_uid, st.st_gid) < 0 && fchown(to, (uid_t)-1, st.st_gid) < 0)
		log_debug("%s changes its owner", c->rel);
	ok = ok && fchmod(to, mode_of(c)) == 0 && (!sync || fsync(to) == 0) &&
	     in_place(dir, tmp, base, c->kind == UPPER_CREATED);
	if (!ok) {
		fail(err, c->rel, "written");
		(void)unlinkat(dir, tmp, 0);
	}
	if (to >= 0)
		(void)close(to);
	(void)close(from);
	return ok;
}

static bool put_link(struct upper *u, const struct upper_change *c, int dir, const char *base,
		     struct err *err)
{
	char target[LIMIT_PATH_BYTES], tmp[48];
	const char *name;
	int from = upper_parent(u->fd, c->rel, &name);
	ssize_t n = from >= 0 ? readlinkat(from, name, target, sizeof(target) - 1) : -1;
	bool ok = n > 0;

	if (from >= 0)
		(void)close(from);
	temp_name(tmp, sizeof(tmp));
	if (ok) {
		target[n] = 0;
		ok = symlinkat(target, dir, tmp) == 0;
	}
	ok = ok && in_place(dir, tmp, base, c->kind == UPPER_CREATED);
	if (!ok) {
		fail(err, c->rel, "written");
		(void)unlinkat(dir, tmp, 0);
	}
	return ok;
}

/* Folders that stand in the way and were removed in the layer. */
static void make_room(struct upper *u, const struct root *r, const char *rel)
{
	size_t n = strlen(rel);

	for (size_t i = 0; i < u->n; i++) {
		struct upper_change *c = &u->change[i];
		const char *base;
		int dir;

		if (c->kind != UPPER_REMOVED || c->type != UPPER_DIR || c->class != UPPER_QUIET ||
		    strncmp(c->rel, rel, n) != 0 || (c->rel[n] && c->rel[n] != '/'))
			continue;
		dir = upper_parent(r->fd, c->rel, &base);
		if (dir >= 0) {
			c->done = unlinkat(dir, base, AT_REMOVEDIR) == 0;
			(void)close(dir);
		}
	}
}

static bool change_mode(const struct upper_change *c, int dir, const char *base, struct err *err)
{
	int fd = openat(dir, base, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	bool ok = fd >= 0 && fchmod(fd, c->mode & 0777) == 0;

	if (!ok)
		fail(err, c->rel, "given other permissions");
	if (fd >= 0)
		(void)close(fd);
	return ok;
}

static bool put_it(struct upper *u, const struct upper_change *c, int dir, const char *base,
		   bool sync, struct err *err)
{
	if (c->kind == UPPER_REMOVED && c->type == UPPER_DIR && c->class == UPPER_PROTECTED)
		return tree_remove(dir, base) || fail(err, c->rel, "removed");
	if (c->kind == UPPER_REMOVED)
		return unlinkat(dir, base, c->type == UPPER_DIR ? AT_REMOVEDIR : 0) == 0 ||
		       errno == ENOENT || fail(err, c->rel, "removed");
	if (c->kind == UPPER_MODE)
		return change_mode(c, dir, base, err);
	if (c->type == UPPER_SYMLINK)
		return put_link(u, c, dir, base, err);
	if (c->type == UPPER_DIR)
		return mkdirat(dir, base, c->mode & 0777) == 0 || errno == EEXIST ||
		       fail(err, c->rel, "created");
	return put_file(u, c, dir, base, sync, err);
}

bool upper_apply(struct upper *u, const struct root *r, struct upper_change *c, bool sync,
		 struct err *err)
{
	const char *base;
	int dir, lock;
	bool ok;

	if (c->class == UPPER_NEVER || c->done)
		return err_set(err, ERR_DENIED, "%s: %s.", c->rel,
			       c->done ? "it was changed already" : c->reason);
	if (!is_still(r, c, err))
		return false;
	if (c->kind == UPPER_CREATED)
		make_room(u, r, c->rel);
	dir = c->kind == UPPER_REMOVED ? upper_parent(r->fd, c->rel, &base)
				       : make_parents(u, r, c->rel, &base);
	if (dir < 0)
		return fail(err, c->rel, "written");
	lock = root_lock(dir);
	ok = is_still(r, c, err) && put_it(u, c, dir, base, sync, err);
	if (lock >= 0)
		(void)close(lock);
	(void)close(dir);
	c->done = ok;
	return ok;
}

/* --- the quiet rest --- */

/* The layer's file itself, where both lie on one file system; else a copy. */
static bool move_file(struct upper *u, const struct upper_change *c, int dir, const char *base,
		      struct err *err)
{
	const char *name;
	int from = upper_parent(u->fd, c->rel, &name);
	int fd = upper_openat(u->fd, c->rel, O_RDONLY | O_NOFOLLOW);
	bool ok = from >= 0 && fd >= 0 && fchmod(fd, c->mode & 0777) == 0;

	if (ok) {
		(void)fremovexattr(fd, "user.overlay.origin");
		ok = renameat2(from, name, dir, base,
			       c->kind == UPPER_CREATED ? RENAME_NOREPLACE : 0) == 0;
	}
	if (from >= 0)
		(void)close(from);
	if (fd >= 0)
		(void)close(fd);
	return ok || put_file(u, c, dir, base, false, err);
}

static bool apply_one(struct upper *u, const struct root *r, struct upper_change *c,
		      struct err *err)
{
	const char *base;
	bool ok;
	int dir;

	if (c->stale)
		return err_set(err, ERR_STALE, "%s was changed while the command ran.", c->rel);
	if (c->kind == UPPER_CREATED)
		make_room(u, r, c->rel);
	dir = c->kind == UPPER_REMOVED ? upper_parent(r->fd, c->rel, &base)
				       : make_parents(u, r, c->rel, &base);
	if (dir < 0)
		return c->kind == UPPER_REMOVED || fail(err, c->rel, "written");
	if (c->type == UPPER_FILE && (c->kind == UPPER_CREATED || c->kind == UPPER_CHANGED))
		ok = move_file(u, c, dir, base, err);
	else
		ok = put_it(u, c, dir, base, false, err);
	/* A folder that keeps something stays. */
	ok = ok || (c->type == UPPER_DIR && c->kind == UPPER_REMOVED);
	(void)close(dir);
	return ok;
}

/* Git rewrites its index even when somebody only looks. One that the user's git rewrote as well is
 * theirs, unless the command did more. */
static void forgive_index(struct upper *u)
{
	struct upper_change *index = NULL;

	for (size_t i = 0; i < u->n; i++) {
		struct upper_change *c = &u->change[i];
		size_t n = strlen(c->rel);

		if (c->class != UPPER_QUIET || !protect_is_git(c->rel))
			continue;
		if (index || n < 10 || strcmp(c->rel + n - 10, ".git/index") != 0)
			return;
		index = c;
	}
	if (index && index->stale)
		index->done = true;
}

/* A repository that was replaced as a whole, or that somebody else changed, gets nothing. */
static bool git_is_whole(const struct upper *u, struct err *err)
{
	for (size_t i = 0; i < u->n; i++) {
		const struct upper_change *c = &u->change[i];

		if (c->class == UPPER_QUIET && c->stale && !c->done && protect_is_git(c->rel))
			return err_set(err, ERR_STALE,
				       "%s was changed while the command ran, so nothing that "
				       "the command did to the repository was kept.",
				       c->rel);
		if (c->class == UPPER_PROTECTED && c->kind == UPPER_REMOVED &&
		    c->type == UPPER_DIR && !c->done && protect_is_git(c->rel))
			return err_set(err, ERR_DENIED,
				       "%s was to be removed, so nothing that the command did "
				       "to the repository was kept.",
				       c->rel);
	}
	return true;
}

/* Objects before what refers to them. */
static int turn_of(const struct upper_change *c)
{
	if (c->kind == UPPER_REMOVED)
		return 2;
	return protect_is_git(c->rel) && !strstr(c->rel, "/objects/");
}

void upper_apply_quiet(struct upper *u, const struct root *r, size_t *done, size_t *failed,
		       struct err *err)
{
	struct err why = { .code = ERR_NONE };
	bool git;

	forgive_index(u);
	git = git_is_whole(u, &why);

	*done = *failed = 0;
	*err = why;
	for (int turn = 0; turn < 3; turn++) {
		for (size_t i = 0; i < u->n; i++) {
			struct upper_change *c = &u->change[i];

			if (c->class != UPPER_QUIET || c->done || turn_of(c) != turn)
				continue;
			c->done = (git || !protect_is_git(c->rel)) && apply_one(u, r, c, &why);
			*done += c->done;
			*failed += !c->done;
			if (err->code == ERR_NONE)
				*err = why;
		}
	}
}
