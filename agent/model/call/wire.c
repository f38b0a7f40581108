/* wire.c - one call of a model behind HTTP, with its retries.
 *
 *   KEY --have it--> QUEUED --may go--> SENDING --complete reply---------> ENDED
 *    |                ^  (gate.h)        |  \--stream done, but the connection stays open
 *    |                |         failure  v      (SETTLE_MS, then as if it had closed)
 *    |<------------------------ PAUSING <--+--that was paid for--> ENDED, and the caller may go on: a new
 *    |                |                                            call, which begins in PAUSING
 *    +--error, cancel, in any state--------------------------------------> ENDED
 *
 * Every event records a fact and calls call_step(), from the loop. model_cancel() closes the
 * connection at once and lets the step follow from the run queue. In ENDED done() is called and the
 * timer closed; its close callback frees the call. */
#include "agent/model/call/wire.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "agent/budget/believe.h"
#include "agent/model/call/gate.h"
#include "agent/model/call/retry.h"
#include "agent/model/call/wire_try.h"
#include "agent/model/keys/key_command.h"
#include "protocol/base/limits.h"
#include "protocol/base/log.h"
#include "protocol/base/mem.h"

/* SETTLE_MS: a server that has sent its last event may keep the connection open; after this time
 * the answer is taken as it is. TELL_MS: a shorter wait in front of the gate is not worth a line
 * on the screen. */
enum { SETTLE_MS = 500, TELL_MS = 1000 };
enum call_state { KEY, QUEUED, SENDING, PAUSING, ENDED };

/* Freed by the timer's close callback and nowhere else, as libuv uses the timer until then. The
 * caller has the pointer to `base` until done(). */
struct wire_call {
	struct model_call base;
	/* borrowed: no model is closed while a call of it runs */
	struct wire_model *model;
	enum call_state state;
	struct job job; /* asks for a step */
	uv_timer_t timer;
	struct buf body; /* of the request, the same for every try */
	struct err why;	 /* first error wins */
	bool cancelled, have_key, timer_fired;
	struct key_command *key_command;

	struct gate *gate; /* NULL: none */
	/* the call's turn in front of the gate; given back in finish(), whatever came */
	struct gate_place place;
	bool told;	/* that it waits in front of the gate */
	bool elsewhere; /* it ended by the server's failing */

	struct wire_try try;
	int tries;	    /* with those of the calls that this one goes on with */
	struct usage usage; /* of all tries of this call */
	/* for the caller, at the end: the failed try was paid for, so that it must decide */
	struct model_again again;
};

static void call_step(struct wire_call *c);

static void call_goto(struct wire_call *c, enum call_state next)
{
	static const char *const names[] = { "key", "queued", "sending", "pausing", "ended" };

	log_debug("model call: %s -> %s", names[c->state], names[next]);
	c->state = next;
}

static void on_timer_closed(uv_handle_t *h)
{
	struct wire_call *c = h->data;

	buf_release(&c->body);
	free(c);
}

/* The only way into ENDED. The order counts: no event of the connection may come any more when
 * done() runs; the reply's memory, which holds the turn, is released after it. */
static void finish(struct wire_call *c, const struct turn *turn)
{
	struct model_result r = { .usage = c->usage };
	bool ok = c->why.code == ERR_NONE;

	call_goto(c, ENDED);
	if (ok) {
		r.turn = *turn;
		r.stop = c->try.reply.stop;
		r.stop_detail = c->try.reply.stop_detail;
		r.response_id = c->try.reply.response_id;
		r.cut_call = c->try.reply.cut_call;
		r.raw = c->try.raw.full ? SLICE("") : buf_slice(&c->try.raw);
		r.dialect = slice_of(provider_dialect_name(c->model->endpoint.dialect));
		r.text_calls = (c->model->endpoint.quirks & QUIRK_TEXT_CALLS) != 0;
	}
	r.request_id = slice_of(c->try.request_id);
	r.elsewhere = c->elsewhere;
	r.again = c->again;
	if (c->gate)
		gate_leave(c->gate, &c->place);
	job_drop(&c->job);
	wire_try_stop(&c->try);
	c->base.cb.done(c->base.payload, &r, ok ? NULL : &c->why);
	wire_try_end(&c->try);
	uv_close((uv_handle_t *)&c->timer, on_timer_closed);
}

