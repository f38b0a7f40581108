/* calls.h - the tools of a face, for another program of the user: it reads, edits and runs in the workspace through the
 * editor that has it open, as a task of that face. What a face that takes such calls answers (beside face.h, board.h):
 *
 *   calls {root}                               -> {workspace}: the folder of the face in which root lies
 *   call {root, tool, input, client, session}  -> {ok, text, session, task}, when the task has ended
 *
 * session: "" or one that an earlier call has told: its log goes on. Below is the side that calls:
 *
 *   LOOKING (a worker thread reads the folder) --faces whose root holds ours--> ASKING one after the other
 *      ^ the folder changed, the face has gone      | none (left)                 | it takes calls
 *      '------------------------------------------- NOBODY                       THERE */
#ifndef EMEND_PEERS_CALLS_H
#define EMEND_PEERS_CALLS_H

#include <uv.h>

#include "agent/base/runq.h"
#include "protocol/base/err.h"
#include "protocol/base/slice.h"

#define PEER_CALLS "calls"
#define PEER_CALL "call"

/* What can be called: the tool by its name (agent/tool), and for people what it does, and the argument that says to what.
 * The table is in calls.c: a tool that is not in it cannot be called from outside. */
struct peer_call {
	const char *tool, *verb, *object;
	bool looks; /* it changes nothing */
};
const struct peer_call *peer_call_find(struct slice tool); /* NULL: not that one */

enum calls_state { CALLS_LOOKING, CALLS_ASKING, CALLS_NOBODY, CALLS_THERE };

struct calls;
struct calls_call;

struct calls_options { /* root is borrowed for the call */
	uv_loop_t *loop;
	struct runq *runq;
	struct slice root;				      /* absolute, resolved */
	void (*changed)(void *payload, enum calls_state now); /* NOBODY or THERE; from the loop */
	void *payload;
};

struct calls *calls_open(const struct calls_options *o);
enum calls_state calls_state(const struct calls *c);
struct slice calls_workspace(const struct calls *c); /* while THERE: of the face; absolute */
/* err: nobody could make it, or the face ended meanwhile. Once, from the loop. */
typedef void calls_cb(void *payload, bool ok, struct slice text, const struct err *err);
/* Only while THERE. input: a JSON object; all is borrowed for the call. */
struct calls_call *calls_make(struct calls *c, const char *tool, struct slice input,
			      struct slice client, calls_cb *done, void *payload);
void calls_drop(struct calls_call *call); /* gives it up: no callback */
/* No call is under way. No callback comes afterwards; frees itself as the loop runs on. NULL is fine. */
void calls_close(struct calls *c);

#endif
