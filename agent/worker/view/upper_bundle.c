/* upper_bundle.c - see upper_own.h: new files that an ignore rule names.
 *
 * They are seen like all others: a rule is the project's own word, and a command may have written it.
 * But a build makes thousands of them, and nobody reads that as a list. So where there are many, or where
 * they lie in a folder that tools make, they go together: one line ("build/: 312 files"), one step
 * in the log, one undo, which takes away what is still as it was made. What a person may execute later
 * (a makefile, a script) is never part of that, unless tools made the folder.
 *
 *   files  --each by itself-----> an ordinary change
 *          '-many in one folder-> quiet, and part of an added change of type UPPER_BUNDLE
 *
 * The folder is the topmost one that the rules leave out, or, where they name the files themselves,
 * the first one of the path. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/edit/later.h"
#include "agent/worker/file/manifest.h"
#include "agent/worker/view/upper_own.h"
#include "protocol/base/mem.h"

enum {
	FEW_FILES = 20,		 /* of one folder, that are told one by one */
	SMALL_BYTES = 64 * 1024, /* of a file that is */
	BUNDLES_MAX = 30,	 /* with more, folders of the workspace are told as a whole */
	MAGIC_BYTES = 8,
};

/* Folders with new files that a rule names. With more than BUNDLES_MAX of them they are counted by the first
 * folder of the path, and not by the topmost that is left out. */
struct bundles {
	struct {
		struct slice folder; /* of a change's path; "": the workspace */
		size_t files, at;    /* at: index of its change, when it has one */
		bool tool, large;
	} of[BUNDLES_MAX];
	size_t n;
	bool by_first; /* only the first folder of a path counts */
};

static struct slice folder_of(const struct bundles *b, const struct upper_change *c)
{
	const char *slash = strchr(c->rel, '/');
	size_t first = slash ? (size_t)(slash - c->rel) : 0;

	return slice_make(c->rel, c->top > 0 && !b->by_first ? c->top : first);
}

/* Its place; BUNDLES_MAX: there are too many. */
static size_t place_of(struct bundles *b, struct slice folder)
{
	size_t i = b->n;

	while (i > 0 && !slice_eq(b->of[i - 1].folder, folder)) /* most often the last one */
		i--;
	if (i > 0)
		return i - 1;
	if (b->n == BUNDLES_MAX)
		return BUNDLES_MAX;
	memset(&b->of[b->n], 0, sizeof(b->of[b->n]));
	b->of[b->n].folder = folder;
	return b->n++;
}

/* Does a file begin as a script does? Programs that a compiler made are no news to anybody. */
static bool is_script(const struct upper *u, const struct upper_change *c)
{
	char start[MAGIC_BYTES];
	int fd = upper_openat(u->fd, c->rel, O_RDONLY | O_NOFOLLOW);
	ssize_t n = fd >= 0 ? read(fd, start, sizeof(start)) : -1;

	if (fd >= 0)
		(void)close(fd);
	return n > 0 && later_is_script(slice_make(start, (size_t)n));
}

/* One that is told by its name, whatever lies beside it. */
static bool stands_out(const struct upper *u, const struct upper_change *c)
{
	if (c->tool)
		return false;
	return later_runs(slice_of(c->rel), SLICE("")) || c->type == UPPER_SYMLINK ||
	       ((c->mode & 0111) != 0 && is_script(u, c));
}

/* Listed after all, so its hash is needed. */
static bool make_ordinary(struct upper *u, struct upper_change *c, struct err *err)
{
	c->ignored = false;
	c->class = UPPER_ORDINARY;
	if (++u->shown > LIMIT_VIEW_CHANGES)
		u->too_many = true;
	return upper_hash(u->fd, c->rel, &c->after, err);
}

/* Not yet decided by anything else. */
static bool is_candidate(const struct upper_change *c)
{
	return c->ignored && c->class == UPPER_QUIET && !c->done;
}

/* False: the folders are too many. */
static bool count(struct bundles *b, const struct upper *u)
{
	b->n = 0;
	for (size_t i = 0; i < u->n; i++) {
		const struct upper_change *c = &u->change[i];
		size_t at;

		if (!is_candidate(c))
			continue;
		at = place_of(b, folder_of(b, c));
		if (at == BUNDLES_MAX)
			return false;
		b->of[at].files++;
		b->of[at].tool = b->of[at].tool || c->tool;
		b->of[at].large = b->of[at].large || c->size > SMALL_BYTES;
	}
	return true;
}

/* Rules that were changed in this session may be a command's own: then only what tools make goes
 * together. */
static bool goes_together(const struct bundles *b, size_t at, const struct upper *u)
{
	return b->of[at].tool ||
	       (!u->rules_changed && (b->of[at].files > FEW_FILES || b->of[at].large));
}

static void add_bundle(struct upper *u, struct slice folder, size_t *at)
{
	struct upper_change *c;

	if (u->n == u->cap) {
		u->cap *= 2;
		u->change = xrealloc(u->change, u->cap * sizeof(*u->change));
	}
	*at = u->n;
	c = &u->change[u->n++];
	*c = (struct upper_change){ .rel = folder.len > 0 ? xslicedup(folder) : xstrdup("."),
				    .kind = UPPER_CREATED,
				    .type = UPPER_BUNDLE,
				    .class = UPPER_ORDINARY,
				    .open = -1 };
	u->shown++;
}

