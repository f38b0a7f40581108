/* follow.h - one file through the edits of a log, in their order, to the hunks that they left.
 *
 * What happened between two edits was the user's typing; a rejection takes its hunks away; what was
 * undone leaves none. */
#ifndef EMEND_FOLLOW_H
#define EMEND_FOLLOW_H

#include "agent/change/history.h"
#include "agent/change/hunk_track.h"

/* A file on its way through the log. Its text is that after the last edit that was followed. */
struct followed {
	struct slice path;
	struct hunk_list list; /* release it */
	struct slice text;     /* that the list refers to; ptr NULL: no file */
	struct slice hash;     /* of it; "" at first */
	bool damaged;	       /* an image is missing: nothing can be said */
};

/* Texts go into the arena. session: of the hunks; may be NULL. */
void follow_edit(struct followed *f, struct arena *a, struct slice state_dir,
		 const struct history *h, struct hunk_session *session, const struct past_edit *e);
/* Whether edit i was made, and was one of text. Where the log does not know, a later text shows it: those before the
 * edits that follow, or `now`; NULL: not known either. */
bool follow_made(struct arena *a, struct slice state_dir, const struct history *h, size_t i,
		 const struct slice *now);

#endif
