/* hunk_reject.h - take hunks of one session back: their lines become what they were before the task, and
 * nothing else changes.
 *
 * Each file is read once, its hunks are taken out one after the other in memory, newest first, and
 * what comes out is written once. A hunk whose lines the user has changed since stays and is named.
 * For each task of a file an edit stands in the log, so that undo and audit know of it; all of them are
 * one set (change_log.h): after a crash it is rolled back whole, and the hunks wait again. */
#ifndef EMEND_HUNK_REJECT_H
#define EMEND_HUNK_REJECT_H

#include "agent/change/apply.h"
#include "agent/change/hunks.h"

struct change_reject_spec {
	struct hunks *hunks;	 /* borrowed until done */
	const struct slice *ids; /* borrowed for the time of the call; others than the session's and
				  * the workspace's are left alone */
	size_t n_ids;
};
/* What came of it, for the face. */
struct change_reject_result {
	struct slice
		report; /* lines for people, one for each refusal; borrowed for the time of the call */
	size_t rejected, refused; /* hunks */
};
/* err: the log could not be written. */
typedef void change_reject_cb(void *payload, const struct change_reject_result *r,
			      const struct err *err);

struct change_reject;
/* The log in `e` is that of the session. Never calls back inside. */
struct change_reject *change_reject_start(const struct change_env *e,
					  const struct change_reject_spec *s,
					  change_reject_cb *done, void *payload);
void change_reject_drop(
	struct change_reject *r); /* no callback; what was made stands. NULL is fine */

#endif
