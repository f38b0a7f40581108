/* protect.h - changes that would make a program of the user do something later, behind their back.
 *
 * Git reads its configuration and hooks wherever it finds something that looks like a repository:
 * `.git` at any depth, a `.git` file or link that points elsewhere, modules and worktrees below
 * it, and folders that hold HEAD, objects and refs themselves (bare repositories). Editors and
 * agents execute what stands in their settings. What is judged here is a change of a path, by its
 * whole path and by what surrounds it. */
#ifndef EMEND_POLICY_PROTECT_H
#define EMEND_POLICY_PROTECT_H

#include "protocol/base/base.h"

/* Names that make an editor, a shell or an agent execute something; NULL-terminated. One that begins
 * with '*' stands for all names that end so. */
extern const char *const protect_names[];
/* Does the path begin with one of them, as whole components? */
bool protect_named(const char *path);
/* Within a `.git` folder; NULL-terminated. */
extern const char *const protect_in_git[];

struct protect_tree {
	/* Is there anything at this path? before: in the tree as it is; else as it would be. */
	bool (*exists)(void *payload, const char *rel, bool before);
	void *payload;
};

enum protect_type { PROTECT_FILE, PROTECT_LINK, PROTECT_DIR };

/* Why this change needs the user's own word, as the end of a sentence about the path; NULL if it
 * needs none. PROTECT_DIR: the folder is removed, or replaced, as a whole. */
const char *protect_reason(const struct protect_tree *t, const char *rel, enum protect_type type);
/* Does this change make a folder a repository without a work tree, in which git executes something, or change
 * what git executes in one? */
bool protect_bare(const struct protect_tree *t, const char *rel);
/* A part of a repository that git itself looks after: some component is `.git`. */
bool protect_is_git(const char *rel);

#endif
