/* wire_try.c - see wire_try.h
 *
 * The bytes of the response go one of two ways, which the first of them decide: a stream of
 * events (sse.h) into the dialect, which fills the reply; or a body that is kept as a whole,
 * namely an error, or one JSON text from a server that does not stream. Nothing is decided here
 * about another try: the failure says what happened, and retry.h what follows. */
#include "agent/model/call/wire_try.h"

#include <stdio.h>
#include <time.h>

#include "agent/model/call/retry.h"
#include "agent/model/http/trust.h"
#include "agent/model/text_calls.h"
#include "protocol/base/limits.h"
#include "protocol/base/version.h"

/* False ends the reading of the stream. It runs inside libcurl's callback, and the dialect may
 * call the model's text callback, which may cancel the call: `stopped` is looked at last. */
static bool on_event(void *payload, struct slice event, struct slice data)
{
	struct wire_try *t = payload;

	if (!dialect_event(t->model->endpoint.dialect, &t->reply, event, data, &t->failure)) {
		if (t->failure.kind == FAIL_NONE)
			t->failure.kind = FAIL_PROTOCOL;
		return false;
	}
	return !t->stopped;
}

static bool name_is(struct slice name, const char *lower)
{
	if (name.len != strlen(lower))
		return false;
	for (size_t i = 0; i < name.len; i++)
		if ((name.ptr[i] | 0x20) != (lower[i] | 0x20))
			return false;
	return true;
}

static void copy(char *out, size_t size, struct slice s)
{
	(void)snprintf(out, size, "%.*s", SLICE_ARG(s));
}

/* retry-after-ms is more exact than retry-after and wins, in whatever order they come. The
 * request id goes into messages, as support asks for it. */
static void on_header(void *payload, long status, struct slice name, struct slice value)
{
	struct wire_try *t = payload;
	struct failure *f = &t->failure;
	uint64_t ms;

	(void)status;
	if (name_is(name, "content-type")) {
		copy(t->content_type, sizeof(t->content_type), value);
	} else if (name_is(name, "request-id") ||
		   (name_is(name, "x-request-id") && !t->request_id[0])) {
		copy(t->request_id, sizeof(t->request_id), value);
	} else if (name_is(name, "retry-after-ms") && retry_after_ms(value, &ms)) {
		f->has_wait = true;
		f->wait_ms = ms;
	} else if (name_is(name, "retry-after") && !f->has_wait &&
		   retry_after(value, (int64_t)time(NULL), &ms)) {
		f->has_wait = true;
		f->wait_ms = ms;
	} else if (name_is(name, "x-should-retry")) {
		f->said = slice_eq_cstr(value, "true")	  ? FAIL_SAID_RETRY
			  : slice_eq_cstr(value, "false") ? FAIL_SAID_STOP
							  : FAIL_SAID_NOTHING;
	}
}

/* Some servers answer a stream request with one JSON text, some proxies with a page of HTML. */
static void sniff(struct wire_try *t, long status, struct slice bytes)
{
	struct slice type = slice_of(t->content_type);
	char first = slice_trim(bytes).len > 0 ? slice_trim(bytes).ptr[0] : '\0';

	t->sniffed = true;
	if (status < 200 || status > 299)
		return;
	/* a login page may even claim to be a stream */
	t->streaming = first != '<' && (slice_starts(type, SLICE("text/event-stream")) ||
					(type.len == 0 && first != '{'));
	if (!t->streaming)
		buf_init(&t->text, LIMIT_TURN_BYTES);
}

/* Raw bytes are kept of good answers only: `emend replay` reads them again. A buffer that is
 * full stays full, and the answer is then without them. */
static bool on_body(void *payload, long status, struct slice bytes)
{
	struct wire_try *t = payload;
	struct err err = { 0 };

	if (!t->sniffed)
		sniff(t, status, bytes);
	if (status >= 200 && status <= 299)
		buf_append(&t->raw, bytes);
	if (!t->streaming) {
		buf_append(&t->text, bytes); /* of an error, the first part is enough */
		return true;
	}
	if (!sse_feed(&t->sse, bytes, &err))
		return fail_set(&t->failure, FAIL_LIMIT, slice_of(err.msg));
	if (t->failure.kind != FAIL_NONE || t->stopped)
		return false;
	if (t->reply.complete)
		t->progress(t->payload);
	return true;
}

/* An error of the connection counts only if nothing else was found wrong before and the answer
 * is not complete: many servers close it in a hurry after the last event. */
static void on_done(void *payload, const struct http_result *r)
{
	struct wire_try *t = payload;

	t->request = NULL;
	t->status = r->status;
	t->answered = true;
	if (r->curl != 0 && t->failure.kind == FAIL_NONE && !t->reply.complete)
		fail_of_curl(&t->failure, r->curl, r->connected, r->os_errno, r->detail);
	t->progress(t->payload);
}

/* Every buffer is made before anything can fail, so that wire_try_end() may be called in either
 * case. */
bool wire_try_start(struct wire_try *t, struct slice body, const struct model_call *call,
		    void (*progress)(void *payload), void *payload, struct err *err)
{
	static const struct http_callbacks cb = { on_header, on_body, on_done };
	struct wire_model *m = container_of(call->model, struct wire_model, base);
	const char *headers[DIALECT_HEADERS + 2];
	struct http_spec spec = {
		.url = m->endpoint.url,
		.headers = headers,
		.body = body,
		.idle_ms = m->idle_ms,
		.trust = &m->trust,
		.direct = m->direct,
	};
	struct arena a;

	*t = (struct wire_try){ .model = m, .progress = progress, .payload = payload };
	reply_init(&t->reply, &call->cb, call->payload);
	sse_init(&t->sse, on_event, t);
	buf_init(&t->text, LIMIT_ERROR_BODY_BYTES);
	buf_init(&t->raw, MODEL_RAW_BYTES);
	/* A server of this machine shows no certificate: the store is not read for it. */
	if (!m->trust_loaded && strncmp(spec.url, "https:", 6) == 0 &&
	    !trust_load(m->base.env, m->base.env_ctx, &m->base.arena, &m->trust, err))
		return false;
	m->trust_loaded = true;
	arena_init(&a);
	headers[0] = "Content-Type: application/json";
	headers[1] = "User-Agent: emend/" EMEND_VERSION;
	spec.n_headers = 2 + m->endpoint.dialect->headers(&m->endpoint, &m->key, &a, headers + 2);
	t->request = http_post(m->base.http, &spec, &cb, t, err);
	arena_release(&a);
	return t->request != NULL;
}

