/* restore.c - see restore.h */
#include "agent/change/restore.h"

#include <stdlib.h>

#include "agent/edit/edit.h"
#include "protocol/base/log.h"
#include "protocol/base/mem.h"

enum { MAX_TRIES = 5 };

struct restore {
	struct arena arena;
	struct workspace *workspace;
	struct restore_spec spec;
	struct workspace_op *op;
	struct runner_call *call;
	int tries;
	struct restored out;
	restore_cb *done;
	void *payload;
};

static void was_read(void *payload, const struct workspace_text *t, const struct err *err);

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
static bool merge(struct restore *r, const struct workspace_text *t, struct slice *out,
		  struct err *err)
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
	return workspace_encode(&r->arena, t->encoding, merged, out, err);
}

static bool around(struct restore *r, const struct workspace_text *t, struct slice *out,
		   struct err *err)
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
	return !after.ptr || workspace_encode(&r->arena, encoding, after, out, err);
}

/* What shall stand there, given what stands there now. */
static bool target(struct restore *r, const struct workspace_text *t, struct slice *out,
		   struct err *err)
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
	r->op = workspace_read(r->workspace, r->spec.path, was_read, r);
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

static void was_read(void *payload, const struct workspace_text *t, const struct err *err)
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
	r->op = workspace_write(r->workspace,
				&(struct workspace_write){ .path = r->spec.path,
							   .base = t->text,
							   .is_buffer = t->is_buffer,
							   .sha256 = t->sha256,
							   .after = r->out.now,
							   .mode = r->spec.mode,
							   .label = r->spec.label },
				written, r);
}

/* --- links and permissions --- */

static void entry_put_back(void *payload, struct slice json, const struct err *err)
{
	struct restore *r = payload;

	(void)json;
	r->call = NULL;
	r->out.written = !err;
	r->out.now = r->spec.before;
	finish(r, err);
}

static void put_entry_back(struct restore *r)
{
	const struct restore_spec *s = &r->spec;
	struct entry_put p = { .path = s->path,
			       .from = s->entry.left,
			       .to = s->entry.before,
			       .from_data = s->left,
			       .to_data = s->before,
			       .mode = s->mode };

	if (s->entry.kind == RESTORE_MODE)
		r->call = runner_mode(r->workspace->runner, s->path, s->entry.left_mode, s->mode,
				      entry_put_back, r);
	else
		r->call = runner_put(r->workspace->runner, &p, entry_put_back, r);
}

void restore_entry_write(struct jw *w, const struct restore_entry *e)
{
	if (e->left_mode)
		jw_ki64(w, "newMode", e->left_mode);
	if (e->kind == RESTORE_TEXT)
		return;
	jw_kcstr(w, "kind", e->kind == RESTORE_MODE ? "mode" : "link");
	if (e->kind == RESTORE_LINK) {
		jw_ki64(w, "was", e->before);
		jw_ki64(w, "is", e->left);
	}
}

struct restore_entry restore_entry_read(struct json event)
{
	struct json kind = json_get(event, "kind");

	return (struct restore_entry){
		.kind = json_is(kind, "mode")	? RESTORE_MODE
			: json_is(kind, "link") ? RESTORE_LINK
						: RESTORE_TEXT,
		.before = (enum entry_kind)json_i64_or(json_get(event, "was"), ENTRY_NONE),
		.left = (enum entry_kind)json_i64_or(json_get(event, "is"), ENTRY_NONE),
		.left_mode = (uint32_t)json_i64_or(json_get(event, "newMode"), 0),
	};
}

struct restore *restore_start(struct workspace *v, const struct restore_spec *s, restore_cb *done,
			      void *payload)
{
	struct restore *r = xcalloc(1, sizeof(*r));

	arena_init(&r->arena);
	r->workspace = v;
	r->spec = *s;
	r->done = done;
	r->payload = payload;
	if (s->entry.kind != RESTORE_TEXT && v->runner)
		put_entry_back(r);
	else
		read_again(r);
	return r;
}

void restore_drop(struct restore *r)
{
	if (!r)
		return;
	workspace_drop(r->op);
	runner_drop(r->call);
	arena_release(&r->arena);
	free(r);
}
