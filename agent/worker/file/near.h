/* near.h - the folder of the path that was asked for last, held open and perhaps locked: of many files,
 * neighbours follow each other. People move folders, so whoever holds one for more than a moment forgets it in
 * between: after each slice of time. */
#ifndef EMEND_WORKER_NEAR_H
#define EMEND_WORKER_NEAR_H

#include "protocol/base/limits.h"

struct closer;

struct near {
	int top, fd, lock; /* top: borrowed; the others -1: none */
	char dir[LIMIT_PATH_BYTES];
	struct closer
		*closer; /* of files that were replaced, borrowed; NULL: they are closed at once */
};

void near_init(struct near *n, int top);
/* The folder of rel, which is clean, below `top`, O_PATH, borrowed; no link is followed. *base: the last
 * component. -1: errno. */
int near_parent(struct near *n, const char *rel, const char **base);
/* The folder in hand, until it is forgotten: see root_lock(). */
void near_lock(struct near *n);
void near_forget(struct near *n);

#endif
