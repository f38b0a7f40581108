/* responses.c - the OpenAI Responses dialect: request, stream, and the same reply as one JSON text.
 *
 *   response.created, { output_item.added, deltas*, output_item.done }*, response.completed|incomplete|failed
 *
 * Items are keyed by output_index; what output_item.done holds is the truth, and it goes back unchanged to
 * the same model: reasoning is encrypted there, since nothing is stored at the provider. There is no stop
 * reason for tools: a complete function_call is one. */
#include <stdio.h>

#include "agent/model/dialect/chat.h"
#include "agent/model/image.h"
#include "protocol/base/limits.h"

/* --- request --- */

static void put_part(struct jw *w, const char *type, struct slice text)
{
	jw_object(w);
	jw_kcstr(w, "type", type);
	request_text(w, "text", text);
	jw_end(w);
}

static void put_image_part(struct jw *w, const struct image *image)
{
	if (!image)
		return;
	jw_object(w);
	jw_kcstr(w, "type", "input_image");
	request_image_url(w, "image_url", image);
	jw_end(w);
}

static void put_text_item(struct jw *w, const struct plan_item *it)
{
	bool user = it->role == ROLE_USER;

	jw_object(w);
	if (!user)
		jw_kcstr(w, "type", "message");
	jw_kcstr(w, "role", user ? "user" : "assistant");
	jw_karray(w, "content");
	put_part(w, user ? "input_text" : "output_text", it->block->text);
	put_image_part(w, plan_image(it));
	jw_end(w);
	jw_end(w);
}

/* Items are flat here: calls and their results stand beside messages, not in them. */
static void put_item(struct jw *w, const struct plan_item *it)
{
	const struct block *b = it->block;

	if (plan_is_result(it)) {
		jw_object(w);
		jw_kcstr(w, "type", "function_call_output");
		request_id(w, "call_id", b->id, 0);
		if (plan_image(it)) {
			jw_karray(w, "output");
			put_part(w, "input_text", plan_result_text(it));
			put_image_part(w, plan_image(it));
			jw_end(w);
		} else {
			request_text(w, "output", plan_result_text(it));
		}
		jw_end(w);
	} else if (it->same && b->raw.len > 0) {
		jw_raw(w, b->raw);
	} else if (b->kind == BLOCK_CALL) {
		jw_object(w);
		jw_kcstr(w, "type", "function_call");
		request_id(w, "call_id", b->id, 0);
		jw_kstr(w, "name", b->name);
		jw_kstr(w, "arguments", slice_trim(b->text).len ? b->text : SLICE("{}"));
		jw_end(w);
	} else {
		put_text_item(w, it);
	}
}

/* Reasoning must stand before the item that it led to: alone at the end of a turn it is refused. */
static bool is_orphan(const struct request_plan *p, size_t i)
{
	if (p->items[i].block->kind != BLOCK_THINKING || p->items[i].role != ROLE_ASSISTANT)
		return false;
	while (i < p->n && p->items[i].role == ROLE_ASSISTANT &&
	       p->items[i].block->kind == BLOCK_THINKING)
		i++;
	return i == p->n || p->items[i].role != ROLE_ASSISTANT;
}

static void put_tools(struct jw *w, const struct model_request *r)
{
	if (r->n_tools == 0)
		return;
	jw_karray(w, "tools");
	for (size_t i = 0; i < r->n_tools; i++) {
		jw_object(w);
		jw_kcstr(w, "type", "function");
		jw_kcstr(w, "name", r->tools[i].name);
		jw_kcstr(w, "description", r->tools[i].description);
		jw_kraw(w, "parameters", slice_of(r->tools[i].input_schema));
		jw_kbool(w, "strict", false);
		jw_end(w);
	}
	jw_end(w);
	jw_kcstr(w, "tool_choice", "auto");
	jw_kbool(w, "parallel_tool_calls", true);
}

