/* upper_class.c - see upper_own.h: which changes become real by themselves, with the user's word, or not at
 * all.
 *
 *   NEVER      a secret, a device, a name that cannot be shown, a link that leads out
 *   PROTECTED  what git, editors or agents execute (policy/protect.h)
 *   QUIET      folders, git's objects, what build tools made: too many to be shown
 *   ORDINARY   all else
 *
 * In this order: what is decided further up is not asked again further down. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "agent/base/git_path.h"
#include "agent/base/path.h"
#include "agent/base/tool_folder.h"
#include "agent/sandbox/view.h"
#include "agent/worker/git/git_plain.h"
#include "agent/worker/ignore/ignore.h"
#include "agent/worker/view/upper_own.h"
#include "protocol/base/utf8.h"
#include "protocol/base/visible.h"

bool upper_lower_stat(const struct root *r, const char *rel, struct stat *st)
{
	int fd = upper_openat(r->fd, rel, O_PATH | O_NOFOLLOW);
	bool ok = fd >= 0 && fstat(fd, st) == 0;

	if (fd >= 0)
		(void)close(fd);
	return ok;
}

bool upper_is_whiteout(const struct stat *st)
{
	return S_ISCHR(st->st_mode) && st->st_rdev == makedev(0, 0);
}

/* For protect.h: as it would be, a path exists if it does in either tree: rather too careful. */
static bool exists(void *payload, const char *rel, bool before)
{
	const struct layer_walk *w = payload;
	struct stat st;
	int fd;

	if (upper_lower_stat(w->root, rel, &st))
		return true;
	if (before)
		return false;
	fd = upper_openat(w->u->fd, rel, O_PATH | O_NOFOLLOW);
	if (fd < 0 || fstat(fd, &st) < 0)
		st.st_mode = 0;
	if (fd >= 0)
		(void)close(fd);
	return fd >= 0 && !upper_is_whiteout(&st);
}

/* Fills in what the ignore rules say of a new file. */
/* `top` is the topmost folder that the rules leave out: what is in it is told together (upper_bundle.c). */
static void look_at_rules(struct layer_walk *w, struct upper_change *c)
{
	char part[LIMIT_PATH_BYTES];
	const char *s;

	if (!w->ignore)
		w->ignore = ignore_new(w->root);
	for (s = strchr(c->rel, '/'); s && !c->ignored; s = strchr(s + 1, '/')) {
		(void)snprintf(part, sizeof(part), "%.*s", (int)(s - c->rel), c->rel);
		c->ignored = ignore_match(w->ignore, part, true);
		c->top = c->ignored ? (uint32_t)(s - c->rel) : 0;
	}
	/* A folder of tools may lie in one that is left out: out/x/node_modules. */
	for (s = c->rel + c->top; c->top > 0 && s && !c->tool; s = strchr(s + 1, '/'))
		c->tool = is_tool_folder(slice_make(c->rel, (size_t)(s - c->rel)));
	c->ignored = c->ignored || ignore_match(w->ignore, c->rel, false);
}

/* Links may stay inside of the workspace, or lead to the system's folders. ".." only in front:
 * behind a folder that is itself a link it would mean something else. */
static bool link_stays(struct layer_walk *w, const char *rel)
{
	char target[LIMIT_PATH_BYTES];
	const char *base, *at = target;
	int dir = upper_parent(w->u->fd, rel, &base);
	ssize_t n = dir >= 0 ? readlinkat(dir, base, target, sizeof(target) - 1) : -1;
	size_t depth = 0;

	if (dir >= 0)
		(void)close(dir);
	if (n <= 0)
		return false;
	target[n] = 0;
	for (const char *p = rel; (p = strchr(p, '/')) != NULL; p++)
		depth++;
	for (; strncmp(at, "../", 3) == 0 || strcmp(at, "..") == 0; at += at[2] ? 3 : 2) {
		if (depth-- == 0)
			return false;
	}
	for (const char *p = at; (p = strstr(p, "..")) != NULL; p += 2) {
		if ((p == at || p[-1] == '/') && (p[2] == 0 || p[2] == '/'))
			return false;
	}
	if (*at != '/')
		return true;
	for (size_t i = 0; at == target && view_system_dirs[i]; i++) {
		size_t len = strlen(view_system_dirs[i]);

		if (strncmp(at, view_system_dirs[i], len) == 0 && at[len] == '/')
			return true;
	}
	return false;
}

