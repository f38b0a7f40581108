/* root.h - opening files beneath the workspace, so that no path, symlink or rename leads outside.
 *
 * One descriptor of the workspace is held for the whole session; everything is resolved by the
 * kernel relative to it (openat2, RESOLVE_BENEATH). Where a descriptor really leads is asked back
 * from the kernel, and each component of that place is checked against the denied names. */
#ifndef EMEND_WORKER_ROOT_H
#define EMEND_WORKER_ROOT_H

#include <sys/stat.h>

#include "agent/worker/ignore/match.h"
#include "protocol/base/limits.h"

struct root {
	int fd;	    /* O_PATH */
	char *path; /* absolute, resolved */
	dev_t dev;
	ino_t ino;
	struct match *denied; /* names that are never read or written */
	struct match *
		denied_always; /* of these: commands see none, even where git tracks it; may be NULL */
	struct match
		*look_into; /* names that are secrets if secret_file_holds() says so; may be NULL */
};

/* path must be an absolute, resolved directory. Takes over `denied`. ERR_NOT_FOUND, ERR_DENIED. */
NODISCARD bool root_open(struct root *r, struct slice path, struct match *denied, struct err *err);
void root_release(struct root *r);
/* Is the folder still where it was? ERR_STALE. Checked before each request. */
NODISCARD bool root_check(const struct root *r, struct err *err);

bool root_denied(const struct root *r, struct slice rel);
/* The same workspace for what goes back to what it was: no name is denied. As long as r; not to be released. */
struct root root_for_undo(const struct root *r);
bool root_looks_into(const struct root *r, struct slice rel);
bool root_denied_always(const struct root *r, struct slice rel);

/* Brings a path to the form a/b/c ("" for the root) by text; out has LIMIT_PATH_BYTES bytes.
 * ERR_INVALID, ERR_DENIED (absolute outside, or "..", above the root; a denied name). */
NODISCARD bool root_clean(const struct root *r, struct slice path, char *out, struct err *err);

/* flags: as for open(2); O_CLOEXEC, O_NOCTTY and O_NONBLOCK are added. rel is clean. no_links: a
 * symlink anywhere is an error. -1: errno is set. */
int root_openat(const struct root *r, const char *rel, int flags, bool no_links);
/* An ordinary file for reading; see regular.h. st may be NULL. */
int root_open_file(const struct root *r, const char *rel, bool no_links, struct stat *st);
/* The place of an open descriptor in the workspace. ERR_DENIED if outside or a denied name. */
NODISCARD bool root_place(const struct root *r, int fd, char *out, struct err *err);
/* Keeps other runners from writing in this folder (O_PATH), so that none comes between a look at a file
 * and its replacement. Waits up to a second for one that is writing. The caller closes the result;
 * -1: not locked, somebody holds it or the folder cannot be read: then the look has to do. */
int root_lock(int dir);
/* Turns errno of a failed open of `rel` into an err; always false. */
bool root_errno(struct err *err, const char *what, const char *rel);

#endif
