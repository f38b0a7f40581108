/* compact.c - what the model gets of a conversation that has outgrown its window.
 *
 * The transcript itself stays whole, in memory and in the log. What is sent is a view of it, made from two marks
 * that only move forward:
 *
 *   0 ........ cut ........ trim ........ end
 *   the user's words   results are     as it was
 *   and a digest       replaced
 *
 * First only `trim` moves: old results of tools are the bulk of a conversation, and can be had again. Where that
 * is not enough, `cut` follows: of the turns before it the user's words stay to the letter, and one note says what
 * was done, what was changed, how the plan stands and what the user was asked. Each step goes far below the
 * limit at once, since every step makes the provider's cache of the prompt worthless. The note is made by rules,
 * not by a model: it costs nothing, cannot fail, and comes out the same when a session is resumed. */
#include "agent/session/task_own.h"

#include <inttypes.h>

#include "protocol/base/utf8.h"

enum {
	FULL_PERCENT = 75,   /* of the window: from here on the conversation is made shorter */
	TARGET_PERCENT = 45, /* what it is brought down to */
	KEEP_PERCENT = 20,   /* what of it is newest and stays as it was, if it can */
	DIGEST_PERCENT = 8,  /* what the lines of the digest may take */
	TOKEN_BYTES = 3,
	SMALL_RESULT = 256,  /* bytes: not worth a replacement */
	LEAST_RESULT = 1024, /* bytes: what stays of each result at the tightest */
	TRIES = 3,	     /* answers to "too long" in a row */
	LINE_BYTES = 160,
};

#define NOTE_START "(A note of Emend, not of the user: "
#define GONE "(This old result was removed to save room. Make the call again if it is needed.)"

static bool is_note(struct slice text)
{
	return slice_starts(text, SLICE(NOTE_START));
}

/* What the user said, or what a call was made to get: it cannot be had again. */
static bool must_stay(const struct block *b)
{
	return slice_eq_cstr(b->name, "ask_user") || slice_eq_cstr(b->name, "load_skill") ||
	       b->text.len <= SMALL_RESULT;
}

static const struct block *result_of(const struct transcript *all, size_t from, struct slice id)
{
	for (size_t i = from; i < all->n && all->turns[i].role == ROLE_USER; i++)
		for (size_t k = 0; k < all->turns[i].n_blocks; k++)
			if (all->turns[i].blocks[k].kind == BLOCK_RESULT &&
			    slice_eq(all->turns[i].blocks[k].id, id))
				return &all->turns[i].blocks[k];
	return NULL;
}

/* --- the digest --- */

static struct slice one_line(struct slice text)
{
	struct slice line = SLICE("");

	text = slice_trim(text);
	(void)slice_next_line(&text, &line);
	if (line.len > LINE_BYTES)
		line = slice_sub(line, 0, utf8_complete_prefix(slice_sub(line, 0, LINE_BYTES)));
	return slice_trim(line);
}

static struct slice subject_of(struct json input, struct arena *a)
{
	static const char *const keys[] = { "path", "command", "pattern", "symbol", "name", "id" };

	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (json_type(json_get(input, keys[i])) == JSON_STRING)
			return one_line(json_str_or(json_get(input, keys[i]), a, ""));
	return SLICE("");
}

static void put_call(struct buf *b, const struct block *call, const struct block *result)
{
	struct arena a;
	struct json input;
	struct slice subject = SLICE("");

	arena_init(&a);
	if (json_parse(&a, call->text, &input, NULL))
		subject = subject_of(input, &a);
	buf_printf(b, "- %.*s %.*s: %s%.*s\n", SLICE_ARG(call->name), SLICE_ARG(subject),
		   result && result->is_error ? "failed: " : "",
		   SLICE_ARG(result ? one_line(result->text) : SLICE("no result")));
	arena_release(&a);
}

static void put_turn(struct buf *b, const struct transcript *all, size_t i)
{
	const struct turn *turn = &all->turns[i];

	for (size_t k = 0; k < turn->n_blocks; k++) {
		const struct block *x = &turn->blocks[k];

		if (x->kind == BLOCK_TEXT && slice_trim(x->text).len > 0)
			buf_printf(b, "- You said: %.*s\n", SLICE_ARG(one_line(x->text)));
		else if (x->kind == BLOCK_CALL && !slice_eq_cstr(x->name, "update_plan") &&
			 !slice_eq_cstr(x->name, "ask_user"))
			put_call(b, x, result_of(all, i + 1, x->id));
	}
}

