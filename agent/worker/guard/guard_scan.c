/* guard_scan.c - see guard.h: going through the workspace for what is protected.
 *
 * Names decide, at any depth; folders that hold HEAD, objects and refs themselves are repositories
 * whatever they are called. Not looked into: git's own stores. */
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

struct scan {
	const struct root *root;
	bool opens;
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

/* git's own samples are not executed, and are left out. */
static void hooks_of_bare(const struct scan *s, int dir, const char *folder)
{
	int fd = openat(dir, "hooks", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	char name[300];
	struct dirent *e;

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
	struct guard_seen x = { .rel = folder, .repository = true };
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
static void open_up(const struct scan *s, const struct walk_entry *e, const struct stat *st)
{
	if (s->opens && st->st_uid == geteuid() && (st->st_mode & 0500) != 0500 &&
	    !tree_chmod(e->dir, e->name, 0700))
		return; /* gone, or not ours after all */
}

static enum walk_next visit(void *payload, const struct walk_entry *e)
{
	const struct scan *s = payload;
	bool dir = e->kind == WALK_DIR, git = protect_is_git(e->rel);
	struct guard_seen x = { .rel = e->rel };

	if (dir && git && is_store(e->name))
		return WALK_SKIP;
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
		open_up(s, e, &x.st);
	if (x.reason)
		s->fn(s->payload, &x);
	return WALK_ON;
}

bool guard_scan(const struct root *r, const char *start, bool opens, guard_seen_fn *fn,
		void *payload, bool *all, struct err *err)
{
	struct scan s = { .root = r, .opens = opens, .fn = fn, .payload = payload };
	bool cut = false, ok = walk_tree(r, start, visit, &s, &cut, err);

	*all = !cut;
	return ok;
}
