/* anthropic_request.c - a transcript as a Messages request.
 *
 * First the transcript becomes a flat list of items (what will be a content block), with the
 * provider's rules kept on the way: the first item is the user's; results come first in the user
 * turn after their calls, one for each call, in the order of the calls; no text is empty; thinking
 * and other raw blocks go back only to the model that said them. Then cache marks are put on
 * items, and then everything is written: tools, system and old items give the same bytes in every
 * request of a conversation, except for the marks, which are no part of the cached prefix. */
#include "agent/model/anthropic.h"

#include <stdio.h>

#include "protocol/base/limits.h"
#include "protocol/base/utf8.h"
#include "protocol/json/write.h"

enum { MARKS = 4, MIDDLE_BLOCKS = 15, ID_BYTES = 64 };

struct item {
	enum role role;
	const struct block *block; /* for a missing result: the call */
	bool missing;		   /* a call that nobody answered */
	bool raw;		   /* goes back as the provider's own JSON */
	bool mark;
};

struct plan {
	struct arena arena;
	const struct transcript *t;
	struct slice model; /* full name */
	struct item *items;
	size_t n, cap;
};

static bool is_blank(struct slice s)
{
	return slice_trim(s).len == 0;
}

static void add(struct plan *p, enum role role, const struct block *b, bool missing)
{
	p->items[p->n++] = (struct item){ .role = role, .block = b, .missing = missing };
}

static void add_assistant(struct plan *p, const struct turn *turn)
{
	bool same = slice_eq(turn->model, p->model);

	for (size_t i = 0; i < turn->n_blocks; i++) {
		const struct block *b = &turn->blocks[i];
		bool raw = b->kind == BLOCK_THINKING || b->kind == BLOCK_OTHER;

		if (b->kind == BLOCK_RESULT || (raw && (!same || b->raw.len == 0)) ||
		    (b->kind == BLOCK_TEXT && is_blank(b->text)))
			continue;
		add(p, ROLE_ASSISTANT, b, false);
		p->items[p->n - 1].raw = raw || (b->kind == BLOCK_TEXT && same && b->raw.len > 0);
	}
}

static const struct block *find_result(const struct transcript *t, size_t from, size_t to,
				       struct slice id)
{
	for (size_t i = from; i < to; i++)
		for (size_t k = 0; k < t->turns[i].n_blocks; k++)
			if (t->turns[i].blocks[k].kind == BLOCK_RESULT &&
			    slice_eq(t->turns[i].blocks[k].id, id))
				return &t->turns[i].blocks[k];
	return NULL;
}

static size_t count_kind(const struct turn *turn, enum block_kind kind)
{
	size_t n = 0;

	for (size_t i = 0; i < turn->n_blocks; i++)
		n += turn->blocks[i].kind == kind;
	return n;
}

/* The user turns [from, to) as one message; `said` (may be NULL) is the assistant turn before them.
 */
static bool add_user(struct plan *p, size_t from, size_t to, const struct turn *said,
		     struct err *err)
{
	size_t results = 0, used = 0;

	for (size_t i = from; i < to; i++)
		results += count_kind(&p->t->turns[i], BLOCK_RESULT);
	for (size_t k = 0; said && k < said->n_blocks; k++) {
		const struct block *call = &said->blocks[k], *result;

		if (call->kind != BLOCK_CALL)
			continue;
		result = find_result(p->t, from, to, call->id);
		add(p, ROLE_USER, result ? result : call, !result);
		used += result != NULL;
	}
	if (used != results)
		return err_set(err, ERR_INTERNAL,
			       "The session's transcript holds a tool result without its call; "
			       "start a new session.");
	for (size_t i = from; i < to; i++)
		for (size_t k = 0; k < p->t->turns[i].n_blocks; k++)
			if (p->t->turns[i].blocks[k].kind == BLOCK_TEXT &&
			    !is_blank(p->t->turns[i].blocks[k].text))
				add(p, ROLE_USER, &p->t->turns[i].blocks[k], false);
	return true;
}

static bool plan_items(struct plan *p, struct err *err)
{
	const struct transcript *t = p->t;
	const struct turn *said = NULL;
	size_t i = 0;

	for (size_t k = 0; k < t->n; k++) /* each block at most once, and a result for each call */
		p->cap += t->turns[k].n_blocks + count_kind(&t->turns[k], BLOCK_CALL);
	p->items = arena_array(&p->arena, p->cap + 1, sizeof(*p->items));
	while (i < t->n) {
		size_t from = i;

		if (t->turns[i].role == ROLE_ASSISTANT) {
			/* Two in a row: the calls of the first are answered before the next. */
			if (said && !add_user(p, i, i, said, err))
				return false;
			said = &t->turns[i++];
			add_assistant(p, said);
			continue;
		}
		while (i < t->n && t->turns[i].role == ROLE_USER)
			i++;
		if (!add_user(p, from, i, said, err))
			return false;
		said = NULL;
	}
	if (said && !add_user(p, t->n, t->n, said, err))
		return false;
	if (p->n == 0 || p->items[0].role != ROLE_USER)
		return err_set(err, ERR_INTERNAL,
			       "The session's transcript does not begin with what the user said; "
			       "start a new session.");
	return true;
}

