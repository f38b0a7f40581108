/* rollback.h - bring the transaction that a session left unfinished to an end.
 *
 * Its edits are taken back one by one, newest first (apply.h), what a killed write left beside the
 * file is swept away; then a commit event stands in the log, and the mark of the session goes.
 *
 * Used where a change of several files fails halfway, where a task is cancelled in one, and at the
 * next start after a crash. What it needs is read from the log. If all edits are known to be made,
 * only the commit was missing. A file that the user has changed since in the same place is left and
 * named; where files cannot be reached at all, the transaction stays unfinished for the next try.
 * Where only the log cannot be written, the files go back, and the next start completes the log. */
#ifndef EMEND_ROLLBACK_H
#define EMEND_ROLLBACK_H

#include "agent/store/event_log.h"
#include "agent/workspace/workspace.h"

struct rollback;

/* Borrowed for the time of the call. */
struct rollback_result {
	struct slice report; /* lines "PATH: what happened"; empty: nothing was unfinished */
	size_t restored;     /* files that were put back */
	size_t left;	     /* files that could not be */
	bool finished;	     /* all edits were made: nothing was put back */
};
/* err: files or the log could not be reached; the transaction is still unfinished. */
typedef void rollback_cb(void *payload, const struct rollback_result *r, const struct err *err);
/* log: open, of the session. Both are borrowed until done. Never calls back inside. */
struct rollback *rollback_start(struct workspace *v, struct event_log *log, rollback_cb *done,
				void *payload);
void rollback_drop(struct rollback *b); /* NULL is fine; the transaction stays unfinished */

#endif
