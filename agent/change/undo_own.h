/* undo_own.h - internal to an undo: its state.
 *
 *   undo.c      which steps, in which order, and what shall stand there
 *   undo_tell.c what stands in the log, and what people are told */
#ifndef EMEND_CHANGE_UNDO_OWN_H
#define EMEND_CHANGE_UNDO_OWN_H

#include "agent/change/undo.h"
#include "agent/change/undo_git.h"
#include "agent/store/event_log.h"

/* What is to be done with one wanted step, and what came of it. Turns of a path are a list by `next`, in the
 * order in which they go. */
struct turn { /* of one wanted step */
	const struct past_edit *edit;
	size_t next;	/* turn of the same path, or SIZE_MAX */
	size_t end;	/* of the first turn of a run: the turn that is not in it any more */
	bool went;	/* the step is out of the text (or in it again) */
	bool left_out;	/* it never was made: nothing to say about it */
	bool planned;
	bool absent; /* at the first look the text was as it is to be: whoever did that, it was no undo */
	struct err why; /* neither: the reason */
};

/* All turns of one path, as the ends of their list. */
struct group {
	size_t head, tail; /* turns */
};

/* The state of an undo. It frees itself after `done`.
 *
 * checking: the first pass, which writes nothing. It looks at branches, tags and HEAD, so that a repository
 * in which one of them has moved is left as a whole (undo_git.h). Then the same groups are gone through
 * again, and made. */
struct change_undo {
	struct change_env env;
	struct change_undo_spec spec;
	struct past_rewind rewind;     /* if spec.rewind */
	struct change_preview preview; /* if spec.preview */
	struct arena arena; /* of the plan */
	struct turn *turns;
	struct group *groups;
	size_t n_groups, group; /* group: so many were begun */
	size_t first, end;	/* turns of the run in hand: from first up to, not with, end */
	size_t next;		/* the turn after it; SIZE_MAX: the group is done */
	size_t drawn; /* first turn of a run that waits behind a fence; SIZE_MAX: none does */
	bool whole;   /* the run that was drawn last is all of its path */
	bool alone;   /* it must be made before the next one */
	bool checking,
		checked; /* first pass, and its end: only what decides for a git repository */
	struct blob_reader reader;
	struct undo_git git;
	bool begun, marked;	/* it stands in the log; the session was marked before */
	bool lost;		/* the worker ended: the next start goes on with it */
	struct slice swept;	/* the folder that was swept last */
	struct sync_wait *sync; /* of the log, before the first file is changed */
	struct apply *apply;
	struct buf report;
	struct change_undo_result out;
	struct err why; /* of the log */
	change_undo_cb *done;
	void *payload;
};

/* undo_tell.c. The log says that it was begun, and how it ended; *err: the log is broken. */
NODISCARD bool undo_log_begin(struct change_undo *u);
NODISCARD bool undo_log_end(struct change_undo *u, bool ok, struct err *err);
/* Nothing is left to be done at the next start. */
void undo_log_over(struct change_undo *u);
/* The run in hand is made, or refused. False: the log is broken. */
NODISCARD bool undo_settle(struct change_undo *u, const struct apply_result *r);

#endif
