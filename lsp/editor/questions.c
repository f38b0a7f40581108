/* questions.c - see questions.h for the machine
 *
 * Editors without our plugin get one question at a time, the first of the queue: most put one box over
 * the other. "Show" opens the whole as a document and asks the same question again. */
#include "lsp/editor/questions.h"

#include <stdio.h>
#include <stdlib.h>

#include "lsp/editor/ask.h"
#include "lsp/editor/messages.h"
#include "lsp/editor/question_text.h"
#include "protocol/base/limits.h"
#include "protocol/base/mem.h"

enum { MAX_OPTIONS = 8, TITLE_BYTES = 90, TEXT_BYTES = 4000 };

static const char once[] = "Allow once";
static const char deny[] = "Deny";
static const char show[] = "Show";

enum asked_state { ASKED_WAITING, ASKED_SHOWING, ASKED_SENT, ASKED_PENDING, ASKED_DEAD };

/* The core holds it as a host_ask. It is freed when its answer was given, or with drop(); the
 * memory goes with its timer. All texts are copies in the arena. */
struct asked {
	enum asked_state state;
	struct host_ask ask;
	struct list link; /* of the queue */
	struct questions *all;
	char id[24];
	struct rpc_call *call; /* SHOWING, SENT */
	struct arena arena;
	struct slice task, title, state_dir;
	uint64_t wait_ms, deadline_ms;
	struct job job;	       /* DEAD: it cannot be asked, which is said from the loop */
	uv_timer_t timer;      /* the deadline of a pending one; conn keeps that of the call */
	bool answered_by_user; /* else the plugin is told to close it */
	struct err why;

	struct permission_request request; /* or */
	struct question question;
	const char *document;		   /* file that holds the whole; NULL: none was made */
	bool opened;			   /* the editor has opened it */
	struct slice always, saved;	   /* the actions' titles; empty: not offered */
	struct slice titles[MAX_OPTIONS];  /* of a question, as they were shown */
	struct slice options[MAX_OPTIONS]; /* and as they are */
	size_t n_options;
	permission_cb *permitted; /* one of these two */
	question_cb *answered;
	void *payload;
};

static void asked_step(struct asked *q);

static struct asked *first(struct questions *all)
{
	return container_of(all->queue.next, struct asked, link);
}

/* A plugin has a place for more than one; other editors would put one box over the other. */
static void next(struct questions *all)
{
	if (!list_empty(&all->queue) && first(all)->state == ASKED_WAITING)
		asked_step(first(all));
}

static void on_closed(uv_handle_t *h)
{
	free(h->data);
}

/* Neither the task nor the deadline asks the user to act on a question that nobody waits for. */
static void tell_closed(struct asked *q)
{
	struct jw *w;

	if (!q->all->client->emend || q->answered_by_user || q->state < ASKED_SENT ||
	    q->state == ASKED_DEAD)
		return;
	w = conn_notify_begin(q->all->conn, "emend/questionClosed");
	jw_object(w);
	jw_kcstr(w, "question", q->id);
	jw_end(w);
	conn_notify_end(q->all->conn);
}

static void asked_free(struct asked *q)
{
	struct questions *all = q->all;

	if (q->call)
		conn_call_drop(q->call);
	tell_closed(q);
	list_remove(&q->link);
	job_drop(&q->job);
	arena_release(&q->arena);
	uv_close((uv_handle_t *)&q->timer, on_closed);
	next(all);
}

static void drop(struct host_ask *ask)
{
	asked_free(container_of(ask, struct asked, ask));
}

static void settle(struct asked *q, struct json answer, struct arena *a, const struct err *err);

/* The deadline of a question that is SENT is that of its call (conn_call_end); one that is PENDING
 * has no call any more. */
static void on_deadline(uv_timer_t *t)
{
	struct json missing = { 0 };
	struct err err;

	(void)err_set(&err, ERR_TIMEOUT, "nobody answered in time");
	settle(t->data, missing, NULL, &err);
}

static void asked_goto(struct asked *q, enum asked_state to)
{
	uint64_t now = uv_now(q->all->loop);

	q->state = to;
	if (to == ASKED_SENT)
		q->deadline_ms = now + q->wait_ms;
	else if (to == ASKED_PENDING)
		(void)uv_timer_start(&q->timer, on_deadline,
				     q->deadline_ms > now ? q->deadline_ms - now : 0, 0);
	else if (to == ASKED_DEAD)
		runq_post(q->all->runq, &q->job);
}

static void on_job(struct job *j)
{
	struct asked *q = container_of(j, struct asked, job);

	if (q->permitted)
		q->permitted(q->payload, &(struct permission_answer){ PERMISSION_DENY, SLICE("") },
			     &q->why);
	else
		q->answered(q->payload, SLICE(""), &q->why);
	asked_free(q);
}

