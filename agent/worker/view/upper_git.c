/* upper_git.c - see upper_own.h: what a command did to the data of git repositories.
 *
 *   objects       added before everything that refers to them; a removed one goes only where it exists
 *                 elsewhere, and none is ever changed
 *   all the rest  branches, HEAD, the index, logs, the state of a merge: changes like those of other
 *                 files, with images, so that they are shown and can be undone
 *
 * A repository is kept as a whole or not at all where somebody else's git worked in it meanwhile: half
 * of a commit would be worse than none. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/git_index.h"
#include "agent/base/git_path.h"
#include "agent/worker/file/files.h"
#include "agent/worker/view/upper_own.h"
#include "protocol/base/mem.h"

enum { INDEX_BYTES = 256 * 1024 * 1024, HEAD_BYTES = 4096 };

static const char changed_meanwhile[] =
	"the repository was changed while the command ran, so nothing that the command did to it "
	"was kept";
static const char history_removed[] =
	"the history of the repository was to be removed, so nothing that the command did to it was "
	"kept";
static const char secret_tracked[] =
	"git would track a file that is hidden from commands, so nothing that the command did to the "
	"repository was kept";
static const char no_head[] = "git would not take the folder for a repository any more";

/* What holds for all changes of one repository. */
struct verdict {
	struct slice repository; /* its path up to `.git` */
	enum upper_class class;
	const char *reason;
};
struct verdicts {
	struct verdict *of;
	size_t n, cap;
};

static struct slice repository_of(const struct upper_change *c)
{
	struct slice rel = slice_of(c->rel);

	return slice_sub(rel, 0, git_path_of(rel).repository);
}

static enum git_kind kind_of(const struct upper_change *c)
{
	return git_path_of(slice_of(c->rel)).kind;
}

static struct verdict *find(const struct verdicts *v, struct slice repository)
{
	for (size_t i = 0; i < v->n; i++)
		if (slice_eq(v->of[i].repository, repository))
			return &v->of[i];
	return NULL;
}

/* The stricter one holds. */
static void judge(struct verdicts *v, const struct upper_change *c, enum upper_class class,
		  const char *reason)
{
	struct verdict *old = find(v, repository_of(c));

	if (!old && v->n == v->cap) {
		v->cap = v->cap ? v->cap * 2 : 4;
		v->of = xrealloc(v->of, v->cap * sizeof(*v->of));
	}
	if (!old)
		v->of[v->n++] = (struct verdict){ repository_of(c), class, reason };
	else if (class == UPPER_NEVER)
		*old = (struct verdict){ old->repository, class, reason };
}

static void make_quiet(struct upper *u, struct upper_change *c)
{
	if (c->class != UPPER_QUIET)
		u->shown--;
	c->class = UPPER_QUIET;
}

/* --- the index --- */

/* Git notes in the index when each file was looked at last, so even `git status` writes it anew. */
static bool says_the_same(const struct upper *u, const struct root *r, const struct upper_change *c)
{
	struct buf before, after;
	struct sha256_hex x, y;
	bool same;

	buf_init(&before, INDEX_BYTES);
	buf_init(&after, INDEX_BYTES);
	same = upper_read(r->fd, c->rel, &before) && upper_read(u->fd, c->rel, &after) &&
	       git_index_digest(buf_slice(&before), &x) &&
	       git_index_digest(buf_slice(&after), &y) && strcmp(x.s, y.s) == 0;
	buf_release(&before);
	buf_release(&after);
	return same;
}

static bool is_alone(const struct upper *u, const struct upper_change *index)
{
	for (size_t i = 0; i < u->n; i++) {
		const struct upper_change *c = &u->change[i];

		if (c != index && c->git && c->type != UPPER_DIR && !c->object &&
		    c->class != UPPER_QUIET && slice_eq(repository_of(c), repository_of(index)))
			return false;
	}
	return true;
}

