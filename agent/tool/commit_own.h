/* commit_own.h - internal to the commit of a command's changes. */
#ifndef EMEND_COMMIT_OWN_H
#define EMEND_COMMIT_OWN_H

#include "agent/tool/commit.h"
#include "agent/change/entry.h"
#include "agent/change/rollback.h"
#include "agent/tool/journal.h"

enum commit_state {
	COMMIT_ORDINARY,
	COMMIT_LOOK,
	COMMIT_ASKING,
	COMMIT_PROTECTED,
	COMMIT_FINISHING,
	COMMIT_ROLLING_BACK,
	COMMIT_DONE
};

struct commit {
	enum commit_state state;
	int64_t view;
	struct view_change *changes;
	size_t n, at;
	uint64_t quiet;
	const struct shown_buffer *shown;
	commit_cb *done;
	struct buf report, diffs;
	size_t lines;
	struct slice asked; /* paths of what is protected */
	struct slice id;    /* of the change in the log; "": nothing was touched yet */
	bool *made;	    /* of each change */
	struct rollback *rollback;
	struct err why; /* of it */

	/* the change that is being made */
	struct arena arena;
	struct slice before, after; /* NULL: no file, or not as text for the log */
	bool images;		    /* undo covers it */
	struct restore_entry entry;
	uint32_t folders;	 /* that are made for it */
	struct snapshot *mine;	 /* an open buffer now */
	struct slice left;	 /* what the command left, while `after` is what the buffer gets */
	int64_t step, mode_step; /* mode_step: of its permissions; 0: they stay */
	int tries;
};

static inline const struct view_change *commit_current(const struct commit *m)
{
	return &m->changes[m->at];
}

/* Keeps the images of the change at hand; if they are not complete, undo will not cover it. */
void commit_take_image(struct commit *m, const struct view_image *v);
/* The intent, with both images where there are some; done(r, ok) when it is on the disk, before the
 * change is made. False: env->fatal is set, and done is not called. */
NODISCARD bool commit_journal(struct tool_run *r, const char *via, journal_cb *done);
/* One change failed, and nobody can say that it was not made: all that were made are undone. */
void commit_roll_back(struct tool_run *r, const struct err *why, rollback_cb *done);
/* commit_tell.c */
bool commit_is_text(struct slice s); /* of which a diff can be shown; no file is fine */
void commit_made(struct tool_run *r, bool in_buffer);
void commit_not_kept(struct commit *m, struct slice why);
/* All that was noted, for the model. finished, err: the answer of runner_finish(). */
struct slice commit_report(struct tool_run *r, struct slice finished, const struct err *err);
/* After a roll back: the faces are told. */
void commit_unmade(struct tool_run *r);

#endif
