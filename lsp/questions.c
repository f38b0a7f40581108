/* questions.c - see questions.h */
#include "lsp/questions.h"

#include <stdlib.h>

#include "agent/loop/runq.h"
#include "lsp/ask.h"
#include "lsp/messages.h"
#include "protocol/base/limits.h"
#include "protocol/base/mem.h"

enum { MAX_OPTIONS = 8, TITLE_BYTES = 90, SUBJECT_BYTES = 300, REASON_BYTES = 200 };

static const char once[] = "Allow once";
static const char deny[] = "Deny";

struct asked {
	struct host_ask ask;
	struct rpc_call *call; /* NULL: answered */
	struct arena arena;
	struct runq *runq;
	struct job job; /* there is no way to ask: said from the loop */
	struct err why;
	struct slice always;		   /* the action's title; empty: not offered */
	struct slice titles[MAX_OPTIONS];  /* of a question, as they were shown */
	struct slice options[MAX_OPTIONS]; /* and as they are */
	size_t n_options;
	permission_cb *permitted; /* one of these two */
	question_cb *answered;
	void *payload;
};

static struct asked *asked_new(const struct question_place *p, void *payload)
{
	struct asked *q = xcalloc(1, sizeof(*q));

	arena_init(&q->arena);
	q->runq = p->runq;
	q->payload = payload;
	return q;
}

static void asked_free(struct asked *q)
{
	if (q->call)
		conn_call_drop(q->call);
	job_drop(&q->job);
	arena_release(&q->arena);
	free(q);
}

static void drop(struct host_ask *ask)
{
	asked_free(container_of(ask, struct asked, ask));
}

/* --- permission --- */

/* {"title": TITLE} is a choice; anything else is a denial. */
static void on_permission(void *payload, const struct rpc_reply *reply, const struct err *err)
{
	struct asked *q = payload;
	struct slice title = json_str_or(json_get(reply->result, "title"), reply->arena, "");
	enum permission answer = PERMISSION_DENY;
	struct err why;

	q->call = NULL;
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
	asked_free(q);
}

