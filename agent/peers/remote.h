/* remote.h - the tasks that run in other faces of the user (board.h), and the way to them.
 *
 *   LOOKING (a worker thread reads the folder) --> ASKING each face that lists a task there --> KNOWN: done()
 *
 * A face that dies or does not answer in LIMIT_PEER_MS costs its own tasks only. The connections stay until
 * remote_close(), so that a task can be told something, and watched. */
#ifndef EMEND_PEERS_REMOTE_H
#define EMEND_PEERS_REMOTE_H

#include <uv.h>

#include "agent/base/runq.h"
#include "protocol/rpc/conn.h"

struct remote;

struct remote_task { /* in the arena of its remote */
	struct slice id, session, title, workspace, model, mode, face, state, doing;
	double usd, seconds;
	const struct slice *queue; /* what it is to hear with its next step */
	size_t n_queue;
	struct remote_face *from; /* internal */
};

struct remote_options { /* root and own are borrowed for the call */
	uv_loop_t *loop;
	struct runq *runq;
	struct slice root; /* tasks of this folder, in it, or of a folder around it */
	const char *own;   /* the name of our own face, which is none of the others; or "" */
	void (*done)(void *payload, struct remote *r);
	/* Of a task that is watched (board.h); may be NULL. Borrowed. */
	void (*notified)(void *payload, struct slice method, struct json params, struct arena *a);
	void *payload;
};

struct remote *remote_find(const struct remote_options *o);
/* After done(); the order is that of the faces. Lives until remote_close(). */
const struct remote_task *remote_tasks(const struct remote *r, size_t *n);
/* The one with this id, or a beginning of it that is unique; "": the only one. ERR_NOT_FOUND: there is none,
 * or more than one; the message says which. */
NODISCARD bool remote_pick(const struct remote *r, struct slice id, const struct remote_task **out,
			   struct err *err);
/* Begins a request about the task: its object is open, and has the task's id; members may follow, then
 * remote_call_end(). NULL: the face has gone. */
struct jw *remote_call_begin(struct remote *r, const struct remote_task *t, const char *method);
/* wait_ms 0: as long as it takes. done comes once, unless remote_close() is quicker. */
void remote_call_end(struct remote *r, const struct remote_task *t, uint64_t wait_ms,
		     rpc_done_cb *done, void *payload);
/* No callback comes afterwards. Frees itself as the loop runs on. NULL is fine. */
void remote_close(struct remote *r);

#endif
