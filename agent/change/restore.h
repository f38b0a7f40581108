/* restore.h - put one file or buffer back to what it was before a change of ours.
 *
 *   READING --as we left it, or the user's changes merge with it--> WRITING --> done
 *      ^        '--already as before: done    '--conflict: refused     | ERR_STALE, at most 5 times
 *      +---------------------------------------------------------------+
 *
 * Undo, the rollback of a transaction and the recovery after a crash all go through here. What the
 * user wrote since is kept: merged around, or the file is left as it is and the reason given. */
#ifndef EMEND_RESTORE_H
#define EMEND_RESTORE_H

#include "agent/runner/runner.h"
#include "agent/workspace/workspace.h"
#include "protocol/json/json.h"
#include "protocol/json/write.h"

struct restore;

/* What a command changed beside the content of a file, as the log has it. */
enum restore_kind {
	RESTORE_TEXT,
	RESTORE_LINK, /* a link came, went or changed; maybe in place of a file */
	RESTORE_MODE, /* permission bits only */
};
struct restore_entry {
	enum restore_kind kind;
	enum entry_kind before, left; /* of RESTORE_LINK */
	uint32_t left_mode;	      /* permission bits that we left; 0: not known */
};
void restore_entry_write(struct jw *w, const struct restore_entry *e); /* into an `edit` event */
struct restore_entry restore_entry_read(struct json event);

struct restore_spec {
	struct slice path;
	struct restore_entry entry; /* not RESTORE_TEXT: no merging, it must be as we left it */
	struct slice left;	    /* the bytes that we left there; ptr NULL: no file */
	struct slice before;	    /* the bytes to put back; ptr NULL: no file */
	uint32_t mode;		    /* of the file, if it must be made; 0: the default */
	struct slice label;
	/* If set, decides for text instead of before and left: *after from what stands there now (ptr
	 * NULL: no file), in the arena. ERR_STALE: it conflicts. */
	bool (*around)(void *ctx, struct arena *a, struct slice now, struct slice *after,
		       struct err *err);
	void *ctx;
};
/* err NULL: it is back; *now is what stands there (ptr NULL: no file), written tells whether
 * anything had to be changed. ERR_STALE: the user's changes conflict. */
struct restored {
	struct slice now;
	bool written;
};
typedef void restore_cb(void *payload, const struct restored *r, const struct err *err);
/* Copies the spec's slices by reference: their bytes are borrowed until `done`. Never calls back
 * inside. */
struct restore *restore_start(struct workspace *v, const struct restore_spec *s, restore_cb *done,
			      void *payload);
void restore_drop(struct restore *r); /* forgets it: no callback. NULL is fine */

#endif
