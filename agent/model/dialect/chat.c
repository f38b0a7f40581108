/* chat.c - Chat Completions: the chunks of a stream, and the same reply as one JSON text.
 *
 *   { choices: [{ delta: { reasoning, content, tool_calls: [{index, id, function}] }, finish_reason }], usage }*
 *   [DONE]
 *
 * Servers differ in what they leave out. A call's fragments belong together by index, else by id, else a name
 * begins a new one. What a finish_reason says about calls is not believed: a complete call is one. A stream
 * that ends after its finish_reason is complete, also without [DONE]. */
#include "agent/model/dialect/chat.h"

#include <stdio.h>

#include "agent/model/image.h"
#include "protocol/json/write.h"

/* Text and reasoning have no number at the server. Calls have theirs, from 0. */
enum { TEXT_INDEX = -1, THINKING_INDEX = -2 };

static struct reply_block *block_at(struct reply *r, enum block_kind kind, int64_t index,
				    struct failure *f)
{
	struct reply_block *b = reply_find(r, index);

	return b ? b : reply_open(r, kind, index, f);
}

/* Under which name it came is kept in `start`: that is how it goes back. */
static bool add_reasoning(struct reply *r, struct json delta, struct failure *f)
{
	static const char *const names[] = { "reasoning_content", "reasoning" };
	struct json details = json_get(delta, "reasoning_details");
	struct reply_block *b;

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct json v = json_get(delta, names[i]);

		if (json_type(v) != JSON_STRING || json_raw(v).len <= 2)
			continue;
		b = block_at(r, BLOCK_THINKING, THINKING_INDEX, f);
		if (!reply_add(r, b, v, f))
			return false;
		if (b->start.len == 0)
			b->start = slice_of(names[i]);
		break;
	}
	if (json_type(details) != JSON_ARRAY)
		return true;
	b = block_at(r, BLOCK_THINKING, THINKING_INDEX, f);
	for (struct json_iter it = json_iter(details); b && json_next(&it);)
		if ((b->extra.len > 0 && !reply_extra(r, b, SLICE(","), f)) ||
		    !reply_extra(r, b, json_raw(it.value), f))
			return false;
	return b != NULL;
}

/* When the model has stopped: makes the JSON under which the reasoning goes back to servers that
 * want it (QUIRK_ECHO_REASONING). */
static void close_reasoning(struct reply *r, struct failure *f)
{
	struct reply_block *b = reply_find(r, THINKING_INDEX);
	struct buf raw;
	struct jw w;

	if (!b || b->closed)
		return;
	b->closed = true;
	buf_init(&raw, 2 * (b->text.len + b->extra.len) + 4096);
	jw_init(&w, &raw);
	jw_object(&w);
	if (b->extra.len > 0) {
		jw_karray(&w, "reasoning_details");
		jw_raw(&w, buf_slice(&b->extra));
		jw_end(&w);
	} else if (b->start.len > 0) {
		jw_kstr(&w, b->start.ptr, buf_slice(&b->text));
	}
	jw_end(&w);
	b->raw = arena_dup(&r->arena, buf_slice(&raw));
	if (raw.full)
		(void)fail_set(f, FAIL_LIMIT, SLICE(""));
	buf_release(&raw);
}

/* The last open call: what has neither index nor id nor name goes on with it. */
static struct reply_block *last_call(struct reply *r)
{
	for (size_t i = r->n; i-- > 0;)
		if (r->blocks[i].kind == BLOCK_CALL)
			return &r->blocks[i];
	return NULL;
}

static struct reply_block *call_of(struct reply *r, struct json c, struct slice id,
				   struct slice name, struct failure *f)
{
	int64_t index = -1;
	struct reply_block *b = NULL;

	if (json_i64(json_get(c, "index"), &index) && index >= 0)
		b = reply_find(r, index);
	else
		b = last_call(r);
	if (b && index < 0 &&
	    ((id.len > 0 && !slice_eq(id, b->id)) || (id.len == 0 && name.len > 0)))
		b = NULL; /* another one, without a number */
	if (b && id.len > 0 && b->id.len > 0 && !slice_eq(id, b->id))
		b = NULL; /* two whole calls that share a number */
	if (b && b->kind == BLOCK_CALL)
		return b;
	return reply_open(r, BLOCK_CALL, index >= 0 ? index : (int64_t)(1000 + r->n), f);
}

/* As a text in pieces, or, from some local servers, as an object. */
static bool add_arguments(struct reply *r, struct reply_block *b, struct json v, struct failure *f)
{
	struct slice text = json_raw(v);
	struct arena a;
	bool ok = true;

	arena_init(&a);
	if (json_type(v) == JSON_STRING)
		text = json_str_or(v, &a, "");
	else if (json_type(v) != JSON_OBJECT)
		text = SLICE("");
	/* some say the whole once more behind the fragments */
	if (text.len > 0 &&
	    !(text.ptr[0] == '{' && reply_is_object(buf_slice(&b->text)) && reply_is_object(text)))
		ok = reply_text(r, b, text, f);
	arena_release(&a);
	return ok;
}