/* Else it could pass for another name where it is shown. What was there before may have marks of direction and the
 * like in its name, and is worked with. */
static bool is_readable(const struct layer_walk *w, const struct upper_change *c)
{
	struct slice name = slice_of(c->rel), dir = path_dir(name);
	char parent[LIMIT_PATH_BYTES];
	struct stat st;
	uint32_t bad;

	for (const char *p = c->rel; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			return false;
	if (c->kind != UPPER_CREATED)
		return utf8_valid(name);
	(void)snprintf(parent, sizeof(parent), "%.*s", SLICE_ARG(dir));
	if (dir.len > 0 && upper_lower_stat(w->root, parent, &st))
		name = path_base(name);
	return utf8_valid(slice_of(c->rel)) && visible_name(name, &bad);
}

/* `git init` in a new folder: it says nothing yet. */
static bool says_nothing(const struct layer_walk *w, const char *rel)
{
	char dir[LIMIT_PATH_BYTES];
	const char *slash = strrchr(rel, '/');
	struct stat st;

	(void)snprintf(dir, sizeof(dir), "%.*s", slash ? (int)(slash - rel) : 0, rel);
	return protect_is_git(rel) && !upper_lower_stat(w->root, dir, &st) &&
	       git_new_is_plain(w->u->fd, rel);
}

const char *upper_reason(struct layer_walk *w, const char *rel, enum protect_type type)
{
	const struct protect_tree tree = { exists, w };

	return protect_reason(&tree, rel, type);
}

bool upper_is_of_tools(const struct upper *u, const char *rel)
{
	return u->places && places_tools(u->places, rel);
}

/* See the top of the file; `born` is a path that was not there before. */
void upper_classify(struct layer_walk *w, struct upper_change *c)
{
	enum protect_type type = c->type == UPPER_SYMLINK			    ? PROTECT_LINK
				 : c->type == UPPER_DIR && c->kind == UPPER_REMOVED ? PROTECT_DIR
										    : PROTECT_FILE;
	enum git_kind git = git_path_of(slice_of(c->rel)).kind;
	bool born = c->kind == UPPER_CREATED;

	c->git = git != GIT_NONE;
	c->object = c->type != UPPER_DIR && (git == GIT_OBJECT || git == GIT_AUXILIARY);
	c->reason = upper_secret_reason(w, c);
	if (c->type == UPPER_SPECIAL && c->kind != UPPER_REMOVED)
		c->reason = "it is a device, a pipe or a socket";
	else if (!c->reason && !is_readable(w, c))
		c->reason = "its name is not UTF-8, or holds characters that people cannot see";
	else if (!c->reason && c->type == UPPER_SYMLINK && c->kind != UPPER_REMOVED &&
		 !link_stays(w, c->rel))
		c->reason = "it is a symbolic link that leads out of the workspace";
	if (c->reason) {
		c->class = UPPER_NEVER;
		return;
	}
	/* An empty new folder below `.git` means nothing by itself. */
	if (c->type != UPPER_DIR || !born || !protect_is_git(c->rel))
		c->reason = upper_reason(w, c->rel, type);
	if (c->reason && born && c->type == UPPER_FILE && says_nothing(w, c->rel))
		c->reason = NULL;
	if (c->reason)
		c->class = UPPER_PROTECTED;
	else if (c->open >= 0)
		c->class = UPPER_ORDINARY;
	else if (c->type == UPPER_DIR || c->object ||
		 (!born && !c->git && upper_is_of_tools(w->u, c->rel)))
		c->class = UPPER_QUIET;
	else if (born && !c->git)
		look_at_rules(w, c);
	if (c->ignored)
		c->class = UPPER_QUIET; /* until all of them are known: upper_settle_ignored() */
}
