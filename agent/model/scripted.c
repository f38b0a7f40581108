/* scripted.c - the model "scripted:FILE": a file says what the model says (see script.h). It
 * costs nothing, contacts nobody, and behaves like a real one: it streams, takes time, and can
 * be cancelled. Its tokens are priced as a model of 2 USD (input) and 10 USD (output) a million.
 *
 *   START --delay_ms--> SAYING (a word of thinking, then of text, each chunk_ms) --> ENDED
 *     \--hang: nothing until cancelled
 *
 * In ENDED done() is called and the timer closed; its close callback frees the call. Each opened
 * model begins at the first turn of its file; a call takes the next turn when it starts. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/model/image.h"
#include "agent/model/provider.h"
#include "agent/model/script.h"
#include "protocol/base/buf.h"
#include "protocol/base/log.h"
#include "protocol/base/mem.h"

enum { BYTES_PER_TOKEN = 4 };

/* Prices and window like those of a real model, so that budgets and compaction can be tried
 * without one. */
static const struct price_row scripted_row = {
	"scripted", "scripted", 200000, 32000, true, { 2, 10, 0.2, 2.5 }, 0, { 0, 0, 0, 0 },
};

struct scripted {
	struct model base;
	struct script script;
	/* the turn that the next call takes; the calls of all tasks that have this model opened
	 * count */
	size_t next;
};

enum scripted_state { START, SAYING, ENDED };

struct scripted_call {
	struct model_call base;
	const struct script_turn *turn;
	enum scripted_state state;
	struct job job;
	uv_timer_t timer;
	struct arena arena;
	size_t thinking_at, text_at;
	size_t turn_number; /* of the transcript: makes the ids of calls unique in it */
	uint64_t prompt_tokens;
	struct err why;
	bool cancelled;
};

static void on_timer_closed(uv_handle_t *h)
{
	struct scripted_call *c = h->data;

	arena_release(&c->arena);
	free(c);
}

static void add_block(struct turn *t, struct block b)
{
	t->blocks[t->n_blocks++] = b;
}

/* The texts stay the script's, which lives as long as the model; done() borrows them. */
static struct turn make_turn(struct scripted_call *c)
{
	const struct script_turn *s = c->turn;
	struct turn t = { .role = ROLE_ASSISTANT, .model = c->base.model->name };

	t.blocks = arena_array(&c->arena, s->n_calls + 2, sizeof(*t.blocks));
	if (s->thinking.len > 0)
		add_block(&t, (struct block){ .kind = BLOCK_THINKING, .text = s->thinking });
	if (s->text.len > 0)
		add_block(&t, (struct block){ .kind = BLOCK_TEXT, .text = s->text });
	for (size_t i = 0; i < s->n_calls; i++) {
		struct block b = s->calls[i];

		b.id = arena_printf(&c->arena, "call_%zu_%zu", c->turn_number, i);
		add_block(&t, b);
	}
	return t;
}

static struct usage count_usage(const struct scripted_call *c)
{
	const struct script_turn *s = c->turn;
	uint64_t out = s->thinking.len + s->text.len;
	struct usage u = { 0 };

	for (size_t i = 0; i < s->n_calls; i++)
		out += s->calls[i].name.len + s->calls[i].text.len;
	if (s->has_usage)
		u = s->usage;
	else
		u = (struct usage){ .input = c->prompt_tokens,
				    .output = out / BYTES_PER_TOKEN + 1 };
	u.usd = price_of(&scripted_row, &u);
	return u;
}

static void finish(struct scripted_call *c)
{
	struct model_result r = { 0 };
	bool ok = c->why.code == ERR_NONE;

	c->state = ENDED;
	job_drop(&c->job);
	if (ok) {
		r.turn = make_turn(c);
		r.usage = count_usage(c);
		r.stop = c->turn->has_stop  ? c->turn->stop
			 : c->turn->n_calls ? STOP_TOOL
					    : STOP_END;
		r.response_id = arena_printf(&c->arena, "scripted_%u", c->turn->line);
	}
	c->base.cb.done(c->base.payload, &r, ok ? NULL : &c->why);
	uv_close((uv_handle_t *)&c->timer, on_timer_closed);
}

/* The next piece: up to the end of the next word, or all when nothing is to be waited for. */
static struct slice next_piece(struct slice text, size_t *at, bool all)
{
	size_t from = *at, to = from;

	while (to < text.len && (text.ptr[to] == ' ' || text.ptr[to] == '\n'))
		to++;
	while (to < text.len && text.ptr[to] != ' ' && text.ptr[to] != '\n')
		to++;
	*at = all ? text.len : to;
	return slice_sub(text, from, *at);
}

/* Says one piece; false if nothing is left to say. */
static bool say(struct scripted_call *c)
{
	const struct script_turn *s = c->turn;
	const struct model_callbacks *cb = &c->base.cb;
	bool all = s->chunk_ms == 0;
	struct slice piece;

	if (c->thinking_at < s->thinking.len) {
		piece = next_piece(s->thinking, &c->thinking_at, all);
		if (cb->thinking)
			cb->thinking(c->base.payload, piece);
		return true;
	}
	if (c->text_at < s->text.len) {
		piece = next_piece(s->text, &c->text_at, all);
		if (cb->text)
			cb->text(c->base.payload, piece);
		return true;
	}
	return false;
}

static void on_timer(uv_timer_t *t);

/* As with a real model, done() never runs inside scripted_call() or scripted_cancel(): the first
 * step comes from the run queue. A callback may cancel the call, so this is looked at after each
 * piece. */