static void settle_index(struct upper *u, const struct root *r, struct upper_change *c)
{
	if (c->kind != UPPER_CHANGED || c->class != UPPER_ORDINARY)
		return;
	if (!c->stale) {
		if (says_the_same(u, r, c))
			make_quiet(u, c);
	} else if (is_alone(u, c)) { /* the user's git wrote its own: that one stays */
		make_quiet(u, c);
		c->done = true;
	}
}

/* --- HEAD --- */

static bool is_head(struct slice text)
{
	text = slice_trim(text);
	if (slice_starts(text, SLICE("ref: refs/")))
		return true;
	for (size_t i = 0; i < text.len; i++)
		if (!strchr("0123456789abcdef", text.ptr[i]))
			return false;
	return text.len == 40 || text.len == 64;
}

/* A HEAD that was one and is none any more. */
static void settle_head(const struct upper *u, const struct root *r, struct upper_change *c)
{
	struct buf before, after;

	if (c->class != UPPER_ORDINARY || c->kind == UPPER_CREATED || c->kind == UPPER_TIME)
		return;
	buf_init(&before, HEAD_BYTES);
	buf_init(&after, HEAD_BYTES);
	if (upper_read(r->fd, c->rel, &before) && is_head(buf_slice(&before)) &&
	    (c->kind == UPPER_REMOVED || !upper_read(u->fd, c->rel, &after) ||
	     !is_head(buf_slice(&after)))) {
		c->class = UPPER_NEVER;
		c->reason = no_head;
	}
	buf_release(&before);
	buf_release(&after);
}

/* --- objects --- */

/* One that exists is never changed; a file that git only marked as wanted (by its time) is fine, and
 * an empty one that a crash left may be made whole. */
static void settle_changed_object(struct upper *u, const struct root *r, struct upper_change *c)
{
	struct sha256_hex before = { "" }, after = { "" };
	struct err why;

	if (c->was.size == 0 || kind_of(c) != GIT_OBJECT)
		return;
	if (c->type == UPPER_FILE && (uint64_t)c->was.size == c->size &&
	    upper_hash(r->fd, c->rel, &before, &why) && upper_hash(u->fd, c->rel, &after, &why) &&
	    before.s[0] && strcmp(before.s, after.s) == 0) {
		c->kind = UPPER_TIME;
		u->n_times++;
		return;
	}
	c->done = true;
	u->objects.held++;
}

static bool is_pack_file(const struct upper_change *c, const char *suffix)
{
	return slice_ends(slice_of(c->rel), slice_of(suffix));
}

/* A mark beside a pack says that it must be kept, or that objects may be missing in it: it goes only
 * with the pack. removed: changes are sorted by path, the deepest first. */
static bool goes_with_its_pack(const struct upper *u, const bool *goes, size_t mark)
{
	struct slice rel = slice_of(u->change[mark].rel), stem;
	size_t dot = rel.len;

	while (dot > 0 && rel.ptr[dot - 1] != '.')
		dot--;
	stem = slice_sub(rel, 0, dot);
	for (size_t i = 0; i < u->n && u->change[i].kind == UPPER_REMOVED; i++)
		if (goes[i] && slice_starts(slice_of(u->change[i].rel), stem) &&
		    is_pack_file(&u->change[i], ".pack"))
			return true;
	return false;
}

static bool is_mark(const struct upper_change *c)
{
	return is_pack_file(c, ".keep") || is_pack_file(c, ".promisor");
}

/* What may not go is `done`, so that nothing touches it any more. */
void upper_settle_objects(struct upper *u)
{
	bool *goes = xcalloc(u->n + 1, sizeof(*goes));

	git_check_end(&u->check, goes);
	for (size_t i = 0; i < u->n; i++) {
		struct upper_change *c = &u->change[i];
		bool vital = kind_of(c) == GIT_OBJECT;

		if (!c->object || c->kind != UPPER_REMOVED || c->done)
			continue;
		if (vital ? !goes[i] : is_mark(c) && !goes_with_its_pack(u, goes, i))
			c->done = true;
		if (vital && !is_pack_file(c, ".idx"))
			++*(c->done ? &u->objects.held : &u->objects.removed);
	}
	free(goes);
}

