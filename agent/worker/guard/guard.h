/* guard.h - what git, editors and agents execute stays as it is while commands work on the real
 * files: where there is no overlay, and for commands in the background.
 *
 *   IDLE --guard_begin(): all protected files are noted--> WATCHING --last guard_end()--> IDLE
 *                                                            | guard_look(), when a command is dead
 *                                                            '-> what is new is moved away, what was
 *                                                                changed is put back, all is told
 *
 * While a command runs: in a view of its own (namespaces) it cannot change, move or remove what was
 * there, because that is mounted read-only for it; in the reduced sandbox it can, and what it
 * changed is put back from a copy. What the user's programs replace meanwhile is not read-only from
 * then on, which is told. A file that has another name outside of the workspace (a hard
 * link) is read-only as well; in the reduced sandbox nothing runs where there is one. In both a
 * command can make files that were not there, and these stand
 * until it ends: somebody who uses git or opens an editor there meanwhile may execute them. Who made
 * a file cannot be told: what the user's other programs make in that time under such a name is moved
 * away as well, and where it lies is said. Nothing of this holds if the runner itself is killed
 * by force while the command runs. */
#ifndef EMEND_WORKER_GUARD_H
#define EMEND_WORKER_GUARD_H

#include "agent/worker/file/root.h"
#include "agent/worker/view/places.h"

enum guard_kind {
	GUARD_PROTECTED,
	GUARD_REPOSITORY, /* a folder that is one itself (bare); "" too */
	GUARD_CLOSED,	  /* a folder that we could not look into */
	GUARD_ALIAS,	  /* a file that has another name outside of the workspace */
};

/* Something as it stood before the commands. Of the other kinds only the path counts. */
struct guard_item {
	char *rel;
	enum guard_kind kind;
	mode_t mode; /* with its type */
	ino_t ino;
	nlink_t links;
	bool root;  /* nothing above it is protected: it is mounted read-only as a whole */
	bool loose; /* but a command could change it all the same: there is a copy */
	bool alias; /* but only by another name of the same file */
	char *copy; /* of a loose file or link: its content, len bytes */
	size_t len;
};

enum guard_deed { GUARD_MOVED, GUARD_REMOVED, GUARD_RESTORED, GUARD_LEFT };
struct guard_finding {
	char *rel;
	enum guard_deed deed;
	const char
		*reason; /* the end of a sentence about it; of GUARD_LEFT: why it is still there */
};

struct guard {
	struct guard_item *item; /* sorted by rel */
	size_t n, cap, copied;	 /* copied: bytes of all copies */
	struct buf through;	 /* folders that are not looked into, each with a NUL */
	struct timespec mark;	 /* the time of guard_begin() */
	mode_t top;		 /* permissions of the workspace then */
	unsigned commands;	 /* that work on the real files now */
	bool all_loose;		 /* nothing is mounted read-only for them */
	int held_fd;		 /* BASE/held; -1: there is none */
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

/* A command begins. all_loose: it has no view of its own. ERR_SANDBOX: too much to look after. */
NODISCARD bool guard_begin(struct guard *g, const struct root *r, const struct places *p,
			   bool all_loose, struct err *err);
/* The places that are to be read-only and pinned for a command (see spawn.h), appended to out.
 * whole_git: all of each repository. ERR_SANDBOX: too many. */
NODISCARD bool guard_mounts(const struct guard *g, bool whole_git, struct buf *out, uint32_t *n,
			    struct err *err);
/* Somebody who may changed this path meanwhile. */
void guard_allow(struct guard *g, const struct root *r, const char *rel);
/* Looks at everything, and puts it in order. The findings stay until guard_forget(). */
void guard_look(struct guard *g, const struct root *r);
/* The same for one folder, and for what has changed since `mark` whether somebody watched or not. */
void guard_look_below(struct guard *g, const struct root *r, const char *start,
		      const struct timespec *mark);
/* For a folder outside of the workspace (absolute): what is new there since `mark`, but what stood
 * there `before` (as in places.list), and was replaced by others meanwhile. */
void guard_look_outside(struct guard *g, const struct root *r, const char *dir,
			const struct buf *before, const struct timespec *mark);
void guard_forget(struct guard *g);
void guard_end(struct guard *g);

/* --- shared by the files of this part --- */
struct guard_seen {
	const char *rel;
	enum guard_kind kind;
	const char *reason; /* of GUARD_PROTECTED */
	struct stat st;	    /* not of GUARD_REPOSITORY */
	bool bare;	    /* a part of a repository that is no `.git` */
};
typedef void guard_seen_fn(void *payload, const struct guard_seen *x);
/* guard_scan.c: goes through everything protected below `start`. before: the folders that were noted read-only are
 * not looked into again, and closed ones that are not in it are opened; NULL: none. *all: nothing
 * was left out. */
NODISCARD bool guard_scan(const struct guard *g, const struct root *r, const char *start,
			  bool before, guard_seen_fn *fn, void *payload, bool *all,
			  struct err *err);
const struct guard_item *guard_find(const struct guard *g, const char *rel, enum guard_kind kind);
/* Why this path is protected by its name; NULL: it is not. */
const char *guard_reason(const char *rel, mode_t mode);
/* guard_store.c: takes away what stands at rel. */
void guard_take(struct guard *g, const struct root *r, const char *rel, const char *reason);
/* Fills in it->copy and it->len. ERR_TOO_LARGE, ERR_IO, ERR_NOT_FOUND, ERR_DENIED. */
NODISCARD bool guard_copy(struct guard_item *it, const struct root *r, struct err *err);
/* Puts the copy back, with its folders. */
void guard_put_back(struct guard *g, const struct root *r, const struct guard_item *it);
void guard_tell(struct guard *g, const char *rel, enum guard_deed deed, const char *reason);

#endif
