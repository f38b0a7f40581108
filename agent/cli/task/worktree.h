/* worktree.h - a task in a worktree of its own (--worktree): git's second folder for the same repository, on a new branch
 * that begins at the commit that is checked out. What is not committed here is not there, and what the task does there
 * touches nothing here. */
#ifndef EMEND_CLI_WORKTREE_H
#define EMEND_CLI_WORKTREE_H

#include "agent/cli/command.h"

struct worktree {
	bool made;
	struct slice path, branch; /* in the command's arena, NUL-terminated */
	struct slice from;	   /* the workspace that it was made from */
	struct slice head;	   /* where it began */
};

/* If one is wanted: makes it, and the command's folder is in it from then on. ERR_USAGE: no repository, or one without a
 * commit. */
NODISCARD bool worktree_make(struct worktree *w, struct cli *c, struct err *err);
/* Says where it is; one in which nothing was changed goes again, with its branch. */
void worktree_end(struct worktree *w, struct cli *c);

#endif
