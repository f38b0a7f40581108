/* anthropic_stream.c - the events of a Messages stream, and the same reply as one JSON text.
 *
 *   message_start, { content_block_start, content_block_delta*, content_block_stop }*,
 *   message_delta*, message_stop; ping and unknown events anywhere; error ends it
 *
 * Usage is cumulative: what comes later overwrites, and null changes nothing. */
#include "agent/model/dialect/anthropic.h"
#include "protocol/base/limits.h"
#include "protocol/json/write.h"

static void take_usage(struct reply *r, struct json u)
{
	reply_count(json_get(u, "input_tokens"), &r->usage.input);
	reply_count(json_get(u, "cache_read_input_tokens"), &r->usage.cache_read);
	reply_count(json_get(u, "cache_creation_input_tokens"), &r->usage.cache_write);
	reply_count(json_get(u, "output_tokens"), &r->usage.output);
	reply_count(json_get(json_get(u, "output_tokens_details"), "thinking_tokens"),
		    &r->usage.reasoning);
}

static void take_stop(struct reply *r, struct json message)
{
	static const struct stop_row rows[] = {
		{ "end_turn", STOP_END },
		{ "stop_sequence", STOP_END },
		{ "tool_use", STOP_TOOL },
		{ "max_tokens", STOP_LENGTH },
		{ "pause_turn", STOP_PAUSE },
		{ "refusal", STOP_REFUSAL },
		{ "model_context_window_exceeded", STOP_CONTEXT },
	};
	struct json reason = json_get(message, "stop_reason"),
		    d = json_get(message, "stop_details");
	struct slice category, why;

	reply_stop(r, reason, rows, ARRAY_LEN(rows));
	if (!json_is(reason, "refusal"))
		return;
	category = reply_keep(r, json_get(d, "category"));
	why = reply_keep(r, json_get(d, "explanation"));
	r->stop_detail = arena_printf(&r->arena, "%.*s%s%.*s", SLICE_ARG(category),
				      category.len && why.len ? ": " : "", SLICE_ARG(why));
}

/* Of a thought, in `extra` until the block is closed. */
static bool add_signature(struct reply *r, struct reply_block *b, struct json v, struct failure *f)
{
	struct arena a;
	bool ok;

	arena_init(&a);
	ok = reply_extra(r, b, json_str_or(v, &a, ""), f);
	arena_release(&a);
	return ok;
}

/* The citations of a text, as JSON with commas between them, in `extra`. */
static bool add_citation(struct reply *r, struct reply_block *b, struct json c, struct failure *f)
{
	if (!json_present(c))
		return true;
	return (b->extra.len == 0 || reply_extra(r, b, SLICE(","), f)) &&
	       reply_extra(r, b, json_raw(c), f);
}

static bool start_text(struct reply *r, int64_t index, struct json c, struct failure *f)
{
	struct reply_block *b = reply_open(r, BLOCK_TEXT, index, f);
	struct json_iter it = json_iter(json_get(c, "citations"));

	if (!b)
		return false;
	while (json_next(&it))
		if (!add_citation(r, b, it.value, f))
			return false;
	return reply_add(r, b, json_get(c, "text"), f);
}

static bool start_thinking(struct reply *r, int64_t index, struct json c, struct failure *f)
{
	struct reply_block *b = reply_open(r, BLOCK_THINKING, index, f);

	return b && add_signature(r, b, json_get(c, "signature"), f) &&
	       reply_add(r, b, json_get(c, "thinking"), f);
}

/* The input comes in pieces afterwards; one that is there already counts only if no piece
 * follows (block_stop). */
static bool start_call(struct reply *r, int64_t index, struct json c, struct failure *f)
{
	struct reply_block *b = reply_open(r, BLOCK_CALL, index, f);

	if (!b)
		return false;
	b->id = reply_keep(r, json_get(c, "id"));
	b->name = reply_keep(r, json_get(c, "name"));
	if (b->id.len == 0 || b->name.len == 0)
		return fail_set(f, FAIL_PROTOCOL, SLICE("a tool call without id or name"));
	if (json_len(json_get(c, "input")) > 0)
		b->start = arena_dup(&r->arena, json_raw(json_get(c, "input")));
	return true;
}

static bool block_start(struct reply *r, int64_t index, struct json c, struct failure *f)
{
	struct json type = json_get(c, "type");
	bool redacted = json_is(type, "redacted_thinking");
	struct reply_block *b;

	if (json_type(type) != JSON_STRING)
		return fail_set(f, FAIL_PROTOCOL, SLICE("a content block without a type"));
	if (json_is(type, "text"))
		return start_text(r, index, c, f);
	if (json_is(type, "thinking"))
		return start_thinking(r, index, c, f);
	if (json_is(type, "tool_use"))
		return start_call(r, index, c, f);
	b = reply_open(r, redacted ? BLOCK_THINKING : BLOCK_OTHER, index, f);
	if (!b)
		return false;
	b->start = arena_dup(&r->arena, json_raw(c));
	r->bytes += b->start.len;
	return r->bytes <= LIMIT_TURN_BYTES || fail_set(f, FAIL_LIMIT, SLICE(""));
}

/* A piece of a kind that does not fit its block is left out: it is of a kind that came after
 * this was written. */