/* The newest steps before `cut` for which there is room; then in their order. */
static void put_steps(struct buf *b, const struct task *t, size_t room)
{
	const struct transcript *all = &t->transcript;
	size_t from = t->compact.cut, older = 0;
	struct buf one;

	buf_init(&one, LIMIT_REQUEST_BYTES);
	while (from > 0 && one.len < room)
		if (all->turns[--from].role == ROLE_ASSISTANT)
			put_turn(&one, all, from);
	buf_release(&one);
	for (size_t i = 0; i < from; i++)
		older += all->turns[i].role == ROLE_ASSISTANT;
	buf_puts(b, "What was done, oldest first:\n");
	if (older > 0)
		buf_printf(b, "- (%zu older %s)\n", older, older == 1 ? "step" : "steps");
	for (size_t i = from; i < t->compact.cut; i++)
		if (all->turns[i].role == ROLE_ASSISTANT)
			put_turn(b, all, i);
}

/* Each question to the user before `cut`, with the whole of the answer. */
static void put_questions(struct buf *b, const struct task *t, struct arena *a)
{
	const struct transcript *all = &t->transcript;

	for (size_t i = 0; i < t->compact.cut; i++)
		for (size_t k = 0; k < all->turns[i].n_blocks; k++) {
			const struct block *x = &all->turns[i].blocks[k], *answer;
			struct json input;

			if (x->kind != BLOCK_CALL || !slice_eq_cstr(x->name, "ask_user") ||
			    !json_parse(a, x->text, &input, NULL))
				continue;
			answer = result_of(all, i + 1, x->id);
			buf_printf(b, "You asked: %.*s\n%.*s\n",
				   SLICE_ARG(json_str_or(json_get(input, "question"), a, "")),
				   SLICE_ARG(answer ? answer->text : SLICE("No answer came.")));
		}
}

static void put_plan(struct buf *b, const struct task *t, struct arena *a)
{
	const struct transcript *all = &t->transcript;
	struct json input = { 0 };
	bool found = false;

	for (size_t i = all->n; i-- > 0 && !found;)
		for (size_t k = 0; k < all->turns[i].n_blocks; k++) {
			const struct block *x = &all->turns[i].blocks[k];

			if (x->kind != BLOCK_CALL || !slice_eq_cstr(x->name, "update_plan"))
				continue;
			if (i >= t->compact.cut) /* it is still there, to the letter */
				return;
			found = json_parse(a, x->text, &input, NULL);
		}
	if (!found)
		return;
	buf_puts(b, "Your plan, as you last told it:\n");
	for (struct json_iter it = json_iter(json_get(input, "steps")); json_next(&it);)
		buf_printf(b, "- [%.*s] %.*s\n",
			   SLICE_ARG(json_str_or(json_get(it.value, "status"), a, "")),
			   SLICE_ARG(json_str_or(json_get(it.value, "text"), a, "")));
}

static void put_files(struct buf *b, const struct task *t)
{
	if (t->env.n_files == 0)
		return;
	buf_puts(b, "Files changed in this task so far:\n");
	for (size_t i = 0; i < t->env.n_files; i++)
		buf_printf(b, "- %.*s\n", SLICE_ARG(t->env.files[i]));
}

static struct slice digest(struct task *t)
{
	struct arena a;
	struct buf b;
	struct slice out;

	arena_init(&a);
	buf_init(&b, LIMIT_REQUEST_BYTES);
	buf_puts(&b, NOTE_START "the conversation had outgrown your context window. The user's "
				"words above are complete; of your own older steps only this is "
				"left. Read again what you need.)\n");
	put_steps(&b, t, (size_t)(t->compact.window * DIGEST_PERCENT / 100 * TOKEN_BYTES));
	put_files(&b, t);
	put_questions(&b, t, &a);
	put_plan(&b, t, &a);
	out = arena_dup(&t->arena, buf_slice(&b));
	buf_release(&b);
	arena_release(&a);
	return out;
}

/* --- the view --- */

static void add(struct task *t, struct turn *turn)
{
	if (turn->n_blocks > 0)
		transcript_add(&t->compact.view, &t->arena, turn);
}

static void add_user_words(struct task *t, const struct turn *turn)
{
	struct turn kept = { .role = ROLE_USER };

	if (turn->role != ROLE_USER)
		return;
	kept.blocks = arena_array(&t->arena, turn->n_blocks + 1, sizeof(*kept.blocks));
	for (size_t k = 0; k < turn->n_blocks; k++)
		if (turn->blocks[k].kind == BLOCK_TEXT && !is_note(turn->blocks[k].text))
			kept.blocks[kept.n_blocks++] = turn->blocks[k];
	add(t, &kept);
}

