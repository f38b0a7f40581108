/* questions.h - permissions and questions, put to the user by the editor.
 *
 * By window/showMessageRequest, always with actions; by emend/permission and emend/question where
 * the client is one of our plugins. A no stands first: it is what editors preselect, and what a
 * key that was meant for the text then chooses. No answer in time (LIMIT_PERMISSION_MS), no
 * choice, an error, an end of the connection: all of these are a denial.
 *
 * A plugin may answer the request at once with {"pending": true}, and send the answer later as
 * the notification emend/answer {question, title} or {question, answer}. So the question can wait
 * in a window of its own while the user types on: editors that run a handler to its end would
 * have to take the keyboard meanwhile. emend/questionClosed {question} says that no answer is
 * wanted any more.
 *
 *   ASKED --{"pending": true}--> PENDING --emend/answer--> gone
 *     any state --a choice, the deadline, drop--> gone */
#ifndef EMEND_LSP_QUESTIONS_H
#define EMEND_LSP_QUESTIONS_H

#include <uv.h>

#include "agent/host.h"
#include "lsp/client.h"
#include "protocol/rpc/conn.h"

/* All questions that one editor has before it. Borrows everything. */
struct questions {
	uv_loop_t *loop;
	struct conn *conn;
	const struct client *client;
	struct runq *runq;
	struct list open; /* struct asked */
	uint64_t count;
};

void questions_init(struct questions *all, uv_loop_t *loop, struct conn *conn,
		    const struct client *client, struct runq *runq);

/* task: its id, borrowed for the call. wait_ms: how long an answer is waited for. */
struct host_ask *questions_permission(struct questions *all, struct slice task, uint64_t wait_ms,
				      const struct permission_request *r, permission_cb *done,
				      void *payload);
struct host_ask *questions_ask(struct questions *all, struct slice task, uint64_t wait_ms,
			       const struct question *q, question_cb *done, void *payload);

/* emend/answer came. What names no pending question is ignored: it was closed meanwhile. */
void questions_answered(struct questions *all, struct json params, struct arena *a);

#endif