/* The same for every request of a conversation: it steers them to the machine that has the prefix. */
static void put_cache_key(struct jw *w, const struct model_request *r, const struct request_plan *p)
{
	uint64_t hash = slice_hash(slice_hash(SLICE_HASH, r->system), p->items[0].block->text);
	char key[40];

	(void)snprintf(key, sizeof(key), "emend-%016llx", (unsigned long long)hash);
	jw_kcstr(w, "prompt_cache_key", key);
}

/* "store": false keeps the conversation out of the provider's storage; the encrypted reasoning
 * is what makes up for it. */
static void put(struct jw *w, const struct endpoint *e, const struct model_request *r,
		struct request_plan *p)
{
	jw_kstr(w, "model", e->model);
	jw_kbool(w, "stream", true);
	jw_kbool(w, "store", false);
	jw_kraw(w, "include", SLICE("[\"reasoning.encrypted_content\"]"));
	jw_ki64(w, "max_output_tokens", endpoint_max_output(e, r));
	if (e->effort.len > 0) {
		jw_kobject(w, "reasoning");
		jw_kstr(w, "effort", e->effort);
		jw_end(w);
	}
	put_cache_key(w, r, p);
	if (slice_trim(r->system).len > 0)
		request_text(w, "instructions", r->system);
	put_tools(w, r);
	jw_karray(w, "input");
	for (size_t i = 0; i < p->n; i++)
		if (!is_orphan(p, i))
			put_item(w, &p->items[i]);
	jw_end(w);
}

/* --- stream --- */

static struct reply_block *open_item(struct reply *r, int64_t index, struct json item,
				     struct failure *f)
{
	struct json type = json_get(item, "type");
	enum block_kind kind = json_is(type, "message")		? BLOCK_TEXT
			       : json_is(type, "reasoning")	? BLOCK_THINKING
			       : json_is(type, "function_call") ? BLOCK_CALL
								: BLOCK_OTHER;
	struct reply_block *b = reply_find(r, index);

	return b ? b : reply_open(r, kind, index, f);
}

/* The whole arguments replace what came in pieces. */
static bool call_done(struct reply *r, struct reply_block *b, struct json item, struct failure *f)
{
	struct json arguments = json_get(item, "arguments");

	b->id = reply_keep(r, json_get(item, "call_id"));
	b->name = reply_keep(r, json_get(item, "name"));
	if (b->id.len == 0 || b->name.len == 0)
		return fail_set(f, FAIL_PROTOCOL, SLICE("a function call without call_id or name"));
	if (json_type(arguments) != JSON_STRING)
		return true;
	buf_clear(&b->text);
	return reply_add(r, b, arguments, f);
}

/* Text that came without deltas, and refusals. */
static bool message_done(struct reply *r, struct reply_block *b, struct json item,
			 struct failure *f)
{
	bool streamed = b->text.len > 0;

	for (struct json_iter it = json_iter(json_get(item, "content")); json_next(&it);) {
		bool refusal = json_is(json_get(it.value, "type"), "refusal");

		if (refusal)
			r->refused = true;
		if (!streamed &&
		    !reply_add(r, b, json_get(it.value, refusal ? "refusal" : "text"), f))
			return false;
	}
	return true;
}

/* An item may be told twice, by its own event and with the whole response: the second is left
 * out. */
static bool item_done(struct reply *r, int64_t index, struct json item, struct failure *f)
{
	struct reply_block *b = open_item(r, index, item, f);
	bool cut = json_is(json_get(item, "status"), "incomplete");

	if (!b || b->closed)
		return b != NULL;
	b->closed = true;
	if (!cut)
		b->raw = arena_dup(&r->arena, json_raw(item));
	if (b->kind == BLOCK_CALL)
		return call_done(r, b, item, f);
	return b->kind != BLOCK_TEXT || message_done(r, b, item, f);
}

