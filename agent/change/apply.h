/* apply.h - the one machine that changes files and buffers: undo, redo, rejected hunks, a rollback and
 * the recovery after a crash are sets of changes, planned by their owners, and made here.
 *
 * A set goes through in windows. The paths of a window are read and planned one after the other; what
 * is going to be written is journaled and becomes durable by one sync; then it is written.
 *
 *   NEXT --a window--> READING --all planned--> JOURNALING --durable--> WRITING --all made--> NEXT
 *    |    |             ^  '-a path that a killed write may have left something beside-> SWEEPING
 *    |    |             '--some were changed meanwhile, each at most 5 times--'
 *    |    '-of some it is known what they hold--> LISTING --the others, and what held something else--> READING
 *    '--none is left, or the owner stops--> FLUSHING --the files are on the disk-->
 *                                           SYNCING --the log is on the disk--> ENDED
 *
 * A plan is made from what stands there when it is made, and written only if that still stands
 * there. LISTING is a short cut for many files: one request, and no content comes here. While the worker
 * is at it, the next window is filled, and what was made of the last one is noted; only a fence waits. */
#ifndef EMEND_CHANGE_APPLY_H
#define EMEND_CHANGE_APPLY_H

#include "agent/change/entry.h"
#include "agent/runner/runner.h"
#include "agent/store/event_log.h"
#include "agent/workspace/workspace.h"

/* Where changes are made and logged. All of it is borrowed until the machine has ended or was dropped. */
struct change_env {
	struct workspace *workspace; /* with runner, host and run queue */
	struct event_log *log;	     /* NULL: the owner syncs its own */
	struct slice label;	     /* for the editor's undo list */
};

/* One path of the set, as its owner gives it. Content (RESTORE_TEXT) is decided by `plan` when the path was
 * read; a link, a folder or permissions are known before, so they stand here and are not planned: the runner
 * itself checks that `from` is still there. */
struct apply_item {
	struct slice path;
	void *of;		  /* the owner's */
	enum restore_kind kind;	  /* RESTORE_TEXT: `plan` says what shall stand there */
	bool sweep;		  /* first, what a killed write left in its folder */
	enum entry_kind from, to; /* of a link or folder: what must stand there, what shall */
	struct slice from_data, to_data; /* bytes of the file, target of the link */
	uint32_t from_mode, to_mode;
};

/* What `plan` decided for a file or a buffer. */
struct apply_plan {
	struct slice after; /* in the arena, or what stands there; ptr NULL: no file */
	uint32_t mode;	    /* of a file that is made; 0: the default */
	uint32_t folders;   /* parents that go with a removed file, as far as they are empty then */
};

/* What `made` hears. The slices live only for the time of that call. */
struct apply_result {
	bool written;	  /* something had to be changed */
	struct slice now; /* the bytes that stand there; ptr NULL: no file */
	struct slice was; /* the bytes that stood there, where they were read; ptr NULL: no file */
};

/* What `next` has to say. */
enum apply_gives {
	GIVES_NOTHING, /* that was all */
	GIVES_ITEM,
	GIVES_FENCE, /* what came so far is made before what comes; `next` is called again then */
};

/* The owner's side. All are called from the loop, one after the other, never two at a time, and none may
 * drop the machine: the owner stops it by a false, and frees itself in `ended`. The table lives as long as
 * the machine. */
struct apply_ops {
	/* Nothing is swept, logged or written: `made` hears what would be. What is no text is not looked
	 * at then, so whether it could be put there is not known. Without `intend` and `exact`. */
	bool preview;
	/* So many paths may be read before the first of them is written: `next` is called for all of
	 * them, and no plan may depend on what is written for another. 0 is 1. */
	size_t window;
	/* The next path, with slices that live until the window is over, in the arena for instance. */
	enum apply_gives (*next)(void *self, struct arena *a, struct apply_item *item);
	/* Is it known what stands there? Then *sha256 is its hash ("": no file) and *out the plan for it;
	 * both live as long as the item. Where something else stands there, or an editor has it open,
	 * `plan` is asked. NULL: never. Only without `intend`. */
	bool (*exact)(void *self, struct arena *a, struct apply_item *item, struct slice *sha256,
		      struct apply_plan *out);
	/* What shall stand there. False: it is refused, and `made` gets the reason. May be called
	 * again for the same item. */
	bool (*plan)(void *self, struct arena *a, struct apply_item *item,
		     const struct workspace_text *now, struct apply_plan *out, struct err *err);
	/* Before it is written, into the log, which is synced when all of the window have been asked.
	 * NULL: nothing to log. False as in plan. */
	bool (*intend)(void *self, struct apply_item *item, struct err *err);
	/* What was intended was not made: something else stood there. It is planned again. Not NULL
	 * if `intend` is not. */
	void (*stale)(void *self, struct apply_item *item, const struct err *why);
	/* err: it was not made, or (ERR_TIMEOUT, ERR_IO) nobody knows. False: no more of them. */
	bool (*made)(void *self, struct apply_item *item, const struct apply_result *r,
		     const struct err *err);
	/* Nothing comes any more; last words for the log, which is synced then. NULL: none. */
	bool (*finish)(void *self, struct err *err);
	/* Last call. err: the log could not be written. The machine is gone when it returns. */
	void (*ended)(void *self, const struct err *err);
};

struct apply;
/* Begins with the next turn of the loop. `ops` and `self` are borrowed until `ended` was called. */
struct apply *apply_start(const struct change_env *e, const struct apply_ops *ops, void *self);
void apply_drop(struct apply *x); /* forgets it: no callback. NULL is fine */

#endif
