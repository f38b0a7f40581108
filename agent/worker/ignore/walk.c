/* walk.c - see walk.h. Folders that are still to be read lie on a stack, the last one found on top; only one
 * is open at a time, so depth costs neither the C stack nor descriptors. */
#include "agent/worker/ignore/walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "protocol/base/mem.h"

struct pending {
	char *rel;
	unsigned depth; /* of its entries */
};

/* `entries` counts all names that were seen, wanted or not: the bound is on the work. */
struct walker {
	const struct root *root;
	walk_cb *fn;
	void *payload;
	struct pending *stack;
	size_t n, cap;
	size_t entries;
	bool stop, left_out;
};

static void push(struct walker *w, const char *rel, unsigned depth)
{
	if (w->n == w->cap) {
		w->cap = w->cap ? w->cap * 2 : 64;
		w->stack = xrealloc(w->stack, w->cap * sizeof(*w->stack));
	}
	w->stack[w->n++] = (struct pending){ xstrdup(rel), depth };
}

/* Some file systems do not say the kind with the name: then it is looked up. */
static enum walk_kind kind_of(int dir, const struct dirent *e)
{
	struct stat st;

	switch (e->d_type) {
	case DT_REG:
		return WALK_FILE;
	case DT_DIR:
		return WALK_DIR;
	case DT_LNK:
		return WALK_SYMLINK;
	case DT_UNKNOWN:
		break;
	default:
		return WALK_OTHER;
	}
	if (fstatat(dir, e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return WALK_OTHER;
	return S_ISREG(st.st_mode)   ? WALK_FILE
	       : S_ISDIR(st.st_mode) ? WALK_DIR
	       : S_ISLNK(st.st_mode) ? WALK_SYMLINK
				     : WALK_OTHER;
}

/* The callback decides for each entry; a folder that it wants is pushed and read later. */
static void one_folder(struct walker *w, DIR *d, const struct pending *at)
{
	char rel[LIMIT_PATH_BYTES];
	struct dirent *de;

	while (!w->stop && (de = readdir(d)) != NULL) {
		struct walk_entry e = {
			.rel = rel, .name = de->d_name, .depth = at->depth, .dir = dirfd(d)
		};
		enum walk_next next;
		int n;

		if (strcmp(de->d_name, ".") == 0 || strcmp(de->d_name, "..") == 0)
			continue;
		n = snprintf(rel, sizeof(rel), "%s%s%s", at->rel, *at->rel ? "/" : "", de->d_name);
		if (n < 0 || (size_t)n >= sizeof(rel)) {
			w->left_out = true;
			continue;
		}
		if (++w->entries > LIMIT_WALK_ENTRIES) {
			w->stop = true;
			break;
		}
		e.kind = kind_of(e.dir, de);
		next = w->fn(w->payload, &e);
		w->stop = next == WALK_STOP;
		if (next == WALK_ON && e.kind == WALK_DIR)
			push(w, rel, at->depth + 1);
	}
}

/* The start may be a link; below it no link is followed. */
bool walk_tree(const struct root *r, const char *start, walk_cb *fn, void *payload, bool *truncated,
	       struct err *err)
{
	struct walker w = { .root = r, .fn = fn, .payload = payload };
	bool first = true, ok = true;

	push(&w, start, 1);
	while (w.n > 0) {
		struct pending at = w.stack[--w.n];
		int fd = w.stop ? -1 : root_openat(r, at.rel, O_RDONLY | O_DIRECTORY, !first);
		DIR *d = fd >= 0 ? fdopendir(fd) : NULL;

		if (d) {
			one_folder(&w, d, &at);
			(void)closedir(d);
		} else if (first) {
			ok = root_errno(err, "listed", *at.rel ? at.rel : "The workspace");
		}
		first = false;
		free(at.rel);
	}
	*truncated = w.stop || w.left_out;
	free(w.stack);
	return ok;
}
