/* copy.h - a copy of the workspace, on which one command works where the kernel makes no overlay.
 *
 *   upper_new() and the unsaved text --copy_begin(): a child fills NUMBER/u--> copy_end(): what it copied is known
 *     --> the command runs on it --> upper_walk() passes over what copy_same() knows, and takes what
 *         copy_gone() names for removed; from there on it is a layer like any other
 *
 * A file is as it was copied while it has its inode and its ctime, which no program can set: so what the
 * user saves meanwhile in the workspace is never taken for a change of the command. What commands must not see
 * is not copied, nor what is no file, folder or link, nor what we may not read; a folder of another file
 * system is there and empty. Blocks are shared where the file system can. */
#ifndef EMEND_WORKER_COPY_H
#define EMEND_WORKER_COPY_H

#include <sys/stat.h>

#include "agent/worker/file/root.h"
#include "agent/worker/view/places.h"
#include "protocol/base/map.h"

struct copied; /* one path */
struct copy {
	pid_t child;		/* 0: none runs */
	int ended;		/* a pipe that is at its end with it; -1: none */
	int list;		/* a file in memory: what the child copied; -1: there is no copy */
	struct copy_told *told; /* memory that it shares with us */
	const char *map;	/* of the list, `bytes` long */
	size_t bytes, n;
	const struct copied **of; /* in the list: a folder before what is in it */
	unsigned char *met;	  /* of each, by the walk: enum copy_met */
	struct map by_path;	  /* to its place in `of`, as a number + 1 */
};

void copy_init(struct copy *c);
/* Ends the child. */
void copy_release(struct copy *c);
/* to: the folder; what lies in it already stays, and counts as changed. dir: one beside it, for its times. What
 * is copied is bounded by LIMIT_COPY_FILES and LIMIT_COPY_MIB. ERR_IO. */
NODISCARD bool copy_begin(struct copy *c, const struct root *r, const struct places *p, int to,
			  int dir, struct err *err);
/* Once c->ended can be read. ERR_SANDBOX: there is no copy, and why; ERR_IO. */
NODISCARD bool copy_end(struct copy *c, struct err *err);
static inline bool copy_is_one(const struct copy *c)
{
	return c->list >= 0;
}

/* What the walk met at this path: is it as it was copied? */
bool copy_same(struct copy *c, const char *rel, const struct stat *st);
/* What it met at the path of a folder is another one. */
bool copy_replaced(const struct copy *c, const char *rel);
/* The next path that the walk did not meet, from *at on, which begins with 0; not what lies in one that was
 * named before, or replaced. NULL: there is none. */
const char *copy_gone(const struct copy *c, size_t *at);

#endif
