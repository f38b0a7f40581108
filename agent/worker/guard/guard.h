/* guard.h - what git, editors and agents execute is not left where commands write past their layer: in folders of
 * tools that no layer can hold, in those that a command in the background has, and in folders of the user's
 * outside of the workspace.
 *
 * What was there is read-only for a command (places.h). What it made stands there until it ends; then it is moved
 * away, and told. Who made a file cannot be told: what the user's other programs make in that time under such a
 * name is moved away as well. Nothing of this holds if the runner itself is killed by force. */
#ifndef EMEND_WORKER_GUARD_H
#define EMEND_WORKER_GUARD_H

#include "agent/worker/file/root.h"
#include "agent/worker/view/places.h"

enum guard_deed { GUARD_MOVED, GUARD_REMOVED, GUARD_LEFT };
struct guard_finding {
	char *rel;
	enum guard_deed deed;
	const char
		*reason; /* the end of a sentence about it; of GUARD_LEFT: why it is still there */
};

struct guard {
	int held_fd; /* BASE/held; -1: there is none */
	char *held;
	char *folder; /* in it, where what is moved away goes; NULL: nothing was yet */
	int folder_fd;
	struct guard_finding *found;
	size_t n_found, cap_found, more; /* more: those that are not listed */
};

void guard_init(struct guard *g);
void guard_release(struct guard *g);
/* Makes base/held for what is moved away. Without: what should be moved is removed. */
void guard_place(struct guard *g, const char *base);

/* Looks at what has changed in one folder since `mark`, and puts it in order. The findings stay until
 * guard_forget(). */
void guard_look_below(struct guard *g, const struct root *r, const char *start,
		      const struct timespec *mark);
/* For a folder outside of the workspace (absolute): what is new there since `mark`, but what stood
 * there `before` (as in places.list), and was replaced by others meanwhile. */
void guard_look_outside(struct guard *g, const struct root *r, const char *dir,
			const struct buf *before, const struct timespec *mark);
void guard_forget(struct guard *g);

/* --- shared by the files of this part --- */
struct guard_seen {
	const char *rel;
	bool repository;    /* a folder that is one itself (bare); else what is protected */
	const char *reason; /* of that */
	struct stat st;	    /* of that */
	bool bare;	    /* a part of a repository that is no `.git` */
};
typedef void guard_seen_fn(void *payload, const struct guard_seen *x);
/* guard_scan.c: goes through everything protected below `start`. opens: folders that a command closed, too. *all:
 * nothing was left out. */
NODISCARD bool guard_scan(const struct root *r, const char *start, bool opens, guard_seen_fn *fn,
			  void *payload, bool *all, struct err *err);
/* Why this path is protected by its name; NULL: it is not. */
const char *guard_reason(const char *rel, mode_t mode);
/* guard_store.c: takes away what stands at rel. */
void guard_take(struct guard *g, const struct root *r, const char *rel, const char *reason);
void guard_tell(struct guard *g, const char *rel, enum guard_deed deed, const char *reason);

#endif
