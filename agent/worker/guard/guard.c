/* guard.c - see guard.h: what was there, and what became of it. The list is made with the first command that
 * works on the real files and kept until the last of them has ended, because what was noted holds for all of
 * them; it is sorted by path, so that parents come before what is in them. */
#include "agent/worker/guard/guard.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "agent/sandbox/spawn.h"
#include "agent/worker/file/files.h"
#include "agent/worker/view/upper.h"
#include "protocol/base/mem.h"

/* ITEMS_MAX and MOUNTS_MAX are what can be looked after and mounted in a time that nobody notices;
 * COPIES_BYTES is held in memory. What is more is refused, not left out. */
enum {
	ITEMS_MAX = 20000,
	COPIES_BYTES = 32 * 1024 * 1024,
	MOUNTS_MAX = 2000,
	THROUGH_BYTES = 1024 * 1024
};

void guard_init(struct guard *g)
{
	*g = (struct guard){ .held_fd = -1, .folder_fd = -1 };
	buf_init(&g->through, THROUGH_BYTES);
}

/* The list; what was found stays until it is told. */
static void clear(struct guard *g)
{
	for (size_t i = 0; i < g->n; i++) {
		free(g->item[i].rel);
		free(g->item[i].copy);
	}
	g->n = g->copied = 0;
	buf_clear(&g->through);
}

static int by_rel(const void *a, const void *b)
{
	return strcmp(((const struct guard_item *)a)->rel, ((const struct guard_item *)b)->rel);
}

const struct guard_item *guard_find(const struct guard *g, const char *rel, enum guard_kind kind)
{
	size_t from = 0, to = g->n;

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (strcmp(g->item[middle].rel, rel) < 0)
			from = middle + 1;
		else
			to = middle;
	}
	for (; from < g->n && strcmp(g->item[from].rel, rel) == 0; from++) {
		if (g->item[from].kind == kind) /* a path can be more than one */
			return &g->item[from];
	}
	return NULL;
}

/* --- before --- */

/* What note() needs while the workspace is gone through. */
struct baseline {
	struct guard *g;
	const struct root *root;
	bool ok;
	struct err *err;
};

static bool take_copy(struct guard *g, const struct root *r, struct guard_item *it, struct err *err)
{
	struct err why;

	if (!S_ISREG(it->mode) && !S_ISLNK(it->mode))
		return true;
	if (guard_copy(it, r, &why) && (g->copied += it->len) <= COPIES_BYTES)
		return true;
	return err_set(
		err, ERR_SANDBOX,
		"Commands are not run here: without user namespaces protected files can only "
		"be put back from copies, and that is not possible for %s (%s). What to do: "
		"make user namespaces possible (see `emend doctor`), or move it away.",
		it->rel, g->copied > COPIES_BYTES ? "all together they are too large" : why.msg);
}

/* Is nothing above it protected? Then it is mounted by itself; else with what is above. */
static bool is_root(const char *rel, bool is_bare)
{
	char up[LIMIT_PATH_BYTES];
	const char *slash = strrchr(rel, '/');

	if (!slash)
		return true;
	(void)snprintf(up, sizeof(up), "%.*s", (int)(slash - rel), rel);
	slash = strrchr(up, '/');
	return is_bare ? strcmp(slash ? slash + 1 : up, "hooks") != 0
		       : guard_reason(up, S_IFDIR) == NULL;
}

static struct guard_item *new_item(struct guard *g, const struct guard_seen *x)
{
	struct guard_item *it;

	if (g->n == g->cap) {
		g->cap = g->cap ? g->cap * 2 : 64;
		g->item = xrealloc(g->item, g->cap * sizeof(*g->item));
	}
	it = &g->item[g->n++];
	*it = (struct guard_item){ .rel = xstrdup(x->rel),
				   .mode = x->st.st_mode,
				   .ino = x->st.st_ino,
				   .links = x->st.st_nlink,
				   .kind = x->kind };
	return it;
}

/* What is mounted read-only needs no copy. A copy is taken where a mount does not help: without namespaces,
 * of a link, and of a file that has a second name. */
