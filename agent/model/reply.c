/* reply.c - see reply.h */
#include "agent/model/reply.h"

#include <stdlib.h>

#include "protocol/base/limits.h"
#include "protocol/base/mem.h"
#include "protocol/json/write.h"

enum { NOT_JSON_BYTES = 4000 }; /* of arguments that cannot be read */

void reply_init(struct reply *r, const struct model_callbacks *sink, void *payload)
{
	*r = (struct reply){ .sink = sink, .payload = payload, .stop = STOP_END };
	arena_init(&r->arena);
}

/* Safe on a reply that was zeroed and never used. */
void reply_release(struct reply *r)
{
	for (size_t i = 0; i < r->n; i++) {
		buf_release(&r->blocks[i].text);
		buf_release(&r->blocks[i].extra);
	}
	free(r->blocks);
	arena_release(&r->arena);
	*r = (struct reply){ 0 };
}

bool reply_began(const struct reply *r)
{
	return r->complete || r->n > 0 || r->response_id.len > 0;
}

bool reply_strange(const struct reply *r, bool known, struct slice data, struct failure *f)
{
	if (!reply_began(r) && slice_starts(slice_trim(data), SLICE("<")))
		return fail_set(f, FAIL_FOREIGN, data);
	return !known || fail_set(f, FAIL_PROTOCOL, data);
}

struct slice reply_make_id(struct reply *r, size_t number)
{
	uint64_t now = uv_hrtime();
	/* Of the response's own id, and of the time. */
	uint64_t hash = slice_hash(slice_hash(SLICE_HASH, r->response_id),
				   slice_make((const char *)&now, sizeof(now)));

	return arena_printf(&r->arena, "c%07llx%zu", (unsigned long long)(hash & 0xfffffff),
			    number);
}

/* The array may move: pointers to earlier blocks are void afterwards. */
struct reply_block *reply_open(struct reply *r, enum block_kind kind, int64_t index,
			       struct failure *f)
{
	struct reply_block *b;

	if (r->n == REPLY_BLOCKS) {
		(void)fail_set(f, FAIL_LIMIT, SLICE("too many blocks in one turn"));
		return NULL;
	}
	if (r->n == r->cap) {
		r->cap = r->cap ? r->cap * 2 : 8;
		r->blocks = xrealloc(r->blocks, r->cap * sizeof(*r->blocks));
	}
	b = &r->blocks[r->n++];
	*b = (struct reply_block){ .kind = kind, .index = index };
	buf_init(&b->text, kind == BLOCK_CALL ? LIMIT_TOOL_ARGS_BYTES : LIMIT_TURN_BYTES);
	buf_init(&b->extra, LIMIT_TURN_BYTES);
	return b;
}

/* From the end, as a server that uses an index again means the newer block. */
struct reply_block *reply_find(struct reply *r, int64_t index)
{
	for (size_t i = r->n; i-- > 0;)
		if (r->blocks[i].index == index)
			return &r->blocks[i];
	return NULL;
}

static bool append(struct reply *r, struct buf *to, struct slice s, struct failure *f)
{
	r->bytes += s.len;
	buf_append(to, s);
	if (to->full || r->bytes > LIMIT_TURN_BYTES)
		return fail_set(f, FAIL_LIMIT, SLICE("too much text in one turn"));
	return true;
}

bool reply_text(struct reply *r, struct reply_block *b, struct slice text, struct failure *f)
{
	if (text.len == 0)
		return true;
	if (!append(r, &b->text, text, f))
		return false;
	/* Last, and on nothing of ours but the sink: the callback may cancel the call. */
	if (b->kind == BLOCK_TEXT && r->sink && r->sink->text)
		r->sink->text(r->payload, text);
	else if (b->kind == BLOCK_THINKING && r->sink && r->sink->thinking)
		r->sink->thinking(r->payload, text);
	return true;
}

bool reply_add(struct reply *r, struct reply_block *b, struct json v, struct failure *f)
{
	struct arena a;
	bool ok;

	if (!b)
		return false;
	arena_init(&a);
	ok = reply_text(r, b, json_str_or(v, &a, ""), f);
	arena_release(&a);
	return ok;
}

struct slice reply_keep(struct reply *r, struct json v)
{
	return arena_dup(&r->arena, json_str_or(v, &r->arena, ""));
}

void reply_stop(struct reply *r, struct json reason, const struct stop_row *rows, size_t n)
{
	if (json_type(reason) != JSON_STRING)
		return;
	r->stop = STOP_OTHER;
	for (size_t i = 0; i < n; i++)
		if (json_is(reason, rows[i].text))
			r->stop = rows[i].stop;
	r->stop_detail = r->stop == STOP_OTHER || r->stop == STOP_REFUSAL ? reply_keep(r, reason)
									  : SLICE("");
}

