/* board_own.h - internal to agent/peers: a task on the board, and its questions (board_ask.c). */
#ifndef EMEND_PEERS_BOARD_OWN_H
#define EMEND_PEERS_BOARD_OWN_H

#include "agent/peers/board.h"

/* Freed with the last event of its task. `task` is borrowed from the core, which lives longer. */
struct board_task {
	struct list link;
	struct board *board;
	struct task *task;
	struct arena arena;
	struct slice model, mode; /* in the arena */
	uint64_t started_ms;
	struct usage usage;
	char doing[160];
	struct buf past; /* events, one a line; the oldest go when there are too many */
	struct list watchers, asks;
	uint64_t n_asks;
};

/* The core holds it as a host_ask: freed after done(), or with the drop. Its texts are copies, in
 * the arena. */
struct board_ask {
	struct list link; /* of the task while it is OPEN, else of the board's answered ones */
	struct board_task *task;
	uint64_t id;
	struct host own;
	struct host_ask *own_ask; /* NULL: the own face could not ask, or has answered */
	struct arena arena;
	bool is_question;
	struct permission_request request; /* or */
	struct question question;
	permission_cb *permitted;
	question_cb *answered;
	void *payload;
	struct job job; /* ANSWERED: done() is due */
	struct permission_answer answer;
	struct slice text;
	struct err why; /* ERR_NONE: there is an answer */
};

struct board_task *board_find(struct board *b, const struct task *task);
/* A notification to all who watch; params: one JSON object. */
void board_tell(struct board_task *t, const char *method, struct slice params);

/* The question to one who watches, or with conn NULL to all. */
void board_ask_tell(const struct board_ask *ask, struct conn *conn);
/* It has its answer, or the reason why there is none. */
void board_ask_answered(struct board_ask *ask);
/* The request "answer". */
void board_answer(struct board_task *t, struct rpc_request *req);

#endif
