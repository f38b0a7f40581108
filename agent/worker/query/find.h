/* find.h - the files below a folder that no rule leaves out, one after the other in the order of
 * their paths.
 *
 * A folder is read when its turn comes and sorted by itself, so nobody waits for the end of a large
 * tree to get its beginning, and the order is that of a sort of all paths (byte by byte). */
#ifndef EMEND_WORKER_FIND_H
#define EMEND_WORKER_FIND_H

#include "agent/worker/file/root.h"

struct finder;

/* Borrowed until finder_free(). */
struct find_options {
	struct slice path; /* where to start; "" is the workspace */
	struct slice glob; /* as in match_new_glob(); "": everything */
	unsigned depth;	   /* 1: only what lies directly there; 0: any */
	bool files_only;
	bool all_denied; /* names that are denied too, but not what is in such a folder */
};

enum found_kind { FOUND_FILE, FOUND_DIR, FOUND_SYMLINK };
struct found {
	const char *rel; /* borrowed until the next call, as name */
	const char *name;
	int dir; /* name is in this folder, for fstatat(); the same limit */
	enum found_kind kind;
};

/* A start that is a file is the only result. Symbolic links are followed to the start, never below
 * it. Borrows r. ERR_NOT_FOUND, ERR_DENIED, ERR_INVALID (glob). */
NODISCARD bool finder_new(const struct root *r, const struct find_options *o, struct finder **out,
			  struct err *err);
void finder_free(struct finder *f); /* NULL is fine */
bool finder_next(struct finder *f, struct found *out);
/* Something is missing in what was found: more than LIMIT_WALK_ENTRIES entries, or a path that is
 * longer than LIMIT_PATH_BYTES. Final once finder_next() said false. Folders that cannot be read
 * are passed over without a word. */
bool finder_cut(const struct finder *f);

#endif