static void note(void *payload, const struct guard_seen *x)
{
	struct baseline *b = payload;
	struct guard *g = b->g;
	bool real = x->kind == GUARD_PROTECTED, root, loose, alias;
	struct guard_item *it;

	if (!b->ok)
		return;
	root = real && is_root(x->rel, x->bare);
	alias = !g->all_loose && S_ISREG(x->st.st_mode) && x->st.st_nlink > 1;
	loose = real && (g->all_loose || alias || S_ISLNK(x->st.st_mode));
	if (real && !root && !loose)
		return; /* what lies above it is read-only */
	if (g->n == ITEMS_MAX) {
		b->ok = err_set(
			b->err, ERR_SANDBOX,
			"The workspace holds more than %d files that git, editors or agents "
			"execute, too many to look after while a command runs. Start in a "
			"smaller folder.",
			ITEMS_MAX);
		return;
	}
	it = new_item(g, x);
	it->root = root;
	it->alias = alias;
	if (loose && !take_copy(g, b->root, it, b->err))
		b->ok = !g->all_loose; /* else it only has no copy */
	it->loose = loose && (it->copy || S_ISDIR(it->mode));
}

static int by_inode(const void *a, const void *b)
{
	const struct guard_item *x = a, *y = b;

	if ((x->kind == GUARD_ALIAS) != (y->kind == GUARD_ALIAS))
		return x->kind == GUARD_ALIAS ? 1 : -1; /* at the end */
	return x->ino < y->ino ? -1 : x->ino > y->ino;
}

/* Of the files with several names only those are kept that have one outside. False: that is one
 * too many. */
static bool aliases(struct guard *g, struct err *err)
{
	size_t from = 0, kept, end;

	if (g->n)
		qsort(g->item, g->n, sizeof(*g->item), by_inode);
	while (from < g->n && g->item[from].kind != GUARD_ALIAS)
		from++;
	for (kept = from; from < g->n; from = end) {
		for (end = from + 1; end < g->n && g->item[end].ino == g->item[from].ino;)
			end++;
		for (size_t i = from; i < end; i++) {
			if (end - from < g->item[i].links)
				g->item[kept++] = g->item[i];
			else
				free(g->item[i].rel);
		}
	}
	g->n = kept;
	if (!g->all_loose || kept == 0 || g->item[kept - 1].kind != GUARD_ALIAS)
		return true;
	return err_set(
		err, ERR_SANDBOX,
		"Commands are not run here: %s has another name outside of the workspace (a "
		"hard link), and without user namespaces a command could change that. What to "
		"do: make it a file of its own (cp), or make user namespaces possible (see "
		"`emend doctor`).",
		g->item[kept - 1].rel);
}

/* Whatever cannot be looked after completely is refused: a command must not run beside files that nobody
 * watches. */
bool guard_begin(struct guard *g, const struct root *r, const struct places *p, bool all_loose,
		 struct err *err)
{
	struct baseline b = { .g = g, .root = r, .ok = true, .err = err };
	const char *at = buf_slice(&p->list).ptr;
	struct stat st;
	bool all;

	if (g->commands > 0) {
		g->commands++;
		return true; /* what was noted holds for all of them */
	}
	clear(g);
	g->all_loose = all_loose;
	(void)clock_gettime(CLOCK_REALTIME_COARSE, &g->mark);
	g->top = fstat(r->fd, &st) == 0 ? st.st_mode & 0777 : 0700;
	for (uint32_t i = 0; i < p->n; i++, at += strlen(at) + 1) {
		if (*at == PLACE_TOOLS || *at == PLACE_BIND)
			buf_append(&g->through, slice_make(at + 1, strlen(at)));
	}
	if (!guard_scan(g, r, "", false, note, &b, &all, err))
		return false;
	if (b.ok && !all)
		b.ok = err_set(
			err, ERR_SANDBOX,
			"The workspace has more than %d files, or paths that are too long: too "
			"much to look after while a command runs. Start in a smaller folder.",
			LIMIT_WALK_ENTRIES);
	b.ok = b.ok && aliases(g, err);
	if (g->n)
		qsort(g->item, g->n, sizeof(*g->item), by_rel);
	g->commands += b.ok;
	return b.ok;
}

