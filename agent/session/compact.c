/* compact.c - what the model gets of a conversation that has outgrown its window.
 *
 * The transcript itself stays whole, in memory and in the log. What is sent is a view of it, made from three marks
 * that only move forward:
 *
 *   0 ........ cut ........ trim ......... blind ........ end
 *   the user's words   results are     images are      as it was
 *   and a digest       replaced        left out
 *
 * First only `blind` moves, as an image is the dearest of results; then `trim`: old results of tools are the bulk
 * of a conversation, and can be had again. Where that is not enough, `cut` follows: of the turns before it the
 * user's words stay to the letter, and one note (digest.c) says what was done, what was changed, how the plan
 * stands and what the user was asked. Each step goes far below the
 * limit at once, since every step makes the provider's cache of the prompt worthless. The note is made by rules,
 * not by a model: it costs nothing, cannot fail, and comes out the same when a session is resumed. */
#include "agent/session/task_own.h"

#include <inttypes.h>

#include "agent/model/image.h"
#include "protocol/base/utf8.h"

/* The window is never filled to its end: the estimate of the tokens is rough, and the answer
 * needs room in it, too. */
enum {
	FULL_PERCENT = 75,   /* of the window: from here on the conversation is made shorter */
	TARGET_PERCENT = 45, /* what it is brought down to */
	KEEP_PERCENT = 20,   /* what of it is newest and stays as it was, if it can */
	SMALL_RESULT = 256,  /* bytes: not worth a replacement */
	LEAST_RESULT = 1024, /* bytes: what stays of each result at the tightest */
	TRIES = 3,	     /* answers to "too long" in a row */
};

#define GONE "(This old result was removed to save room. Make the call again if it is needed.)"

static bool is_note(struct slice text)
{
	return slice_starts(text, SLICE(COMPACT_NOTE));
}

/* What the user said, or what a call was made to get: it cannot be had again. */
static bool must_stay(const struct block *b)
{
	return slice_eq_cstr(b->name, "ask_user") || slice_eq_cstr(b->name, "load_skill") ||
	       b->text.len <= SMALL_RESULT;
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
		if (turn->blocks[k].kind == BLOCK_TEXT && !is_note(turn->blocks[k].text)) {
			kept.blocks[kept.n_blocks] = turn->blocks[k];
			images_drop(t, &kept.blocks[kept.n_blocks++]);
		}
	add(t, &kept);
}

/* A turn of the user without its results (`most` 0), or with the first `most` bytes of each. */
static void add_trimmed(struct task *t, const struct turn *turn, size_t most, bool blind)
{
	struct turn kept = { .role = ROLE_USER, .n_blocks = turn->n_blocks };

	kept.blocks = arena_array(&t->arena, turn->n_blocks + 1, sizeof(*kept.blocks));
	for (size_t k = 0; k < turn->n_blocks; k++) {
		struct block *b = &kept.blocks[k];
		size_t head;

		*b = turn->blocks[k];
		if (blind)
			images_drop(t, b);
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

/* The view holds pointers into the transcript's texts, and copies only of what it changes. Turns
 * that come after it was made are added by compact_view() as they are. */
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

		*b = (struct block){ .kind = BLOCK_TEXT, .text = compact_digest(t) };
		c->noted = c->window;
		add(t, &(struct turn){ .role = ROLE_USER, .blocks = b, .n_blocks = 1 });
	}
	for (size_t i = c->cut; i < c->made; i++) {
		size_t most = i < c->trim ? 0 : c->most > 0 ? c->most : SIZE_MAX;
		struct turn *turn = &all->turns[i];

		if (turn->role == ROLE_ASSISTANT || (i >= c->blind && most == SIZE_MAX))
			add(t, turn);
		else
			add_trimmed(t, turn, most, i < c->blind);
	}
	c->seen = c->made;
}

/* Until the conversation was shortened for the first time, the view is the transcript itself. */
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

static double bytes_of(const struct block *b)
{
	return (double)(b->text.len + b->raw.len) +
	       (b->image ? (double)image_tokens(b->image) * COMPACT_TOKEN_BYTES : 0);
}

/* The first turn of the model behind which not more than this stands: at least its last one. */
static size_t keep_from(const struct task *t, uint64_t tokens)
{
	const struct transcript *all = &t->transcript;
	double bytes = (double)tokens * COMPACT_TOKEN_BYTES / t->compact.share;
	size_t from = all->n;

	for (size_t i = all->n; i-- > 0;) {
		for (size_t k = 0; k < all->turns[i].n_blocks; k++)
			bytes -= bytes_of(&all->turns[i].blocks[k]);
		if (all->turns[i].role != ROLE_ASSISTANT)
			continue;
		if (bytes < 0 && from < all->n)
			break;
		from = i;
	}
	return from;
}

/* Marks never go back: what the model was not sent once must not appear again, or the cache of
 * the prompt is lost a second time for nothing. Returns what a request takes now, in tokens. */
