/* questions.h - permissions and questions, put to the user by the editor.
 *
 * By window/showMessageRequest, always with actions; by emend/permission and emend/question where
 * the client is
 * one of our plugins. No answer in time (LIMIT_PERMISSION_MS), no choice, an error, an end of the
 * connection: all of these are a denial. */
#ifndef EMEND_LSP_QUESTIONS_H
#define EMEND_LSP_QUESTIONS_H

#include "agent/host.h"
#include "lsp/client.h"
#include "protocol/rpc/conn.h"

struct question_place {
	struct conn *conn;
	const struct client *client;
	struct slice task;    /* id */
	uint64_t deadline_ms; /* of the clock of the connection; absolute */
	struct runq *runq;
};

struct host_ask *questions_permission(const struct question_place *p,
				      const struct permission_request *r, permission_cb *done,
				      void *payload);
struct host_ask *questions_ask(const struct question_place *p, const struct question *q,
			       question_cb *done, void *payload);

#endif
