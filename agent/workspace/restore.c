/* restore.c - see restore.h */
#include "agent/workspace/restore.h"

#include <stdlib.h>

#include "agent/edit/edit.h"
#include "protocol/base/log.h"
#include "protocol/base/mem.h"

enum { MAX_TRIES = 5 };

struct restore {
	struct arena arena;
	struct view *view;
	struct restore_spec spec;
	struct view_op *op;
	int tries;
	struct restored out;
	restore_cb *done;
	void *payload;
};

static void was_read(void *payload, const struct view_text *t, const struct err *err);

static void finish(struct restore *r, const struct err *err)
{
	r->done(r->payload, &r->out, err);
	restore_drop(r);
}

static bool same(struct slice a, struct slice b)
{
	return !a.ptr == !b.ptr && (!a.ptr || slice_eq(a, b));
}

static bool decode(struct restore *r, struct slice bytes, struct slice *text)
{
	struct err ignored = { 0 };
	enum encoding e;

	return encoding_decode(&r->arena, bytes, &e, text, &ignored);
}

/* Both are text: the user's changes and ours are taken apart. */
static bool merge(struct restore *r, const struct view_text *t, struct slice *out, struct err *err)
{
	struct slice left, before, merged, now = snapshot_text(t->text);
	struct err why = { 0 };

	if (!decode(r, r->spec.left, &left) || !decode(r, r->spec.before, &before))
		return err_set(err, ERR_STALE, "it was changed since and is not text");
	if (slice_eq(now, left))
		merged = before; /* the same text in another encoding, or in a buffer */
	else if (!edit_merge(&r->arena, left, now, before, &merged, &why))
		return err_set(err, ERR_STALE,
			       "it was changed since, in the same place; it is left as it is");
	return view_encode(&r->arena, t->encoding, merged, out, err);
}

static bool around(struct restore *r, const struct view_text *t, struct slice *out, struct err *err)
{
	struct slice now = t->text ? snapshot_text(t->text) : (struct slice){ NULL, 0 }, after, old;
	enum encoding encoding = t->encoding;
	struct err none = { 0 };

	if (!r->spec.around(r->spec.ctx, &r->arena, now, &after, err))
		return false;
	/* What is not there has no encoding of its own: it gets that of what was there. */
	if (!t->exists && r->spec.before.ptr)
		(void)!encoding_decode(&r->arena, r->spec.before, &encoding, &old, &none);
	*out = after;
	return !after.ptr || view_encode(&r->arena, encoding, after, out, err);
}

/* What shall stand there, given what stands there now. */
static bool target(struct restore *r, const struct view_text *t, struct slice *out, struct err *err)
{
	const struct restore_spec *s = &r->spec;
	struct slice now = t->exists ? t->bytes : (struct slice){ NULL, 0 };

	if (s->around && !t->binary && around(r, t, out, err))
		return true;
	if (s->around && !t->binary && !same(now, s->left))
		return false;
	*out = s->before;
	if (same(now, s->left) || same(now, s->before))
		return true;
	if (!now.ptr)
		return err_set(err, ERR_STALE, "the file was removed since");
	if (!s->before.ptr || !s->left.ptr)
		return err_set(err, ERR_STALE, "the file was changed since Emend %s it",
			       s->left.ptr ? "created" : "removed");
	if (t->binary)
		return err_set(err, ERR_STALE, "it was changed since and is not text any more");
	return merge(r, t, out, err);
}

static void read_again(struct restore *r)
{
	r->op = view_read(r->view, r->spec.path, was_read, r);
}

static void written(void *payload, const struct err *err)
{
	struct restore *r = payload;

	r->op = NULL;
	r->out.written = !err;
	if (err && err->code == ERR_STALE && ++r->tries < MAX_TRIES)
		read_again(r);
	else
		finish(r, err);
}

static void was_read(void *payload, const struct view_text *t, const struct err *err)
{
	struct restore *r = payload;
	struct slice now;
	struct err why = { 0 };

	r->op = NULL;
	if (err || !target(r, t, &r->out.now, &why)) {
		finish(r, err ? err : &why);
		return;
	}
	now = t->exists ? t->bytes : (struct slice){ NULL, 0 };
	if (same(now, r->out.now)) {
		finish(r, NULL);
		return;
	}
	log_debug("restore %.*s", SLICE_ARG(r->spec.path));
	r->op = view_write(r->view,
			   &(struct view_write){ .path = r->spec.path,
						 .base = t->text,
						 .is_buffer = t->is_buffer,
						 .sha256 = t->sha256,
						 .after = r->out.now,
						 .mode = r->spec.mode,
						 .label = r->spec.label },
			   written, r);
}

struct restore *restore_start(struct view *v, const struct restore_spec *s, restore_cb *done,
			      void *payload)
{
	struct restore *r = xcalloc(1, sizeof(*r));

	arena_init(&r->arena);
	r->view = v;
	r->spec = *s;
	r->done = done;
	r->payload = payload;
	read_again(r);
	return r;
}

void restore_drop(struct restore *r)
{
	if (!r)
		return;
	view_drop(r->op);
	arena_release(&r->arena);
	free(r);
}