static void put_actions(struct jw *w, const char *key, struct asked *q, bool as_objects)
{
	struct slice titles[] = { SLICE(once), q->always, SLICE(deny) };

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

static void ask_plugin(const struct question_place *p, const struct permission_request *r,
		       struct asked *q)
{
	struct jw *w = conn_call_begin(p->conn, "emend/permission");

	jw_object(w);
	jw_kstr(w, "taskId", p->task);
	jw_kstr(w, "title", r->title);
	jw_kstr(w, "subject", r->subject);
	if (r->reason.len)
		jw_kstr(w, "reason", r->reason);
	if (r->diff.len)
		jw_kstr(w, "diff", r->diff);
	put_actions(w, "options", q, false);
	jw_end(w);
	q->call = conn_call_end(p->conn, p->deadline_ms, on_permission, q);
}

static void ask_any(const struct question_place *p, const struct permission_request *r,
		    struct asked *q)
{
	struct slice title = shown_text(&q->arena, p->client, r->title, TITLE_BYTES);
	struct slice subject = shown_text(&q->arena, p->client, r->subject, SUBJECT_BYTES);
	struct slice reason = shown_text(&q->arena, p->client, r->reason, REASON_BYTES);
	struct slice text = arena_printf(
		&q->arena, "Emend: %.*s: %.*s%s%.*s%s", SLICE_ARG(title), SLICE_ARG(subject),
		reason.len ? " (" : "", SLICE_ARG(reason), reason.len ? ")" : "");
	struct jw *w = conn_call_begin(p->conn, "window/showMessageRequest");

	jw_object(w);
	jw_ki64(w, "type", LSP_MESSAGE_WARNING);
	jw_kstr(w, "message", text);
	put_actions(w, "actions", q, true);
	jw_end(w);
	q->call = conn_call_end(p->conn, p->deadline_ms, on_permission, q);
}

struct host_ask *questions_permission(const struct question_place *p,
				      const struct permission_request *r, permission_cb *done,
				      void *payload)
{
	struct asked *q = asked_new(p, payload);

	q->ask.drop = drop;
	job_init(&q->job, NULL);
	q->permitted = done;
	if (r->rule.len && r->rule.len < TITLE_BYTES)
		q->always =
			shown_text(&q->arena, p->client,
				   arena_printf(&q->arena, "Always allow %.*s", SLICE_ARG(r->rule)),
				   TITLE_BYTES + 20);
	if (p->client->emend)
		ask_plugin(p, r, q);
	else
		ask_any(p, r, q);
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

static void on_answer(void *payload, const struct rpc_reply *reply, const struct err *err)
{
	struct asked *q = payload;
	struct slice answer = SLICE(""), text;
	struct err why = { .code = ERR_NONE };

	q->call = NULL;
	if (json_str(json_get(reply->result, "answer"), reply->arena, &text))
		answer = option_of(q, text, text);
	else if (json_str(json_get(reply->result, "title"), reply->arena, &text))
		answer = option_of(q, text, answer);
	if (err)
		(void)err_set(&why, err->code == ERR_TIMEOUT ? ERR_TIMEOUT : ERR_DENIED,
			      "The user did not answer: %s", err->msg);
	else if (answer.len == 0)
		(void)err_set(&why, ERR_DENIED, "The user closed the question without an answer.");
	q->answered(q->payload, answer, why.code == ERR_NONE ? NULL : &why);
	asked_free(q);
}

static void keep_options(const struct question_place *p, const struct question *question,
			 struct asked *q)
{
	for (size_t i = 0; i < question->n_options && q->n_options < MAX_OPTIONS; i++) {
		struct slice title =
			shown_text(&q->arena, p->client, question->options[i], TITLE_BYTES);

		if (title.len == 0)
			continue;
		q->titles[q->n_options] = title;
		q->options[q->n_options++] = arena_dup(&q->arena, question->options[i]);
	}
}

static void put_question(const struct question_place *p, const struct question *question,
			 struct asked *q)
{
	struct slice text = shown_text(&q->arena, p->client, question->text, SUBJECT_BYTES);
	struct slice message = arena_printf(&q->arena, "Emend: %.*s", SLICE_ARG(text));
	struct jw *w = conn_call_begin(p->conn, p->client->emend ? "emend/question"
								 : "window/showMessageRequest");

	jw_object(w);
	if (p->client->emend) {
		jw_kstr(w, "taskId", p->task);
		jw_kstr(w, "text", question->text);
	} else {
		jw_ki64(w, "type", LSP_MESSAGE_INFO);
		jw_kstr(w, "message", message);
	}
	jw_karray(w, p->client->emend ? "options" : "actions");
	for (size_t i = 0; i < q->n_options; i++) {
		if (p->client->emend) {
			jw_str(w, q->titles[i]);
			continue;
		}
		jw_object(w);
		jw_kstr(w, "title", q->titles[i]);
		jw_end(w);
	}
	jw_end(w);
	jw_end(w);
	q->call = conn_call_end(p->conn, p->deadline_ms, on_answer, q);
}

static void on_job(struct job *j)
{
	struct asked *q = container_of(j, struct asked, job);

	q->answered(q->payload, SLICE(""), &q->why);
	asked_free(q);
}

struct host_ask *questions_ask(const struct question_place *p, const struct question *question,
			       question_cb *done, void *payload)
{
	struct asked *q = asked_new(p, payload);

	q->ask.drop = drop;
	job_init(&q->job, on_job);
	q->answered = done;
	keep_options(p, question, q);
	if (q->n_options || p->client->emend) {
		put_question(p, question, q);
	} else {
		(void)err_set(
			&q->why, ERR_DENIED,
			"This editor has no way to ask for free text: offer options, or decide.");
		runq_post(q->runq, &q->job);
	}
	return &q->ask;
}
