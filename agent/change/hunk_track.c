/* hunk_track.c - see hunk_track.h
 *
 * A change and a hunk, in bytes of the text before the change:
 *
 *   change.end <= start      moves the hunk (so does an insertion at its start)
 *   change.start >= end      leaves it
 *   else                     hits it: it then covers what it covered and what the change put there
 *
 * Afterwards the hunk is settled on whole lines of the new text, and compared with its two texts. */
#include "agent/change/hunk_track.h"

#include <stdlib.h>

#include "agent/edit/edit.h"
#include "protocol/base/mem.h"

/* --- lists --- */

static struct slice own(struct slice s)
{
	return s.ptr ? slice_make(xslicedup(s), s.len) : s;
}

static void disown(struct slice *s)
{
	free((char *)(uintptr_t)s->ptr);
	*s = (struct slice){ NULL, 0 };
}

static void hunk_release(struct hunk *h)
{
	free(h->id);
	free(h->task);
	disown(&h->old);
	disown(&h->fresh);
}

static struct hunk *push(struct hunk_list *l)
{
	if (l->n == l->cap) {
		l->cap = l->cap ? 2 * l->cap : 8;
		l->items = xrealloc(l->items, l->cap * sizeof(*l->items));
	}
	l->items[l->n] = (struct hunk){ .id = NULL };
	return &l->items[l->n++];
}

void hunk_list_release(struct hunk_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		hunk_release(&l->items[i]);
	free(l->items);
	*l = (struct hunk_list){ 0 };
}

void hunk_list_take(struct hunk_list *l, struct hunk_list *from)
{
	for (size_t i = 0; i < from->n; i++)
		*push(l) = from->items[i];
	from->n = 0;
	hunk_list_release(from);
}

void hunk_list_copy(struct hunk_list *l, const struct hunk_list *from)
{
	for (size_t i = 0; i < from->n; i++) {
		struct hunk *h = push(l);

		*h = from->items[i];
		h->id = h->id ? xstrdup(h->id) : NULL;
		h->task = xstrdup(h->task);
		h->old = own(h->old);
		h->fresh = own(h->fresh);
	}
}

void hunk_list_sweep(struct hunk_list *l)
{
	size_t kept = 0;

	for (size_t i = 0; i < l->n; i++)
		if (l->items[i].dead)
			hunk_release(&l->items[i]);
		else
			l->items[kept++] = l->items[i];
	l->n = kept;
}

struct hunk *hunk_list_find(const struct hunk_list *l, struct slice id)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->items[i].id && slice_eq_cstr(id, l->items[i].id))
			return &l->items[i];
	return NULL;
}

/* --- a text in one piece --- */

static size_t flat_start(void *ctx, size_t offset)
{
	const struct slice *s = ctx;

	while (offset > 0 && s->ptr[offset - 1] != '\n')
		offset--;
	return offset;
}

static size_t flat_end(void *ctx, size_t offset)
{
	const struct slice *s = ctx;
	size_t at = slice_find_byte(*s, '\n', offset);

	return at < s->len ? at + 1 : s->len;
}

static struct slice flat_view(void *ctx, size_t start, size_t end)
{
	const struct slice *s = ctx;

	return slice_sub(*s, start, end);
}

struct hunk_text hunk_text_of(const struct slice *text)
{
	return (struct hunk_text){ (void *)(uintptr_t)text, text->len, flat_start, flat_end,
				   flat_view };
}

/* --- moving --- */

/* False: no change hit it. */
/* Moves the hunk's range over all changes at once. They are sorted and do not overlap, and their offsets are
 * those of the text before all of them. before: by how much the hunk's start moves; all: by how much its end
 * does. Where a change covers an end of the hunk, that end goes to the far end of what the change put there. */
