/* history.h - what past tasks did to files, read from the event logs: for undo and diff. */
#ifndef EMEND_HISTORY_H
#define EMEND_HISTORY_H

#include "agent/change/entry.h"
#include "protocol/base/arena.h"
#include "protocol/base/err.h"

/* One change of one path, from the events `edit`, `edited` and `undo` of the log. All slices are in the
 * arena that history_read() was given. */
struct past_edit {
	struct slice task, path; /* path: relative to the workspace */
	int64_t step;
	struct slice before, after; /* SHA-256 hex of blobs; "" = no file */
	uint32_t mode;		    /* permission bits of the file before; 0: not known */
	struct restore_entry entry; /* not text: before and after are no content to compare */
	bool made;    /* the log says that the change was made (false also: interrupted, unknown) */
	bool failed;  /* the log says that it was not */
	bool unknown; /* nobody knows: an editor that did not answer may have made it later */
	bool undone;
	bool rewound; /* by a rewind, after which the session has not gone on: it can go forward again */
	bool absent; /* undone, but nothing had to be changed for it: somebody had taken it out before */
	const struct slice *hunks; /* it took these hunks back: the user's doing, not the model's */
	size_t n_hunks;
	uint32_t folders;  /* how many of its parents were missing before, and were made for it */
	size_t prev, next; /* edits of the same path; SIZE_MAX: it is the first, the last */
};

/* A rewind: all steps above one and up to another, of all tasks of the session, and with them the
 * conversation. Numbers of steps as in past_edit.step. */
struct past_rewind {
	int64_t to; /* the answer of the model behind which the session stands then (agent/session/rewind.h) */
	int64_t above, upto;
};

/* A task, in the order in which they began. */
struct past_task {
	struct slice id, title, time; /* time: RFC 3339, UTC */
};

/* An undo or redo that was begun. */
struct past_undo {
	bool open; /* and not ended: a crash */
	struct slice task;
	int64_t only; /* a step of it, or -1 */
	bool redo;
	bool rewinds;
	struct past_rewind rewind; /* if it does */
};

struct history {
	struct slice session, workspace;
	struct past_edit *edits; /* in the order in which they were made */
	size_t n, cap;
	size_t lines;		/* of the log that are good: if it is damaged, the next one is */
	struct slice last_task; /* the newest task that edited; "" if none */
	struct past_undo undo;	/* the last one */
	struct slice *accepted; /* ids of hunks that the user accepted */
	size_t n_accepted, cap_accepted;
	struct past_task *tasks;
	size_t n_tasks, cap_tasks;
};

/* Everything in the arena. Linear in the log. ERR_INVALID: the log is damaged; what stands before is
 * in *out. */
NODISCARD bool history_read(struct arena *a, struct slice state_dir, struct slice session,
			    struct history *out, struct err *err);
/* The session that holds this task, or is it by its own id, or, with task "", the newest session of the workspace that
 * edited files. ERR_NOT_FOUND with a sentence for the user. ERR_INVALID: no task is named, and a newer
 * session is damaged: to go on with an older one would be a guess. */
NODISCARD bool history_find(struct arena *a, struct slice state_dir, struct slice workspace,
			    struct slice task, struct history *out, struct err *err);

#endif
