/* questions.c - see questions.h */
#include "lsp/questions.h"

#include <stdio.h>
#include <stdlib.h>

#include "agent/base/runq.h"
#include "lsp/ask.h"
#include "lsp/messages.h"
#include "protocol/base/limits.h"
#include "protocol/base/mem.h"

enum { MAX_OPTIONS = 8, TITLE_BYTES = 90, SUBJECT_BYTES = 300, REASON_BYTES = 200 };

static const char once[] = "Allow once";
static const char deny[] = "Deny";

enum asked_state { ASKED_SENT, ASKED_PENDING };

struct asked {
	enum asked_state state;
	struct host_ask ask;
	struct questions *all;
	struct list link;
	char id[24];
	struct rpc_call *call; /* NULL: answered */
	struct arena arena;
	struct job job;	  /* there is no way to ask: said from the loop */
	uv_timer_t timer; /* the deadline of a pending one; conn keeps that of the call */
	uint64_t deadline_ms;
	bool answered_by_user; /* else the editor is told to close it */
	struct err why;
	struct slice always;		   /* the action's title; empty: not offered */
	struct slice titles[MAX_OPTIONS];  /* of a question, as they were shown */
	struct slice options[MAX_OPTIONS]; /* and as they are */
	size_t n_options;
	permission_cb *permitted; /* one of these two */
	question_cb *answered;
	void *payload;
};

void questions_init(struct questions *all, uv_loop_t *loop, struct conn *conn,
		    const struct client *client, struct runq *runq)
{
	*all = (struct questions){ .loop = loop, .conn = conn, .client = client, .runq = runq };
	list_init(&all->open);
}

static void on_closed(uv_handle_t *h)
{
	free(h->data);
}

/* Neither the task nor the deadline asks the user to act on a question that nobody waits for. */
static void tell_closed(struct asked *q)
{
	struct jw *w;

	if (!q->all->client->emend || q->answered_by_user || q->why.code != ERR_NONE)
		return;
	w = conn_notify_begin(q->all->conn, "emend/questionClosed");
	jw_object(w);
	jw_kcstr(w, "question", q->id);
	jw_end(w);
	conn_notify_end(q->all->conn);
}

static void asked_free(struct asked *q)
{
	if (q->call)
		conn_call_drop(q->call);
	tell_closed(q);
	list_remove(&q->link);
	job_drop(&q->job);
	arena_release(&q->arena);
	uv_close((uv_handle_t *)&q->timer, on_closed);
}

static void drop(struct host_ask *ask)
{
	asked_free(container_of(ask, struct asked, ask));
}

static struct asked *asked_new(struct questions *all, uint64_t wait_ms, void *payload)
{
	struct asked *q = xcalloc(1, sizeof(*q));

	q->all = all;
	q->ask.drop = drop;
	q->payload = payload;
	q->deadline_ms = uv_now(all->loop) + wait_ms;
	(void)snprintf(q->id, sizeof(q->id), "q%llu", (unsigned long long)++all->count);
	arena_init(&q->arena);
	(void)uv_timer_init(all->loop, &q->timer);
	q->timer.data = q;
	list_append(&all->open, &q->link);
	return q;
}

static void settle(struct asked *q, struct json answer, struct arena *a, const struct err *err);

static void on_deadline(uv_timer_t *t)
{
	struct json missing = { 0 };
	struct err err;

	(void)err_set(&err, ERR_TIMEOUT, "nobody answered in time");
	settle(t->data, missing, NULL, &err);
}

static void asked_goto(struct asked *q, enum asked_state next)
{
	uint64_t now = uv_now(q->all->loop);

	q->state = next;
	if (next == ASKED_PENDING)
		(void)uv_timer_start(&q->timer, on_deadline,
				     q->deadline_ms > now ? q->deadline_ms - now : 0, 0);
}

static void on_reply(void *payload, const struct rpc_reply *reply, const struct err *err)
{
	struct asked *q = payload;

	q->call = NULL;
	if (!err && q->all->client->emend &&
	    json_bool_or(json_get(reply->result, "pending"), false)) {
		asked_goto(q, ASKED_PENDING);
		return;
	}
	q->answered_by_user = !err || err->code != ERR_TIMEOUT;
	settle(q, reply->result, reply->arena, err);
}