static bool map_range(struct hunk *h, const struct text_change *c, size_t n)
{
	size_t s = h->start, e = h->end, start = 0, end = 0;
	ptrdiff_t before = 0, all = 0;
	bool hit = false, start_cut = false, end_cut = false;

	for (size_t i = 0; i < n; i++) {
		ptrdiff_t grow = (ptrdiff_t)c[i].text.len - (ptrdiff_t)(c[i].end - c[i].start);

		if (c[i].end <= s) {
			before += grow;
			all += grow;
			continue;
		}
		if (c[i].start >= e)
			break;
		hit = true;
		if (c[i].start < s) {
			start_cut = true;
			start = (size_t)((ptrdiff_t)c[i].start + before);
		}
		if (c[i].end > e) {
			end_cut = true;
			end = (size_t)((ptrdiff_t)(c[i].start + c[i].text.len) + all);
		}
		all += grow;
	}
	h->start = start_cut ? start : (size_t)((ptrdiff_t)s + before);
	h->end = end_cut ? end : (size_t)((ptrdiff_t)e + all);
	return hit;
}

/* Does a line begin at this offset? */
static bool at_line(const struct hunk_text *t, size_t offset)
{
	return offset == 0 || t->line_start(t->ctx, offset) == offset;
}

/* The one place in [start, end) where the lines of `what` stand whole; false: none, or several. */
static bool find_lines(const struct hunk_text *t, size_t start, size_t end, struct slice what,
		       size_t *at)
{
	struct slice in = t->view(t->ctx, start, end);
	size_t found = SIZE_MAX;

	for (size_t i = slice_find(in, what, 0); i < in.len; i = slice_find(in, what, i + 1)) {
		size_t behind = start + i + what.len;

		if ((i > 0 && in.ptr[i - 1] != '\n') ||
		    (behind < t->len && what.ptr[what.len - 1] != '\n'))
			continue;
		if (found != SIZE_MAX)
			return false;
		found = i;
	}
	*at = start + found;
	return found != SIZE_MAX;
}

/* Sees what stands in its lines now. */
static void settle(struct hunk *h, const struct hunk_text *t, bool hit)
{
	bool end_ok = h->end == t->len || h->end == h->start || at_line(t, h->end);
	struct slice now;
	size_t at;

	if (!hit && end_ok && at_line(t, h->start))
		return;
	h->start = t->line_start(t->ctx, h->start);
	if (!at_line(t, h->end))
		h->end = t->line_end(t->ctx, h->end);
	now = t->view(t->ctx, h->start, h->end);
	if (slice_eq(now, h->fresh)) {
		h->touched = false;
	} else if (slice_eq(now, h->old) || (now.len == 0 && h->fresh.len > 0)) {
		h->dead = true;
	} else if (h->fresh.len > 0 && find_lines(t, h->start, h->end, h->fresh, &at)) {
		h->touched = false;
		h->start = at;
		h->end = at + h->fresh.len;
	} else {
		h->touched = true;
	}
}

/* A new file is its whole text; a removed one that is there again is the user's. */
static void settle_whole(struct hunk *h, const struct hunk_text *t)
{
	h->start = 0;
	h->end = h->fresh.ptr ? t->len : 0;
	h->dead = h->fresh.len > 0 && t->len == 0; /* what was added is gone */
	h->touched = t->len != h->fresh.len || !h->fresh.ptr ||
		     !slice_eq(t->view(t->ctx, 0, t->len), h->fresh);
}

/* The removed lines `old` are back at `at`, although the editor may say that they were inserted
 * somewhere near: where lines repeat, that is the same. One insertion c, seen in the text after. */
static bool put_back(const struct hunk_text *t, const struct text_change *c, size_t at,
		     struct slice old)
{
	enum { NEAR = 64 * 1024 };
	size_t lo = c->start < at ? c->start : at,
	       between = c->start < at ? at - lo : c->start - lo;
	struct slice now, gap, lines;

