/* ignore.h - which files do the project's .gitignore files leave out?
 *
 * libgit2 reads the rules, but never the repository: a nameless repository in memory stands over
 * the folder, so that no configuration of the project is parsed, and folders that are not under git
 * work as well. `.git` itself is always ignored. libgit2 heeds a rule with '!' only if the same
 * file holds the pattern that it takes back. One thread, one object. */
#ifndef EMEND_WORKER_IGNORE_H
#define EMEND_WORKER_IGNORE_H

#include "protocol/base/err.h"
#include "protocol/base/slice.h"

struct ignore;

/* root: absolute. ERR_INTERNAL if libgit2 is not installed. */
NODISCARD bool ignore_open(struct slice root, struct ignore **out, struct err *err);
void ignore_close(struct ignore *ig); /* NULL is fine */
/* rel: relative to the root. Its parents are taken to be not ignored: ask top-down. NULL ig: only
 * .git. */
bool ignore_match(struct ignore *ig, const char *rel, bool is_dir);

#endif
