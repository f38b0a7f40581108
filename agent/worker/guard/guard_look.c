/* guard_look.c - see guard.h: what is new, and protected, is moved away, unless it is harmless (git_plain.h).
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
	struct timespec mark;	  /* what is older was there */
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
	if (x->repository) {
		if (is_touched(l, x->rel)) {
			(void)snprintf(l->fresh_rel, sizeof(l->fresh_rel), "%s", x->rel);
			l->fresh = l->fresh_rel;
		}
		return;
	}
	if (S_ISDIR(x->st.st_mode))
		return;
	if ((protect_is_git(x->rel) || x->bare) && git_new_is_plain(l->root->fd, x->rel))
		return;
	l->is_bad = l->is_bad || l->fresh;
	if (newer(&x->st, &l->mark))
		guard_take(l->g, l->root, x->rel, x->reason);
}

void guard_look_below(struct guard *g, const struct root *r, const char *start,
		      const struct timespec *mark)
{
	struct look l = { .g = g, .root = r, .mark = *mark };
	struct err why;
	bool all = false;

	if (!guard_scan(r, start, true, compare, &l, &all, &why))
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

	if (x->repository || x->bare || S_ISDIR(x->st.st_mode) || !newer(&x->st, &l->mark) ||
	    stood_before(l, x->rel) ||
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
	if (guard_scan(&top, dir + 1, false, take_new, &l, &all, &why) && !all)
		guard_tell(g, dir + 1, GUARD_LEFT, "it holds too much to look for protected files");
	make_absolute(g, from);
	(void)close(fd);
}
