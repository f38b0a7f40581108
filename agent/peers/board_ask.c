/* board_ask.c - the questions of the tasks on the board:
 *
 *   OPEN --the own user answers, or somebody who watches--> ANSWERED: out of the list, done() from the loop
 *     '--the own face cannot ask, and somebody watches--> stays OPEN; the last of them leaves --> ANSWERED */
#include <stdio.h>
#include <stdlib.h>

#include "agent/peers/board_own.h"
#include "agent/session/task.h"
#include "protocol/base/limits.h"
#include "protocol/base/mem.h"

static void write_ask(struct buf *out, const struct board_ask *ask)
{
	const struct permission_request *r = &ask->request;
	struct jw w;

	jw_init(&w, out);
	jw_object(&w);
	jw_ki64(&w, "ask", (int64_t)ask->id);
	if (ask->is_question) {
		jw_kstr(&w, "question", ask->question.text);
		jw_karray(&w, "options");
		for (size_t i = 0; i < ask->question.n_options; i++)
			jw_str(&w, ask->question.options[i]);
		jw_end(&w);
	} else {
		jw_kstr(&w, "title", r->title);
		jw_kstr(&w, "subject", r->subject);
		jw_kstr(&w, "reason", r->reason);
		jw_kstr(&w, "note", r->note);
		jw_kstr(&w, "diff", r->diff);
		jw_kstr(&w, "rule", r->rule);
		jw_kbool(&w, "can_save", r->can_save);
	}
	jw_end(&w);
}

/* To one, or with conn NULL to all who watch. A question that is too long for a message is asked by its own
 * face alone: nobody may say yes to half of one. */
void board_ask_tell(const struct board_ask *ask, struct conn *conn)
{
	struct buf b;

	buf_init(&b, LIMIT_LOG_EVENT_BYTES);
	write_ask(&b, ask);
	if (!b.full && conn)
		conn_notify(conn, "ask", buf_slice(&b));
	else if (!b.full)
		board_tell(ask->task, "ask", buf_slice(&b));
	buf_release(&b);
}

static void tell_closed(const struct board_ask *ask)
{
	char params[48];

	(void)snprintf(params, sizeof(params), "{\"ask\":%llu}", (unsigned long long)ask->id);
	board_tell(ask->task, "closed", slice_of(params));
}

/* --- who is asked --- */

static void ask_free(struct board_ask *ask)
{
	list_remove(&ask->link);
	job_drop(&ask->job);
	arena_release(&ask->arena);
	free(ask);
}

/* Out of the list first: done() may drop other questions, or end the task. */
static void deliver(struct job *j)
{
	struct board_ask *ask = container_of(j, struct board_ask, job);
	const struct err *why = ask->why.code == ERR_NONE ? NULL : &ask->why;

	list_remove(&ask->link);
	if (ask->is_question)
		ask->answered(ask->payload, ask->text, why);
	else
		ask->permitted(ask->payload, &ask->answer, why);
	ask_free(ask);
}

/* The answer is given from the loop, never inside of the call that brought it (agent/host.h). */
void board_ask_answered(struct board_ask *ask)
{
	struct board *b = ask->task->board;

	list_remove(&ask->link);
	tell_closed(ask);
	list_append(&b->answered, &ask->link);
	runq_post(b->runq, &ask->job);
}

/* The own user has answered; or nobody was there, and others may be.
 * `why` is kept while others may answer; a later answer clears it (board_answer). */
static void own_answered(struct board_ask *ask, const struct err *why)
{
	ask->own_ask = NULL;
	if (why)
		ask->why = *why;
	if (!why || list_empty(&ask->task->watchers))
		board_ask_answered(ask);
}

static void own_permitted(void *payload, const struct permission_answer *answer,
			  const struct err *why)
{
	struct board_ask *ask = payload;

	ask->answer.choice = answer->choice;
	ask->answer.comment = arena_dup(&ask->arena, answer->comment);
	own_answered(ask, why);
}

static void own_said(void *payload, struct slice answer, const struct err *why)
{
	struct board_ask *ask = payload;

	ask->text = arena_dup(&ask->arena, answer);
	own_answered(ask, why);
}

static struct board_ask *ask_new(struct board_task *t, const struct host *own, void *payload)
{
	struct board_ask *ask = xcalloc(1, sizeof(*ask));

	arena_init(&ask->arena);
	job_init(&ask->job, deliver);
	ask->task = t;
	ask->own = *own;
	ask->id = ++t->n_asks;
	ask->payload = payload;
	ask->answer.choice = PERMISSION_DENY;
	list_append(&t->asks, &ask->link);
	return ask;
}

