/* follow.c - see follow.h */
#include "agent/session/follow.h"

#include "agent/edit/encoding.h"
#include "agent/store/event_log.h"
#include "protocol/base/log.h"

static bool was_undone(const struct history *h, const struct past_edit *e)
{
	for (size_t i = 0; i < h->n; i++)
		if (h->edits[i].undone && slice_eq(h->edits[i].task, e->task) &&
		    slice_eq(h->edits[i].path, e->path))
			return true;
	return false;
}

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
	if (e->n_hunks || was_undone(h, e))
		(void)hunks_follow(&f->list, before, after);
	else
		hunks_add(&f->list, e->task, session, before, after);
	f->text = after;
	f->hash = e->after;
}

bool follow_back(struct arena *a, struct slice state_dir, const struct history *h,
		 struct slice task, struct slice path, struct slice now, struct slice *after,
		 struct err *err)
{
	struct followed f = { .path = path, .hash = SLICE("") };
	struct slice next;
	bool ok = true;

	for (size_t i = 0; i < h->n; i++) /* what may not have been made shows in `now` */
		if (slice_eq(h->edits[i].path, path) && !h->edits[i].failed)
			follow_edit(&f, a, state_dir, h, NULL, &h->edits[i]);
	if (f.damaged)
		ok = err_set(err, ERR_NOT_FOUND,
			     "an image of it in the log is missing or damaged; `emend audit verify` "
			     "says more");
	(void)hunks_follow(&f.list, f.text, now);
	for (size_t i = f.list.n; ok && i-- > 0;) {
		struct hunk *hunk = &f.list.items[i];

		if (!slice_eq_cstr(task, hunk->task))
			continue;
		ok = hunk_revert(a, hunk, now, &next, err);
		if (!ok)
			break;
		hunk->dead = true;
		hunk_list_sweep(&f.list);
		(void)hunks_follow(&f.list, now, next);
		now = next;
		i = f.list.n; /* the list is another */
	}
	*after = now;
	hunk_list_release(&f.list);
	return ok;
}
