/* unfinished.h - which sessions have a change of files under way: STATE_DIR/unfinished/WORKSPACE.SESSION.
 *
 * The mark is on the disk before the first file of a change is touched, and goes when the log says
 * how the change ended. So after a crash the next start finds what to look at by reading one folder
 * that is nearly always empty or missing. WORKSPACE is a hash of the workspace's path. */
#ifndef EMEND_UNFINISHED_H
#define EMEND_UNFINISHED_H

#include "protocol/base/arena.h"
#include "protocol/base/err.h"

/* The mark's file, in the arena; event_log_mark() and event_log_unmark() make and remove it. */
struct slice unfinished_path(struct arena *a, struct slice state_dir, struct slice workspace,
			     struct slice session);
/* Where the session has no log any more. */
void unfinished_remove(struct slice state_dir, struct slice workspace, struct slice session);
/* The marked sessions of the workspace, in the arena; at most max. */
size_t unfinished_list(struct slice state_dir, struct slice workspace, struct arena *a,
		       struct slice *sessions, size_t max);

#endif
