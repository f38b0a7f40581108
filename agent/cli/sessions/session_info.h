/* session_info.h - what a session's log says about it: in short, and printed whole for people; and
 * finding a session by the beginning of its id. */
#ifndef EMEND_SESSION_INFO_H
#define EMEND_SESSION_INFO_H

#include "agent/cli/place.h"

enum { SESSIONS_MAX = 10000 };

struct session_info { /* texts in the arena */
	struct slice id, workspace, title, model, status, first_time, last_time, head;
	uint64_t tasks, events;
	double usd;
};

/* False if the log is damaged: *out then holds what stands before the damage. */
NODISCARD bool session_info(struct arena *a, struct slice state, struct slice id,
			    struct session_info *out, struct err *err);
/* The one session whose id begins with `prefix`; "" is the newest one. ERR_USAGE if none or several
 * do. */
NODISCARD bool session_find(struct arena *a, struct slice state, struct slice prefix,
			    struct slice *id, struct err *err);
/* The newest one of this folder. ERR_NOT_FOUND. */
NODISCARD bool session_newest(struct arena *a, struct slice state, struct slice workspace,
			      struct slice *id, struct err *err);
/* Prints the log for people: one line an event, more for what was said. */
NODISCARD bool session_show(struct term *t, struct slice state, struct slice id, struct err *err);
/* cmd_sessions.c: those of this folder as a table, or all with --all; the exit status. */
int sessions_list(struct cli *c, struct slice state);

#endif