/* A turn of the user without its results (`most` 0), or with the first `most` bytes of each. */
static void add_trimmed(struct task *t, const struct turn *turn, size_t most)
{
	struct turn kept = { .role = ROLE_USER, .n_blocks = turn->n_blocks };

	kept.blocks = arena_array(&t->arena, turn->n_blocks + 1, sizeof(*kept.blocks));
	for (size_t k = 0; k < turn->n_blocks; k++) {
		struct block *b = &kept.blocks[k];
		size_t head;

		*b = turn->blocks[k];
		if (b->kind != BLOCK_RESULT || must_stay(b) || b->text.len <= most)
			continue;
		head = utf8_complete_prefix(slice_sub(b->text, 0, most));
		b->text = most == 0 ? SLICE(GONE)
				    : arena_printf(&t->arena,
						   "%.*s\n(The rest, %zu bytes, was removed to "
						   "save room. Ask for less at once.)",
						   (int)head, b->text.ptr, b->text.len - head);
	}
	add(t, &kept);
}

static void build(struct task *t)
{
	struct compact *c = &t->compact;
	const struct transcript *all = &t->transcript;

	c->stale = false;
	c->view = (struct transcript){ 0 };
	for (size_t i = 0; i < c->cut; i++)
		add_user_words(t, &all->turns[i]);
	if (c->cut > 0) {
		struct block *b = arena_alloc(&t->arena, sizeof(*b));

		*b = (struct block){ .kind = BLOCK_TEXT, .text = digest(t) };
		add(t, &(struct turn){ .role = ROLE_USER, .blocks = b, .n_blocks = 1 });
	}
	for (size_t i = c->cut; i < c->made; i++) {
		struct turn *turn = &all->turns[i];

		if (turn->role == ROLE_ASSISTANT || (i >= c->trim && c->most == 0))
			add(t, turn);
		else
			add_trimmed(t, turn, i < c->trim ? 0 : c->most);
	}
	c->seen = c->made;
}

const struct transcript *compact_view(struct task *t)
{
	struct compact *c = &t->compact;

	if (c->made == 0)
		return &t->transcript;
	if (c->stale)
		build(t);
	for (; c->seen < t->transcript.n; c->seen++)
		add(t, &t->transcript.turns[c->seen]);
	return &c->view;
}

/* --- when and how far --- */

/* The request's tokens: the upper bound, made smaller by what the last one really took of it. */
static uint64_t tokens_now(struct task *t)
{
	struct model_request rq = turn_request(t);

	return (uint64_t)((double)model_estimate(t->model, &rq) * t->compact.share);
}

uint64_t compact_room(struct task *t, uint64_t prompt_tokens)
{
	uint64_t window = t->compact.window;

	prompt_tokens = (uint64_t)((double)prompt_tokens * t->compact.share);
	if (window == 0)
		return UINT64_MAX;
	return prompt_tokens < window ? window - prompt_tokens : 0;
}

/* The first turn of the model behind which not more than this stands: at least its last one. */
static size_t keep_from(const struct task *t, uint64_t tokens)
{
	const struct transcript *all = &t->transcript;
	double bytes = (double)tokens * TOKEN_BYTES / t->compact.share;
	size_t from = all->n;

	for (size_t i = all->n; i-- > 0;) {
		for (size_t k = 0; k < all->turns[i].n_blocks; k++)
			bytes -= (double)(all->turns[i].blocks[k].text.len +
					  all->turns[i].blocks[k].raw.len);
		if (all->turns[i].role != ROLE_ASSISTANT)
			continue;
		if (bytes < 0 && from < all->n)
			break;
		from = i;
	}
	return from;
}

static uint64_t with_marks(struct task *t, size_t cut, size_t trim, size_t most)
{
	struct compact *c = &t->compact;

	c->cut = cut > c->cut ? cut : c->cut;
	c->trim = trim > c->trim ? trim : c->trim;
	c->most = most;
	c->made = t->transcript.n;
	c->stale = true;
	return tokens_now(t);
}

static size_t count_results(const struct turn *turns, size_t from, size_t to)
{
	size_t n = 0;

	for (size_t i = from; i < to; i++)
		for (size_t k = 0; k < turns[i].n_blocks; k++)
			n += turns[i].blocks[k].kind == BLOCK_RESULT;
	return n;
}