static uint64_t with_marks(struct task *t, size_t cut, size_t trim, size_t most)
{
	struct compact *c = &t->compact;

	c->cut = cut > c->cut ? cut : c->cut;
	c->trim = trim > c->trim ? trim : c->trim;
	c->blind = c->trim > c->blind ? c->trim : c->blind;
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

/* Only images go: those before this turn. Returns what is left in tokens. */
static uint64_t without_images(struct task *t, size_t before)
{
	struct compact *c = &t->compact;

	c->blind = before > c->blind ? before : c->blind;
	return with_marks(t, 0, 0, c->most);
}

/* Gentle first. Returns what is left in tokens. */
static uint64_t shorten(struct task *t)
{
	struct compact *c = &t->compact;
	uint64_t target = c->window * TARGET_PERCENT / 100, left = 0;
	size_t most, last = keep_from(t, 0), new = keep_from(t, c->window * KEEP_PERCENT / 100);

	if (images_count(t, c->blind, new) > 0) {
		left = without_images(t, new);
		if (left <= target)
			return left;
	}
	for (int tight = 0; tight < 2; tight++) {
		size_t from = tight ? last : keep_from(t, c->window * KEEP_PERCENT / 100);

		left = with_marks(t, 0, from, 0);
		if (left > target)
			left = with_marks(t, from, from, 0);
		if (left <= target)
			return left;
	}
	/* what came last is itself too much */
	most = (size_t)target / 2 * COMPACT_TOKEN_BYTES /
	       (count_results(t->transcript.turns, last, t->transcript.n) + 1);
	return with_marks(t, last, last, most > LEAST_RESULT ? most : LEAST_RESULT);
}

/* The event holds the marks: from them a resumed session makes the same view (compact_replay). */
static void tell(struct task *t, uint64_t before, uint64_t after, const struct compact *was)
{
	struct compact *c = &t->compact;
	const struct turn *turns = t->transcript.turns;
	size_t results = count_results(turns, was->trim > c->cut ? was->trim : c->cut, c->trim);
	size_t images = images_count(t, was->blind, c->blind), steps = 0;
	struct jw *w = task_log(t, "compaction");

	for (size_t i = was->cut; i < c->cut; i++)
		steps += turns[i].role == ROLE_ASSISTANT;
	jw_ki64(w, "cut", (int64_t)c->cut);
	jw_ki64(w, "trim", (int64_t)c->trim);
	jw_ki64(w, "blind", (int64_t)c->blind);
	jw_ki64(w, "turns", (int64_t)c->made);
	jw_ki64(w, "most", (int64_t)c->most);
	jw_ki64(w, "before", (int64_t)before);
	jw_ki64(w, "after", (int64_t)after);
	jw_karray(w, "files"); /* the digest names them */
	for (size_t i = 0; i < t->env.n_files && c->cut > 0; i++)
		jw_str(w, t->env.files[i]);
	jw_end(w);
	(void)task_log_end(t);
	c->told = arena_printf(
		&t->arena,
		"The conversation was shortened from about %" PRIu64 " to %" PRIu64
		" tokens, so that it fits the model's window: %zu %s summarised, %zu old %s of tools "
		"left out%s. The model still has your words and its plan; `emend sessions show %.*s` "
		"has all of it.",
		before, after, steps, steps == 1 ? "step" : "steps", results,
		results == 1 ? "result" : "results",
		images == 0   ? ""
		: images == 1 ? ", and an image"
			      : arena_printf(&t->arena, ", and %zu images", images).ptr,
		SLICE_ARG(t->session));
	task_notice(t, c->told);
}

/* Is the conversation shorter now? Where it does not help, the marks are as before, and the
 * request is made as it is: the provider may take it. */
static bool compact_now(struct task *t)
{
	struct compact *c = &t->compact, was = *c;
	uint64_t before = tokens_now(t), after = shorten(t);

	if (after < before) {
		tell(t, before, after, &was);
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

/* Providers take only so many images in a request, whatever the window. */
static void check_images(struct task *t)
{
	struct compact was = t->compact;
	size_t from = images_keep_from(t);
	uint64_t before;

	if (from <= was.blind)
		return;
	before = tokens_now(t);
	tell(t, before, without_images(t, from), &was);
}

void compact_check(struct task *t)
{
	struct compact *c = &t->compact;

	check_images(t);
	if (c->window > 0 && tokens_now(t) > c->window * FULL_PERCENT / 100)
		(void)compact_now(t);
}

/* The provider knows its window better than the table. After some tries in a row the task ends:
 * a request that is refused may cost money, too. */
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

/* The estimate counts three bytes for a token, which is more than most texts take. What the
 * provider really counted makes the next estimate of this conversation better; an estimated
 * usage says nothing new. */
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

/* For the digest. Those of a task that is replayed are not the next one's: see replay_watch(). */
static void replay_files(struct task *t, struct json files)
{
	t->env.n_files = 0;
	t->env.files = arena_array(&t->arena, json_len(files) + 1, sizeof(*t->env.files));
	for (struct json_iter it = json_iter(files); json_next(&it);)
		t->env.files[t->env.n_files++] =
			arena_dup(&t->arena, json_str_or(it.value, &t->arena, ""));
}

/* The log is a file that may have been written by an older Emend or damaged, so each mark is
 * brought into the bounds of the transcript. */
void compact_replay(struct task *t, struct json ev)
{
	struct compact *c = &t->compact;
	int64_t cut = json_i64_or(json_get(ev, "cut"), 0),
		trim = json_i64_or(json_get(ev, "trim"), 0),
		most = json_i64_or(json_get(ev, "most"), 0),
		blind = json_i64_or(json_get(ev, "blind"), trim);
	size_t n = t->transcript.n;

	c->cut = cut > 0 && (size_t)cut < n ? (size_t)cut : 0;
	c->trim = trim > 0 && (size_t)trim < n ? (size_t)trim : 0;
	c->blind = blind > 0 && (size_t)blind <= n ? (size_t)blind : c->trim;
	c->most = most > 0 ? (size_t)most : 0;
	c->made = n;
	while (c->cut > 0 && t->transcript.turns[c->cut].role != ROLE_ASSISTANT)
		c->cut--; /* never between a call and its result */
	c->stale = true;
	replay_files(t, json_get(ev, "files"));
}