static void take_usage(struct reply *r, struct json u)
{
	struct json in = json_get(u, "input_tokens_details");
	struct usage *to = &r->usage;
	uint64_t prompt = 0;

	reply_count(json_get(u, "input_tokens"), &prompt);
	reply_count(json_get(in, "cached_tokens"), &to->cache_read);
	reply_count(json_get(in, "cache_write_tokens"), &to->cache_write);
	reply_count(json_get(u, "output_tokens"), &to->output);
	reply_count(json_get(json_get(u, "output_tokens_details"), "reasoning_tokens"),
		    &to->reasoning);
	reply_prompt(r, prompt);
}

static bool response_done(struct reply *r, struct json response, struct failure *f)
{
	struct json reason = json_get(json_get(response, "incomplete_details"), "reason");
	int64_t index = 0;

	take_usage(r, json_get(response, "usage"));
	if (json_is(json_get(response, "status"), "failed") ||
	    json_present(json_get(response, "error")))
		return openai_error(response, f) ? false : fail_set(f, FAIL_SERVER, SLICE(""));
	/* Items whose own events never came: some servers only tell them here. */
	for (struct json_iter it = json_iter(json_get(response, "output")); json_next(&it); index++)
		if (!item_done(r, index, it.value, f))
			return false;
	r->stop = r->refused ? STOP_REFUSAL : STOP_END;
	if (json_is(json_get(response, "status"), "incomplete")) {
		r->stop = json_is(reason, "max_output_tokens") ? STOP_LENGTH
			  : json_is(reason, "content_filter")  ? STOP_REFUSAL
							       : STOP_OTHER;
		r->stop_detail = reply_keep(r, reason);
	}
	r->complete = true;
	return true;
}

static bool delta(struct reply *r, struct slice type, struct json root, struct failure *f)
{
	struct reply_block *b = reply_find(r, json_i64_or(json_get(root, "output_index"), -1));

	if (!b)
		return true;
	if (slice_eq_cstr(type, "response.reasoning_summary_part.added"))
		return b->text.len == 0 || reply_text(r, b, SLICE("\n\n"), f);
	return reply_add(r, b, json_get(root, "delta"), f);
}

static bool event(struct reply *r, struct slice type, struct json root, struct failure *f)
{
	static const char *const deltas[] = {
		"response.output_text.delta",
		"response.refusal.delta",
		"response.reasoning_text.delta",
		"response.reasoning_summary_text.delta",
		"response.function_call_arguments.delta",
		"response.reasoning_summary_part.added",
	};
	struct json response = json_get(root, "response"), item = json_get(root, "item");
	int64_t index = json_i64_or(json_get(root, "output_index"), 0);

	if (slice_eq_cstr(type, "response.created"))
		r->response_id = reply_keep(r, json_get(response, "id"));
	else if (slice_eq_cstr(type, "response.output_item.added"))
		return open_item(r, index, item, f) != NULL;
	else if (slice_eq_cstr(type, "response.output_item.done"))
		return item_done(r, index, item, f);
	else if (slice_eq_cstr(type, "response.completed") ||
		 slice_eq_cstr(type, "response.incomplete") ||
		 slice_eq_cstr(type, "response.failed"))
		return response_done(r, response, f);
	else if (slice_eq_cstr(type, "error") || json_present(json_get(root, "error"))) {
		return openai_error(root, f) ? false : fail_set(f, FAIL_SERVER, json_raw(root));
	}
	for (size_t i = 0; i < ARRAY_LEN(deltas); i++)
		if (slice_eq_cstr(type, deltas[i]))
			return delta(r, type, root, f);
	return true; /* what is new, and what the items say again */
}

static bool whole(struct reply *r, struct json root, struct failure *f)
{
	if (json_type(json_get(root, "output")) != JSON_ARRAY)
		return fail_set(f, FAIL_FOREIGN, SLICE(""));
	r->response_id = reply_keep(r, json_get(root, "id"));
	return response_done(r, root, f);
}

static const char *const events[] = { "response.", "error", NULL };

const struct dialect_ops responses_dialect = {
	.title = "OpenAI Responses",
	.path = "/responses",
	.image_types = IMAGE_ALL,
	.write = put,
	.headers = openai_headers,
	.events = events,
	.event = event,
	.whole = whole,
	.error = openai_error,
};