static bool block_delta(struct reply *r, struct reply_block *b, struct json d, struct failure *f)
{
	struct json type = json_get(d, "type");

	if (json_is(type, "text_delta") && b->kind == BLOCK_TEXT)
		return reply_add(r, b, json_get(d, "text"), f);
	if (json_is(type, "thinking_delta") && b->kind == BLOCK_THINKING)
		return reply_add(r, b, json_get(d, "thinking"), f);
	if (json_is(type, "signature_delta") && b->kind == BLOCK_THINKING)
		return add_signature(r, b, json_get(d, "signature"), f);
	if (json_is(type, "input_json_delta") && b->kind != BLOCK_TEXT)
		return reply_add(r, b, json_get(d, "partial_json"), f);
	if (json_is(type, "citations_delta") && b->kind == BLOCK_TEXT)
		return add_citation(r, b, json_get(d, "citation"), f);
	return true;
}

/* The block as it began, with the input that came in pieces. */
static void write_with_input(struct jw *w, struct slice start, struct slice input)
{
	struct arena a;
	struct json root;
	struct json_iter it;

	arena_init(&a);
	if (json_parse(&a, start, &root, NULL)) {
		jw_object(w);
		for (it = json_iter(root); json_next(&it);) {
			struct slice key = json_str_or(it.key, &a, "");

			jw_key_slice(w, key);
			jw_raw(w, slice_eq_cstr(key, "input") ? input : json_raw(it.value));
		}
		jw_end(w);
	}
	arena_release(&a);
}

/* What must go back to the model unchanged; empty where the normalised form says it all. */
static void write_raw(struct reply_block *b, struct jw *w)
{
	struct slice text = buf_slice(&b->text), extra = buf_slice(&b->extra);

	if (b->kind == BLOCK_TEXT && extra.len > 0) {
		jw_object(w);
		jw_kcstr(w, "type", "text");
		jw_kstr(w, "text", text);
		jw_karray(w, "citations");
		jw_raw(w, extra); /* the elements, with commas between them */
		jw_end(w);
		jw_end(w);
	} else if (b->kind == BLOCK_THINKING && extra.len > 0) {
		jw_object(w);
		jw_kcstr(w, "type", "thinking");
		jw_kstr(w, "thinking", text);
		jw_kstr(w, "signature", extra);
		jw_end(w);
	} else if (b->kind == BLOCK_OTHER && text.len > 0 && json_check(text, NULL, NULL)) {
		write_with_input(w, b->start, text);
	}
}

static bool block_stop(struct reply *r, struct reply_block *b, struct failure *f)
{
	struct buf raw;
	struct jw w;

	if (b->closed)
		return true;
	b->closed = true;
	if (b->kind == BLOCK_CALL)
		return b->text.len > 0 || reply_text(r, b, b->start, f);
	buf_init(&raw, 2 * LIMIT_TURN_BYTES);
	jw_init(&w, &raw);
	write_raw(b, &w);
	b->raw = raw.len > 0 ? arena_dup(&r->arena, buf_slice(&raw)) : b->start;
	if (raw.full)
		(void)fail_set(f, FAIL_LIMIT, SLICE(""));
	buf_release(&raw);
	return f->kind == FAIL_NONE;
}

/* The block is looked up by its index for every event; reply_find() gives NULL for one that
 * never began, and what belongs to it is left out. */
bool anthropic_event(struct reply *r, struct slice type, struct json root, struct failure *f)
{
	struct json message = json_get(root, "message");
	int64_t index = json_i64_or(json_get(root, "index"), 0);
	struct reply_block *b = reply_find(r, index);

	if (slice_eq_cstr(type, "message_start")) {
		r->response_id = reply_keep(r, json_get(message, "id"));
		take_usage(r, json_get(message, "usage"));
	} else if (slice_eq_cstr(type, "content_block_start")) {
		return block_start(r, index, json_get(root, "content_block"), f);
	} else if (slice_eq_cstr(type, "content_block_delta")) {
		return !b || block_delta(r, b, json_get(root, "delta"), f);
	} else if (slice_eq_cstr(type, "content_block_stop")) {
		return !b || block_stop(r, b, f);
	} else if (slice_eq_cstr(type, "message_delta")) {
		take_stop(r, json_get(root, "delta"));
		take_usage(r, json_get(root, "usage"));
	} else if (slice_eq_cstr(type, "message_stop")) {
		r->complete = true;
	} else if (slice_eq_cstr(type, "error") || json_present(json_get(root, "error"))) {
		return anthropic_error(root, f) ? false : fail_set(f, FAIL_SERVER, json_raw(root));
	}
	return true; /* ping, and what is still unknown */
}

bool anthropic_whole(struct reply *r, struct json root, struct failure *f)
{
	int64_t index = 0;

	if (json_type(json_get(root, "content")) != JSON_ARRAY)
		return fail_set(f, FAIL_FOREIGN, SLICE(""));
	r->response_id = reply_keep(r, json_get(root, "id"));
	for (struct json_iter it = json_iter(json_get(root, "content")); json_next(&it); index++)
		if (!block_start(r, index, it.value, f) || !block_stop(r, reply_find(r, index), f))
			return false;
	take_stop(r, root);
	take_usage(r, json_get(root, "usage"));
	return true;
}
