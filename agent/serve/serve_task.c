/* serve_task.c - what the service does when it is asked: the tasks of agent/exec, and its own state. */
#include <stdlib.h>

#include "agent/serve/serve_own.h"
#include "protocol/base/limits.h"
#include "protocol/base/mem.h"
#include "protocol/base/utf8.h"
#include "protocol/base/version.h"
#include "protocol/json/write.h"

enum { EVENT_MAX = 8 * EXEC_OUTPUT_MAX, TEXT_MAX = 1024 * 1024 };

/* --- the output of a stream --- */

/* JSON is longer than the text that it holds; EVENT_MAX has room for the worst case. */
static void put_output(struct serve_call *c, struct slice text, bool is_stderr)
{
	struct buf b;
	struct jw w;

	buf_init(&b, EVENT_MAX);
	jw_init(&w, &b);
	jw_object(&w);
	jw_kcstr(&w, "stream", is_stderr ? "stderr" : "stdout");
	jw_kstr(&w, "text", text);
	jw_end(&w);
	web_event(c->req, "output", buf_slice(&b));
	buf_release(&b);
}

/* A character that is not whole yet waits for its rest. */
static void on_output(void *payload, struct slice bytes, bool is_stderr)
{
	struct serve_call *c = payload;
	struct buf *tail = &c->tail[is_stderr];
	size_t whole;

	buf_append(tail, bytes);
	whole = utf8_complete_prefix(buf_slice(tail));
	if (whole == 0)
		return;
	put_output(c, slice_sub(buf_slice(tail), 0, whole), is_stderr);
	buf_consume(tail, whole);
}

static void put_tails(struct serve_call *c)
{
	for (int i = 0; i < 2; i++) {
		if (c->tail[i].len > 0)
			put_output(c, buf_slice(&c->tail[i]), i == 1);
	}
}

/* --- tasks --- */

/* In a stream the status is 200 long before; how it ended stands in the last event. */
static void on_done(void *payload, struct slice json, const struct err *err)
{
	struct serve_call *c = payload;

	c->task = NULL;
	if (c->stream) {
		put_tails(c);
		web_event(c->req, "result", json);
		web_stream_end(c->req);
	} else if (err) {
		serve_fail(c, err);
	} else {
		serve_json(c, 200, json);
	}
}

/* The stream begins only when the task has: an error before that is an ordinary answer with its own
 * status. */
static void start(struct serve_call *c, const char *name, struct json arguments)
{
	const struct exec_task_callbacks cb = { c->stream ? on_output : NULL, on_done };
	struct exec_task_call call = { .name = slice_of(name),
				       .arguments = arguments,
				       .correlation_id = c->correlation,
				       .traceparent = c->trace };
	struct err err;

	if (!exec_task_start(c->serve->o.exec, &call, &cb, c, &c->task, &err)) {
		serve_fail(c, &err);
		return;
	}
	if (exec_task_correlation(c->task).len > 0) /* the request may say another one */
		c->correlation = arena_dup(web_arena(c->req), exec_task_correlation(c->task));
	if (c->stream) {
		web_add_header(c->req, "X-Correlation-Id", c->correlation);
		web_stream(c->req);
	}
}

static bool read_body(struct serve_call *c, struct json *out)
{
	struct err err;

	if (json_parse(web_arena(c->req), web_body(c->req), out, &err))
		return true;
	err_wrap(&err, "The body is no JSON: ");
	serve_fail(c, &err);
	return false;
}

/* The client asks for a stream by its Accept header, as server-sent events have it. */
void serve_execute(struct serve_call *c)
{
	struct json body;

	c->stream =
		slice_find(web_header(c->req, "Accept"), SLICE("text/event-stream"), 0) != SIZE_MAX;
	if (c->stream) {
		buf_init(&c->tail[0], EXEC_OUTPUT_MAX + 4);
		buf_init(&c->tail[1], EXEC_OUTPUT_MAX + 4);
	}
	if (read_body(c, &body))
		start(c, "execute_code", body);
}

void serve_validate(struct serve_call *c)
{
	struct json body;

	if (read_body(c, &body))
		start(c, "validate_code", body);
}

void serve_languages(struct serve_call *c)
{
	start(c, "list_languages", (struct json){ NULL, 0 });
}

static bool is_number(struct slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] < '0' || s.ptr[i] > '9')
			return false;
	}
	return s.len > 0 && s.len < 18 && (s.len == 1 || s.ptr[0] != '0');
}