void questions_answered(struct questions *all, struct json params, struct arena *a)
{
	struct slice id = json_str_or(json_get(params, "question"), a, "");

	LIST_EACH (it, tmp, &all->open) {
		struct asked *q = container_of(it, struct asked, link);

		if (q->state != ASKED_PENDING || !slice_eq_cstr(id, q->id))
			continue;
		q->answered_by_user = true;
		settle(q, params, a, NULL);
		return;
	}
}

/* --- permission --- */

/* {"title": TITLE} is a choice; anything else is a denial. */
static void settle_permission(struct asked *q, struct slice title, const struct err *err)
{
	enum permission answer = PERMISSION_DENY;
	struct err why;

	if (slice_eq_cstr(title, once))
		answer = PERMISSION_ONCE;
	else if (q->always.len && slice_eq(title, q->always))
		answer = PERMISSION_ALWAYS;
	if (err && err->code == ERR_TIMEOUT)
		(void)err_set(&why, ERR_TIMEOUT,
			      "Nobody answered in time, which counts as a denial.");
	else if (err)
		(void)err_set(&why, ERR_DENIED,
			      "The editor could not ask (%s), which counts as a denial.", err->msg);
	q->permitted(q->payload, answer, err ? &why : NULL);
}

static void put_actions(struct jw *w, const char *key, struct asked *q, bool as_objects)
{
	struct slice titles[] = { SLICE(deny), SLICE(once), q->always };

	jw_karray(w, key);
	for (size_t i = 0; i < ARRAY_LEN(titles); i++) {
		if (titles[i].len == 0)
			continue;
		if (as_objects) {
			jw_object(w);
			jw_kstr(w, "title", titles[i]);
			jw_end(w);
		} else {
			jw_str(w, titles[i]);
		}
	}
	jw_end(w);
}

static void ask_plugin(struct asked *q, struct slice task, const struct permission_request *r)
{
	struct conn *conn = q->all->conn;
	struct jw *w = conn_call_begin(conn, "emend/permission");

	jw_object(w);
	jw_kcstr(w, "question", q->id);
	jw_kstr(w, "taskId", task);
	jw_kstr(w, "title", r->title);
	jw_kstr(w, "subject", r->subject);
	if (r->reason.len)
		jw_kstr(w, "reason", r->reason);
	if (r->diff.len)
		jw_kstr(w, "diff", r->diff);
	put_actions(w, "options", q, false);
	jw_end(w);
	q->call = conn_call_end(conn, q->deadline_ms, on_reply, q);
}

static void ask_any(struct asked *q, const struct permission_request *r)
{
	const struct client *client = q->all->client;
	struct conn *conn = q->all->conn;
	struct slice title = shown_text(&q->arena, client, r->title, TITLE_BYTES);
	struct slice subject = shown_text(&q->arena, client, r->subject, SUBJECT_BYTES);
	struct slice reason = shown_text(&q->arena, client, r->reason, REASON_BYTES);
	struct slice text = arena_printf(&q->arena, "Emend: %.*s: %.*s%s%.*s%s", SLICE_ARG(title),
					 SLICE_ARG(subject), reason.len ? " (" : "",
					 SLICE_ARG(reason), reason.len ? ")" : "");
	struct jw *w = conn_call_begin(conn, "window/showMessageRequest");

	jw_object(w);
	jw_ki64(w, "type", LSP_MESSAGE_WARNING);
	jw_kstr(w, "message", text);
	put_actions(w, "actions", q, true);
	jw_end(w);
	q->call = conn_call_end(conn, q->deadline_ms, on_reply, q);
}

struct host_ask *questions_permission(struct questions *all, struct slice task, uint64_t wait_ms,
				      const struct permission_request *r, permission_cb *done,
				      void *payload)
{
	struct asked *q = asked_new(all, wait_ms, payload);

	job_init(&q->job, NULL);
	q->permitted = done;
	if (r->rule.len && r->rule.len < TITLE_BYTES)
		q->always =
			shown_text(&q->arena, all->client,
				   arena_printf(&q->arena, "Always allow %.*s", SLICE_ARG(r->rule)),
				   TITLE_BYTES + 20);
	if (all->client->emend)
		ask_plugin(q, task, r);
	else
		ask_any(q, r);
	return &q->ask;
}

