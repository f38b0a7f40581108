/* guard_look.c - see guard.h: what became of what was there, and what is new.
 *
 *   noted items: changed? --> taken away, and the copy put back;  replaced by another program? --> told
 *   then a scan: what was not noted, and is protected --> moved away, unless it is harmless (git_plain.h)
 *
 * A folder that has become a repository meanwhile (`fresh`) is judged as a whole when all of it was seen. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/path.h"
#include "agent/policy/protect.h"
#include "agent/sandbox/spawn.h"
#include "agent/worker/git/git_plain.h"
#include "agent/worker/guard/guard.h"
#include "agent/worker/view/upper.h"
#include "protocol/base/mem.h"

/* One look; `fresh` is the repository that is being gone through. */
struct look {
	struct guard *g;
	const struct root *root;
	struct timespec mark; /* what is older was there */
	bool only_new;
	const struct buf *before; /* outside of the workspace */
	struct slice workspace;	  /* which may lie in such a folder */
	const char *fresh; /* the repository that was none before; "" is one too */
	char fresh_rel[LIMIT_PATH_BYTES];
	bool is_bad;
};

static bool newer(const struct stat *st, const struct timespec *mark)
{
	return st->st_ctim.tv_sec > mark->tv_sec ||
	       (st->st_ctim.tv_sec == mark->tv_sec && st->st_ctim.tv_nsec >= mark->tv_nsec);
}

/* A repository that looks like one only since the commands ran executes nothing without its HEAD;
 * what was there before it became one stays. */
static void end_fresh(struct look *l)
{
	char head[LIMIT_PATH_BYTES];

	if (l->fresh && l->is_bad &&
	    snprintf(head, sizeof(head), "%s%sHEAD", l->fresh, *l->fresh ? "/" : "") <
		    (int)sizeof(head))
		guard_take(l->g, l->root, head,
			   "it makes the folder a git repository that can execute something");
	l->fresh = NULL;
	l->is_bad = false;
}