static void fail(struct wire_call *c)
{
	finish(c, NULL);
}

static void on_timer(uv_timer_t *t)
{
	struct wire_call *c = t->data;

	c->timer_fired = true;
	call_step(c);
}

/* The reply is complete, or the response is over. The former may be said from inside libcurl. */
static void on_progress(void *payload)
{
	struct wire_call *c = payload;

	if (c->try.answered)
		call_step(c);
	else if (!uv_is_active((uv_handle_t *)&c->timer))
		runq_post(c->base.model->runq, &c->job); /* the step starts the settling time */
}

/* The person learns why nothing comes, once. */
static void say_waiting(struct wire_call *c, uint64_t wait_ms)
{
	const struct wire_model *m = c->model;
	char why[160];

	if (c->told || wait_ms < TELL_MS || !c->base.cb.restart)
		return;
	c->told = true;
	(void)snprintf(why, sizeof(why), "%s has had its %u requests of this minute",
		       m->endpoint.where.provider, (unsigned)m->base.per_minute);
	c->base.cb.restart(c->base.payload, slice_of(why), wait_ms);
}

/* The circuit of this server is open (gate.h): the call ends without a request. */
static void fail_shut(struct wire_call *c, uint64_t wait_ms)
{
	(void)err_set(
		&c->why, ERR_PROVIDER,
		"%s failed %d times in a row, the last time: %s. Emend asks it again in %" PRIu64
		" s; wait, or use another model.",
		c->model->endpoint.where.provider, GATE_FAILURES, fail_words(gate_why(c->gate)),
		(wait_ms + 999) / 1000);
	c->elsewhere = true;
	fail(c);
}

static void start_sending(struct wire_call *c);

/* Asks the gate, and asks again whenever the time is over that it named. A step for another
 * reason must not ask: it would move the call in front of those that wait longer. */
static void step_queued(struct wire_call *c)
{
	uint64_t wait_ms = 0;

	if (c->place.waiting && !c->timer_fired)
		return;
	c->timer_fired = false;
	switch (c->gate ? gate_ask(c->gate, &c->place, uv_now(c->base.model->loop),
				   c->base.model->per_minute, &wait_ms)
			: GATE_GO) {
	case GATE_GO:
		start_sending(c);
		break;
	case GATE_WAIT:
		(void)uv_timer_start(&c->timer, on_timer, wait_ms, 0);
		say_waiting(c, wait_ms);
		break;
	case GATE_SHUT:
		fail_shut(c, wait_ms);
		break;
	}
}

static void start_queue(struct wire_call *c)
{
	call_goto(c, QUEUED);
	step_queued(c);
}

static void start_sending(struct wire_call *c)
{
	call_goto(c, SENDING);
	(void)uv_timer_stop(&c->timer);
	c->timer_fired = false;
	c->tries++;
	if (!wire_try_start(&c->try, buf_slice(&c->body), &c->base, on_progress, c, &c->why))
		fail(c);
}

static double random_fraction(void)
{
	uint32_t n = 0;

	if (getrandom(&n, sizeof(n), GRND_NONBLOCK) != (ssize_t)sizeof(n))
		n = (uint32_t)uv_hrtime(); /* it only spreads the retries */
	return (double)n / 4294967296.0;
}

static void say_restart(struct wire_call *c, uint64_t wait_ms)
{
	const struct failure *f = &c->try.failure;
	char why[320];

	if (f->status)
		(void)snprintf(why, sizeof(why), "%s (HTTP %ld)%s%s", fail_words(f->kind),
			       f->status, f->detail[0] ? ": " : "", f->detail);
	else
		(void)snprintf(why, sizeof(why), "%s%s%s", fail_words(f->kind),
			       f->detail[0] ? ": " : "", f->detail);
	log_info("model call: try %d failed: %s; next after %" PRIu64 " ms", c->tries, why,
		 wait_ms);
	if (c->base.cb.restart)
		c->base.cb.restart(c->base.payload, slice_of(why), wait_ms);
}

