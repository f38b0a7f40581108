/* pending.h - which sessions of a workspace hold changes that wait for the user's word: one empty
 * file each, STATE_DIR/pending/WORKSPACE-HASH/SESSION. A hint only: the truth is in the logs. */
#ifndef EMEND_PENDING_H
#define EMEND_PENDING_H

#include "protocol/base/arena.h"
#include "protocol/base/err.h"

/* Adds or removes the session; what cannot be written is only logged: the hint is then missing. */
void pending_mark(struct slice state_dir, struct slice workspace, struct slice session,
		  bool waits);
/* Oldest first, at most max (the newest of them), in the arena. */
size_t pending_sessions(struct slice state_dir, struct slice workspace, struct arena *a,
			struct slice *ids, size_t max);

#endif