struct host_ask *board_permission(struct board *b, const struct host *own, struct task *task,
				  const struct permission_request *r, permission_cb *done,
				  void *payload)
{
	struct board_task *t = board_find(b, task);
	struct board_ask *ask;
	struct arena *a;

	if (!t)
		return own->ops->permission(own->self, task, r, done, payload);
	ask = ask_new(t, own, payload);
	a = &ask->arena;
	ask->permitted = done;
	ask->request = permission_request_dup(a, r);
	board_ask_tell(ask, NULL);
	ask->own_ask = own->ops->permission(own->self, task, r, own_permitted, ask);
	return (struct host_ask *)ask;
}

struct host_ask *board_question(struct board *b, const struct host *own, struct task *task,
				const struct question *q, question_cb *done, void *payload)
{
	struct board_task *t = board_find(b, task);
	struct board_ask *ask;
	struct slice *options;

	if (!t)
		return own->ops->question(own->self, task, q, done, payload);
	ask = ask_new(t, own, payload);
	ask->is_question = true;
	ask->answered = done;
	options = arena_array(&ask->arena, q->n_options + 1, sizeof(*options));
	for (size_t i = 0; i < q->n_options; i++)
		options[i] = arena_dup(&ask->arena, q->options[i]);
	ask->question = (struct question){ arena_dup(&ask->arena, q->text), options, q->n_options };
	board_ask_tell(ask, NULL);
	ask->own_ask = own->ops->question(own->self, task, q, own_said, ask);
	return (struct host_ask *)ask;
}

static void drop_own(struct board_ask *ask)
{
	if (ask->own_ask)
		ask->own.ops->drop(ask->own.self, ask->own_ask);
	ask->own_ask = NULL;
}

static struct board_ask *find_ask(struct list *asks, const struct host_ask *wanted)
{
	LIST_EACH (it, tmp, asks) {
		struct board_ask *ask = container_of(it, struct board_ask, link);

		if ((const void *)ask == (const void *)wanted)
			return ask;
	}
	return NULL;
}

bool board_drop(struct board *b, struct host_ask *wanted)
{
	struct board_ask *ask = find_ask(&b->answered, wanted);

	if (ask) {
		ask_free(ask);
		return true;
	}
	LIST_EACH (it, tmp, &b->tasks) {
		ask = find_ask(&container_of(it, struct board_task, link)->asks, wanted);
		if (!ask)
			continue;
		drop_own(ask);
		tell_closed(ask);
		ask_free(ask);
		return true;
	}
	return false;
}

/* --- answers from elsewhere --- */

static bool read_choice(struct json v, enum permission *out)
{
	static const struct {
		const char *name;
		enum permission choice;
	} all[] = { { "once", PERMISSION_ONCE },
		    { "always", PERMISSION_ALWAYS },
		    { "saved", PERMISSION_SAVED },
		    { "deny", PERMISSION_DENY } };

	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		if (!json_is(v, all[i].name))
			continue;
		*out = all[i].choice;
		return true;
	}
	return false;
}

/* Only what was offered can be chosen. */
static bool take_answer(struct board_ask *ask, struct rpc_request *req)
{
	const struct permission_request *r = &ask->request;
	enum permission choice;
	struct slice text;

	if (ask->is_question) {
		if (!json_str(json_get(req->params, "text"), &req->arena, &text) || text.len == 0)
			return false;
		ask->text = arena_dup(&ask->arena, text);
		return true;
	}
	if (!read_choice(json_get(req->params, "choice"), &choice) ||
	    (choice == PERMISSION_ALWAYS && r->rule.len == 0) ||
	    (choice == PERMISSION_SAVED && (r->rule.len == 0 || !r->can_save)))
		return false;
	text = json_str_or(json_get(req->params, "comment"), &req->arena, "");
	ask->answer = (struct permission_answer){ choice, arena_dup(&ask->arena, text) };
	return true;
}

/* The own face's dialog is closed, and its user is told who answered. */
void board_answer(struct board_task *t, struct rpc_request *req)
{
	int64_t id = json_i64_or(json_get(req->params, "ask"), 0);
	struct err err;

	LIST_EACH (it, tmp, &t->asks) {
		struct board_ask *ask = container_of(it, struct board_ask, link);
		struct task_event ev = { .kind = TASK_NOTICE,
					 .task = task_id(t->task),
					 .text = SLICE(
						 "answered from another terminal or editor") };

		if ((int64_t)ask->id != id)
			continue;
		if (!take_answer(ask, req)) {
			conn_reply_error(req, RPC_INVALID_PARAMS,
					 "That is no answer to this question.");
			return;
		}
		conn_reply_result(req, SLICE("{}"));
		ask->why.code = ERR_NONE;
		drop_own(ask);
		ask->own.ops->event(ask->own.self, t->task, &ev);
		board_ask_answered(ask);
		return;
	}
	(void)err_set(&err, ERR_STALE, "That question was answered already.");
	conn_reply_err(req, &err);
}
