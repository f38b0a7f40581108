/* hunk_track.h - the hunks of one text that wait for the user's word, and how they move while the
 * text changes. Pure: no files, no editor.
 *
 * A hunk covers whole lines [start, end) of the present text: `fresh` is what Emend put there,
 * `old` what stood there before. Changes beside it move it. Where the user changed its own lines it
 * is touched: it covers what stands there now, and goes back only by a merge. It becomes untouched
 * again as soon as its lines are Emend's again, and is dropped when they are the old ones.
 *
 * A new file is one hunk (old.ptr is NULL), a removed one too (fresh.ptr is NULL). */
#ifndef EMEND_HUNK_TRACK_H
#define EMEND_HUNK_TRACK_H

#include "agent/edit/change.h"
#include "protocol/base/arena.h"
#include "protocol/base/err.h"

struct hunk_session; /* agent/change/hunks.h */

/* Owns its id, its task's id and its two texts. The session is that of hunks.h and outlives it. */
struct hunk {
	char *id;   /* NULL until its task is over */
	char *task; /* the task that made it */
	struct hunk_session *session;
	size_t start, end;	 /* bytes */
	struct slice old, fresh; /* owned */
	uint32_t mode, folders;	 /* of a file that came or went: see struct past_edit */
	bool touched;
	bool dead; /* to be taken off the list */
};

/* Of one file, in the order in which the hunks were made, not by place. */
struct hunk_list {
	struct hunk *items;
	size_t n, cap;
};

void hunk_list_release(struct hunk_list *l);
void hunk_list_take(struct hunk_list *l, struct hunk_list *from); /* moves all of `from` over */
void hunk_list_copy(struct hunk_list *l, const struct hunk_list *from); /* deep; l is empty */
void hunk_list_sweep(struct hunk_list *l);				/* frees the dead ones */
struct hunk *hunk_list_find(const struct hunk_list *l, struct slice id);

/* A text, whatever holds it. Offsets are bytes. */
struct hunk_text {
	void *ctx;
	size_t len;
	size_t (*line_start)(void *ctx, size_t offset);		   /* of the line that holds it */
	size_t (*line_end)(void *ctx, size_t offset);		   /* behind its line end */
	struct slice (*view)(void *ctx, size_t start, size_t end); /* borrowed for a moment */
};
struct hunk_text hunk_text_of(const struct slice *text); /* borrows it */

/* The text was changed by somebody: the changes, of the text before, and the text as it is now.
 * True if a hunk is gone, or became touched or untouched. */
bool hunks_move(struct hunk_list *l, const struct text_change *changes, size_t n,
		const struct hunk_text *now);
/* The same, for two whole texts. ptr NULL: no file. */
bool hunks_follow(struct hunk_list *l, struct slice before, struct slice now);

/* The task changed the text (ptr NULL: no file), to which all hunks of the list refer. Its own
 * hunks that are without an id yet become one with the new ones that they meet. */
void hunks_add(struct hunk_list *l, struct slice task, struct hunk_session *session,
	       struct slice before, struct slice after);
/* Gives ids to all that have none: the same ones whenever the same edits are read again. */
void hunks_seal(struct hunk_list *l, struct slice path);

/* *after = the text without the hunk, ptr NULL: no file; in the arena. ERR_STALE: the user changed
 * the same lines. */
NODISCARD bool hunk_revert(struct arena *a, const struct hunk *h, struct slice text,
			   struct slice *after, struct err *err);

#endif