void wire_try_stop(struct wire_try *t)
{
	t->stopped = true;
	http_cancel(t->request); /* no callback of it comes any more */
	t->request = NULL;
}

void wire_try_end(struct wire_try *t)
{
	wire_try_stop(t);
	reply_release(&t->reply);
	sse_release(&t->sse);
	buf_release(&t->text);
	buf_release(&t->raw);
}

/* A server that does not know how its model makes calls hands them on as text. */
static void find_text_calls(struct wire_try *t, struct turn *turn)
{
	struct arena *a = &t->reply.arena;
	struct text_call calls[TEXT_CALLS_MAX];
	struct block *blocks;
	size_t n = 0, found;

	if (!(t->model->endpoint.quirks & QUIRK_TEXT_CALLS) || t->reply.stop != STOP_END)
		return;
	blocks =
		arena_array(a, turn->n_blocks + (turn->n_blocks * TEXT_CALLS_MAX), sizeof(*blocks));
	for (size_t i = 0; i < turn->n_blocks; i++) {
		struct block b = turn->blocks[i];

		found = b.kind == BLOCK_TEXT ? text_calls(a, b.text, calls, &b.text) : 0;
		if (b.kind != BLOCK_TEXT || slice_trim(b.text).len > 0)
			blocks[n++] = b;
		for (size_t k = 0; k < found; k++, n++)
			blocks[n] = (struct block){ .kind = BLOCK_CALL,
						    .id = reply_make_id(&t->reply, n),
						    .name = calls[k].name,
						    .text = calls[k].arguments };
		if (found > 0)
			t->reply.stop = STOP_TOOL;
	}
	turn->blocks = blocks;
	turn->n_blocks = n;
}

/* In this order: what the status says; what was found wrong on the way; whether the answer is
 * whole. A stream without a last event is whole if the server gave a reason to stop. */
bool wire_try_judge(struct wire_try *t, struct turn *turn)
{
	const struct endpoint *e = &t->model->endpoint;
	struct failure *f = &t->failure;
	long status = t->status;
	struct err err = { 0 };

	if (status != 0 && (status < 200 || status > 299)) {
		f->status = status;
		dialect_error(e, buf_slice(&t->text), f);
		return false;
	}
	if (f->kind != FAIL_NONE)
		return false;
	if (t->streaming) {
		if (!t->reply.complete && !sse_end(&t->sse, &err))
			return fail_set(f, FAIL_LIMIT, slice_of(err.msg));
		if (f->kind != FAIL_NONE)
			return false;
		if (!t->reply.complete && !t->reply.stopped)
			return fail_set(f, FAIL_CUT,
					SLICE("the stream ended without its last event"));
	} else if (t->text.len == 0) {
		return fail_set(f, FAIL_CUT, SLICE("the answer is empty"));
	} else if (t->text.full) {
		return fail_set(f, FAIL_LIMIT, SLICE("the answer is too large"));
	} else if (!dialect_whole(e->dialect, &t->reply, buf_slice(&t->text), f)) {
		return false;
	}
	reply_turn(&t->reply, e->name, turn);
	find_text_calls(t, turn);
	return true;
}

/* --- an answer of an earlier time --- */

static void nobody_reads(void *payload, struct slice text)
{
	(void)payload, (void)text;
}

static void nothing_waits(void *payload)
{
	(void)payload;
}

/* The same code as for a live answer, fed with the bytes of an earlier one: no request, nobody
 * who listens, and a status that is known to have been good. */
bool model_decode(struct arena *a, const struct model_bytes *b, struct turn *turn,
		  enum stop_reason *stop, struct err *err)
{
	static const struct model_callbacks nobody = { .text = nobody_reads };
	const struct provider_row *row = provider_of_dialect(b->dialect);
	struct wire_model m = { .endpoint = { .name = b->name } };
	struct wire_try t = { .model = &m, .progress = nothing_waits, .status = 200 };
	struct turn made;
	bool ok;

	if (!row)
		return err_set(err, ERR_INVALID, "there is no wire format \"%.*s\"",
			       SLICE_ARG(b->dialect));
	m.endpoint.dialect = row->dialect;
	m.endpoint.quirks = b->text_calls ? QUIRK_TEXT_CALLS : 0;
	reply_init(&t.reply, &nobody, NULL);
	sse_init(&t.sse, on_event, &t);
	buf_init(&t.text, LIMIT_ERROR_BODY_BYTES);
	buf_init(&t.raw, MODEL_RAW_BYTES);
	t.answered = true;
	(void)on_body(&t, 200, b->raw);
	ok = wire_try_judge(&t, &made);
	if (ok) {
		*turn = turn_dup(a, &made);
		*stop = t.reply.stop;
	} else {
		(void)err_set(err, ERR_INVALID, "it cannot be read: %s%s%s",
			      fail_words(t.failure.kind), t.failure.detail[0] ? ": " : "",
			      t.failure.detail);
	}
	wire_try_end(&t);
	return ok;
}