/* Gentle first. Returns what is left in tokens. */
static uint64_t shorten(struct task *t)
{
	struct compact *c = &t->compact;
	uint64_t target = c->window * TARGET_PERCENT / 100, left = 0;
	size_t most, last = keep_from(t, 0);

	for (int tight = 0; tight < 2; tight++) {
		size_t from = tight ? last : keep_from(t, c->window * KEEP_PERCENT / 100);

		left = with_marks(t, 0, from, 0);
		if (left > target)
			left = with_marks(t, from, from, 0);
		if (left <= target)
			return left;
	}
	/* what came last is itself too much */
	most = (size_t)target / 2 * TOKEN_BYTES /
	       (count_results(t->transcript.turns, last, t->transcript.n) + 1);
	return with_marks(t, last, last, most > LEAST_RESULT ? most : LEAST_RESULT);
}

static void tell(struct task *t, uint64_t before, uint64_t after, size_t cut, size_t trim)
{
	struct compact *c = &t->compact;
	const struct turn *turns = t->transcript.turns;
	size_t results = count_results(turns, trim > c->cut ? trim : c->cut, c->trim), steps = 0;
	struct jw *w = task_log(t, "compaction");

	for (size_t i = cut; i < c->cut; i++)
		steps += turns[i].role == ROLE_ASSISTANT;
	jw_ki64(w, "cut", (int64_t)c->cut);
	jw_ki64(w, "trim", (int64_t)c->trim);
	jw_ki64(w, "turns", (int64_t)c->made);
	jw_ki64(w, "most", (int64_t)c->most);
	jw_ki64(w, "before", (int64_t)before);
	jw_ki64(w, "after", (int64_t)after);
	(void)task_log_end(t);
	c->told = arena_printf(
		&t->arena,
		"The conversation was shortened from about %" PRIu64 " to %" PRIu64
		" tokens, so that it fits the model's window: %zu %s summarised, %zu old %s of tools "
		"left out. The model still has your words and its plan; `emend sessions show %.*s` "
		"has all of it.",
		before, after, steps, steps == 1 ? "step" : "steps", results,
		results == 1 ? "result" : "results", SLICE_ARG(t->session));
	task_notice(t, c->told);
}

/* Is the conversation shorter now? */
static bool compact_now(struct task *t)
{
	struct compact *c = &t->compact, was = *c;
	uint64_t before = tokens_now(t), after = shorten(t);

	if (after < before) {
		tell(t, before, after, was.cut, was.trim);
		return true;
	}
	*c = was;
	return false;
}

void compact_init(struct task *t)
{
	t->compact.window = model_limits(t->model).context_tokens;
	t->compact.share = 1;
}

void compact_check(struct task *t)
{
	struct compact *c = &t->compact;

	if (c->window > 0 && tokens_now(t) > c->window * FULL_PERCENT / 100)
		(void)compact_now(t);
}

bool compact_overflow(struct task *t)
{
	struct compact *c = &t->compact;
	uint64_t now = tokens_now(t);

	if (c->overflows++ == TRIES)
		return false;
	if (c->window == 0 || now < c->window) /* it is smaller than was believed */
		c->window = now;
	return compact_now(t);
}

struct slice compact_asked(struct task *t)
{
	struct compact *c = &t->compact;
	uint64_t window = c->window, now = tokens_now(t);
	bool shorter;

	c->window = now;
	shorter = compact_now(t);
	c->window = window;
	return shorter ? c->told
		       : SLICE("The conversation is short already; nothing was left out.");
}

void compact_learn(struct task *t, const struct usage *u)
{
	struct compact *c = &t->compact;
	double told = (double)(u->input + u->cache_read + u->cache_write);
	double bound = (double)t->next_call.prompt_tokens;

	c->overflows = 0;
	if (u->estimated || told <= 0 || bound <= 0)
		return;
	c->share = told / bound;
	if (c->share > 1)
		c->share = 1;
	else if (c->share < 0.5) /* nobody's tokens are so long; a lie must not fill the window */
		c->share = 0.5;
}

void compact_replay(struct task *t, struct json ev)
{
	struct compact *c = &t->compact;
	int64_t cut = json_i64_or(json_get(ev, "cut"), 0),
		trim = json_i64_or(json_get(ev, "trim"), 0),
		most = json_i64_or(json_get(ev, "most"), 0);
	size_t n = t->transcript.n;

	c->cut = cut > 0 && (size_t)cut < n ? (size_t)cut : 0;
	c->trim = trim > 0 && (size_t)trim < n ? (size_t)trim : 0;
	c->most = most > 0 ? (size_t)most : 0;
	c->made = n;
	while (c->cut > 0 && t->transcript.turns[c->cut].role != ROLE_ASSISTANT)
		c->cut--; /* never between a call and its result */
	c->stale = true;
}
