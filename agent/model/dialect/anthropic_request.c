/* anthropic_request.c - a transcript as a Messages request.
 *
 * request_plan.h has made the transcript a flat list of items (what will be a content block)
 * that keeps the rules of all providers. Here cache marks are put on items, and then everything
 * is written: tools, system and old items give the same bytes in every request of a
 * conversation, except for the marks, which are no part of the cached prefix. */
#include "agent/model/dialect/anthropic.h"

/* Less than the 20 blocks that a mark looks back, as results and texts of one turn are not split. */
enum { MIDDLE_BLOCKS = 15 };

/* Four marks are all that the API takes: one is for tools and system (write_prefix), and three are put here.
 * The last item of each of the last two user messages; and, far before them, the end of a user
 * message that stays the same from request to request, since a mark finds earlier entries only
 * 20 blocks back. */
static void put_marks(struct request_plan *p)
{
	size_t left = 2, last = p->n, chosen = SIZE_MAX, before = 0;

	for (size_t i = p->n; i-- > 0 && left > 0;) {
		if (p->items[i].role != ROLE_USER ||
		    (i + 1 < p->n && p->items[i + 1].role == ROLE_USER))
			continue;
		p->items[i].mark = true;
		last = i;
		left--;
	}
	for (size_t i = 0; i < last; i++) {
		if (p->items[i].role != ROLE_USER || p->items[i + 1].role == ROLE_USER)
			continue;
		if ((i + 1) / MIDDLE_BLOCKS > before / MIDDLE_BLOCKS)
			chosen = i;
		before = i + 1;
	}
	if (chosen != SIZE_MAX)
		p->items[chosen].mark = true;
}

static void write_mark(struct jw *w)
{
	jw_kraw(w, "cache_control", SLICE("{\"type\":\"ephemeral\"}"));
}

static void write_text(struct jw *w, struct slice text)
{
	jw_object(w);
	jw_kcstr(w, "type", "text");
	request_text(w, "text", text);
	jw_end(w);
}

static void write_image(struct jw *w, const struct image *image, bool mark)
{
	jw_object(w);
	jw_kcstr(w, "type", "image");
	jw_kobject(w, "source");
	jw_kcstr(w, "type", "base64");
	request_image(w, "media_type", "data", image);
	jw_end(w);
	if (mark)
		write_mark(w);
	jw_end(w);
}

static void write_result(struct jw *w, const struct plan_item *it)
{
	jw_object(w);
	jw_kcstr(w, "type", "tool_result");
	request_id(w, "tool_use_id", it->block->id, 0);
	if (plan_image(it)) {
		jw_karray(w, "content");
		write_text(w, plan_result_text(it));
		write_image(w, plan_image(it), false);
		jw_end(w);
	} else {
		request_text(w, "content", plan_result_text(it));
	}
	if (plan_result_is_error(it))
		jw_kbool(w, "is_error", true);
	if (it->mark)
		write_mark(w);
	jw_end(w);
}

/* What the same model said goes back byte for byte: its signatures are over exactly that. */
static void write_item(struct jw *w, const struct plan_item *it)
{
	const struct block *b = it->block;

	if (plan_is_result(it)) {
		write_result(w, it);
	} else if (it->role == ROLE_ASSISTANT && it->same && b->raw.len > 0) {
		jw_raw(w, b->raw);
	} else if (b->kind == BLOCK_CALL) {
		jw_object(w);
		jw_kcstr(w, "type", "tool_use");
		request_id(w, "id", b->id, 0);
		jw_kstr(w, "name", b->name);
		jw_kraw(w, "input", slice_trim(b->text).len == 0 ? SLICE("{}") : b->text);
		jw_end(w);
	} else if (plan_image(it)) {
		write_text(w, b->text);
		write_image(w, plan_image(it), it->mark);
	} else {
		jw_object(w);
		jw_kcstr(w, "type", "text");
		request_text(w, "text", b->text);
		if (it->mark)
			write_mark(w);
		jw_end(w);
	}
}

/* Items of one role that follow one another are one message: the roles must alternate. */
static void write_messages(struct jw *w, const struct request_plan *p)
{
	jw_karray(w, "messages");
	for (size_t i = 0; i < p->n; i++) {
		bool first = i == 0 || p->items[i - 1].role != p->items[i].role;
		bool last = i + 1 == p->n || p->items[i + 1].role != p->items[i].role;

		if (first) {
			jw_object(w);
			jw_kcstr(w, "role", p->items[i].role == ROLE_USER ? "user" : "assistant");
			jw_karray(w, "content");
		}
		write_item(w, &p->items[i]);
		if (last) {
			jw_end(w);
			jw_end(w);
		}
	}
	jw_end(w);
}

/* One mark covers tools and system: tools come first in what is cached. */
static void write_prefix(struct jw *w, const struct model_request *r)
{
	bool system = slice_trim(r->system).len > 0;

	if (r->n_tools > 0) {
		jw_karray(w, "tools");
		for (size_t i = 0; i < r->n_tools; i++) {
			jw_object(w);
			jw_kcstr(w, "name", r->tools[i].name);
			jw_kcstr(w, "description", r->tools[i].description);
			jw_kraw(w, "input_schema", slice_of(r->tools[i].input_schema));
			if (!system && i + 1 == r->n_tools)
				write_mark(w);
			jw_end(w);
		}
		jw_end(w);
	}
	if (system) {
		jw_karray(w, "system");
		jw_object(w);
		jw_kcstr(w, "type", "text");
		request_text(w, "text", r->system);
		write_mark(w);
		jw_end(w);
		jw_end(w);
	}
}

static void write_settings(struct jw *w, const struct endpoint *e)
{
	const struct anthropic_model *m = anthropic_model(e->model);

	if (m->thinking == THINKING_ADAPTIVE)
		jw_kraw(w, "thinking", SLICE("{\"type\":\"adaptive\"}"));
	else if (m->thinking == THINKING_SUMMARIZED)
		jw_kraw(w, "thinking", SLICE("{\"type\":\"adaptive\",\"display\":\"summarized\"}"));
	if (e->effort.len > 0 && m->effort) {
		jw_kobject(w, "output_config");
		jw_kstr(w, "effort", e->effort);
		jw_end(w);
	}
}

void anthropic_write(struct jw *w, const struct endpoint *e, const struct model_request *r,
		     struct request_plan *p)
{
	put_marks(p);
	jw_kstr(w, "model", e->model);
	jw_ki64(w, "max_tokens", endpoint_max_output(e, r));
	jw_kbool(w, "stream", true);
	write_settings(w, e);
	write_prefix(w, r);
	write_messages(w, p);
}
