/* request_plan.c - see request_plan.h
 *
 * Providers refuse a request in which a call has no result, a result has no call, or a result
 * comes anywhere but right behind its call. A transcript may hold such things: a session that
 * was killed, two answers in a row (a pause), notes between a call and its result. Here they are
 * put in order once, for every dialect. */
#include "agent/model/request_plan.h"

#include <stdio.h>

#include "agent/model/image.h"
#include "protocol/base/limits.h"
#include "protocol/base/utf8.h"

/* the longest id that every provider takes */
enum { ID_BYTES = 64 };

static bool is_blank(struct slice s)
{
	return slice_trim(s).len == 0;
}

/* The session may have been another model's before. */
static const struct block *without_image(struct request_plan *p, const struct block *b)
{
	struct block *copy = arena_alloc(&p->arena, sizeof(*copy));

	*copy = *b;
	copy->image = NULL;
	copy->text =
		arena_printf(&p->arena,
			     "%.*s\n(The %s image itself is not shown: this model does not take "
			     "such images.)",
			     SLICE_ARG(b->text), image_name(b->image->type));
	return copy;
}

static void add(struct request_plan *p, enum role role, const struct block *b, bool missing)
{
	if (b->image && !(p->images & b->image->type))
		b = without_image(p, b);
	p->items[p->n++] = (struct plan_item){ .role = role, .block = b, .missing = missing };
}

/* Thoughts and blocks of other kinds are signed by the model that made them, and another would
 * refuse them. */
static void add_assistant(struct request_plan *p, const struct turn *turn)
{
	bool same = slice_eq(turn->model, p->model);

	for (size_t i = 0; i < turn->n_blocks; i++) {
		const struct block *b = &turn->blocks[i];
		bool opaque = b->kind == BLOCK_THINKING || b->kind == BLOCK_OTHER;

		if (b->kind == BLOCK_RESULT || (opaque && (!same || b->raw.len == 0)) ||
		    (b->kind == BLOCK_TEXT && is_blank(b->text)))
			continue;
		add(p, ROLE_ASSISTANT, b, false);
		p->items[p->n - 1].same = same;
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
static bool add_user(struct request_plan *p, size_t from, size_t to, const struct turn *said,
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

bool request_plan(struct request_plan *p, const struct transcript *t, struct slice model,
		  unsigned images, struct err *err)
{
	const struct turn *said = NULL;
	size_t i = 0;

	*p = (struct request_plan){ .t = t, .model = model, .images = images };
	arena_init(&p->arena);
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

void request_plan_release(struct request_plan *p)
{
	arena_release(&p->arena);
}

bool plan_is_result(const struct plan_item *it)
{
	return it->role == ROLE_USER && (it->missing || it->block->kind == BLOCK_RESULT);
}

struct slice plan_result_text(const struct plan_item *it)
{
	if (it->missing)
		return SLICE("This call was interrupted; it has no result.");
	return is_blank(it->block->text) ? SLICE("(no output)") : it->block->text;
}

bool plan_result_is_error(const struct plan_item *it)
{
	return it->missing || it->block->is_error;
}

const struct image *plan_image(const struct plan_item *it)
{
	return it->missing || it->role != ROLE_USER ? NULL : it->block->image;
}

void request_image_url(struct jw *w, const char *key, const struct image *i)
{
	struct buf url;

	buf_init(&url, LIMIT_REQUEST_BYTES);
	buf_printf(&url, "data:%s;base64,", image_media_type(i->type));
	buf_append(&url, i->base64);
	jw_kstr(w, key, buf_slice(&url));
	buf_release(&url);
}

void request_image(struct jw *w, const char *type_key, const char *data_key, const struct image *i)
{
	jw_kcstr(w, type_key, image_media_type(i->type));
	jw_kstr(w, data_key, i->base64);
}

/* Almost no text holds such a character, so it is looked for before anything is copied. */
void request_text(struct jw *w, const char *key, struct slice text)
{
	struct buf clean;
	bool dirty = false;

	for (size_t i = utf8_plain(text, 0); i < text.len && !dirty;
	     i += 1 + utf8_plain(text, i + 1)) {
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

static bool is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* The hash is of the whole id, so that a call and its result still agree. */
void request_id(struct jw *w, const char *key, struct slice id, size_t digits)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789";
	uint64_t hash = slice_hash(SLICE_HASH, id);
	bool ok = id.len > 0 && (digits ? id.len == digits : id.len <= ID_BYTES);
	char text[24];

	for (size_t i = 0; i < id.len; i++)
		ok = ok &&
		     (is_alnum(id.ptr[i]) || (!digits && (id.ptr[i] == '_' || id.ptr[i] == '-')));
	if (ok) {
		jw_kstr(w, key, id);
		return;
	}
	if (digits == 0) {
		(void)snprintf(text, sizeof(text), "id%016llx", (unsigned long long)hash);
		jw_kcstr(w, key, text);
		return;
	}
	for (size_t i = 0; i < digits && i < sizeof(text); i++, hash /= 36)
		text[i] = letters[hash % 36];
	jw_kstr(w, key, slice_make(text, digits));
}