void guard_end(struct guard *g)
{
	if (g->commands > 0 && --g->commands == 0)
		clear(g);
}

static bool pinned(const struct buf *out, size_t from, const char *rel, size_t len)
{
	const char *at = out->data + from, *end = out->data + out->len;

	for (; at < end; at += strlen(at) + 1) {
		if (*at == PLACE_PIN && strncmp(at + 1, rel, len) == 0 && !at[1 + len])
			return true;
	}
	return false;
}

static void put_place(struct buf *out, char kind, const char *rel, size_t len, uint32_t *n)
{
	buf_putc(out, kind);
	buf_append(out, slice_make(rel, len));
	buf_putc(out, 0);
	++*n;
}

/* Length of the part up to the first `.git`; 0: there is none. */
static size_t up_to_git(const char *rel)
{
	for (const char *at = rel; at;) {
		size_t n = strcspn(at, "/");

		if (n == 4 && strncasecmp(at, ".git", 4) == 0)
			return (size_t)(at - rel) + n;
		at = at[n] ? at + n + 1 : NULL;
	}
	return 0;
}

/* A protected path is made read-only, and the folders above it are pinned. */
bool guard_mounts(const struct guard *g, bool whole_git, struct buf *out, uint32_t *n,
		  struct err *err)
{
	size_t from = out->len, last_len = 0;
	const char *last = "";
	uint32_t start = *n;

	for (size_t i = 0; i < g->n; i++) {
		const char *rel = g->item[i].rel;
		size_t len = strlen(rel), git = whole_git ? up_to_git(rel) : 0;
		bool again = git && git == last_len && strncmp(rel, last, git) == 0;

		if (g->item[i].kind == GUARD_ALIAS)
			put_place(out, PLACE_READ_ONLY, rel, len, n);
		if (!g->item[i].root || S_ISLNK(g->item[i].mode) || again)
			continue;
		if (git) {
			last = rel;
			len = last_len = git;
		}
		/* What is mounted cannot be renamed, but the folders above it can. */
		for (size_t k = 1; k < len; k++) {
			if (rel[k] == '/' && !pinned(out, from, rel, k))
				put_place(out, PLACE_PIN, rel, k, n);
		}
		put_place(out, PLACE_READ_ONLY, rel, len, n);
		if (*n - start > MOUNTS_MAX)
			return err_set(
				err, ERR_SANDBOX,
				"The workspace holds more than %d protected files, which cannot "
				"all be made read-only for a command. Start in a smaller folder.",
				MOUNTS_MAX);
	}
	return true;
}

/* --- while they run --- */

static void drop_item(struct guard *g, const struct guard_item *it)
{
	size_t at = (size_t)(it - g->item);

	free(g->item[at].rel);
	free(g->item[at].copy);
	memmove(&g->item[at], &g->item[at + 1], (--g->n - at) * sizeof(*g->item));
}

/* Emend itself, or the user through it, has written there: the new state is what has to stay. */
void guard_allow(struct guard *g, const struct root *r, const char *rel)
{
	struct guard_seen x = { .rel = rel };
	const struct guard_item *was;
	struct guard_item *it;
	struct err why;
	int fd;

	if (g->commands == 0)
		return;
	was = guard_find(g, rel, GUARD_PROTECTED);
	if (was)
		drop_item(g, was);
	fd = upper_openat(r->fd, rel, O_PATH | O_NOFOLLOW);
	if (fd < 0 || fstat(fd, &x.st) < 0) {
		if (fd >= 0)
			(void)close(fd);
		return;
	}
	(void)close(fd);
	if (!was && !guard_reason(rel, x.st.st_mode))
		return;
	it = new_item(g, &x);
	it->loose = true; /* it is not mounted read-only for those that run already */
	it->loose = take_copy(g, r, it, &why) && it->copy;
	qsort(g->item, g->n, sizeof(*g->item), by_rel);
}
