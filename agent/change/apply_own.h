/* apply_own.h - internal to the machine of apply.h: its state.
 *
 *   apply.c        reads, plans, journals and writes the paths of a window; the syncs at the end
 *   apply_list.c   fills the windows, and writes what is known by hash in one request */
#ifndef EMEND_CHANGE_APPLY_OWN_H
#define EMEND_CHANGE_APPLY_OWN_H

#include "agent/change/apply.h"

/* The picture is in apply.h. Each state but NEXT and ENDED waits for one thing: an answer in `many`, `op`,
 * `call` or `sync` of struct apply, or the machine's own job in the run queue. */
enum apply_state {
	APPLY_NEXT,
	APPLY_LISTING,
	APPLY_SWEEPING,
	APPLY_READING,
	APPLY_JOURNALING,
	APPLY_WRITING,
	APPLY_FLUSHING,
	APPLY_SYNCING,
	APPLY_ENDED
};

/* UNREAD: to be read. LISTED: it goes with the list, unread, as its hash is known. PLANNED: read, and what
 * shall be there is known. DONE: `made` was called. Where a write finds another text it goes from PLANNED
 * back to UNREAD, and where the list could not be made from LISTED to UNREAD. */
enum slot_state { SLOT_UNREAD, SLOT_LISTED, SLOT_PLANNED, SLOT_DONE };

struct slot { /* one path of the window */
	enum slot_state state;
	struct apply_item item;
	struct apply_plan plan;
	struct slice now; /* the bytes that a file which is not touched keeps */
	bool same;	  /* it stands there already */
	struct snapshot *base;
	bool is_buffer;
	struct slice sha256;
	int tries;
};

/* The paths that are read before the first of them is written. Its arena holds all that the owner gave and
 * planned for them, and is emptied when the window is over, so that a set of any length needs the memory of
 * two windows. */
struct window {
	struct arena arena; /* of what is in it */
	struct slot *slot;
	size_t n, at;		    /* at: the path in hand */
	struct workspace_put *list; /* of those that are SLOT_LISTED, in their order */
	size_t n_list, bytes;	    /* bytes: what they shall hold */
	enum apply_gives end;	    /* GIVES_ITEM: more may come at once */
};

struct apply {
	enum apply_state state;
	struct change_env env;
	const struct apply_ops *ops;
	void *self;
	struct job job;

	size_t cap; /* of a window */
	struct window windows[2];
	struct window *w;    /* in hand */
	struct window *then; /* the other one: filled while the list of the first is written */
	struct workspace_many *many;
	struct workspace_op *op;
	struct runner_call *call;
	struct sync_wait *sync; /* of the log */

	bool lazy;	/* files were written that are not durable yet */
	bool stop;	/* the owner wants no more */
	struct err why; /* of the log */
};

/* apply.c */
void apply_goto(struct apply *x, enum apply_state next);
/* The next path comes from the loop, so that a long set leaves the loop to others in between, and
 * nothing calls back inside apply_start(). */
void apply_go_on(struct apply *x, enum apply_state next);
/* The path has come to its end: its owner hears of it. err: why it was not made. */
void apply_settle(struct apply *x, struct slot *s, bool written, const struct err *err);

/* apply_list.c */
void window_init(struct window *w, size_t cap);
void window_release(struct window *w);
void slot_forget_text(struct slot *s);
/* The next window is in hand; where some of it is known by hash, those are being written (APPLY_LISTING). */
void apply_next_window(struct apply *x);
/* In APPLY_LISTING: takes some of the next paths from the owner. */
void apply_fill_ahead(struct apply *x);

#endif
