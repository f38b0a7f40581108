/* rewind.h - the steps of a session, and the way back to one of them.
 *
 * A step is an answer of the model with what its calls did. Steps are numbered through the session, from 1. To go back
 * to step 3 means: the files and the conversation are as they were when step 3 was over; 0 is before all of it. The log
 * only grows: it holds the undo of the files with the step that it went to (`undoing`, change/undo.h), and whoever reads
 * the conversation from the log follows that. Until the session goes on, the steps that were taken back lie ahead, and
 * the way forward is the same with a redo; then they are left behind for good.
 *
 *   1  2  3  4  5      at 5
 *   1  2 |3  4  5      rewound to 2: 3 to 5 lie ahead
 *   1  2  6            the session went on */
#ifndef EMEND_REWIND_H
#define EMEND_REWIND_H

#include "agent/change/history.h"
#include "protocol/base/arena.h"
#include "protocol/base/err.h"

struct rewind_step {
	int64_t number;
	struct slice task, time; /* time: RFC 3339, UTC */
	struct slice asked;	 /* the person's words that came before it; "": none did */
	struct slice said;	 /* the text of the answer; may be "" */
	struct slice did;	 /* its calls, "edit_file calc.py, run_command make"; may be "" */
	int64_t edits_before,
		edits;	/* numbers of edits (past_edit.step): its own are above the one, up to
					the other */
	size_t outside; /* changes of commands that cannot be taken back */
};

struct rewind_steps {
	struct slice session;
	struct rewind_step *steps; /* on the way of this conversation, also what lies ahead */
	size_t n, cap;
	size_t at; /* so many of them are done: the session stands behind steps[at - 1] */
};

/* Everything in the arena. Linear in the log. */
NODISCARD bool rewind_steps_read(struct arena *a, struct slice state_dir, struct slice session,
				 struct rewind_steps *out, struct err *err);
/* What is to be undone (*redo: made again) to get there. ERR_NOT_FOUND: there is no such step on the way; ERR_USAGE:
 * the session stands there. */
NODISCARD bool rewind_plan(const struct rewind_steps *s, int64_t to, struct past_rewind *out,
			   bool *redo, struct err *err);

#endif