/* Of a repository that nobody watched before: was it made one, or its content changed, since then? */
static bool is_touched(const struct look *l, const char *rel)
{
	static const char *const parts[] = { "HEAD", "objects", "refs" };
	char part[LIMIT_PATH_BYTES];
	struct stat st;

	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		if (snprintf(part, sizeof(part), "%s%s%s", rel, *rel ? "/" : "", parts[i]) >=
			    (int)sizeof(part) ||
		    fstatat(l->root->fd, part, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
		    newer(&st, &l->mark))
			return true;
	return false;
}

/* For each protected path that the scan meets. */
static void compare(void *payload, const struct guard_seen *x)
{
	struct look *l = payload;

	if (l->fresh && !x->bare)
		end_fresh(l);
	if (x->kind == GUARD_REPOSITORY) {
		if (!guard_find(l->g, x->rel, GUARD_REPOSITORY) &&
		    (!l->only_new || is_touched(l, x->rel))) {
			(void)snprintf(l->fresh_rel, sizeof(l->fresh_rel), "%s", x->rel);
			l->fresh = l->fresh_rel;
		}
		return;
	}
	if (S_ISDIR(x->st.st_mode) || guard_find(l->g, x->rel, GUARD_PROTECTED))
		return;
	if ((protect_is_git(x->rel) || x->bare) && git_new_is_plain(l->root->fd, x->rel))
		return;
	if (l->fresh) {
		l->is_bad = true;
		if (!newer(&x->st, &l->mark))
			return;
	} else if (l->only_new && !newer(&x->st, &l->mark)) {
		return;
	}
	guard_take(l->g, l->root, x->rel, x->reason);
}

static bool is_same_content(const struct root *r, const struct guard_item *it)
{
	struct guard_item now = { .rel = it->rel, .mode = it->mode };
	struct err why;
	bool same = guard_copy(&now, r, &why) && now.len == it->len &&
		    memcmp(now.copy, it->copy, it->len) == 0;
	free(now.copy);
	return same;
}

/* What the user's programs put in the place of a file that was read-only for the commands is
 * theirs. */
static void check(struct guard *g, const struct root *r, const struct guard_item *it)
{
	int fd = upper_openat(r->fd, it->rel, O_PATH | O_NOFOLLOW);
	struct stat st = { .st_mode = 0 };
	bool there = fd >= 0 && fstat(fd, &st) == 0, same;

	if (fd >= 0)
		(void)close(fd);
	same = there && (st.st_mode & S_IFMT) == (it->mode & S_IFMT);
	if (S_ISDIR(it->mode)) {
		if (there && !same)
			guard_take(g, r, it->rel, "a folder of protected files stood there");
		return;
	}
	if (same && S_ISREG(st.st_mode) && (st.st_mode & 07777) != (it->mode & 07777))
		same = false;
	if (same && is_same_content(r, it))
		return;
	if (it->alias && (!there || st.st_ino != it->ino))
		return;
	if (there)
		guard_take(g, r, it->rel, "it was changed");
	guard_put_back(g, r, it);
}

/* A file that somebody replaces (as editors do when they save) is not read-only any more: the kernel
 * takes the mount away with the old one. Who wrote it since then cannot be told, but this can. */
static void replaced(struct guard *g, const struct root *r, struct guard_item *it)
{
	int fd = upper_openat(r->fd, it->rel, O_PATH | O_NOFOLLOW);
	struct stat st;

	if (fd >= 0 && fstat(fd, &st) == 0 && st.st_ino != it->ino) {
		guard_tell(g, it->rel, GUARD_LEFT,
			   "another program replaced it while the command ran, and since then the "
			   "command could change it");
		it->ino = st.st_ino;
	}
	if (fd >= 0)
		(void)close(fd);
}

/* A command may close its own folder. */
static void open_up(const struct guard *g, const struct root *r)
{
	struct stat st;

	if (stat(r->path, &st) == 0 && st.st_uid == geteuid() && (st.st_mode & 0700) != 0700)
		(void)chmod(r->path, g->top | 0700);
}

/* Commands may still run when one of them has ended: what is noted stays noted. */
void guard_look(struct guard *g, const struct root *r)
{
	struct look l = { .g = g, .root = r, .mark = g->mark };
	struct err why;
	bool all = false;

	if (g->commands == 0)
		return;
	open_up(g, r);
	/* Parents sort before what is in them. */
	for (size_t i = 0; i < g->n; i++) {
		if (g->item[i].loose)
			check(g, r, &g->item[i]);
		else if (g->item[i].root)
			replaced(g, r, &g->item[i]);
	}
	if (!guard_scan(g, r, "", true, compare, &l, &all, &why))
		all = false;
	end_fresh(&l);
	if (!all)
		guard_tell(g, "", GUARD_LEFT,
			   "there is too much in the workspace to look for protected files");
}

void guard_look_below(struct guard *g, const struct root *r, const char *start,
		      const struct timespec *mark)
{
	struct look l = { .g = g, .root = r, .mark = *mark, .only_new = true };
	struct err why;
	bool all = false;

	if (!guard_scan(g, r, start, true, compare, &l, &all, &why))
		return; /* it is gone */
	end_fresh(&l);
}

static bool stood_before(const struct look *l, const char *rel)
{
	const char *at = l->before->data, *end = at ? at + l->before->len : at;

	for (; at < end; at += strlen(at) + 1) {
		size_t n = strlen(at + 1);

		if (*at == PLACE_READ_ONLY && at[1] == '/' && strncmp(at + 2, rel, n - 1) == 0 &&
		    (rel[n - 1] == 0 || rel[n - 1] == '/'))
			return true;
	}
	return false;
}

/* A bare repository is not known for one here, as nobody looked for them before. */
static void take_new(void *payload, const struct guard_seen *x)
{
	struct look *l = payload;

	if (x->kind != GUARD_PROTECTED || x->bare || S_ISDIR(x->st.st_mode) ||
	    !newer(&x->st, &l->mark) || stood_before(l, x->rel) ||
	    path_below(slice_sub(l->workspace, 1, l->workspace.len), slice_of(x->rel)) ||
	    (protect_is_git(x->rel) && git_new_is_plain(l->root->fd, x->rel)))
		return;
	guard_take(l->g, l->root, x->rel, x->reason);
}

/* What was found since `from` is told by its absolute path. */
static void make_absolute(struct guard *g, size_t from)
{
	char path[LIMIT_PATH_BYTES + 1];

	for (size_t i = from; i < g->n_found; i++) {
		(void)snprintf(path, sizeof(path), "/%s", g->found[i].rel);
		free(g->found[i].rel);
		g->found[i].rel = xstrdup(path);
	}
}

void guard_look_outside(struct guard *g, const struct root *r, const char *dir,
			const struct buf *before, const struct timespec *mark)
{
	char nothing[] = "";
	struct root top = { .path = nothing };
	struct look l = { .g = g,
			  .root = &top,
			  .mark = *mark,
			  .before = before,
			  .workspace = slice_of(r->path) };
	size_t from = g->n_found;
	int fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	bool all = false;
	struct err why;

	if (fd < 0)
		return;
	top.fd = fd;
	if (guard_scan(g, &top, dir + 1, false, take_new, &l, &all, &why) && !all)
		guard_tell(g, dir + 1, GUARD_LEFT, "it holds too much to look for protected files");
	make_absolute(g, from);
	(void)close(fd);
}
