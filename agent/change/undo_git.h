/* undo_git.h - the part of an undo that is about git repositories.
 *
 * A branch that was moved since by somebody else is theirs, and with it HEAD, the index and the logs:
 * half of a commit taken back would be worse than none. So the branches, tags and HEAD that a task
 * moved are looked at first, before anything is changed; where one of them is not what the task left,
 * nothing of that repository is undone. */
#ifndef EMEND_CHANGE_UNDO_GIT_H
#define EMEND_CHANGE_UNDO_GIT_H

#include "protocol/base/arena.h"
#include "protocol/base/buf.h"
#include "protocol/base/err.h"

/* Owned by the undo. A block is made once for each repository, by its first branch that moved. */
struct undo_git {
	struct arena arena;
	struct undo_git_block {
		struct slice repository, path; /* path: of what was changed since */
		bool told;
	} * blocks;
	size_t n_blocks, cap;
	struct buf names; /* of what went */
	size_t went;
};
void undo_git_init(struct undo_git *g);
void undo_git_release(struct undo_git *g);

bool undo_git_is(struct slice path);	  /* in a repository's own folder */
bool undo_git_decides(struct slice path); /* a branch, a tag, HEAD: looked at first */
/* It is not what the task left. */
void undo_git_block(struct undo_git *g, struct slice path);
/* Is its repository left as it is? Then *err says why. */
bool undo_git_blocked(const struct undo_git *g, struct slice path, struct err *err);

/* For the report: the file went back. True: it is the first one. */
bool undo_git_went(struct undo_git *g, struct slice path);
/* It did not: true if that is worth a line of its own. That nothing of its repository did is said
 * once, here. *told: one of the two. */
bool undo_git_refused(struct undo_git *g, struct slice path, bool redo, struct buf *report,
		      bool *told);
/* One line for all that went, if any did. */
void undo_git_report(const struct undo_git *g, bool redo, bool preview, struct buf *report);

#endif
