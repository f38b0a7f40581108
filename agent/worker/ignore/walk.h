/* walk.h - going through the folders of the workspace, relative to descriptors, never following a
 * symlink, with an explicit stack and a bound on the number of entries. */
#ifndef EMEND_WORKER_WALK_H
#define EMEND_WORKER_WALK_H

#include "agent/worker/file/root.h"

enum walk_kind { WALK_FILE, WALK_DIR, WALK_SYMLINK, WALK_OTHER };

/* Borrowed for the time of the callback. */
struct walk_entry {
	const char *rel;  /* relative to the workspace */
	const char *name; /* its last component */
	enum walk_kind kind;
	unsigned depth; /* 1: directly in the start folder */
	int dir;	/* its folder, for fstatat() */
};

enum walk_next { WALK_ON, WALK_SKIP /* do not go into this folder */, WALK_STOP };
typedef enum walk_next walk_cb(void *payload, const struct walk_entry *e);

/* Folders come before what is in them; names within a folder in no order. Unreadable folders are
 * skipped. *truncated: LIMIT_WALK_ENTRIES was reached, a path was longer than
 * LIMIT_PATH_BYTES, or the callback stopped. ERR_NOT_FOUND, ERR_DENIED for the start folder only. */
NODISCARD bool walk_tree(const struct root *r, const char *start, walk_cb *fn, void *payload,
			 bool *truncated, struct err *err);

#endif