static bool add_call(struct reply *r, struct json c, struct failure *f)
{
	struct json function = json_get(c, "function");
	struct slice id = json_str_or(json_get(c, "id"), &r->arena, "");
	struct slice name = json_str_or(json_get(function, "name"), &r->arena, "");
	struct reply_block *b = call_of(r, c, id, name, f);

	if (!b)
		return false;
	if (b->id.len == 0 && id.len > 0)
		b->id = arena_dup(&r->arena, id);
	if (b->name.len == 0 && name.len > 0)
		b->name = arena_dup(&r->arena, name);
	return add_arguments(r, b, json_get(function, "arguments"), f);
}

/* Old local servers give calls no ids; the transcript needs one that is unique in it. */
static void name_calls(struct reply *r)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->blocks[i].kind == BLOCK_CALL && r->blocks[i].id.len == 0)
			r->blocks[i].id = reply_make_id(r, i);
}

static void take_stop(struct reply *r, struct json reason)
{
	static const struct stop_row rows[] = {
		{ "stop", STOP_END },
		{ "tool_calls", STOP_TOOL },
		{ "function_call", STOP_TOOL },
		{ "length", STOP_LENGTH },
		{ "max_tokens", STOP_LENGTH },
		{ "content_filter", STOP_REFUSAL },
		{ "end", STOP_END },
		{ "eos", STOP_END },
		{ "model_context_window_exceeded", STOP_CONTEXT },
	};

	reply_stop(r, reason, rows, ARRAY_LEN(rows));
	r->stopped = r->stopped || json_type(reason) == JSON_STRING;
}

/* The prompt's number counts what the cache held and what was put into it. Later reports replace earlier. */
static void take_usage(struct reply *r, struct json u)
{
	struct json in = json_get(u, "prompt_tokens_details");
	struct usage *to = &r->usage;
	uint64_t prompt = 0;

	if (json_type(u) != JSON_OBJECT)
		return;
	*to = (struct usage){ 0 };
	reply_count(json_get(u, "prompt_tokens"), &prompt);
	reply_count(json_get(u, "cached_tokens"), &to->cache_read);
	reply_count(json_get(u, "prompt_cache_hit_tokens"), &to->cache_read);
	reply_count(json_get(in, "cached_tokens"), &to->cache_read);
	reply_count(json_get(in, "cache_write_tokens"), &to->cache_write);
	reply_count(json_get(u, "completion_tokens"), &to->output);
	reply_count(json_get(json_get(u, "completion_tokens_details"), "reasoning_tokens"),
		    &to->reasoning);
	reply_prompt(r, prompt);
}

static bool take_message(struct reply *r, struct json m, struct failure *f)
{
	struct json content = json_get(m, "content"), refusal = json_get(m, "refusal");

	if (!add_reasoning(r, m, f))
		return false;
	if (json_type(content) == JSON_STRING && json_raw(content).len > 2 &&
	    !reply_add(r, block_at(r, BLOCK_TEXT, TEXT_INDEX, f), content, f))
		return false;
	if (json_type(refusal) == JSON_STRING && json_raw(refusal).len > 2 &&
	    !reply_add(r, block_at(r, BLOCK_TEXT, TEXT_INDEX, f), refusal, f))
		return false;
	for (struct json_iter it = json_iter(json_get(m, "tool_calls")); json_next(&it);)
		if (!add_call(r, it.value, f))
			return false;
	return true;
}

/* Usage may come in a chunk of its own behind the one with the reason to stop, so that nothing
 * here ends the reply: [DONE], or the end of the stream, does. */
static bool take(struct reply *r, struct json root, const char *part, struct failure *f)
{
	struct json choice = json_at(json_get(root, "choices"), 0);

	if (openai_error(root, f))
		return false;
	if (json_is(json_get(choice, "finish_reason"), "error"))
		return fail_set(f, FAIL_SERVER, SLICE(""));
	if (r->response_id.len == 0)
		r->response_id = reply_keep(r, json_get(root, "id"));
	if (!take_message(r, json_get(choice, part), f))
		return false;
	take_stop(r, json_get(choice, "finish_reason"));
	take_usage(r, json_get(root, "usage"));
	if (r->stopped) {
		close_reasoning(r, f);
		name_calls(r);
	}
	return f->kind == FAIL_NONE;
}

static bool event(struct reply *r, struct slice type, struct json root, struct failure *f)
{
	(void)type;
	return take(r, root, "delta", f);
}

static bool whole(struct reply *r, struct json root, struct failure *f)
{
	if (json_type(json_get(root, "choices")) != JSON_ARRAY)
		return fail_set(f, FAIL_FOREIGN, SLICE(""));
	if (!take(r, root, "message", f))
		return false;
	close_reasoning(r, f); /* also where no reason to stop was given */
	name_calls(r);
	return f->kind == FAIL_NONE;
}

const struct dialect_ops chat_dialect = {
	.title = "OpenAI Chat Completions",
	.path = "/chat/completions",
	.image_types = IMAGE_ALL,
	.write = chat_write,
	.headers = openai_headers,
	.event = event,
	.whole = whole,
	.error = openai_error,
};