	if (c->start != c->end || c->text.len != old.len || between > NEAR ||
	    lo + between + old.len > t->len)
		return false;
	now = t->view(t->ctx, lo, lo + between + old.len);
	if (c->start < at) { /* text, gap: the same as gap, old? */
		gap = slice_sub(now, old.len, now.len);
		lines = slice_sub(now, between, now.len);
		return slice_eq(slice_sub(now, 0, between), gap) && slice_eq(lines, old);
	}
	gap = slice_sub(now, 0, between); /* gap, text: the same as old, gap? */
	lines = slice_sub(now, 0, old.len);
	return slice_eq(slice_sub(now, old.len, now.len), gap) && slice_eq(lines, old);
}

/* A hunk that only removed lines covers none, so no change can hit it: that its lines are back is seen here. */
static bool restored(const struct hunk *h, const struct text_change *c, size_t n,
		     const struct hunk_text *now)
{
	if (h->fresh.len > 0 || h->start != h->end || h->old.len == 0)
		return false;
	for (size_t i = 0; i < n; i++)
		if (c[i].start == h->start && c[i].end == h->start && slice_eq(c[i].text, h->old))
			return true;
	return n == 1 && put_back(now, &c[0], h->start, h->old);
}

bool hunks_move(struct hunk_list *l, const struct text_change *changes, size_t n,
		const struct hunk_text *now)
{
	bool news = false;

	for (size_t i = 0; i < l->n; i++) {
		struct hunk *h = &l->items[i];
		bool was = h->touched;

		if (!h->old.ptr || !h->fresh.ptr)
			settle_whole(h, now);
		else if (restored(h, changes, n, now))
			h->dead = true;
		else
			settle(h, now, map_range(h, changes, n));
		news = news || h->dead || h->touched != was;
	}
	hunk_list_sweep(l);
	return news;
}

bool hunks_follow(struct hunk_list *l, struct slice before, struct slice now)
{
	struct hunk_text text = hunk_text_of(&now);
	struct text_change *changes;
	struct arena a;
	size_t n;
	bool news;

	if (l->n == 0 || (!before.ptr == !now.ptr && slice_eq(before, now)))
		return false;
	if (!now.ptr)
		text.len = 0;
	arena_init(&a);
	edit_changes(&a, before, now, &changes, &n);
	news = hunks_move(l, changes, n, &text);
	arena_release(&a);
	return news;
}

/* --- going back --- */

static struct slice splice(struct arena *a, struct slice text, size_t start, size_t end,
			   struct slice with)
{
	char *out = arena_alloc(a, text.len - (end - start) + with.len + 1);

	memcpy(out, text.ptr, start);
	if (with.len)
		memcpy(out + start, with.ptr, with.len);
	memcpy(out + start + with.len, text.ptr + end, text.len - end);
	return slice_make(out, text.len - (end - start) + with.len);
}

static bool revert_whole(struct arena *a, const struct hunk *h, struct slice text,
			 struct slice *after, struct err *err)
{
	if (!h->fresh.ptr && text.ptr)
		return err_set(err, ERR_STALE, "the file that was removed is there again");
	if (h->fresh.ptr && !text.ptr)
		return err_set(err, ERR_STALE, "the new file was removed already");
	if (h->fresh.ptr && h->touched)
		return err_set(err, ERR_STALE,
			       "you have changed this new file since: remove it yourself");
	*after = h->old.ptr ? arena_dup(a, h->old) : h->old; /* the list may go before the text */
	return true;
}

bool hunk_revert(struct arena *a, const struct hunk *h, struct slice text, struct slice *after,
		 struct err *err)
{
	struct slice left, restored;

	if (!h->old.ptr || !h->fresh.ptr)
		return revert_whole(a, h, text, after, err);
	if (!text.ptr || h->end > text.len)
		return err_set(err, ERR_STALE, "the file was removed since");
	restored = splice(a, text, h->start, h->end, h->old);
	*after = restored;
	if (!h->touched)
		return true;
	left = splice(a, text, h->start, h->end, h->fresh);
	if (edit_merge(a, left, text, restored, after, err))
		return true;
	return err_set(err, ERR_STALE,
		       "you have changed the same lines since; undo your change there first, or "
		       "accept Emend's");
}