static void step(struct scripted_call *c)
{
	if (c->state == ENDED)
		return;
	if (c->cancelled) {
		c->why.code = ERR_NONE;
		(void)err_set(&c->why, ERR_CANCELLED, "The call of the model was cancelled.");
		finish(c);
		return;
	}
	if (c->state == START && c->why.code == ERR_NONE && c->turn->hang)
		return;
	if (c->state == START && c->why.code == ERR_NONE)
		c->why = c->turn->error;
	if (c->why.code != ERR_NONE) {
		finish(c);
		return;
	}
	c->state = SAYING;
	while (!c->cancelled && say(c)) {
		if (c->turn->chunk_ms == 0)
			continue;
		if (!c->cancelled)
			(void)uv_timer_start(&c->timer, on_timer, c->turn->chunk_ms, 0);
		return;
	}
	if (!c->cancelled)
		finish(c);
}

static void on_timer(uv_timer_t *t)
{
	step(t->data);
}

static void on_job(struct job *j)
{
	struct scripted_call *c = container_of(j, struct scripted_call, job);

	if (c->state == START && !c->cancelled && c->turn && c->turn->delay_ms > 0)
		(void)uv_timer_start(&c->timer, on_timer, c->turn->delay_ms, 0);
	else
		step(c);
}

/* What is wrong with the script is the answer of the call, not an error of making it: the task
 * then ends with words that name file and line. */
static void take_turn(struct scripted *m, struct scripted_call *c, const struct transcript *t)
{
	if (m->next == m->script.n) {
		(void)err_set(&c->why, ERR_PROVIDER,
			      "The script %.*s has no more turns: all %zu are said. Add a line for "
			      "what the model says next.",
			      SLICE_ARG(m->script.path), m->script.n);
		return;
	}
	c->turn = &m->script.turns[m->next++];
	if (!script_check(&m->script, c->turn, t, &c->why))
		log_debug("scripted: %s", c->why.msg);
}

static struct model_call *scripted_call(struct model *model, const struct model_request *r,
					const struct model_callbacks *cb, void *payload,
					struct err *err)
{
	struct scripted *m = container_of(model, struct scripted, base);
	struct scripted_call *c = xcalloc(1, sizeof(*c));
	uint64_t bytes = r->system.len;

	(void)err;
	for (size_t i = 0; i < r->transcript->n; i++)
		for (size_t k = 0; k < r->transcript->turns[i].n_blocks; k++)
			bytes += r->transcript->turns[i].blocks[k].text.len;
	c->base = (struct model_call){ .model = model, .cb = *cb, .payload = payload };
	c->prompt_tokens = bytes / BYTES_PER_TOKEN + 1;
	c->turn_number = r->transcript->n;
	arena_init(&c->arena);
	job_init(&c->job, on_job);
	(void)uv_timer_init(model->loop, &c->timer);
	c->timer.data = c;
	take_turn(m, c, r->transcript);
	runq_post(model->runq, &c->job);
	return &c->base;
}

static void scripted_cancel(struct model_call *call)
{
	struct scripted_call *c = container_of(call, struct scripted_call, base);

	if (c->cancelled || c->state == ENDED)
		return;
	c->cancelled = true;
	(void)uv_timer_stop(&c->timer);
	runq_post(call->model->runq, &c->job);
}

static void scripted_close(struct model *m)
{
	(void)m; /* all of it lives in the arena */
}

static void scripted_skip(struct model *model, size_t n)
{
	struct scripted *m = container_of(model, struct scripted, base);

	m->next = n < m->script.n ? n : m->script.n;
}

static const struct model_ops scripted_ops = { scripted_call, scripted_cancel, scripted_close,
					       scripted_skip, NULL };

static bool read_file(struct slice path, struct arena *a, struct slice *out, struct err *err)
{
	char piece[16 * 1024];
	FILE *f = fopen(arena_cstr(a, path), "re");
	struct buf text;
	size_t n;
	bool ok;

	if (!f)
		return err_set(err, ERR_PROVIDER, "The script %.*s cannot be read: %s.",
			       SLICE_ARG(path), strerror(errno));
	buf_init(&text, SCRIPT_BYTES);
	while ((n = fread(piece, 1, sizeof(piece), f)) > 0)
		buf_append(&text, slice_make(piece, n));
	ok = !ferror(f) && !text.full;
	if (ok)
		*out = arena_dup(a, buf_slice(&text));
	else
		(void)err_set(err, ERR_PROVIDER,
			      "The script %.*s cannot be read: it is not a file of at most %d MiB.",
			      SLICE_ARG(path), SCRIPT_BYTES / 1024 / 1024);
	buf_release(&text);
	(void)fclose(f);
	return ok;
}

bool scripted_open(const struct model_options *o, struct slice path, struct model **out,
		   struct err *err)
{
	struct scripted *m = xcalloc(1, sizeof(*m));
	struct arena *a = &m->base.arena;
	struct slice text;

	model_init(&m->base, &scripted_ops, o, SLICE(""));
	m->base.name = arena_printf(a, "scripted:%.*s", SLICE_ARG(path));
	m->base.row = &scripted_row;
	m->base.priced = true;
	m->base.image_types = IMAGE_ALL;
	if (!read_file(path, a, &text, err) || !script_parse(&m->script, a, path, text, err)) {
		model_close(&m->base);
		return false;
	}
	*out = &m->base;
	return true;
}
