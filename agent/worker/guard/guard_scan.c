/* guard_scan.c - see guard.h: going through the workspace for what is protected.
 *
 * Names decide, at any depth; folders that hold HEAD, objects and refs themselves are repositories
 * whatever they are called. Not looked into: git's own stores, and folders of build tools that
 * commands use directly everywhere. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "agent/policy/protect.h"
#include "agent/sandbox/tree.h"
#include "agent/worker/guard/guard.h"
#include "agent/worker/ignore/walk.h"
#include "agent/worker/view/upper.h"

/* before: false while the list is made, true while what is there is compared with it. */
struct scan {
	const struct guard *g;
	const struct root *root;
	bool before;
	guard_seen_fn *fn;
	void *payload;
};

static bool nothing(void *payload, const char *rel, bool before)
{
	(void)payload;
	(void)rel;
	(void)before;
	return false; /* bare repositories are found by looking */
}

const char *guard_reason(const char *rel, mode_t mode)
{
	static const struct protect_tree tree = { nothing, NULL };
	const char *slash = strrchr(rel, '/');

	if (S_ISDIR(mode) && strcasecmp(slash ? slash + 1 : rel, ".git") == 0)
		return NULL; /* what is in it counts */
	return protect_reason(&tree, rel, S_ISLNK(mode) ? PROTECT_LINK : PROTECT_FILE);
}

static bool is_through(const struct guard *g, const char *rel)
{
	const char *at = g->through.data, *end = at ? at + g->through.len : at;

	for (; at < end; at += strlen(at) + 1) {
		if (strcmp(at, rel) == 0)
			return true;
	}
	return false;
}

static void part_of_bare(const struct scan *s, int dir, const char *folder, const char *name)
{
	static const char why[] = "git executes what stands there";
	char rel[LIMIT_PATH_BYTES];
	struct guard_seen x = { .rel = rel, .reason = why, .bare = true };

	if (fstatat(dir, name, &x.st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    snprintf(rel, sizeof(rel), "%s%s%s", folder, *folder ? "/" : "", name) >=
		    (int)sizeof(rel))
		return;
	s->fn(s->payload, &x);
}

/* Then nothing below it can be new. */
static bool was_read_only(const struct scan *s, const char *rel)
{
	const struct guard_item *it =
		s->before && !s->g->all_loose ? guard_find(s->g, rel, GUARD_PROTECTED) : NULL;

	return it && it->root;
}

/* git's own samples are not executed, and are left out. */
static void hooks_of_bare(const struct scan *s, int dir, const char *folder)
{
	int fd = openat(dir, "hooks", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	char name[300], rel[LIMIT_PATH_BYTES];
	struct dirent *e;

	(void)snprintf(rel, sizeof(rel), "%s%shooks", folder, *folder ? "/" : "");
	if (was_read_only(s, rel)) {
		if (d)
			(void)closedir(d);
		return;
	}
	while (d && (e = readdir(d)) != NULL) {
		size_t n = strlen(e->d_name);

		(void)snprintf(name, sizeof(name), "hooks/%s", e->d_name);
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0 &&
		    !(n > 7 && strcmp(e->d_name + n - 7, ".sample") == 0))
			part_of_bare(s, dir, folder, name);
	}
	if (d)
		(void)closedir(d);
	else if (fd >= 0)
		(void)close(fd);
}

static bool has(int dir, const char *name)
{
	struct stat st;

	return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

/* e is the HEAD of something. */
static void bare(const struct scan *s, const struct walk_entry *e)
{
	char folder[LIMIT_PATH_BYTES];
	struct guard_seen x = { .rel = folder, .kind = GUARD_REPOSITORY };
	const char *slash = strrchr(e->rel, '/');

	if (!has(e->dir, "commondir") && !(has(e->dir, "objects") && has(e->dir, "refs")))
		return;
	(void)snprintf(folder, sizeof(folder), "%.*s", slash ? (int)(slash - e->rel) : 0, e->rel);
	s->fn(s->payload, &x);
	for (size_t i = 0; protect_in_git[i]; i++)
		part_of_bare(s, e->dir, folder, protect_in_git[i]);
	hooks_of_bare(s, e->dir, folder);
}

static bool is_store(const char *name)
{
	static const char *const stores[] = { "objects", "refs", "logs", "lfs" };

	for (size_t i = 0; i < ARRAY_LEN(stores); i++) {
		if (strcmp(name, stores[i]) == 0)
			return true;
	}
	return false;
}

/* A folder that a command closed is no place to hide something in. */
static void closed(const struct scan *s, const struct walk_entry *e, const struct stat *st)
{
	if (st->st_uid != geteuid() || (st->st_mode & 0500) == 0500)
		return;
	if (!s->before) {
		s->fn(s->payload,
		      &(struct guard_seen){ .rel = e->rel, .kind = GUARD_CLOSED, .st = *st });
		return;
	}
	if (guard_find(s->g, e->rel, GUARD_CLOSED))
		return;
	if (!tree_chmod(e->dir, e->name, 0700))
		return; /* gone, or not ours after all */
}

/* Files of the workspace that are files of another place, too. */
static void alias(const struct scan *s, const struct walk_entry *e)
{
	struct guard_seen x = { .rel = e->rel, .kind = GUARD_ALIAS };

	if (fstatat(e->dir, e->name, &x.st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(x.st.st_mode) &&
	    x.st.st_nlink > 1)
		s->fn(s->payload, &x);
}

/* A folder that is mounted read-only as a whole is not gone into again: nothing in it can be new. */
static enum walk_next visit(void *payload, const struct walk_entry *e)
{
	const struct scan *s = payload;
	bool dir = e->kind == WALK_DIR, git = protect_is_git(e->rel);
	struct guard_seen x = { .rel = e->rel };

	if (dir && is_through(s->g, e->rel))
		return WALK_SKIP;
	if (dir && git && is_store(e->name))
		return WALK_SKIP;
	if (!s->before && e->kind == WALK_FILE)
		alias(s, e);
	if (!git && strcasecmp(e->name, "HEAD") == 0)
		bare(s, e);
	x.reason = guard_reason(e->rel, dir			  ? S_IFDIR
					: e->kind == WALK_SYMLINK ? S_IFLNK
								  : S_IFREG);
	if (!x.reason && !dir)
		return WALK_ON;
	if (fstatat(e->dir, e->name, &x.st, AT_SYMLINK_NOFOLLOW) < 0)
		return WALK_SKIP;
	if (dir)
		closed(s, e, &x.st);
	if (!x.reason)
		return WALK_ON;
	s->fn(s->payload, &x);
	return was_read_only(s, e->rel) ? WALK_SKIP : WALK_ON;
}

bool guard_scan(const struct guard *g, const struct root *r, const char *start, bool before,
		guard_seen_fn *fn, void *payload, bool *all, struct err *err)
{
	struct scan s = { .g = g, .root = r, .before = before, .fn = fn, .payload = payload };
	bool cut = false, ok = walk_tree(r, start, visit, &s, &cut, err);

	*all = !cut;
	return ok;
}