void reply_count(struct json v, uint64_t *out)
{
	int64_t n;

	if (json_i64(v, &n) && n >= 0)
		*out = (uint64_t)n;
}

/* The server's numbers are not believed to fit together: what the cache is said to have held is
 * at most the whole prompt. */
void reply_prompt(struct reply *r, uint64_t prompt)
{
	struct usage *u = &r->usage;

	u->cache_read = u->cache_read < prompt ? u->cache_read : prompt;
	prompt -= u->cache_read;
	u->cache_write = u->cache_write < prompt ? u->cache_write : prompt;
	u->input = prompt - u->cache_write;
}

bool reply_extra(struct reply *r, struct reply_block *b, struct slice extra, struct failure *f)
{
	return append(r, &b->extra, extra, f);
}

bool reply_is_object(struct slice args)
{
	struct arena a;
	struct json root;
	bool ok;

	arena_init(&a);
	ok = json_parse(&a, args, &root, NULL) && json_type(root) == JSON_OBJECT;
	arena_release(&a);
	return ok;
}

/* Arguments that are no object go on as one that holds them as a text: the provider takes the turn
 * back, and the tools tell the model what is wrong with it. */
static struct slice as_object(struct reply *r, struct slice args)
{
	struct buf b;
	struct jw w;
	struct slice out;

	buf_init(&b, 6 * NOT_JSON_BYTES + 64);
	jw_init(&w, &b);
	jw_object(&w);
	jw_kstr(&w, CALL_NOT_JSON, slice_sub(args, 0, NOT_JSON_BYTES));
	jw_end(&w);
	out = arena_dup(&r->arena, buf_slice(&b));
	buf_release(&b);
	return out;
}

/* False: it was cut off, and is left out. Only the last block can have been cut off by the
 * limit. Arguments that are whole all the same are taken: the limit fell behind them. */
static bool take_call(struct reply *r, const struct reply_block *b, bool last, struct block *out)
{
	struct slice args = slice_trim(buf_slice(&b->text));
	bool cut = (r->stop == STOP_LENGTH || r->stop == STOP_CONTEXT) && last;

	if (cut && (args.len == 0 || !reply_is_object(args))) {
		r->cut_call = true;
		return false;
	}
	if (args.len == 0)
		args = SLICE("{}");
	if (reply_is_object(args)) {
		out->text = arena_dup(&r->arena, args);
	} else {
		out->text = as_object(r, args);
		out->raw = SLICE(""); /* it holds the arguments, too */
	}
	return true;
}

static bool take_block(struct reply *r, const struct reply_block *b, bool last, struct block *out)
{
	*out = (struct block){ .kind = b->kind, .id = b->id, .name = b->name, .raw = b->raw };
	switch (b->kind) {
	case BLOCK_TEXT:
		out->text = arena_dup(&r->arena, buf_slice(&b->text));
		return b->text.len > 0;
	case BLOCK_THINKING:
		out->text = arena_dup(&r->arena, buf_slice(&b->text));
		return b->raw.len > 0; /* without its signature nobody takes it back */
	case BLOCK_CALL:
		return take_call(r, b, last, out);
	case BLOCK_OTHER:
		return b->raw.len > 0;
	case BLOCK_RESULT:
		break;
	}
	return false;
}

/* A model that gives two calls one id would have the turn refused by its own provider. The server's JSON of the
 * call holds that id, too, so it cannot go back. */
static void own_id(struct reply *r, const struct turn *turn, struct block *b)
{
	for (size_t i = 0; i < turn->n_blocks; i++) {
		if (turn->blocks[i].kind != BLOCK_CALL || !slice_eq(turn->blocks[i].id, b->id))
			continue;
		b->id = reply_make_id(r, turn->n_blocks);
		b->raw = SLICE("");
	}
}

/* A refused or paused answer keeps its reason to stop although it holds calls: they are not to
 * be made now. */
void reply_turn(struct reply *r, struct slice model, struct turn *out)
{
	bool may_call = r->stop != STOP_REFUSAL && r->stop != STOP_PAUSE && r->stop != STOP_CONTEXT;
	size_t calls = 0;

	*out = (struct turn){ .role = ROLE_ASSISTANT, .model = arena_dup(&r->arena, model) };
	out->blocks = arena_array(&r->arena, r->n + 1, sizeof(*out->blocks));
	for (size_t i = 0; i < r->n; i++) {
		struct block *b = &out->blocks[out->n_blocks];

		if (!take_block(r, &r->blocks[i], i + 1 == r->n, b))
			continue;
		if (b->kind == BLOCK_CALL) {
			own_id(r, out, b);
			calls++;
		}
		out->n_blocks++;
	}
	if (calls > 0 && may_call)
		r->stop = STOP_TOOL;
	else if (r->stop == STOP_TOOL)
		r->stop = STOP_END;
}
