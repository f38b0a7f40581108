/* digest.c - the note that takes the place of the turns that compact.c cuts off: what was done, what was changed, how
 * the plan stands, and what the user was asked. Made by rules, from the transcript. */
#include "agent/session/task_own.h"

#include "protocol/base/utf8.h"

enum {
	DIGEST_PERCENT = 8, /* of the window: what the lines about steps may take */
	LINE_BYTES = 160,
};

/* The results of an answer are in the turns of the user that follow it, up to the next answer. */
static const struct block *result_of(const struct transcript *all, size_t from, struct slice id)
{
	for (size_t i = from; i < all->n && all->turns[i].role == ROLE_USER; i++)
		for (size_t k = 0; k < all->turns[i].n_blocks; k++)
			if (all->turns[i].blocks[k].kind == BLOCK_RESULT &&
			    slice_eq(all->turns[i].blocks[k].id, id))
				return &all->turns[i].blocks[k];
	return NULL;
}

static struct slice one_line(struct slice text)
{
	struct slice line = SLICE("");

	text = slice_trim(text);
	(void)slice_next_line(&text, &line);
	if (line.len > LINE_BYTES)
		line = slice_sub(line, 0, utf8_complete_prefix(slice_sub(line, 0, LINE_BYTES)));
	return slice_trim(line);
}

struct slice call_subject(struct arena *a, struct json input, size_t max)
{
	static const char *const keys[] = { "path", "command", "pattern", "symbol", "name", "id" };
	struct slice text, line = SLICE("");

	for (size_t i = 0; i < ARRAY_LEN(keys) && line.len == 0; i++) {
		text = slice_trim(json_str_or(json_get(input, keys[i]), a, ""));
		(void)slice_next_line(&text, &line);
	}
	line = slice_trim(line);
	if (line.len <= max)
		return line;
	max = utf8_complete_prefix(slice_sub(line, 0, max));
	return arena_printf(a, "%.*s...", SLICE_ARG(slice_sub(line, 0, max)));
}

static void put_call(struct buf *b, const struct block *call, const struct block *result)
{
	struct arena a;
	struct json input;
	struct slice subject = SLICE("");

	arena_init(&a);
	if (json_parse(&a, call->text, &input, NULL))
		subject = call_subject(&a, input, LINE_BYTES);
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

/* The newest plan counts; where it is in what is still sent, the note need not repeat it. */
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

struct slice compact_digest(struct task *t)
{
	struct arena a;
	struct buf b;
	struct slice out;

	arena_init(&a);
	buf_init(&b, LIMIT_REQUEST_BYTES);
	buf_puts(&b, COMPACT_NOTE "the conversation had outgrown your context window. The user's "
				  "words above are complete; of your own older steps only this is "
				  "left. Read again what you need.)\n");
	put_steps(&b, t, (size_t)(t->compact.window * DIGEST_PERCENT / 100 * COMPACT_TOKEN_BYTES));
	put_files(&b, t);
	put_questions(&b, t, &a);
	put_plan(&b, t, &a);
	out = arena_dup(&t->arena, buf_slice(&b));
	buf_release(&b);
	arena_release(&a);
	return out;
}