/* Nobody is asked: the core hears it from the loop. */
static void cannot_ask(struct asked *q, const char *why)
{
	(void)err_set(&q->why, ERR_DENIED, "%s", why);
	asked_goto(q, ASKED_DEAD);
}

/* An error that is no timeout counts as the user's doing: the dialog is gone then, and nothing must
 * be closed. */
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

	LIST_EACH (it, tmp, &all->queue) {
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
static void settle_permission(struct asked *q, struct slice title, struct slice comment,
			      const struct err *err)
{
	struct permission_answer answer = { PERMISSION_DENY, comment };
	struct err why;

	if (slice_eq_cstr(title, once))
		answer.choice = PERMISSION_ONCE;
	else if (q->always.len && slice_eq(title, q->always))
		answer.choice = PERMISSION_ALWAYS;
	else if (q->saved.len && slice_eq(title, q->saved))
		answer.choice = PERMISSION_SAVED;
	if (err && err->code == ERR_TIMEOUT)
		(void)err_set(&why, ERR_TIMEOUT, "nobody answered in time");
	else if (err)
		(void)err_set(&why, ERR_DENIED, "the editor could not ask: %s", err->msg);
	q->permitted(q->payload, &answer, err ? &why : NULL);
}

static void put_actions(struct jw *w, const char *key, struct asked *q, bool as_objects)
{
	struct slice titles[] = { SLICE(deny), SLICE(once), q->always, q->saved,
				  q->document ? SLICE(show) : SLICE("") };

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

/* The plugin shows all of it by its own means; editors draw controls and bidi marks each in their way. */
static void ask_plugin(struct asked *q)
{
	const struct permission_request *r = &q->request;
	struct jw *w = conn_call_begin(q->all->conn, "emend/permission");

	jw_object(w);
	jw_kcstr(w, "question", q->id);
	jw_kstr(w, "taskId", q->task);
	jw_kstr(w, "title", r->title);
	jw_kstr(w, "subject", question_seen(&q->arena, r->subject));
	if (r->reason.len)
		jw_kstr(w, "reason", question_seen(&q->arena, r->reason));
	if (r->note.len)
		jw_kstr(w, "note", r->note);
	if (r->diff.len)
		jw_kstr(w, "diff", question_seen(&q->arena, r->diff));
	put_actions(w, "options", q, false);
	jw_end(w);
	q->call = conn_call_end(q->all->conn, q->deadline_ms, on_reply, q);
}

static void ask_any(struct asked *q)
{
	struct slice text =
		question_message(&q->arena, q->all->client, &q->request, q->title, q->opened);
	struct jw *w = conn_call_begin(q->all->conn, "window/showMessageRequest");

	jw_object(w);
	jw_ki64(w, "type", LSP_MESSAGE_WARNING);
	jw_kstr(w, "message", text);
	put_actions(w, "actions", q, true);
	jw_end(w);
	q->call = conn_call_end(q->all->conn, q->deadline_ms, on_reply, q);
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

/* The one end of a question that somebody still waits for; "Show" is none. */
static void settle(struct asked *q, struct json answer, struct arena *a, const struct err *err)
{
	struct slice title = err ? SLICE("") : json_str_or(json_get(answer, "title"), a, "");

	if (q->permitted && q->document && slice_eq_cstr(title, show)) {
		q->opened = false;
		asked_goto(q, ASKED_WAITING);
		asked_step(q);
		return;
	}
	if (q->permitted)
		settle_permission(q, title,
				  err ? SLICE("") : json_str_or(json_get(answer, "comment"), a, ""),
				  err);
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

static void put_question(struct asked *q)
{
	bool emend = q->all->client->emend;
	struct slice text = shown_text(&q->arena, q->all->client, q->question.text, TEXT_BYTES);
	struct jw *w = conn_call_begin(q->all->conn,
				       emend ? "emend/question" : "window/showMessageRequest");

	jw_object(w);
	if (emend) {
		jw_kcstr(w, "question", q->id);
		jw_kstr(w, "taskId", q->task);
		jw_kstr(w, "text", q->question.text);
	} else {
		jw_ki64(w, "type", LSP_MESSAGE_INFO);
		jw_kstr(w, "message",
			arena_printf(&q->arena, "Emend: the model asks: %.*s", SLICE_ARG(text)));
	}
	jw_karray(w, emend ? "options" : "actions");
	for (size_t i = 0; i < q->n_options; i++) {
		if (emend) {
			jw_str(w, q->titles[i]);
			continue;
		}
		jw_object(w);
		jw_kstr(w, "title", q->titles[i]);
		jw_end(w);
	}
	jw_end(w);
	jw_end(w);
	q->call = conn_call_end(q->all->conn, q->deadline_ms, on_reply, q);
}

/* --- the document --- */

static void make_document(struct asked *q)
{
	const struct permission_request *r = &q->request;

	q->document = question_documents_add(&q->all->documents, &q->arena, q->state_dir,
					     r->diff.len ? "diff" : "txt",
					     question_document(&q->arena, r, q->title));
}

static void on_opened(void *payload, const struct rpc_reply *reply, const struct err *err)
{
	struct asked *q = payload;

	q->call = NULL;
	q->opened = !err && json_bool_or(json_get(reply->result, "success"), false);
	asked_step(q);
}

static void asked_send(struct asked *q)
{
	asked_goto(q, ASKED_SENT);
	if (!q->permitted)
		put_question(q);
	else if (q->all->client->emend)
		ask_plugin(q);
	else
		ask_any(q);
}

/* A person sees the whole first; every condition to move on stands here. */
static void asked_step(struct asked *q)
{
	const struct client *client = q->all->client;
	bool can_open = client->show_document && q->state == ASKED_WAITING;

	if (!q->permitted || client->emend || q->opened || question_fits(&q->request, can_open)) {
		asked_send(q);
		return;
	}
	if (can_open) {
		asked_goto(q, ASKED_SHOWING);
		if (!q->document)
			make_document(q);
		if (q->document)
			q->call = shown_open(q->all->shown, slice_of(q->document), on_opened, q);
		else
			asked_step(q);
		return;
	}
	cannot_ask(q, "this editor cannot show the whole of it, so nobody was asked");
}

/* --- from outside --- */

static struct asked *asked_new(struct questions *all, struct question_place p, void *payload)
{
	struct asked *q = xcalloc(1, sizeof(*q));

	arena_init(&q->arena);
	q->all = all;
	q->ask.drop = drop;
	q->task = arena_dup(&q->arena, p.task);
	q->title = arena_dup(&q->arena, p.title);
	q->state_dir = arena_dup(&q->arena, p.state_dir);
	q->wait_ms = p.wait_ms;
	q->payload = payload;
	(void)snprintf(q->id, sizeof(q->id), "q%llu", (unsigned long long)++all->count);
	job_init(&q->job, on_job);
	(void)uv_timer_init(all->loop, &q->timer);
	q->timer.data = q;
	list_append(&all->queue, &q->link);
	return q;
}

/* Never inside the ask: where nothing can be asked, cannot_ask() posts the answer. */
static struct host_ask *ask_in_turn(struct asked *q)
{
	if (q->all->client->emend)
		asked_step(q);
	else
		next(q->all);
	return &q->ask;
}

/* What "always" means, and for how long. */
static void name_rules(struct asked *q)
{
	const struct permission_request *r = &q->request;
	struct arena *a = &q->arena;

	if (r->rule.len == 0 || r->rule.len >= TITLE_BYTES)
		return;
	q->always = shown_text(a, q->all->client,
			       arena_printf(a, "Always allow %.*s%s", SLICE_ARG(r->rule),
					    r->can_save ? " (until the editor closes)" : ""),
			       TITLE_BYTES + 60);
	if (r->can_save)
		q->saved = shown_text(a, q->all->client,
				      arena_printf(a, "Always allow %.*s (in this folder, saved)",
						   SLICE_ARG(r->rule)),
				      TITLE_BYTES + 60);
}

struct host_ask *questions_permission(struct questions *all, struct question_place p,
				      const struct permission_request *r, permission_cb *done,
				      void *payload)
{
	struct asked *q = asked_new(all, p, payload);
	struct arena *a = &q->arena;

	q->permitted = done;
	q->request = permission_request_dup(a, r);
	name_rules(q);
	return ask_in_turn(q);
}

struct host_ask *questions_ask(struct questions *all, struct question_place p,
			       const struct question *question, question_cb *done, void *payload)
{
	struct asked *q = asked_new(all, p, payload);

	q->answered = done;
	q->question.text = arena_dup(&q->arena, question->text);
	keep_options(q, question);
	if (q->n_options || q->all->client->emend)
		return ask_in_turn(q);
	cannot_ask(q, "This editor has no way to ask for free text: offer options, or decide.");
	return &q->ask;
}

void questions_init(struct questions *q, uv_loop_t *loop, struct runq *runq, struct conn *conn,
		    const struct client *client, struct shown *shown)
{
	*q = (struct questions){
		.loop = loop, .runq = runq, .conn = conn, .client = client, .shown = shown
	};
	list_init(&q->queue);
}

void questions_release(struct questions *q)
{
	question_documents_release(&q->documents);
}
