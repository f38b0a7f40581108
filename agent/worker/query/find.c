/* find.c - see find.h
 *
 * A stack of folders, the innermost on top, each with the names in it that are wanted. A folder is
 * there twice: as "name", the result, and as "name/", the order to go into it. So a plain sort of
 * the names gives the order of the whole paths: "src", "src-old/x", "src.c", "src/x". */
#include "agent/worker/query/find.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "agent/worker/ignore/ignore.h"
#include "protocol/base/buf.h"
#include "protocol/base/mem.h"

enum { ENTRIES_BYTES = 64 * 1024, NAMES_BYTES = 1024 * 1024 * 1024 };

struct item {
	size_t at;	  /* of its name in `names`, with a '/' at the end to go into it */
	const char *name; /* the same, once all are there */
	enum found_kind kind;
};

/* One folder of the stack. Its memory stays when the level is popped, since the next folder needs as much. */
struct level {
	int fd;
	size_t len; /* of its path */
	struct buf names;
	struct item *items;
	size_t n, cap, next;
};

/* The path under construction is in `rel`: levels only know their lengths. */
struct finder {
	const struct root *root;
	struct find_options o;
	struct match *glob; /* NULL: all */
	struct ignore *ignore;
	struct level *levels; /* those above n keep their memory */
	size_t n, cap;
	size_t entries;
	bool is_file, cut;
	char rel[LIMIT_PATH_BYTES];
	_Alignas(struct dirent64) char got[ENTRIES_BYTES]; /* of getdents64() */
};

/* False for sockets, pipes and devices: nobody lists or searches them. */
static bool kind_of(int dir, const struct dirent64 *e, enum found_kind *out)
{
	struct stat st;
	mode_t mode = DTTOIF(e->d_type);

	if (e->d_type == DT_UNKNOWN) { /* some file systems do not say */
		if (fstatat(dir, e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			return false;
		mode = st.st_mode;
	}
	*out = S_ISDIR(mode) ? FOUND_DIR : S_ISLNK(mode) ? FOUND_SYMLINK : FOUND_FILE;
	return S_ISDIR(mode) || S_ISLNK(mode) || S_ISREG(mode);
}

static void add(struct level *l, const char *name, enum found_kind kind, bool enter)
{
	if (l->n == l->cap) {
		l->cap = l->cap ? l->cap * 2 : 64;
		l->items = xrealloc(l->items, l->cap * sizeof(*l->items));
	}
	l->items[l->n++] = (struct item){ .at = l->names.len, .kind = kind };
	buf_puts(&l->names, name);
	if (enter)
		buf_putc(&l->names, '/');
	buf_putc(&l->names, '\0');
}

/* f->rel is the path of this entry. */
/* Ignored names are left out first, as their folders may be large; a denied folder is named at most, never
 * entered. */
static void consider(struct finder *f, struct level *l, const struct dirent64 *e)
{
	enum found_kind kind;
	bool denied;

	if (!kind_of(l->fd, e, &kind) || ignore_match(f->ignore, f->rel, kind == FOUND_DIR))
		return;
	denied = root_denied(f->root, slice_of(f->rel));
	if ((!denied || f->o.all_denied) && (kind != FOUND_DIR || !f->o.files_only) &&
	    (!f->glob || match_is(f->glob, slice_of(f->rel))))
		add(l, e->d_name, kind, false);
	if (kind == FOUND_DIR && !denied && (!f->o.depth || f->n < f->o.depth))
		add(l, e->d_name, kind, true);
}

/* Writes "/name" behind the first len bytes of f->rel; returns the new length. */
static size_t set_name(struct finder *f, size_t len, const char *name)
{
	size_t n = strlen(name);

	if (len > 0)
		f->rel[len++] = '/';
	memcpy(f->rel + len, name, n + 1);
	return len + n;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct item *)a)->name, ((const struct item *)b)->name);
}