/* Tokens were used: another try costs as much again, and the caller's budget must be asked. */
static bool is_paid(const struct usage *u)
{
	return u->input + u->cache_read + u->cache_write + u->output > 0;
}

static void pause_for(struct wire_call *c, uint64_t wait_ms)
{
	call_goto(c, PAUSING);
	c->timer_fired = false;
	(void)uv_timer_start(&c->timer, on_timer, wait_ms, 0);
}

/* The key's bytes do not stay in memory that nobody uses. */
static void forget_key(struct wire_model *m)
{
	if (m->key.text.len > 0)
		explicit_bzero((void *)(uintptr_t)m->key.text.ptr, m->key.text.len);
	m->key.text = SLICE("");
}

/* Three ways on: the call ends; it ends and the caller may go on with it, as it was paid for; or
 * it waits here and tries again. */
static void try_failed(struct wire_call *c)
{
	uint64_t wait_ms = 0;
	bool again;

	if (!c->try.failure.request_id[0])
		memcpy(c->try.failure.request_id, c->try.request_id, sizeof(c->try.request_id));
	if (c->try.failure.kind == FAIL_AUTH && c->model->key_command)
		forget_key(c->model); /* the command is asked anew next time */
	again = !(c->gate && gate_is_open(c->gate, uv_now(c->base.model->loop))) &&
		retry_decide(&c->try.failure, c->tries, c->model->base.retries, random_fraction(),
			     &wait_ms);
	if (!again) {
		c->elsewhere = retry_may_help(c->try.failure.kind);
		fail_message(&c->try.failure, &c->model->endpoint.where, &c->why);
		fail(c);
		return;
	}
	say_restart(c, wait_ms);
	if (is_paid(&c->usage)) {
		c->again = (struct model_again){ c->tries, wait_ms };
		fail_message(&c->try.failure, &c->model->endpoint.where, &c->why);
		fail(c);
		return;
	}
	pause_for(c, wait_ms);
	wire_try_end(&c->try);
}

/* A keyring without the key is no fault of its own: where the server needs none, the call is
 * made without, else the words say how to store one. A key command that fails is always a fault. */
static void on_key(void *payload, struct slice key, const struct err *err)
{
	struct wire_call *c = payload;
	struct wire_model *m = c->model;

	c->key_command = NULL;
	if (err && m->keyring && err->code != ERR_TIMEOUT) {
		if (m->no_key)
			(void)err_set(&c->why, ERR_PROVIDER, "%s", m->no_key);
	} else if (err)
		(void)err_set(&c->why, ERR_PROVIDER, "%s", err->msg);
	else if (wire_check_key(key, m->endpoint.where.key_source, &c->why))
		m->key.text = arena_dup(&m->base.arena, key);
	c->have_key = true;
	call_step(c);
}

/* The key stays with the model once it was got, so that a person who must unlock the keyring
 * does it once. It is asked for again only after the server has refused it. */
static void step_key(struct wire_call *c)
{
	if (c->why.code != ERR_NONE) {
		fail(c);
	} else if (c->have_key || !c->model->key_command || c->model->key.text.len > 0) {
		start_queue(c);
	} else if (!c->key_command) {
		c->key_command = key_command_start(c->base.model->loop, c->model->key_command,
						   c->model->keyring ? "The keyring (secret-tool)"
								     : "The key command",
						   on_key, c, &c->why);
		if (!c->key_command)
			fail(c);
	}
}

/* What the try used. A request that the provider has begun to answer, or that was on its way when the
 * user cancelled, is paid for whether or not its usage was ever told. */
static void count_try(struct wire_call *c, bool sent, bool complete)
{
	struct usage u = c->try.reply.usage;

	if (sent)
		usage_believe(&u, c->body.len, c->try.reply.bytes, complete);
	model_add_usage(c->base.model, &c->usage, &u);
}

