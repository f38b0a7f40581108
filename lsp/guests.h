/* guests.h - calls of other agents (agent/peers/calls.h): each is a task of this server, as if its own model had made the
 * call. So the user's settings say what is asked, the question comes up in this editor, and undo, hunks and the log know
 * of it. What only looks leaves nothing on the screen. */
#ifndef EMEND_LSP_GUESTS_H
#define EMEND_LSP_GUESTS_H

#include "agent/session/task.h"
#include "protocol/rpc/conn.h"

struct server;
struct guest_run;

/* Answers, or keeps, what is meant for it; else false. */
bool guests_request(struct server *s, struct rpc_request *req);
/* The task of the call has ended. */
void guests_done(struct guest_run *g, const struct task_outcome *o);

#endif
