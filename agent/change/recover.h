/* recover.h - bring to an end what a killed emend left half done in a workspace.
 *
 * Looks for the marks of unfinished transactions (agent/store/unfinished.h), and rolls each back; an undo
 * that was under way goes on to its end.
 * Sessions that another emend has open are its own business and left alone. */
#ifndef EMEND_RECOVER_H
#define EMEND_RECOVER_H

#include "agent/store/event_log.h"
#include "agent/workspace/workspace.h"

struct recover;

/* report: lines for people and the model, borrowed for the time of the call; empty: there was nothing to do
 * after all. restored: how many files were put back. */
typedef void recover_cb(void *payload, struct slice report, size_t restored);
/* NULL: nothing is unfinished, the usual case; costs one look into a folder. `own`: the log of the
 * caller's session, if it has one open. Never calls back inside. */
struct recover *recover_start(struct workspace *v, struct store *store, struct event_log *own,
			      recover_cb *done, void *payload);
void recover_drop(struct recover *r); /* NULL is fine */

#endif
