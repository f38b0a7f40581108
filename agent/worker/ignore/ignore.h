/* ignore.h - which files do the project's .gitignore files leave out?
 *
 * The answer is git's own for a repository at the workspace's top: the rules of a folder go before
 * those above it, the last rule of a file that matches decides, and .git/info/exclude comes last.
 * Works without a repository too. Git's configuration is never read: it may name files anywhere.
 * `.git` itself is always ignored.
 *
 * The rules of a folder are read once and kept while the questions are about what lies below it: so
 * ask folder by folder. One thread, one object. */
#ifndef EMEND_IGNORE_H
#define EMEND_IGNORE_H

#include "agent/worker/file/root.h"

struct ignore;

/* Reads the rules of the workspace's top at once, those of other folders when they are asked about. */
struct ignore *ignore_new(const struct root *r); /* borrows r until ignore_free() */
void ignore_free(struct ignore *ig);		 /* NULL is fine */
/* rel: relative to the workspace. Its parents are taken to be not ignored: ask top-down. */
bool ignore_match(struct ignore *ig, const char *rel, bool is_dir);

#endif