/* By getdents64() itself: readdir() would allocate and copy for each folder. */
static void read_names(struct finder *f, struct level *l)
{
	ssize_t got;

	while (f->entries <= LIMIT_WALK_ENTRIES &&
	       (got = getdents64(l->fd, f->got, sizeof(f->got))) > 0) {
		for (ssize_t at = 0; at < got;) {
			const struct dirent64 *e = (const void *)(f->got + at);

			at += e->d_reclen;
			if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
				continue;
			if (++f->entries > LIMIT_WALK_ENTRIES) {
				f->cut = true;
				break;
			}
			if (l->len + strlen(e->d_name) + sizeof("//") > sizeof(f->rel)) {
				f->cut = true;
				continue;
			}
			(void)set_name(f, l->len, e->d_name);
			consider(f, l, e);
		}
	}
}

/* The folder f->rel, whose path has len bytes, comes on top. false: it cannot be read. */
/* The names of the folder are read and sorted at once, and its descriptor stays open for fstatat() and what
 * is below. */
static bool enter(struct finder *f, size_t len)
{
	int fd = root_openat(f->root, f->rel, O_RDONLY | O_DIRECTORY, f->n > 0);
	struct level *l;

	if (fd < 0)
		return false;
	if (f->n == f->cap) {
		size_t cap = f->cap ? f->cap * 2 : 16;

		f->levels = xrealloc(f->levels, cap * sizeof(*f->levels));
		for (; f->cap < cap; f->cap++) {
			f->levels[f->cap] = (struct level){ .fd = -1 };
			buf_init(&f->levels[f->cap].names, NAMES_BYTES);
		}
	}
	l = &f->levels[f->n++];
	l->fd = fd;
	l->len = len;
	l->n = l->next = 0;
	buf_clear(&l->names);
	read_names(f, l);
	for (size_t i = 0; i < l->n; i++)
		l->items[i].name = l->names.data + l->items[i].at;
	if (l->n)
		qsort(l->items, l->n, sizeof(*l->items), by_name);
	return true;
}

/* The start may be a link to a place inside of the workspace, which is then the start. */
static bool begin(struct finder *f, struct err *err)
{
	struct stat st;
	bool ok;
	int fd;

	if (!root_clean(f->root, f->o.path, f->rel, err))
		return false;
	fd = root_openat(f->root, f->rel, O_PATH, false);
	if (fd < 0)
		return root_errno(err, "listed", *f->rel ? f->rel : "The workspace");
	ok = root_place(f->root, fd, f->rel, err); /* a link to a place inside is followed */
	f->is_file = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
	(void)close(fd);
	if (ok && !f->is_file && !enter(f, strlen(f->rel)))
		ok = root_errno(err, "listed", *f->rel ? f->rel : "The workspace");
	return ok;
}

bool finder_new(const struct root *r, const struct find_options *o, struct finder **out,
		struct err *err)
{
	struct finder *f = xcalloc(1, sizeof(*f));

	f->root = r;
	f->o = *o;
	f->ignore = ignore_new(r);
	if ((!o->glob.len || match_new_glob(o->glob, &f->glob, err)) && begin(f, err)) {
		*out = f;
		return true;
	}
	finder_free(f);
	return false;
}

void finder_free(struct finder *f)
{
	if (!f)
		return;
	for (size_t i = 0; i < f->cap; i++) {
		if (i < f->n)
			(void)close(f->levels[i].fd);
		buf_release(&f->levels[i].names);
		free(f->levels[i].items);
	}
	free(f->levels);
	ignore_free(f->ignore);
	match_free(f->glob);
	free(f);
}

/* Of the top level the next name; an item with '/' at its end is a folder to go into. */
bool finder_next(struct finder *f, struct found *out)
{
	if (f->is_file) {
		*out = (struct found){ f->rel, f->rel, f->root->fd, FOUND_FILE };
		f->is_file = false;
		return true;
	}
	while (f->n > 0) {
		struct level *l = &f->levels[f->n - 1];
		const struct item *it = &l->items[l->next];
		size_t n;

		if (l->next == l->n) {
			(void)close(l->fd);
			f->n--;
			continue;
		}
		l->next++;
		n = set_name(f, l->len, it->name);
		if (f->rel[n - 1] != '/') {
			*out = (struct found){ f->rel, it->name, l->fd, it->kind };
			return true;
		}
		f->rel[--n] = 0;
		(void)enter(f, n);
	}
	return false;
}

bool finder_cut(const struct finder *f)
{
	return f->cut;
}
