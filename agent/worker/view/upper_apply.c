/* upper_apply.c - see upper.h: from the layer to the real tree.
 *
 * The layer's own file becomes the real one by a rename, so that it keeps its times, its attributes and
 * its other names, and so that the old one lies in the layer afterwards; where the two are on different
 * file systems a copy is made beside its place. It happens only if what stands there is still what
 * the list of changes says: see put.h. Folders are opened without following any link, in both trees. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/base/regular.h"
#include "agent/sandbox/tree.h"
#include "agent/worker/view/upper_own.h"

/* A path that leads elsewhere by now is no failure of the disk: somebody replaced a folder of it. */
static bool fail(struct err *err, const char *rel, const char *what)
{
	if (errno == ELOOP || errno == ENOTDIR || errno == EXDEV)
		return err_set(err, ERR_STALE, "%s: a folder on the way was replaced.", rel);
	return err_set(err, errno == EACCES || errno == EPERM ? ERR_DENIED : ERR_IO,
		       "%s cannot be %s: %s.", rel, what, strerror(errno));
}

/* One folder of the real tree, made like the one in the layer; its parent exists. */
static bool make_folder(const struct upper *u, const struct root *r, const char *dir)
{
	struct stat st;
	const char *name;
	int fd = upper_openat(r->fd, dir, O_PATH | O_DIRECTORY), up;
	bool ok;

	if (fd >= 0 || errno != ENOENT) {
		if (fd >= 0)
			(void)close(fd);
		return fd >= 0;
	}
	fd = upper_openat(u->fd, dir, O_PATH | O_DIRECTORY);
	if (fd < 0 || fstat(fd, &st) < 0)
		st.st_mode = 0755;
	if (fd >= 0)
		(void)close(fd);
	up = upper_parent(r->fd, dir, &name);
	ok = up >= 0 && (mkdirat(up, name, st.st_mode & 0777) == 0 || errno == EEXIST);
	if (up >= 0)
		(void)close(up);
	return ok;
}

/* The folder of rel in the real tree, borrowed; where it is missing it is made. */
static int make_parents(struct upper *u, const struct root *r, const char *rel, const char **base)
{
	int fd = near_parent(&u->real, rel, base);
	char dir[LIMIT_PATH_BYTES];

	if (fd >= 0 || errno != ENOENT)
		return fd;
	for (const char *slash = strchr(rel, '/'); slash; slash = strchr(slash + 1, '/')) {
		(void)snprintf(dir, sizeof(dir), "%.*s", (int)(slash - rel), rel);
		if (!make_folder(u, r, dir))
			return -1;
	}
	return near_parent(&u->real, rel, base);
}

static bool stale(const struct upper_change *c, struct err *err)
{
	return err_set(err, ERR_STALE,
		       "%s was changed by another program while the command ran; it is left as "
		       "it is.",
		       c->rel);
}

/* old: the real one, as it is now, NULL: there is none. The ctime alone says little: it moves when another name of the
 * same file is taken away. And where an editor had the file open, what the command saw is not what
 * lay on the disk. */
static bool is_still(const struct upper_change *c, int dir, const char *base,
		     const struct stat *old, struct err *err)
{
	struct put_was was = put_was_of(old);
	struct sha256_hex now = { "" };

	if (c->stale)
		return stale(c, err);
	if (c->open < 0 && c->type != UPPER_DIR && put_was_same(&was, &c->was))
		return true;
	if (c->class == UPPER_QUIET)
		return c->type == UPPER_DIR || stale(c, err);
	if (old && !upper_hash_at(dir, base, old, c->rel, &now, err))
		return false;
	return strcmp(now.s, c->before.s) == 0 || stale(c, err);
}

static bool done(enum put_result result, const struct upper_change *c, const char *what,
		 struct err *err)
{
	if (result == PUT_STALE)
		return stale(c, err);
	return result == PUT_DONE || fail(err, c->rel, what);
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

/* What the real one shall have, on the layer's file or its copy. */
/* Owner and permissions are set before the file gets its place, so that it never stands there with others. */
static bool prepare(int fd, const struct upper_change *c, const struct stat *old)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return false;
	if (old)
		put_owner(fd, &st, old);
	return (st.st_mode & 07777) == mode_of(c) || fchmod(fd, mode_of(c)) == 0;
}