/* --- question --- */

/* A choice comes back as it was shown; what was typed comes back as it is. */
static struct slice option_of(const struct asked *q, struct slice shown, struct slice otherwise)
{
	for (size_t i = 0; i < q->n_options; i++)
		if (slice_eq(shown, q->titles[i]))
			return q->options[i];
	return otherwise;
}

static void settle_question(struct asked *q, struct json reply, struct arena *a,
			    const struct err *err)
{
	struct slice answer = SLICE(""), text;
	struct err why = { .code = ERR_NONE };

	if (!err && json_str(json_get(reply, "answer"), a, &text))
		answer = option_of(q, text, text);
	else if (!err && json_str(json_get(reply, "title"), a, &text))
		answer = option_of(q, text, answer);
	if (err)
		(void)err_set(&why, err->code == ERR_TIMEOUT ? ERR_TIMEOUT : ERR_DENIED,
			      "The user did not answer: %s", err->msg);
	else if (answer.len == 0)
		(void)err_set(&why, ERR_DENIED, "The user closed the question without an answer.");
	q->answered(q->payload, answer, why.code == ERR_NONE ? NULL : &why);
}

/* The one end of a question that somebody still waits for. */
static void settle(struct asked *q, struct json answer, struct arena *a, const struct err *err)
{
	if (q->permitted)
		settle_permission(
			q, err ? SLICE("") : json_str_or(json_get(answer, "title"), a, ""), err);
	else
		settle_question(q, answer, a, err);
	asked_free(q);
}

static void keep_options(struct asked *q, const struct question *question)
{
	for (size_t i = 0; i < question->n_options && q->n_options < MAX_OPTIONS; i++) {
		struct slice title =
			shown_text(&q->arena, q->all->client, question->options[i], TITLE_BYTES);

		if (title.len == 0)
			continue;
		q->titles[q->n_options] = title;
		q->options[q->n_options++] = arena_dup(&q->arena, question->options[i]);
	}
}

static void put_question(struct asked *q, struct slice task, const struct question *question)
{
	const struct client *client = q->all->client;
	struct conn *conn = q->all->conn;
	struct slice text = shown_text(&q->arena, client, question->text, SUBJECT_BYTES);
	struct slice message = arena_printf(&q->arena, "Emend: %.*s", SLICE_ARG(text));
	struct jw *w = conn_call_begin(conn, client->emend ? "emend/question"
							   : "window/showMessageRequest");

	jw_object(w);
	if (client->emend) {
		jw_kcstr(w, "question", q->id);
		jw_kstr(w, "taskId", task);
		jw_kstr(w, "text", question->text);
	} else {
		jw_ki64(w, "type", LSP_MESSAGE_INFO);
		jw_kstr(w, "message", message);
	}
	jw_karray(w, client->emend ? "options" : "actions");
	for (size_t i = 0; i < q->n_options; i++) {
		if (client->emend) {
			jw_str(w, q->titles[i]);
			continue;
		}
		jw_object(w);
		jw_kstr(w, "title", q->titles[i]);
		jw_end(w);
	}
	jw_end(w);
	jw_end(w);
	q->call = conn_call_end(conn, q->deadline_ms, on_reply, q);
}

static void on_job(struct job *j)
{
	struct asked *q = container_of(j, struct asked, job);

	q->answered(q->payload, SLICE(""), &q->why);
	asked_free(q);
}

struct host_ask *questions_ask(struct questions *all, struct slice task, uint64_t wait_ms,
			       const struct question *question, question_cb *done, void *payload)
{
	struct asked *q = asked_new(all, wait_ms, payload);

	job_init(&q->job, on_job);
	q->answered = done;
	keep_options(q, question);
	if (q->n_options || all->client->emend) {
		put_question(q, task, question);
	} else {
		(void)err_set(
			&q->why, ERR_DENIED,
			"This editor has no way to ask for free text: offer options, or decide.");
		runq_post(all->runq, &q->job);
	}
	return &q->ask;
}
