/* upper_walk.c - see upper.h: from the layer to a list of changes.
 *
 * The layer holds: files (new, or copied up and maybe changed), folders, links, whiteouts (a
 * device 0:0 says "removed"), and folders marked opaque (what is below them is gone). A copy (copy.h) has no
 * such marks: what is as it was copied is passed over, and what is missing was removed. Both trees
 * are gone through with a list of paths instead of recursion, and never through a link. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "agent/worker/ignore/ignore.h"
#include "agent/worker/view/upper_own.h"
#include "protocol/base/log.h"
#include "protocol/base/mem.h"

/* Also in folders of which nothing is listed: the walk itself must end in bounded time. */
static bool too_many(struct layer_walk *w)
{
	if (++w->entries > LIMIT_VIEW_ENTRIES)
		w->u->too_many = true;
	return w->u->too_many || w->u->too_large;
}

static void push(struct layer_walk *w, const char *rel)
{
	if (w->n == w->cap) {
		w->cap = w->cap ? w->cap * 2 : 64;
		w->stack = xrealloc(w->stack, w->cap * sizeof(*w->stack));
	}
	w->stack[w->n++] = xstrdup(rel);
}

/* From the number on at which syncing at the end would be felt, it begins while the walk goes on. */
static struct upper_change *add(struct layer_walk *w, const struct upper_change *proto,
				const char *rel)
{
	struct upper *u = w->u;
	struct upper_change *c;

	if (u->n == u->cap) {
		u->cap = u->cap ? u->cap * 2 : 32;
		u->change = xrealloc(u->change, u->cap * sizeof(*u->change));
	}
	c = &u->change[u->n++];
	*c = *proto;
	c->rel = xstrdup(rel);
	upper_classify(w, c);
	if (!c->ignored && ++u->n_durable == UPPER_MANY)
		upper_sync_early(u);
	if (c->class != UPPER_QUIET && ++u->shown > LIMIT_VIEW_CHANGES)
		u->too_many = true;
	return c;
}

/* Of the change that was looked at last: the later of the two first. */
static void drop_bytes(struct upper *u, struct upper_change *c)
{
	spool_take_back(&u->spool, &c->kept_before);
	spool_take_back(&u->spool, &c->kept_after);
}

/* Takes back what add() made. */
static void take_back(struct layer_walk *w)
{
	struct upper_change *c = &w->u->change[--w->u->n];

	if (c->class != UPPER_QUIET)
		w->u->shown--;
	drop_bytes(w->u, c);
	free(c->rel);
}

static enum upper_type type_of(const struct stat *st)
{
	return S_ISREG(st->st_mode)   ? UPPER_FILE
	       : S_ISLNK(st->st_mode) ? UPPER_SYMLINK
	       : S_ISDIR(st->st_mode) ? UPPER_DIR
				      : UPPER_SPECIAL;
}

/* Somebody changed it after the command could see it. */
static bool newer(const struct stat *st, const struct timespec *mark)
{
	return st->st_ctim.tv_sec > mark->tv_sec ||
	       (st->st_ctim.tv_sec == mark->tv_sec && st->st_ctim.tv_nsec >= mark->tv_nsec);
}

/* Is it the file of an open document? Then it is noted that the layer has it. */
static int open_index(const struct layer_walk *w, const char *rel)
{
	for (size_t i = 0; i < w->u->n_open; i++) {
		struct upper_open *o = &w->u->open[i];

		if (o->rel && strcmp(o->rel, rel) == 0) {
			o->seen = true;
			return (int)i;
		}
	}
	return -1;
}