static void settle_objects(struct upper *u, const struct root *r)
{
	bool removed = false;

	for (size_t i = 0; i < u->n; i++) {
		struct upper_change *c = &u->change[i];

		if (!c->object || c->done)
			continue;
		if (c->kind == UPPER_CHANGED)
			settle_changed_object(u, r, c);
		removed = removed || c->kind == UPPER_REMOVED;
		u->objects.added += c->kind == UPPER_CREATED && kind_of(c) == GIT_OBJECT &&
				    !is_pack_file(c, ".idx");
	}
	u->objects.unsettled = removed;
	if (removed)
		git_check_begin(&u->check, u, r);
}

/* --- a repository as a whole --- */

/* The user's git is writing it right now. A lock that was there before is another matter: the command
 * saw it. */
static bool is_locked(const struct upper *u, const struct root *r, const struct upper_change *c)
{
	char lock[LIMIT_PATH_BYTES];
	struct stat st;
	int n = snprintf(lock, sizeof(lock), "%s.lock", c->rel);

	return n > 0 && (size_t)n < sizeof(lock) && upper_lower_stat(r, lock, &st) &&
	       (st.st_ctim.tv_sec > u->mark.tv_sec ||
		(st.st_ctim.tv_sec == u->mark.tv_sec && st.st_ctim.tv_nsec >= u->mark.tv_nsec));
}

/* The folder of all objects, or of all refs. */
/* Without one of these two all commits are lost. */
static bool is_history(const struct upper_change *c)
{
	struct slice rel = slice_of(c->rel);

	rel = slice_sub(rel, git_path_of(rel).rest, rel.len);
	return slice_eq_cstr(rel, "objects") || slice_eq_cstr(rel, "refs");
}

static void look(struct verdicts *v, const struct upper *u, const struct root *r,
		 const struct upper_change *c)
{
	bool folder_gone = c->kind == UPPER_REMOVED && c->type == UPPER_DIR;

	if (c->class != UPPER_ORDINARY && c->class != UPPER_PROTECTED)
		return;
	if (folder_gone && kind_of(c) == GIT_FOLDER)
		judge(v, c, UPPER_PROTECTED, c->reason);
	else if (folder_gone && is_history(c))
		judge(v, c, UPPER_NEVER, history_removed);
	else if (kind_of(c) == GIT_INDEX && c->kind != UPPER_REMOVED && upper_tracks_hidden(u, c))
		judge(v, c, UPPER_NEVER, secret_tracked);
	else if (c->stale || (kind_of(c) == GIT_INDEX && is_locked(u, r, c)))
		judge(v, c, UPPER_NEVER, changed_meanwhile);
}

static void obey(const struct verdicts *v, struct upper_change *c)
{
	const struct verdict *w = find(v, repository_of(c));

	if (!w || c->class == UPPER_NEVER)
		return;
	if (c->class == UPPER_QUIET) {
		c->done = c->done || w->class == UPPER_NEVER;
		return;
	}
	c->class = w->class;
	c->reason = w->reason;
	c->stale = false; /* that is said already */
}

/* First what concerns single files, then a verdict for each repository, then its objects. */
void upper_settle_git(struct upper *u, const struct root *r)
{
	struct verdicts v = { .n = 0 };
	bool any = false;

	for (size_t i = 0; i < u->n; i++) {
		struct upper_change *c = &u->change[i];

		any = any || c->git;
		if (c->git && kind_of(c) == GIT_INDEX)
			settle_index(u, r, c);
		else if (c->git && kind_of(c) == GIT_HEAD)
			settle_head(u, r, c);
	}
	for (size_t i = 0; any && i < u->n; i++)
		if (u->change[i].git)
			look(&v, u, r, &u->change[i]);
	for (size_t i = 0; v.n > 0 && i < u->n; i++)
		if (u->change[i].git)
			obey(&v, &u->change[i]);
	if (any)
		settle_objects(u, r);
	free(v.of);
}
