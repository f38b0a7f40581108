/* board.h - the tasks that run in this face, before the user's other faces: there they are listed, watched,
 * answered, steered and cancelled. What others may ask (of face.h, beside its own requests):
 *
 *   tasks {}             -> {tasks: [{task, session, title, workspace, model, mode, face, state, doing, usd,
 *                            seconds, queue: [text]}]}; state: "running", or "waiting" for an answer
 *   watch {task}         -> {status}, when it has ended. Until then come notifications:
 *                             event {...}          event_wire.h; first those of before, as far as they are kept
 *                             ask {ask, title, subject, reason, note, diff, rule, can_save}
 *                             ask {ask, question, options}
 *                             closed {ask}         it needs no answer any more
 *   answer {task, ask, choice, comment} or {task, ask, text}; choice: "once", "always", "saved", "deny"
 *   steer {task, text}   unsteer {task} -> {text}   cancel {task}
 *
 * A question is put to the face's own user and to all who watch at once: the first answer wins, and the others
 * are closed. Where the face itself has nobody to ask, the question stays as long as somebody watches. */
#ifndef EMEND_PEERS_BOARD_H
#define EMEND_PEERS_BOARD_H

#include "agent/base/runq.h"
#include "agent/event.h"
#include "agent/host.h"
#include "protocol/base/list.h"
#include "protocol/rpc/conn.h"

enum { BOARD_PAST_BYTES = 256 * 1024 };

struct board {
	uv_loop_t *loop;
	struct runq *runq;
	const char *face;	      /* what people call it: "do", "chat", "editor" */
	void (*changed)(void *owner); /* board_list() says something else now */
	void *owner;
	struct list tasks;    /* struct board_task */
	struct list answered; /* questions whose done() is due */
};

/* Borrows all. */
void board_init(struct board *b, uv_loop_t *loop, struct runq *runq, const char *face,
		void (*changed)(void *owner), void *owner);
/* The face is closed, and no question is open. */
void board_release(struct board *b);
/* Answers, or keeps, what is meant for it; else false. */
bool board_request(struct board *b, struct rpc_request *req);
/* The lines of the tasks for the face's list (folder.h). */
void board_list(const struct board *b, struct buf *out);

/* What a task tells and asks its face comes by here: see host.h. own: the face's own operations. */
void board_event(struct board *b, struct task *t, const struct task_event *ev);
struct host_ask *board_permission(struct board *b, const struct host *own, struct task *t,
				  const struct permission_request *r, permission_cb *done,
				  void *payload);
struct host_ask *board_question(struct board *b, const struct host *own, struct task *t,
				const struct question *q, question_cb *done, void *payload);
/* False: it is no question of these. */
bool board_drop(struct board *b, struct host_ask *ask);

#endif
