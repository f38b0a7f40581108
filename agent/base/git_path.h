/* git_path.h - what a path in a folder is to git. By its name alone; nothing is looked at. */
#ifndef EMEND_BASE_GIT_PATH_H
#define EMEND_BASE_GIT_PATH_H

#include "protocol/base/slice.h"

enum git_kind {
	GIT_NONE,   /* not in a repository's own folder */
	GIT_FOLDER, /* `.git` itself */
	GIT_HEAD,   /* which branch is checked out */
	GIT_REF,    /* a branch, a tag, the stash; or the file that many of them are packed in */
	GIT_INDEX,  /* what the next commit will hold */
	GIT_LOG,    /* of a ref: where it pointed before */
	GIT_OBJECT, /* an object, or a pack of objects with its index; never changed once it is there */
	GIT_AUXILIARY, /* beside them, made anew where it is missing; or half-written */
	GIT_OTHER,     /* configuration, hooks, the state of a merge, messages, ... */
};
struct git_path {
	enum git_kind kind;
	size_t repository; /* length of the path up to and with the outermost `.git` */
	size_t rest; /* where the path inside of its repository begins: a submodule's or a work
			      tree's own folder is one by itself */
};
/* Repositories are told by a component `.git`; names are compared as a file system without case
 * would. Bare ones are not known here. O(length) */
struct git_path git_path_of(struct slice path);

#endif
