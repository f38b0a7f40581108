/* questions.h - permissions and questions, put to the user by the editor.
 *
 * By window/showMessageRequest, always with actions, one at a time, and only when the whole of what
 * is asked about can be seen: in the message, or in a document that was opened before. By
 * emend/permission and emend/question where the client is one of our plugins, which shows the whole
 * by its own means. A no stands first: it is what editors preselect, and what a key that was meant
 * for the text then chooses. No answer in time (LIMIT_PERMISSION_MS), no choice, an error, an end of
 * the connection: all of these are a denial.
 *
 * A plugin may answer the request at once with {"pending": true}, and send the answer later as
 * the notification emend/answer {question, title, comment?} or {question, answer}. So the question
 * can wait in a window of its own while the user types on: editors that run a handler to its end
 * would have to take the keyboard meanwhile. emend/questionClosed {question} says that no answer is
 * wanted any more.
 *
 *   WAITING --first of the queue--> ASKED --{"pending": true}--> PENDING --emend/answer--> gone
 *      |                             ^  | "Show"
 *      '--a diff, a long command--> SHOWING: the whole of it as a document, by window/showDocument
 *   any state --a choice, the deadline, drop; neither document nor message shows it--> gone */
#ifndef EMEND_LSP_QUESTIONS_H
#define EMEND_LSP_QUESTIONS_H

#include <uv.h>

#include "agent/base/runq.h"
#include "agent/host.h"
#include "lsp/editor/client.h"
#include "lsp/editor/question_documents.h"
#include "lsp/editor/shown.h"
#include "protocol/rpc/conn.h"

/* All questions that one editor has before it. Borrows everything. */
struct questions {
	uv_loop_t *loop;
	struct runq *runq;
	struct conn *conn;
	const struct client *client;
	struct shown *shown;
	struct list queue; /* struct asked.link; without a plugin the first alone is with the user */
	uint64_t count;
	struct question_documents documents;
};

void questions_init(struct questions *q, uv_loop_t *loop, struct runq *runq, struct conn *conn,
		    const struct client *client, struct shown *shown);
void questions_release(struct questions *q); /* none may be open; removes the documents */

struct question_place { /* borrowed for the call */
	struct slice task;	/* id */
	struct slice title;	/* of the task: several may be asking */
	struct slice state_dir; /* documents are kept below it */
	uint64_t wait_ms;	/* for an answer, from when the question was sent */
};

struct host_ask *questions_permission(struct questions *all, struct question_place p,
				      const struct permission_request *r, permission_cb *done,
				      void *payload);
struct host_ask *questions_ask(struct questions *all, struct question_place p,
			       const struct question *q, question_cb *done, void *payload);

/* emend/answer came. What names no pending question is ignored: it was closed meanwhile. */
void questions_answered(struct questions *all, struct json params, struct arena *a);

#endif