static void put_argument(void *payload, struct slice name, struct slice value)
{
	struct jw *w = payload;

	jw_key_slice(w, name);
	if (is_number(value))
		jw_raw(w, value);
	else
		jw_str(w, value);
}

/* The query is the arguments.
 * A number in the query becomes a number, anything else a string; who writes limit=x is told what
 * is wrong. */
void serve_history(struct serve_call *c)
{
	struct json arguments;
	struct err err;
	struct buf b;
	struct jw w;

	buf_init(&b, 256 * 1024);
	jw_init(&w, &b);
	jw_object(&w);
	web_each_query(c->req, put_argument, &w);
	jw_end(&w);
	if (json_parse(web_arena(c->req), arena_dup(web_arena(c->req), buf_slice(&b)), &arguments,
		       &err))
		start(c, "get_execution_history", arguments);
	else
		serve_fail(c, &err);
	buf_release(&b);
}

/* --- cancelling --- */

/* Whoever may ask may cancel: the service has one user, or one token. */
static size_t cancel_all(struct serve *s, struct slice correlation)
{
	size_t n = 0;

	LIST_EACH (it, tmp, &s->calls) {
		struct serve_call *c = container_of(it, struct serve_call, link);

		if (c->task && slice_eq(exec_task_correlation(c->task), correlation)) {
			exec_task_cancel(c->task);
			n++;
		}
	}
	return n;
}

void serve_cancel(struct serve_call *c)
{
	struct slice id;
	struct json body;
	size_t n;

	if (!read_body(c, &body))
		return;
	id = json_str_or(json_get(body, "correlation_id"), web_arena(c->req), "");
	if (id.len == 0) {
		serve_error(c, 400, "invalid",
			    "correlation_id is missing: that of the execution, from its request or "
			    "from X-Correlation-Id.");
		return;
	}
	n = cancel_all(c->serve, id);
	if (n > 0)
		serve_json(c, 200, arena_printf(web_arena(c->req), "{\"cancelled\":%zu}", n));
	else
		serve_error(c, 404, "not_found",
			    "Nothing runs or waits under this correlation_id.");
}

/* --- its own state --- */

void serve_links_json(const struct serve *s, struct jw *w)
{
	if (s->o.n_links == 0)
		return;
	jw_kobject(w, "connections");
	for (size_t i = 0; i < s->o.n_links; i++) {
		const struct breaker *b = s->o.links[i];

		jw_kobject(w, b->name);
		jw_kcstr(w, "state", b->connected ? "connected" : "away");
		jw_kcstr(w, "breaker", breaker_state_name(b->state));
		if (!b->connected && *b->why)
			jw_kcstr(w, "reason", b->why);
		jw_end(w);
	}
	jw_end(w);
}

void serve_metrics(struct serve_call *c)
{
	const struct serve *s = c->serve;
	struct buf b;

	buf_init(&b, 256 * 1024);
	metrics_write(s->o.metrics, s->o.exec, s->draining, &b);
	metrics_links(s->o.links, s->o.n_links, &b);
	if (s->o.more_metrics)
		s->o.more_metrics(s->o.owner, &b);
	web_answer(c->req, 200, "text/plain; version=0.0.4; charset=utf-8", buf_slice(&b));
	buf_release(&b);
}

void serve_status(struct serve_call *c)
{
	const struct serve *s = c->serve;
	struct buf b;
	struct jw w;

	buf_init(&b, 16 * 1024);
	jw_init(&w, &b);
	jw_object(&w);
	jw_kcstr(&w, "version", EMEND_VERSION);
	jw_kcstr(&w, "state", s->draining ? "draining" : *s->sandbox ? "no_sandbox" : "running");
	jw_ki64(&w, "uptime_seconds", (int64_t)((uv_now(s->o.loop) - s->started) / 1000));
	jw_ki64(&w, "running", (int64_t)exec_running(s->o.exec));
	jw_ki64(&w, "queued", (int64_t)exec_queued(s->o.exec));
	jw_ki64(&w, "at_once", (int64_t)s->o.at_once);
	jw_ki64(&w, "queue", (int64_t)s->o.queue);
	serve_links_json(s, &w);
	jw_kobject(&w, "coding_metrics");
	metrics_json(s->o.metrics, &w);
	jw_end(&w);
	jw_end(&w);
	serve_json(c, 200, buf_slice(&b));
	buf_release(&b);
}