/* The last item of each of the last two user messages; and, far before them, the end of a user
 * message that stays the same from request to request, since a mark finds earlier entries only
 * 20 blocks back. */
static void put_marks(struct plan *p)
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

/* Text without control characters, which the API refuses or a model stumbles over. */
static void write_text(struct jw *w, const char *key, struct slice text)
{
	struct buf clean;
	bool dirty = false;

	for (size_t i = 0; i < text.len && !dirty; i++) {
		unsigned char c = (unsigned char)text.ptr[i];

		dirty = (c < ' ' && c != '\t' && c != '\n' && c != '\r') || c == 0x7f;
	}
	if (!dirty) {
		jw_kstr(w, key, text);
		return;
	}
	buf_init(&clean, LIMIT_REQUEST_BYTES);
	utf8_sanitize(&clean, text);
	jw_kstr(w, key, buf_slice(&clean));
	buf_release(&clean);
}

/* Ids of other providers may be too long or hold characters that are refused: those get a hash. */
static void write_id(struct jw *w, const char *key, struct slice id)
{
	uint64_t hash = 14695981039346656037u; /* FNV-1a */
	bool ok = id.len > 0 && id.len <= ID_BYTES;
	char text[24];

	for (size_t i = 0; i < id.len; i++) {
		char c = id.ptr[i];

		ok = ok && ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			    (c >= '0' && c <= '9') || c == '_' || c == '-');
		hash = (hash ^ (unsigned char)c) * 1099511628211u;
	}
	if (ok) {
		jw_kstr(w, key, id);
		return;
	}
	(void)snprintf(text, sizeof(text), "id%016llx", (unsigned long long)hash);
	jw_kcstr(w, key, text);
}

static void write_result(struct jw *w, const struct item *it)
{
	struct slice text = it->block->text;
	bool is_error = it->block->is_error || it->missing;

	if (it->missing)
		text = SLICE("This call was interrupted; it has no result.");
	else if (is_blank(text))
		text = SLICE("(no output)");
	jw_object(w);
	jw_kcstr(w, "type", "tool_result");
	write_id(w, "tool_use_id", it->block->id);
	write_text(w, "content", text);
	if (is_error)
		jw_kbool(w, "is_error", true);
	if (it->mark)
		write_mark(w);
	jw_end(w);
}

static void write_item(struct jw *w, const struct item *it)
{
	const struct block *b = it->block;

	if (it->role == ROLE_USER && (it->missing || b->kind == BLOCK_RESULT)) {
		write_result(w, it);
	} else if (it->raw) {
		jw_raw(w, b->raw);
	} else if (b->kind == BLOCK_CALL) {
		jw_object(w);
		jw_kcstr(w, "type", "tool_use");
		write_id(w, "id", b->id);
		jw_kstr(w, "name", b->name);
		jw_kraw(w, "input", is_blank(b->text) ? SLICE("{}") : b->text);
		jw_end(w);
	} else {
		jw_object(w);
		jw_kcstr(w, "type", "text");
		write_text(w, "text", b->text);
		if (it->mark)
			write_mark(w);
		jw_end(w);
	}
}

static void write_messages(struct jw *w, const struct plan *p)
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
	bool system = !is_blank(r->system);

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
		write_text(w, "text", r->system);
		write_mark(w);
		jw_end(w);
		jw_end(w);
	}
}

static uint32_t max_tokens(const struct endpoint *e, const struct model_request *r)
{
	bool hard = slice_eq_cstr(e->effort, "xhigh") || slice_eq_cstr(e->effort, "max");
	uint32_t most =
		e->row && e->row->max_output_tokens ? e->row->max_output_tokens : UINT32_MAX;
	uint32_t want = r->max_output_tokens;

	if (want == 0) /* thinking is a part of it */
		want = !e->row ? DEFAULT_MAX_OUTPUT : hard ? 64000 : 32000;
	return want < most ? want : most;
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

bool anthropic_build(const struct endpoint *e, const struct model_request *r, struct buf *body,
		     struct err *err)
{
	struct plan p = { .t = r->transcript, .model = e->name };
	struct jw w;
	bool ok;

	arena_init(&p.arena);
	ok = plan_items(&p, err);
	if (ok) {
		put_marks(&p);
		jw_init(&w, body);
		jw_object(&w);
		jw_kstr(&w, "model", e->model);
		jw_ki64(&w, "max_tokens", max_tokens(e, r));
		jw_kbool(&w, "stream", true);
		write_settings(&w, e);
		write_prefix(&w, r);
		write_messages(&w, &p);
		jw_end(&w);
	}
	arena_release(&p.arena);
	return ok;
}
