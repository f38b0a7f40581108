/* follow.c - see follow.h. For each edit: the hunks move with what the user typed since the one before (from
 * f->text to its `before`), and then its own change becomes hunks (hunk_add.c), or takes some away. */
#include "agent/change/follow.h"

#include "agent/edit/edit.h"
#include "agent/edit/encoding.h"
#include "agent/store/event_log.h"
#include "protocol/base/log.h"

/* The text of a blob. That of the edit before is in hand: a chain of edits reads each blob once. False: the
 * blob is gone or is not text, and from there on nothing can be said about the file. */
static bool image(struct followed *f, struct arena *a, struct slice state_dir,
		  const struct history *h, struct slice hash, struct slice *out)
{
	enum encoding encoding;
	struct slice bytes;
	struct err err = { 0 };

	*out = (struct slice){ NULL, 0 };
	if (hash.len == 0)
		return true;
	if (f->text.ptr && slice_eq(hash, f->hash)) {
		*out = f->text;
		return true;
	}
	if (blob_get(state_dir, h->session, hash, a, &bytes, &err) &&
	    encoding_decode(a, bytes, &encoding, out, &err))
		return true;
	log_warn("changes of %.*s: %s", SLICE_ARG(f->path), err.msg);
	f->damaged = true;
	return false;
}

/* An edit that was a rejection by the user: the hunks that it names are judged. They get their ids first, as
 * it names them by these. */
static void take_back(struct followed *f, const struct past_edit *e)
{
	hunks_seal(&f->list, f->path);
	for (size_t i = 0; i < e->n_hunks; i++) {
		struct hunk *h = hunk_list_find(&f->list, e->hunks[i]);

		if (h)
			h->dead = true;
	}
	hunk_list_sweep(&f->list);
}

/* A file that comes back gets its permissions; with one that goes, the folders made for it go. */
static void add(struct followed *f, struct hunk_session *session, const struct past_edit *e,
		struct slice before, struct slice after)
{
	hunks_add(&f->list, e->task, session, before, after);
	for (size_t i = 0; (!before.ptr || !after.ptr) && i < f->list.n; i++) {
		struct hunk *h = &f->list.items[i];

		if (!h->fresh.ptr && h->mode == 0)
			h->mode = e->mode;
		if (!h->old.ptr && h->folders == 0)
			h->folders = e->folders;
	}
}

void follow_edit(struct followed *f, struct arena *a, struct slice state_dir,
		 const struct history *h, struct hunk_session *session, const struct past_edit *e)
{
	struct slice before, after;

	if (f->damaged || !image(f, a, state_dir, h, e->before, &before) ||
	    !image(f, a, state_dir, h, e->after, &after))
		return;
	(void)hunks_follow(&f->list, f->text, before);
	if (e->n_hunks)
		take_back(f, e);
	if (e->n_hunks || e->undone)
		(void)hunks_follow(&f->list, before, after);
	else
		add(f, session, e, before, after);
	f->text = after;
	f->hash = e->after;
}

/* Reads the image of this hash; false: it is missing. */
static bool text_of(struct arena *a, struct slice state_dir, const struct history *h,
		    struct slice hash, struct slice *out)
{
	struct followed f = { .path = SLICE("") };

	return image(&f, a, state_dir, h, hash, out);
}

/* Whether the change from before to after can be seen in a later text: merged with it, it adds
 * nothing. Where the user has changed the same lines: what it put in stands there. */
static bool shows(struct arena *a, struct slice before, struct slice after, struct slice later)
{
	struct err ignored = { 0 };
	struct text_change *c;
	struct slice merged;
	bool any = false;
	size_t n;

	if (!before.ptr || !after.ptr || !later.ptr)
		return !after.ptr == !later.ptr;
	if (edit_merge(a, before, later, after, &merged, &ignored))
		return slice_eq(merged, later);
	edit_changes(a, before, after, &c, &n);
	for (size_t i = 0; i < n; i++) {
		if (slice_find(later, c[i].text, 0) == SIZE_MAX)
			return false;
		any = any || c[i].text.len > 0;
	}
	return any;
}

static bool took_its_place(const struct past_edit *other, const struct past_edit *e,
			   struct slice later)
{
	return !other->failed && slice_eq(other->before, e->before) &&
	       slice_eq(other->after, later);
}

/* Another edit of the same text made the later one: then this one is not in it. */
static bool overtaken(const struct history *h, const struct past_edit *e, struct slice later)
{
	for (size_t i = e->prev; i != SIZE_MAX; i = h->edits[i].prev)
		if (took_its_place(&h->edits[i], e, later))
			return true;
	for (size_t i = e->next; i != SIZE_MAX; i = h->edits[i].next)
		if (took_its_place(&h->edits[i], e, later))
			return true;
	return false;
}

/* Why the texts are asked: where the editor did not answer in time, the log says neither that the edit was
 * made nor that it was not. Later edits saw the text, and so does whoever looks now. */
bool follow_made(struct arena *a, struct slice state_dir, const struct history *h, size_t i,
		 const struct slice *now)
{
	const struct past_edit *e = &h->edits[i];
	struct slice before, after, later;
	struct sha256_hex hash;

	if (e->made || e->failed || e->entry.kind != RESTORE_TEXT)
		return e->made && e->entry.kind == RESTORE_TEXT;
	if (!text_of(a, state_dir, h, e->before, &before) ||
	    !text_of(a, state_dir, h, e->after, &after))
		return true; /* follow_edit() says what is missing */
	for (size_t k = e->next; k != SIZE_MAX; k = h->edits[k].next) {
		if (h->edits[k].entry.kind != RESTORE_TEXT)
			continue;
		if (overtaken(h, e, h->edits[k].before))
			return false;
		if (!text_of(a, state_dir, h, h->edits[k].before, &later) ||
		    shows(a, before, after, later))
			return true;
		if (h->edits[k].made)
			return false; /* it does not fit any more */
	}
	if (!now)
		return false;
	hash = sha256(*now);
	return slice_eq_cstr(e->after, hash.s) ||
	       (!overtaken(h, e, slice_of(hash.s)) && shows(a, before, after, *now));
}