static bool copy(const struct put *p, int from, const struct upper_change *c,
		 const struct stat *old)
{
	struct timespec times[2];
	struct stat st;

	if (fstat(from, &st) < 0 || !put_copy(p, from))
		return false;
	put_attributes(p->fd, from);
	times[0] = st.st_atim;
	times[1] = st.st_mtim;
	return prepare(p->fd, c, old) && futimens(p->fd, times) == 0;
}

/* Across file systems. */
/* The file is copied beside its place, so that the last step is a rename here as well. */
static enum put_result put_copied(int from, const struct upper_change *c, const struct put_name *to,
				  const struct put_was *was, const struct stat *old)
{
	enum put_result result = PUT_FAILED;
	struct put p;

	if (!put_open(&p, to->dir, 0600))
		return PUT_FAILED;
	if (copy(&p, from, c, old))
		result = put_swap(&(struct put_name){ to->dir, p.name, p.fd, NULL }, to, was);
	put_end(&p);
	return result;
}

/* Is the layer's file as it shall be already? That was seen when it was hashed, and it is ours alone. */
static bool is_prepared(const struct upper_change *c, const struct stat *old)
{
	return c->made.exists && c->made_mode == mode_of(c) &&
	       (!old || (c->made_uid == old->st_uid && c->made_gid == old->st_gid));
}

static bool put_file(struct upper *u, const struct upper_change *c, const struct put_name *to,
		     const struct stat *old, struct err *err)
{
	enum put_result result = PUT_FAILED;
	struct put_was was = put_was_of(old);
	const char *name;
	int at = near_parent(&u->layer, c->rel, &name), from = -1;
	bool ok;

	if (at >= 0 && is_prepared(c, old)) {
		result = put_swap(&(struct put_name){ at, name, -1, &c->made }, to, &was);
		if (result != PUT_FAILED || errno != EXDEV)
			return done(result, c, "written", err);
	}
	if (at >= 0)
		from = openat(at, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (from < 0)
		return fail(err, c->rel, "read");
	if (prepare(from, c, old)) {
		put_strip(from);
		result = put_swap(&(struct put_name){ at, name, from, NULL }, to, &was);
	}
	if (result == PUT_FAILED && errno == EXDEV)
		result = put_copied(from, c, to, &was, old);
	ok = done(result, c, "written", err);
	(void)close(from);
	return ok;
}

static bool put_symlink(struct upper *u, const struct upper_change *c, int dir, const char *base,
			const struct stat *old, struct err *err)
{
	struct put_was was = put_was_of(old);
	char target[LIMIT_PATH_BYTES];
	enum put_result result = PUT_FAILED;
	struct put p;
	const char *name;
	int from = near_parent(&u->layer, c->rel, &name);
	ssize_t n = from >= 0 ? readlinkat(from, name, target, sizeof(target) - 1) : -1;
	struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, c->modified };

	if (n > 0) {
		target[n] = 0;
		if (put_link(&p, dir, target)) {
			(void)utimensat(dir, p.name, times, AT_SYMLINK_NOFOLLOW);
			result = put_swap(&(struct put_name){ dir, p.name, -1, NULL },
					  &(struct put_name){ dir, base, -1, NULL }, &was);
			put_end(&p);
		}
	}
	return done(result, c, "written", err);
}