static bool look_at(int dir, const char *base, struct stat *st)
{
	return dir >= 0 && fstatat(dir, base, st, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Where no folder is open. */
static bool hash_removed(const struct layer_walk *w, struct upper_change *c, const char *rel,
			 const struct stat *st)
{
	const char *base;
	struct err why;
	int dir = upper_parent(w->root->fd, rel, &base);
	bool ok = upper_look_before(w->u, c, rel, dir, st, &why);

	if (dir >= 0)
		(void)close(dir);
	return ok;
}

/* One path of the real tree that is gone in the merged one. True: what is below it is to be listed
 * as well; a protected folder goes, or stays, as a whole. */
static bool removed_one(struct layer_walk *w, const char *rel, const struct stat *st)
{
	struct upper_change c = { .kind = UPPER_REMOVED,
				  .type = type_of(st),
				  .was = put_was_of(st),
				  .old_mode = st->st_mode & 0777,
				  .open = open_index(w, rel) };
	struct upper_change *added;

	c.stale = c.open < 0 && c.type != UPPER_DIR && newer(st, &w->u->mark);
	if (c.open >= 0)
		c.before = w->u->open[c.open].sha256;
	else if (c.type != UPPER_DIR && !upper_is_of_tools(w->u, rel) &&
		 !hash_removed(w, &c, rel, st))
		c.stale = true; /* it cannot be read, so it cannot be brought back */
	added = add(w, &c, rel);
	if (added->class == UPPER_QUIET || added->class == UPPER_NEVER)
		spool_take_back(&w->u->spool, &added->kept_before);
	return added->class == UPPER_QUIET && c.type == UPPER_DIR;
}

/* Everything of the real tree at and below this path. */
static void removed(struct layer_walk *w, const char *start)
{
	size_t bottom = w->n;
	struct stat st;

	push(w, start);
	while (w->n > bottom && w->ok) {
		char *rel = w->stack[--w->n], child[LIMIT_PATH_BYTES];
		DIR *d = NULL;
		struct dirent *e;

		if (!too_many(w) && !upper_is_hidden(w->u, rel) &&
		    upper_lower_stat(w->root, rel, &st) && removed_one(w, rel, &st)) {
			int fd = upper_openat(w->root->fd, rel, O_RDONLY | O_DIRECTORY);

			d = fd >= 0 ? fdopendir(fd) : NULL;
		}
		while (d && (e = readdir(d)) != NULL) {
			if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
				continue;
			if (snprintf(child, sizeof(child), "%s/%s", rel, e->d_name) <
			    (int)sizeof(child))
				push(w, child);
		}
		if (d)
			(void)closedir(d);
		free(rel);
	}
}

static bool same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

/* `touch`: nobody is shown it, but make would miss it. */
static bool only_time(struct layer_walk *w, struct upper_change *c)
{
	c->kind = UPPER_TIME;
	if (c->class != UPPER_ORDINARY)
		return false;
	c->class = UPPER_QUIET;
	w->u->shown--;
	w->u->n_times++;
	return true;
}

static const char *name_of(const char *rel)
{
	const char *slash = strrchr(rel, '/');

	return slash ? slash + 1 : rel;
}

/* Looks at both files; st: of the one in the layer, old: of the real one, NULL: there is none. False: nothing
 * changed. */
static bool compare(struct layer_walk *w, struct upper_change *c, const struct stat *st,
		    const struct stat *old)
{
	struct err why;

	spool_turn(&w->u->spool);
	if (!upper_look_after(w->u, c, w->up, st, &why) ||
	    (c->open < 0 && !upper_look_before(w->u, c, c->rel, w->low, old, &why))) {
		c->class = UPPER_NEVER;
		c->reason = "it cannot be read";
		return true;
	}
	if (c->open >= 0)
		c->before = w->u->open[c->open].sha256;
	if (c->kind != UPPER_CHANGED || !upper_is_same(w->u, c))
		return true;
	if (c->open >= 0 || c->type != UPPER_FILE)
		return false;
	drop_bytes(w->u, c);
	if (c->mode == c->old_mode)
		return same_time(&c->was.modified, &st->st_mtim) ? false : only_time(w, c);
	c->kind = UPPER_MODE;
	return true;
}

/* It is ours, so it can be opened whatever the command made of its permissions. */
static void make_readable(const struct layer_walk *w, const char *rel, mode_t mode)
{
	if (mode & 0400)
		return;
	w->u->one_by_one = true;
	if (fchmodat(w->up, name_of(rel), 0600, 0) < 0)
		log_debug("%s cannot be made readable", rel);
}

/* All of it is kept, or nothing; and that is known before anything is written. */
/* By blocks: a sparse file costs what it occupies. */
static bool weigh(struct upper *u, const struct stat *st)
{
	u->bytes += (uint64_t)st->st_blocks * 512;
	u->too_large = u->max_bytes > 0 && u->bytes > u->max_bytes;
	return !u->too_large;
}

/* A file, a link or something odd in the layer. */
static void leaf(struct layer_walk *w, const char *rel, const struct stat *st)
{
	struct upper_change c = { .kind = UPPER_CREATED,
				  .type = type_of(st),
				  .size = (uint64_t)st->st_size,
				  .modified = st->st_mtim,
				  .mode = st->st_mode & 0777,
				  .open = open_index(w, rel) };
	struct upper_change *added;
	struct stat old;
	bool had = look_at(w->low, name_of(rel), &old);

	if (copy_is_one(&w->u->copy) && copy_same(&w->u->copy, rel, st))
		return;
	if (!weigh(w->u, st))
		return;
	w->u->one_by_one = w->u->one_by_one || st->st_nlink > 1 || (st->st_mode & 07000) != 0;
	if (c.type == UPPER_FILE)
		make_readable(w, rel, st->st_mode);
	if (had && !S_ISDIR(old.st_mode)) {
		c.kind = UPPER_CHANGED;
		c.old_mode = old.st_mode & 0777;
		c.was = put_was_of(&old);
		c.stale = c.open < 0 && newer(&old, &w->u->mark);
	}
	if (c.open >= 0 && w->u->open[c.open].placed)
		c.kind = UPPER_CHANGED;
	added = add(w, &c, rel);
	if (added->class != UPPER_QUIET && added->class != UPPER_NEVER &&
	    !compare(w, added, st, had ? &old : NULL))
		take_back(w);
	else if (had && S_ISDIR(old.st_mode) &&
		 (added->class == UPPER_QUIET || added->class == UPPER_ORDINARY))
		removed(w, rel); /* what may not take its place does not remove it either */
}

/* What the real folder has and the layer's opaque one has not. */
static void uncovered(struct layer_walk *w, const char *rel, int fd)
{
	int lower = upper_openat(w->root->fd, rel, O_RDONLY | O_DIRECTORY);
	DIR *d = lower >= 0 ? fdopendir(lower) : NULL;
	char child[LIMIT_PATH_BYTES];
	struct dirent *e;
	struct stat st;

	while (d && w->ok && (e = readdir(d)) != NULL) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0 ||
		    fstatat(fd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0)
			continue;
		if (snprintf(child, sizeof(child), "%s%s%s", rel, *rel ? "/" : "", e->d_name) <
		    (int)sizeof(child))
			removed(w, child);
	}
	if (d)
		(void)closedir(d);
}

/* A folder was removed and made anew. */
static void replaced(struct layer_walk *w, const char *rel, int fd, const struct stat *st)
{
	if (upper_reason(w, rel, PROTECT_DIR))
		(void)removed_one(w, rel, st);
	else
		uncovered(w, rel, fd);
}

/* A command may have closed its own folder; it belongs to us, so it is opened again. */
static int open_folder(const struct layer_walk *w, const char *rel)
{
	int fd = upper_openat(w->u->fd, rel, O_RDONLY | O_DIRECTORY), dir;
	const char *base;

	if (fd >= 0 || errno != EACCES)
		return fd;
	/* It is ours, so it can be opened again. */
	base = "u";
	dir = *rel ? upper_parent(w->u->fd, rel, &base) : fcntl(w->u->dir, F_DUPFD_CLOEXEC, 0);
	w->u->one_by_one = true;
	if (dir >= 0) {
		if (fchmodat(dir, base, 0700, 0) < 0)
			log_debug("%s cannot be made readable", rel);
		(void)close(dir);
	}
	return upper_openat(w->u->fd, rel, O_RDONLY | O_DIRECTORY);
}

/* Not the one that was there, with what was in it. */
static bool is_another(const struct upper *u, const char *rel, int fd)
{
	char opaque = 0;

	if (copy_is_one(&u->copy))
		return copy_replaced(&u->copy, rel);
	return fgetxattr(fd, "user.overlay.opaque", &opaque, 1) == 1 && opaque == 'y';
}

/* A folder is a change of its own where it is new and empty; otherwise the files in it say that it is there. */
static void folder_itself(struct layer_walk *w, const char *rel, int fd, size_t children)
{
	struct upper_change c = { .kind = UPPER_CREATED, .type = UPPER_DIR, .open = -1 };
	struct stat st;
	bool had = upper_lower_stat(w->root, rel, &st);

	if (had && !S_ISDIR(st.st_mode))
		(void)removed_one(w, rel, &st);
	else if (had && is_another(w->u, rel, fd))
		replaced(w, rel, fd, &st);
	else if (!had)
		put_strip(fd); /* it may become real as it is */
	if ((had && S_ISDIR(st.st_mode)) || children > 0 || !*rel)
		return;
	if (fstat(fd, &st) == 0)
		c.mode = st.st_mode & 0777;
	(void)add(w, &c, rel);
}

/* One folder of the layer beside the same one of the workspace: both are held open for all names in it. */
static void folder(struct layer_walk *w, const char *rel)
{
	int fd = open_folder(w, rel), copy = fd >= 0 ? fcntl(fd, F_DUPFD_CLOEXEC, 0) : -1;
	DIR *d = copy >= 0 ? fdopendir(copy) : NULL;
	char child[LIMIT_PATH_BYTES];
	struct dirent *e;
	struct stat st;
	size_t children = 0;
	bool gone;

	if (fd >= 0 && copy_is_one(&w->u->copy) && fstat(fd, &st) == 0)
		(void)copy_same(&w->u->copy, rel, &st); /* that it is there */
	w->up = fd;
	w->low = upper_openat(w->root->fd, rel, O_PATH | O_DIRECTORY);
	if (!d)
		w->ok = err_set(w->err, ERR_IO, "The changes in %s cannot be read: %s.", rel,
				strerror(errno));
	while (d && w->ok && !too_many(w) && (e = readdir(d)) != NULL) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		if (snprintf(child, sizeof(child), "%s%s%s", rel, *rel ? "/" : "", e->d_name) >=
			    (int)sizeof(child) ||
		    fstatat(fd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
			w->u->one_by_one = true;
			continue;
		}
		gone = upper_is_whiteout(&st) && !copy_is_one(&w->u->copy);
		children += !gone;
		w->u->one_by_one = w->u->one_by_one || gone;
		if (gone)
			removed(w, child);
		else if (S_ISDIR(st.st_mode))
			push(w, child);
		else
			leaf(w, child, &st);
	}
	if (d && w->ok)
		folder_itself(w, rel, fd, children);
	if (d)
		(void)closedir(d);
	if (fd >= 0)
		(void)close(fd);
	if (w->low >= 0)
		(void)close(w->low);
	w->up = w->low = -1;
}

/* What is removed comes first, the deepest first. */
static int in_order(const void *a, const void *b)
{
	const struct upper_change *x = a, *y = b;
	bool gone_x = x->kind == UPPER_REMOVED, gone_y = y->kind == UPPER_REMOVED;

	if (gone_x != gone_y)
		return gone_x ? -1 : 1;
	return gone_x ? strcmp(y->rel, x->rel) : strcmp(x->rel, y->rel);
}

/* Of a copy: what the walk did not meet. */
static void missing(struct layer_walk *w)
{
	const char *rel;

	for (size_t at = 0; w->ok && (rel = copy_gone(&w->u->copy, &at)) != NULL;) {
		w->u->one_by_one = true;
		removed(w, rel);
	}
}

/* What is listed is sorted before git is looked at, as git's changes are judged together. */
bool upper_walk(struct upper *u, const struct root *r, struct err *err)
{
	struct layer_walk w = { .u = u, .root = r, .ok = true, .err = err };

	tracked_init(&w.tracked);
	git_tracked_init(&w.made);
	push(&w, "");
	while (w.n > 0) {
		char *rel = w.stack[--w.n];

		if (w.ok && !u->too_many && !u->too_large)
			folder(&w, rel);
		free(rel);
	}
	if (w.ok && !u->too_many && !u->too_large)
		missing(&w);
	/* Text that only the editor had, and that the command removed, leaves no trace. */
	for (size_t i = 0; i < u->n_open && w.ok; i++) {
		struct upper_change c = { .kind = UPPER_REMOVED, .open = (int)i };

		if (u->open[i].rel && u->open[i].placed && !u->open[i].seen)
			(void)add(&w, &c, u->open[i].rel);
	}
	upper_take_hashes(u);
	upper_settle_moved(&w);
	if (u->n)
		qsort(u->change, u->n, sizeof(*u->change), in_order);
	if (w.ok && !u->too_many && !u->too_large)
		upper_settle_git(u, r);
	ignore_free(w.ignore);
	tracked_release(&w.tracked);
	git_tracked_release(&w.made);
	free(w.made_of);
	free(w.stack);
	return w.ok;
}

bool upper_settle(struct upper *u, struct err *err)
{
	if (u->objects.unsettled)
		upper_settle_objects(u);
	u->objects.unsettled = false;
	return u->too_many || u->too_large || upper_settle_ignored(u, err);
}
