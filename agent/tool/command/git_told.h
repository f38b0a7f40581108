/* git_told.h - what a command did in git repositories, for people: git changes many files for one deed,
 * so they are told in one line. The files themselves stand in the log. */
#ifndef EMEND_TOOL_GIT_TOLD_H
#define EMEND_TOOL_GIT_TOLD_H

#include "agent/runner/runner.h"

/* One file of git's that a command changed. Paths are relative to the workspace. */
struct git_told_file {
	struct slice path;
	enum view_kind kind;
	struct slice before, after; /* of a ref: what it points to; "": nothing, or not known */
};
/* Collected change by change, and told once, at the end. */
struct git_told {
	struct git_told_file *files;
	size_t n, cap;		 /* in the arena */
	uint64_t added, removed; /* objects */
	struct slice
		packed; /* the new content of packed-refs: a ref that is gone may stand there */
};

/* before, after: the contents, where they are known; copied as far as they are of use. */
void git_told_add(struct git_told *t, struct arena *a, const struct view_change *c,
		  struct slice before, struct slice after);
/* "git: refs/heads/main moved, the index changed, 12 objects added"; "": git has done nothing. */
struct slice git_told_line(const struct git_told *t, struct arena *a);
/* Why objects stay that a command removed (view_result.objects_held); "" if there are none. */
struct slice git_told_held(uint64_t held, struct arena *a);
/* An array of {ref, kind, before, after}: the branches, tags and HEAD. */
void git_told_refs(const struct git_told *t, struct jw *w);

#endif
