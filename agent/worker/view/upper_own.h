/* upper_own.h - internal to the reading of a layer.
 *
 *   upper_walk.c   from the layer to a list of changes
 *   upper_hash.c   what files hold
 *   upper_class.c  where each of them may go
 *   upper_secret.c what has the name of a secret
 *   upper_bundle.c new files that an ignore rule names: each by itself, or many as one
 *   upper_git.c    what becomes of a repository as a whole
 *   git_objects.c  which of the objects that were removed exist elsewhere */
#ifndef EMEND_WORKER_UPPER_OWN_H
#define EMEND_WORKER_UPPER_OWN_H

#include "agent/policy/protect.h"
#include "agent/worker/view/upper.h"

struct ignore;

struct layer_walk {
	struct upper *u;
	const struct root *root;
	struct ignore *ignore;
	struct tracked tracked;	 /* what git tracks in the workspace */
	struct git_tracked made; /* and by an index in the layer, that of the folder made_of */
	char *made_of;		 /* NULL: none was read */
	bool ok;
	char **stack; /* folders to go into */
	size_t n, cap, entries;
	int up, low; /* the folder in hand, in the layer and in the workspace; -1: that has none */
	struct err *err;
};

/* Fills in class and reason of a change whose other parts are known. */
void upper_classify(struct layer_walk *w, struct upper_change *c);
/* Why the user must say so: see protect_reason(). */
const char *upper_reason(struct layer_walk *w, const char *rel, enum protect_type type);
/* Of the layer's file in an open folder, looked at as st: what it holds, and what a rename of it needs to know; its
 * marks are gone then. The hashes of small files come with upper_take_hashes(). ERR_IO. */
NODISCARD bool upper_look_after(struct upper *u, struct upper_change *c, int dir,
				const struct stat *st, struct err *err);
/* Of the real one, which stood there as st (NULL: none did) and as c->was says: the same; c->stale if it is
 * another by then. ERR_IO. */
NODISCARD bool upper_look_before(struct upper *u, struct upper_change *c, const char *rel, int dir,
				 const struct stat *st, struct err *err);
/* After both, and before the next file is looked at: do they hold the same? */
bool upper_is_same(const struct upper *u, struct upper_change *c);
void upper_take_hashes(struct upper *u); /* after all files: c->before, c->after */
/* Does it lie in a folder of build tools, of which only the sum is told? */
bool upper_is_of_tools(const struct upper *u, const char *rel);
/* upper_secret.c: the command did not see it, so it cannot have removed it. */
bool upper_is_hidden(const struct upper *u, const char *rel);
/* Why a change of what has the name of a secret is not kept; NULL: it is. */
const char *upper_secret_reason(struct layer_walk *w, const struct upper_change *c);
/* After all changes are known: one that it moved from another such name is kept. */
void upper_settle_moved(struct layer_walk *w);
/* Does this index in the layer name a file that the command did not see? */
bool upper_tracks_hidden(const struct upper *u, const struct upper_change *index);
/* An ordinary file, read whole. */
NODISCARD bool upper_read(int top, const char *rel, struct buf *out);
/* What stands in the workspace itself; false: nothing. */
bool upper_lower_stat(const struct root *r, const char *rel, struct stat *st);
bool upper_is_whiteout(const struct stat *st); /* says in a layer: removed */

/* After all changes are known: what becomes of new files that an ignore rule names. ERR_IO. */
NODISCARD bool upper_settle_ignored(struct upper *u, struct err *err);
/* Makes the files of a bundle real that can be; the others stay quiet. False: none could. */
NODISCARD bool upper_apply_bundle(struct upper *u, const struct root *r, struct upper_change *c,
				  struct err *err);
/* upper_apply.c: a new folder with all that is in it, by one rename. False: it cannot be, and nothing was done. */
NODISCARD bool upper_apply_folder(struct upper *u, const struct root *r, const char *rel);
/* upper_apply.c: one change without any rule of its own. */
NODISCARD bool upper_apply_one(struct upper *u, const struct root *r, struct upper_change *c,
			       struct err *err);

/* After all changes are known: looks at each repository as a whole. Where objects were removed, u->check
 * is under way then. */
void upper_settle_git(struct upper *u, const struct root *r);
/* The check has ended. */
void upper_settle_objects(struct upper *u);
/* Which of the removed objects may go: those that can still be read from what remains, or from what
 * the command added. What could not be looked at in time stays. */
void git_check_begin(struct git_check *c, const struct upper *u, const struct root *r);
/* goes: one for each of u->change, set for those. */
void git_check_end(struct git_check *c, bool *goes);

#endif