/* The bundle's own change is made with its first file. */
static void join(struct upper *u, struct bundles *b, size_t at, size_t file)
{
	struct upper_change *c;

	if (b->of[at].at == 0)
		add_bundle(u, b->of[at].folder, &b->of[at].at);
	c = &u->change[b->of[at].at];
	c->files++;
	c->size += u->change[file].size;
	u->change[file].bundle = (uint32_t)b->of[at].at + 1;
}

/* Three passes: what stands out is ordinary, the rest is counted by folder, and each file goes the way of
 * its folder. */
bool upper_settle_ignored(struct upper *u, struct err *err)
{
	struct bundles *b = xcalloc(1, sizeof(*b));
	size_t n = u->n;
	bool ok = true;

	for (size_t i = 0; ok && i < n; i++)
		if (is_candidate(&u->change[i]) && stands_out(u, &u->change[i]))
			ok = make_ordinary(u, &u->change[i], err);
	if (!count(b, u)) {
		b->by_first = true;
		(void)count(b, u);
	}
	for (size_t i = 0; ok && i < n; i++) {
		size_t at;

		if (!is_candidate(&u->change[i]))
			continue;
		at = place_of(b, folder_of(b, &u->change[i]));
		if (at < BUNDLES_MAX && goes_together(b, at, u))
			join(u, b, at, i);
		else
			ok = make_ordinary(u, &u->change[i], err);
	}
	free(b);
	return ok;
}

/* --- one of them --- */

static bool is_in(const struct upper *u, const struct upper_change *c,
		  const struct upper_change *of)
{
	return c->bundle == (uint32_t)(of - u->change) + 1;
}

/* The folders of rel that are not there yet, but for those that `last` has as well. */
static void list_folders(const struct root *r, const char *rel, const char *last, struct buf *out)
{
	char folder[LIMIT_PATH_BYTES];
	struct stat st;

	for (const char *s = strchr(rel, '/'); s; s = strchr(s + 1, '/')) {
		size_t len = (size_t)(s - rel) + 1; /* with the slash */

		if (strncmp(rel, last, len) == 0)
			continue;
		(void)snprintf(folder, sizeof(folder), "%.*s", (int)(len - 1), rel);
		if (!upper_lower_stat(r, folder, &st))
			manifest_folder(out, folder);
	}
}

bool upper_bundle_list(const struct upper *u, const struct root *r, const struct upper_change *c,
		       struct buf *out)
{
	const char *last = "";

	for (size_t i = 0; i < u->n; i++) {
		const struct upper_change *f = &u->change[i];

		if (!is_in(u, f, c))
			continue;
		list_folders(r, f->rel, last, out);
		manifest_file(out, f->rel, f->size, &f->modified);
		last = f->rel;
	}
	return !out->full;
}

/* Does it lie in this folder? "node_modules" has all of "node_modules/". */
static bool lies_in(const struct upper_change *c, const char *folder)
{
	size_t n = strlen(folder);

	return strncmp(c->rel, folder, n) == 0 && c->rel[n] == '/';
}

/* A whole new folder, and nothing in it that is not the bundle's: a rename brings all of it. What was
 * moved into it from elsewhere may carry marks of the overlay, so nothing may have been moved. */
static bool is_whole(const struct upper *u, const struct root *r, const struct upper_change *of)
{
	struct stat st;

	if (u->one_by_one || strcmp(of->rel, ".") == 0 || upper_lower_stat(r, of->rel, &st))
		return false;
	for (size_t i = 0; i < u->n; i++) {
		const struct upper_change *c = &u->change[i];
		bool folder =
			c->type == UPPER_DIR && c->kind == UPPER_CREATED && c->class == UPPER_QUIET;

		if (c->kind == UPPER_REMOVED ||
		    (lies_in(c, of->rel) && !folder && (!is_in(u, c, of) || c->done)))
			return false;
	}
	return true;
}

static bool apply_whole(struct upper *u, const struct root *r, const struct upper_change *of)
{
	if (!is_whole(u, r, of) || !upper_apply_folder(u, r, of->rel))
		return false;
	for (size_t i = 0; i < u->n; i++)
		if (lies_in(&u->change[i], of->rel))
			u->change[i].done = true;
	return true;
}

/* What could not be made stays quiet, and is tried again, and told, with the rest. */
bool upper_apply_bundle(struct upper *u, const struct root *r, struct upper_change *c,
			struct err *err)
{
	struct err why = { .code = ERR_NONE };
	size_t made = 0;

	if (apply_whole(u, r, c))
		return true;

	for (size_t i = 0; i < u->n; i++) {
		struct upper_change *f = &u->change[i];

		if (!is_in(u, f, c) || f->done)
			continue;
		f->done = upper_apply_one(u, r, f, &why);
		made += f->done;
	}
	if (made == 0 && why.code != ERR_NONE)
		*err = why;
	return made > 0 || why.code == ERR_NONE;
}