/* Into the layer, where it is at hand until that goes; else it is gone at once. */
static bool take_away(struct upper *u, const struct upper_change *c, int dir, const char *base,
		      const struct stat *st, struct err *err)
{
	struct put_was was = put_was_of(st);
	enum put_result result;
	char name[24];
	int old;

	if (!was.exists)
		return true;
	(void)snprintf(name, sizeof(name), "%zu", (size_t)(c - u->change));
	old = openat(u->dir, "old", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	result = old >= 0 ? put_away(dir, base, old, name, &was) : PUT_FAILED;
	if (old < 0 || (result == PUT_FAILED && errno == EXDEV))
		result = put_remove(dir, base, &was);
	if (old >= 0)
		(void)close(old);
	return done(result, c, "removed", err);
}

void upper_apply_pause(struct upper *u)
{
	near_forget(&u->real);
	near_forget(&u->layer);
}

/* Folders that stand in the way and were removed in the layer. */
static void make_room(struct upper *u, const struct root *r, const char *rel)
{
	size_t n = strlen(rel);

	upper_apply_pause(u);
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

/* A file whose time alone changed. */
static bool change_time(struct upper *u, const struct upper_change *c, int dir, const char *base,
			struct err *err)
{
	int fd = upper_openat(u->fd, c->rel, O_PATH | O_NOFOLLOW);
	struct timespec times[2];
	struct stat st;
	bool ok = fd >= 0 && fstat(fd, &st) == 0;

	if (ok) {
		times[0] = (struct timespec){ .tv_nsec = UTIME_OMIT };
		times[1] = st.st_mtim;
		ok = utimensat(dir, base, times, AT_SYMLINK_NOFOLLOW) == 0;
	}
	if (fd >= 0)
		(void)close(fd);
	return ok || fail(err, c->rel, "given its time");
}

/* By kind and type; a folder that is protected goes as a whole, any other only when it is empty. */
static bool put_it(struct upper *u, const struct upper_change *c, const struct put_name *to,
		   const struct stat *old, struct err *err)
{
	const char *base = to->name;
	int dir = to->dir;

	if (c->kind == UPPER_REMOVED && c->type == UPPER_DIR && c->class == UPPER_PROTECTED)
		return tree_remove(dir, base) || fail(err, c->rel, "removed");
	if (c->kind == UPPER_REMOVED && c->type == UPPER_DIR)
		return unlinkat(dir, base, AT_REMOVEDIR) == 0 || errno == ENOENT ||
		       fail(err, c->rel, "removed");
	if (c->kind == UPPER_REMOVED)
		return take_away(u, c, dir, base, old, err);
	if (c->kind == UPPER_MODE)
		return change_mode(c, dir, base, err);
	if (c->kind == UPPER_TIME)
		return change_time(u, c, dir, base, err);
	if (c->type == UPPER_SYMLINK)
		return put_symlink(u, c, dir, base, old, err);
	if (c->type == UPPER_DIR)
		return mkdirat(dir, base, c->mode & 0777) == 0 || errno == EEXIST ||
		       fail(err, c->rel, "created");
	return put_file(u, c, to, old, err);
}

static bool is_folder(const struct root *r, const char *rel)
{
	int fd = upper_openat(r->fd, rel, O_PATH | O_DIRECTORY | O_NOFOLLOW);

	if (fd >= 0)
		(void)close(fd);
	return fd >= 0;
}

/* A whole new folder by one rename, however many files are in it. */
bool upper_apply_folder(struct upper *u, const struct root *r, const char *rel)
{
	const char *base, *name;
	int dir, from;

	u->real.top = r->fd;
	dir = make_parents(u, r, rel, &base);
	from = near_parent(&u->layer, rel, &name);
	if (dir < 0 || from < 0)
		return false;
	near_lock(&u->real);
	return renameat2(from, name, dir, base, RENAME_NOREPLACE) == 0;
}

/* What stands there. A file that another one replaces has to be open for that, so it is looked at by its descriptor.
 * False: nothing is there. */
static bool look(const struct upper_change *c, struct put_name *at, struct stat *st)
{
	if (c->kind == UPPER_CHANGED && c->type == UPPER_FILE)
		at->fd = regular_open(at->dir, at->name, O_NOFOLLOW, st);
	return at->fd >= 0 || fstatat(at->dir, at->name, st, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Neighbours follow each other: their folder is opened, and locked, once. */
bool upper_apply_one(struct upper *u, const struct root *r, struct upper_change *c, struct err *err)
{
	struct put_name at = { .fd = -1 };
	struct stat st, *old;
	struct put_was was;
	const char *base;
	bool ok;
	int dir;

	u->real.top = r->fd;
	if (c->kind == UPPER_CREATED && is_folder(r, c->rel))
		make_room(u, r, c->rel);
	dir = c->kind == UPPER_REMOVED ? near_parent(&u->real, c->rel, &base)
				       : make_parents(u, r, c->rel, &base);
	if (dir < 0)
		return (c->kind == UPPER_REMOVED && errno == ENOENT && !c->before.s[0]) ||
		       fail(err, c->rel, "written");
	near_lock(&u->real);
	at.dir = dir;
	at.name = base;
	old = look(c, &at, &st) ? &st : NULL;
	was = put_was_of(old);
	if (at.fd >= 0)
		at.is = &was;
	ok = is_still(c, dir, base, old, err) && put_it(u, c, &at, old, err);
	if (at.fd >= 0)
		(void)close(at.fd);
	return ok;
}

/* An object that somebody else's git added meanwhile is the same one: its name is its hash. */
static bool is_there(const struct root *r, const struct upper_change *c)
{
	int fd = c->object && c->kind == UPPER_CREATED
			 ? upper_openat(r->fd, c->rel, O_PATH | O_NOFOLLOW)
			 : -1;

	if (fd >= 0)
		(void)close(fd);
	return fd >= 0;
}

/* An object that could not be written bars everything in the repository that might refer to it. */
bool upper_apply(struct upper *u, const struct root *r, struct upper_change *c, struct err *err)
{
	if (c->class == UPPER_NEVER || c->done)
		return err_set(err, ERR_DENIED, "%s: %s.", c->rel,
			       c->done ? "it was changed already" : c->reason);
	if (c->git && !c->object && u->objects.failed)
		return err_set(err, ERR_DENIED,
			       "%s: objects of the repository could not be written.", c->rel);
	if (c->type == UPPER_BUNDLE)
		c->done = upper_apply_bundle(u, r, c, err);
	else
		c->done = is_there(r, c) || upper_apply_one(u, r, c, err);
	u->objects.failed = u->objects.failed || (c->object && !c->done);
	return c->done;
}

/* --- the quiet rest --- */

static bool apply_quiet(struct upper *u, const struct root *r, struct upper_change *c,
			struct err *err)
{
	bool ok = upper_apply_one(u, r, c, err);

	/* A folder that keeps something stays, and an index that says the same is no loss. */
	return ok || (c->type == UPPER_DIR && c->kind == UPPER_REMOVED) ||
	       (c->git && !c->object && c->type == UPPER_FILE);
}

bool upper_is_new_object(const struct upper_change *c)
{
	return c->object && c->kind != UPPER_REMOVED && c->kind != UPPER_TIME &&
	       c->class == UPPER_QUIET && !c->done;
}

/* Objects before what refers to them, and what is removed last. */
static int turn_of(const struct upper_change *c)
{
	return c->kind == UPPER_REMOVED ? 2 : !upper_is_new_object(c);
}

/* A failure is counted, and the rest is done all the same. */
void upper_apply_quiet(struct upper *u, const struct root *r, size_t *done, size_t *failed,
		       struct err *err)
{
	struct err why = { .code = ERR_NONE };

	*done = *failed = 0;
	*err = why;
	for (int turn = 0; turn < 3; turn++) {
		for (size_t i = 0; i < u->n; i++) {
			struct upper_change *c = &u->change[i];

			if (c->class != UPPER_QUIET || c->done || turn_of(c) != turn)
				continue;
			if (c->object && turn == 2 && u->objects.failed)
				continue; /* what would have taken its place is not there */
			c->done = apply_quiet(u, r, c, &why);
			u->objects.failed = u->objects.failed || (c->object && !c->done);
			*done += c->done;
			*failed += !c->done;
			if (err->code == ERR_NONE)
				*err = why;
		}
	}
	upper_apply_pause(u);
}
