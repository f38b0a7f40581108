/* chat_request.c - a transcript as a Chat Completions request: the dialect of most servers. */
#include "agent/model/dialect/chat.h"

#include "protocol/base/limits.h"

/* Reasoning goes back under the name under which it came: raw is {"reasoning_content": ...} or the like. */
static void put_reasoning(struct jw *w, struct slice raw)
{
	struct arena a;
	struct json root;

	arena_init(&a);
	if (json_parse(&a, raw, &root, NULL))
		for (struct json_iter it = json_iter(root); json_next(&it);) {
			jw_key_slice(w, json_str_or(it.key, &a, ""));
			jw_raw(w, json_raw(it.value));
		}
	arena_release(&a);
}

static void put_call(struct jw *w, const struct endpoint *e, const struct block *b)
{
	jw_object(w);
	request_id(w, "id", b->id, e->quirks & QUIRK_ID_OF_9 ? 9 : 0);
	jw_kcstr(w, "type", "function");
	jw_kobject(w, "function");
	jw_kstr(w, "name", b->name);
	jw_kstr(w, "arguments", slice_trim(b->text).len ? b->text : SLICE("{}"));
	jw_end(w);
	jw_end(w);
}

/* Texts of one message, joined by an empty line. */
static void put_texts(struct jw *w, const struct plan_item *from, const struct plan_item *to)
{
	struct buf all;

	buf_init(&all, LIMIT_REQUEST_BYTES);
	for (; from < to; from++) {
		if (from->block->kind != BLOCK_TEXT)
			continue;
		if (all.len > 0)
			buf_puts(&all, "\n\n");
		buf_append(&all, from->block->text);
	}
	request_text(w, "content", buf_slice(&all));
	buf_release(&all);
}

/* One message for all items of a turn: the API knows one content and one list of calls for each. */
static void put_assistant(struct jw *w, const struct endpoint *e, const struct plan_item *from,
			  const struct plan_item *to)
{
	const struct plan_item *it;
	bool calls = false, said = false;

	for (it = from; it < to; it++)
		said = said || it->block->kind == BLOCK_TEXT || it->block->kind == BLOCK_CALL;
	if (!said)
		return; /* it only thought: nothing that may stand alone */
	jw_object(w);
	jw_kcstr(w, "role", "assistant");
	put_texts(w, from, to);
	for (it = from; it < to; it++) {
		calls = calls || it->block->kind == BLOCK_CALL;
		if (it->block->kind == BLOCK_THINKING && (e->quirks & QUIRK_ECHO_REASONING))
			put_reasoning(w, it->block->raw);
	}
	if (calls) {
		jw_karray(w, "tool_calls");
		for (it = from; it < to; it++)
			if (it->block->kind == BLOCK_CALL)
				put_call(w, e, it->block);
		jw_end(w);
	}
	jw_end(w);
}

static void put_text_part(struct jw *w, struct slice text)
{
	jw_object(w);
	jw_kcstr(w, "type", "text");
	request_text(w, "text", text);
	jw_end(w);
}

static void put_image_part(struct jw *w, const struct image *image)
{
	jw_object(w);
	jw_kcstr(w, "type", "image_url");
	jw_kobject(w, "image_url");
	request_image_url(w, "url", image);
	jw_end(w);
	jw_end(w);
}

/* A message of the user with images. Messages of tools take none: theirs follow here, with a word that says so. */
static void put_parts(struct jw *w, const struct plan_item *from, const struct plan_item *to)
{
	jw_karray(w, "content");
	for (; from < to; from++) {
		if (!plan_is_result(from))
			put_text_part(w, from->block->text);
		else if (plan_image(from))
			put_text_part(
				w,
				SLICE("(The image of a result above, in the order of the results:)"));
		if (plan_image(from))
			put_image_part(w, plan_image(from));
	}
	jw_end(w);
}

static void put_user(struct jw *w, const struct endpoint *e, const struct plan_item *from,
		     const struct plan_item *to)
{
	const struct plan_item *first = from;
	bool images = false;

	for (const struct plan_item *it = from; it < to; it++)
		images = images || plan_image(it);
	for (; from < to && plan_is_result(from); from++) {
		jw_object(w);
		jw_kcstr(w, "role", "tool");
		request_id(w, "tool_call_id", from->block->id, e->quirks & QUIRK_ID_OF_9 ? 9 : 0);
		request_text(w, "content", plan_result_text(from));
		jw_end(w);
	}
	if (from == to && !images)
		return;
	jw_object(w);
	jw_kcstr(w, "role", "user");
	if (images)
		put_parts(w, first, to);
	else
		put_texts(w, from, to);
	jw_end(w);
}

static void put_messages(struct jw *w, const struct endpoint *e, const struct model_request *r,
			 const struct request_plan *p)
{
	jw_karray(w, "messages");
	if (slice_trim(r->system).len > 0) {
		jw_object(w);
		jw_kcstr(w, "role", "system");
		request_text(w, "content", r->system);
		jw_end(w);
	}
	for (size_t i = 0, from; i < p->n;) {
		from = i;
		while (i < p->n && p->items[i].role == p->items[from].role)
			i++;
		if (p->items[from].role == ROLE_USER)
			put_user(w, e, &p->items[from], &p->items[i]);
		else
			put_assistant(w, e, &p->items[from], &p->items[i]);
	}
	jw_end(w);
}

static void put_tools(struct jw *w, const struct model_request *r)
{
	if (r->n_tools == 0)
		return;
	jw_karray(w, "tools");
	for (size_t i = 0; i < r->n_tools; i++) {
		jw_object(w);
		jw_kcstr(w, "type", "function");
		jw_kobject(w, "function");
		jw_kcstr(w, "name", r->tools[i].name);
		jw_kcstr(w, "description", r->tools[i].description);
		jw_kraw(w, "parameters", slice_of(r->tools[i].input_schema));
		jw_end(w);
		jw_end(w);
	}
	jw_end(w);
	jw_kcstr(w, "tool_choice", "auto");
}

static void put_effort(struct jw *w, const struct endpoint *e)
{
	if (e->effort.len == 0)
		return;
	if (e->quirks & QUIRK_EFFORT_OBJECT) {
		jw_kobject(w, "reasoning");
		jw_kstr(w, "effort", e->effort);
		jw_end(w);
	} else if (e->quirks & QUIRK_EFFORT) {
		jw_kstr(w, "reasoning_effort", e->effort);
	}
}

void chat_write(struct jw *w, const struct endpoint *e, const struct model_request *r,
		struct request_plan *p)
{
	jw_kstr(w, "model", e->model);
	jw_ki64(w, e->quirks & QUIRK_MAX_COMPLETION ? "max_completion_tokens" : "max_tokens",
		endpoint_max_output(e, r));
	jw_kbool(w, "stream", true);
	if (!(e->quirks & QUIRK_NO_USAGE_OPTION))
		jw_kraw(w, "stream_options", SLICE("{\"include_usage\":true}"));
	put_effort(w, e);
	put_tools(w, r);
	put_messages(w, e, r, p);
}