/* Waits until the response is over, or until it is complete and the settling time has passed.
 * The gate is told first: its place must be free when the next try asks for one. */
static void step_sending(struct wire_call *c)
{
	struct turn turn;
	bool ok;

	if (!c->try.answered && !(c->try.reply.complete && c->timer_fired)) {
		if (c->try.reply.complete && !uv_is_active((uv_handle_t *)&c->timer))
			(void)uv_timer_start(&c->timer, on_timer, SETTLE_MS, 0);
		return;
	}
	ok = wire_try_judge(&c->try, &turn);
	if (c->gate)
		gate_told(c->gate, &c->place, uv_now(c->base.model->loop),
			  ok ? FAIL_NONE : c->try.failure.kind);
	count_try(c, ok || reply_began(&c->try.reply) || c->try.failure.kind == FAIL_TIMEOUT, ok);
	if (ok)
		finish(c, &turn);
	else
		try_failed(c);
}

/* One step of the machine. A cancelled call ends from here and not from model_cancel(), so that
 * done() never runs inside that; what it used until then is counted, for the server bills it. */
static void call_step(struct wire_call *c)
{
	if (c->state == ENDED)
		return;
	if (c->cancelled) {
		if (c->state == SENDING)
			count_try(c, true, false);
		c->why.code = ERR_NONE;
		(void)err_set(&c->why, ERR_CANCELLED, "The call of the model was cancelled.");
		fail(c);
		return;
	}
	switch (c->state) {
	case KEY:
		step_key(c);
		break;
	case QUEUED:
		step_queued(c);
		break;
	case SENDING:
		step_sending(c);
		break;
	case PAUSING:
		if (c->timer_fired) {
			call_goto(c, KEY);
			step_key(c);
		}
		break;
	case ENDED:
		break;
	}
}

static void on_job(struct job *j)
{
	call_step(container_of(j, struct wire_call, job));
}

/* The request is built once and sent with every try. What cannot be built ends here, before
 * anything is started. */
static struct model_call *wire_call(struct model *model, const struct model_request *r,
				    const struct model_callbacks *cb, void *payload,
				    struct err *err)
{
	struct wire_model *m = container_of(model, struct wire_model, base);
	struct wire_call *c = xcalloc(1, sizeof(*c));

	buf_init(&c->body, LIMIT_REQUEST_BYTES);
	if (!dialect_build(&m->endpoint, r, &c->body, err))
		goto fail;
	if (c->body.full) {
		(void)err_set(
			err, ERR_TOO_LARGE,
			"The conversation is larger than the %d MiB that %s takes; start a new "
			"session, or ask for less at once.",
			LIMIT_REQUEST_BYTES / 1024 / 1024, m->endpoint.where.provider);
		goto fail;
	}
	c->base = (struct model_call){ .model = model, .cb = *cb, .payload = payload };
	c->model = m;
	c->place.urgent = r->urgent;
	if (model->gates)
		c->gate = gate_of(model->gates, m->endpoint.where.host);
	job_init(&c->job, on_job);
	(void)uv_timer_init(model->loop, &c->timer);
	c->timer.data = c;
	c->tries = r->again.tries;
	if (c->tries > 0)
		pause_for(c, r->again.wait_ms);
	else
		runq_post(model->runq, &c->job);
	return &c->base;
fail:
	buf_release(&c->body);
	free(c);
	return NULL;
}

static void wire_cancel(struct model_call *call)
{
	struct wire_call *c = container_of(call, struct wire_call, base);

	if (c->cancelled || c->state == ENDED)
		return;
	c->cancelled = true;
	wire_try_stop(&c->try);
	key_command_drop(c->key_command);
	c->key_command = NULL;
	(void)uv_timer_stop(&c->timer);
	runq_post(call->model->runq, &c->job);
}

static void wire_close(struct model *model)
{
	forget_key(container_of(model, struct wire_model, base));
}

static void wire_prepare(struct model *m)
{
	http_prepare(m->http);
}

const struct model_ops wire_ops = { wire_call, wire_cancel, wire_close, NULL, wire_prepare };
