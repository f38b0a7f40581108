/* pending.c - see pending.h
 *
 * The hunks themselves are agent/change's; here they meet the editor: which document is which file,
 * where a hunk is in its units, and what typing does to them. A change of the editor comes in two
 * halves, before and after the text is changed: some of what is needed is gone after it
 * (pending_changing), some is not there before (pending_changed). */
#include "lsp/pending.h"

#include <stdlib.h>

#include "agent/edit/edit.h"
#include "lsp/server.h"
#include "protocol/base/limits.h"
#include "protocol/base/mem.h"
#include "protocol/lsp/uri.h"

enum { HUNK_BYTES = 230 }; /* about, in a message, without its old text */

void pending_init(struct pending *p, struct server *s)
{
	*p = (struct pending){ .server = s };
}

void pending_release(struct pending *p)
{
	if (p->on)
		hunks_release(&p->hunks);
	p->on = false;
}

/* The path of the document as the core names it.
 * `workspace` is set as well, as the hunks are kept by workspace. */
static struct slice real_path(struct pending *p, struct arena *a, const struct document *doc,
			      struct slice *workspace)
{
	struct slice path;

	folders_place(&p->server->folders, a, slice_of(doc->path), workspace, &path);
	return path;
}

static struct snapshot *buffer(void *owner, struct slice path)
{
	struct pending *p = owner;
	struct document *doc = edits_document(&p->server->edits, path);

	return doc ? document_snapshot(doc) : NULL;
}

/* --- telling the editor --- */

static const char *kind_of(const struct hunk *h)
{
	if (!h->old.ptr)
		return "new file";
	if (h->old.len == 0)
		return "add";
	return h->fresh.len == 0 ? "delete" : "change";
}

/* What stood there before, for editors that show it; left out for a new file. Of a very long one only
 * the beginning goes along, whole lines: it comes again with each change of the file's hunks. */
static void put_old(struct jw *w, const struct hunk *h)
{
	struct slice old = h->old;

	if (!old.ptr)
		return;
	if (old.len > PENDING_OLD_BYTES) {
		old.len = PENDING_OLD_BYTES;
		while (old.len > 0 && old.ptr[old.len - 1] != '\n')
			old.len--;
		jw_kbool(w, "oldCut", true);
	}
	jw_kstr(w, "old", old);
}

static void put_hunk(struct pending *p, struct jw *w, struct document *doc, const struct hunk *h)
{
	jw_object(w);
	jw_kcstr(w, "id", h->id);
	jw_kcstr(w, "task", h->task);
	jw_key(w, "range");
	range_write(w, pending_range(p, doc, h));
	jw_kcstr(w, "kind", kind_of(h));
	jw_kcstr(w, "state", h->touched ? "touched" : "pending");
	put_old(w, h);
	jw_end(w);
}

/* One message of the list, with what fits from the i-th on. Returns where the next one begins. */
static size_t tell_part(struct pending *p, struct document *doc, const struct hunk_file *f,
			size_t i)
{
	struct conn *conn = &p->server->conn;
	size_t bytes = 0;
	struct jw *w = conn_notify_begin(conn, "emend/hunks");

	jw_object(w);
	jw_kcstr(w, "uri", doc->uri);
	jw_ki64(w, "version", doc->version);
	if (i > 0)
		jw_ki64(w, "from", (int64_t)i);
	jw_karray(w, "hunks");
	while (i < f->list.n && bytes < PENDING_PART_BYTES) {
		const struct hunk *h = &f->list.items[i++];

		put_hunk(p, w, doc, h);
		bytes += HUNK_BYTES +
			 (h->old.len < PENDING_OLD_BYTES ? h->old.len : PENDING_OLD_BYTES);
	}
	jw_end(w);
	if (i < f->list.n)
		jw_kbool(w, "more", true);
	jw_end(w);
	conn_notify_end(conn);
	return i;
}

static void tell(struct pending *p, struct hunk_file *f)
{
	struct document *doc = edits_document(&p->server->edits, slice_of(f->path));
	size_t i = 0;

	if (!doc || !p->server->client.emend)
		return;
	do
		i = tell_part(p, doc, f, i);
	while (i < f->list.n);
}

static void on_refreshed(void *payload, const struct rpc_reply *reply, const struct err *err)
{
	(void)payload;
	(void)reply;
	(void)err; /* the lenses are then as old as the editor lets them be */
}

static void changed(void *owner, struct hunk_file *f)
{
	struct pending *p = owner;
	struct server *s = p->server;

	if (s->state != SERVER_READY)
		return;
	if (f)
		tell(p, f);
	else if (s->client.lens_refresh)
		(void)conn_call(&s->conn, "workspace/codeLens/refresh", SLICE(""),
				uv_now(s->loop) + LIMIT_CLIENT_REPLY_MS, on_refreshed, NULL);
}

void pending_write_files(struct pending *p, struct jw *w)
{
	struct arena a;

	if (!p->on)
		return;
	arena_init(&a);
	LIST_EACH (it, tmp, &p->hunks.files) {
		struct hunk_file *f = container_of(it, struct hunk_file, link);
		struct document *doc = edits_document(&p->server->edits, slice_of(f->path));

		if (f->list.n == 0)
			continue;
		jw_object(w);
		if (doc)
			jw_kcstr(w, "uri", doc->uri);
		else
			jw_kstr(w, "uri", uri_from_path(slice_of(f->path), &a));
		jw_kstr(w, "path", f->relative);
		jw_ki64(w, "hunks", (int64_t)f->list.n);
		jw_end(w);
	}
	arena_release(&a);
}

/* --- beginning --- */

/* False: the user does not want it, or there is nowhere to keep it.
 * Also when the user has switched it off meanwhile: then all that wait are forgotten.
 */
static bool ready(struct pending *p)
{
	struct shared_config *c = settings_config(&p->server->settings);
	bool wanted = c && slice_eq_cstr(c->config.hunks, "on");
	struct slice dir;
	struct err err;
	struct arena a;

	shared_config_unref(c);
	if (!wanted && p->on && c)
		hunks_clear(&p->hunks);
	if (!wanted || p->on)
		return wanted;
	arena_init(&a);
	p->on = state_dir(&a, &dir, &err);
	if (p->on)
		hunks_init(&p->hunks,
			   &(struct hunks_options){ .runq = &p->server->runq,
						    .state_dir = dir,
						    .buffer = buffer,
						    .changed = changed,
						    .owner = p });
	arena_release(&a);
	return p->on;
}

/* --- documents --- */

void pending_opened(struct pending *p, struct document *doc)
{
	struct slice workspace, path;
	struct arena a;

	if (!doc || !doc->path || !ready(p))
		return;
	arena_init(&a);
	path = real_path(p, &a, doc, &workspace);
	hunks_load(&p->hunks, workspace);
	hunks_opened(&p->hunks, path);
	arena_release(&a);
}

void pending_closing(struct pending *p, struct document *doc)
{
	struct slice workspace;
	struct arena a;

	if (!p->on || !doc->path)
		return;
	arena_init(&a);
	hunks_closing(&p->hunks, real_path(p, &a, doc, &workspace));
	arena_release(&a);
}

struct hunk_file *pending_file(struct pending *p, const struct document *doc)
{
	struct hunk_file *f;
	struct slice workspace;
	struct arena a;

	if (!p->on || list_empty(&p->hunks.files) || !doc || !doc->path)
		return NULL;
	arena_init(&a);
	f = hunks_file(&p->hunks, real_path(p, &a, doc, &workspace));
	arena_release(&a);
	return f && f->list.n ? f : NULL;
}

struct range pending_range(const struct pending *p, struct document *doc, const struct hunk *h)
{
	enum position_encoding e = p->server->client.encoding;

	return (struct range){ document_position(doc, e, h->start),
			       document_position(doc, e, h->end) };
}

/* --- changes --- */

static size_t line_start(void *ctx, size_t offset)
{
	struct text *t = ctx;
	size_t start = 0, end;

	(void)text_line(t, text_line_at(t, offset), &start, &end);
	return start;
}

static size_t line_end(void *ctx, size_t offset)
{
	struct text *t = ctx;
	size_t start, end;

	return text_line(t, text_line_at(t, offset) + 1, &start, &end) ? start : t->len;
}

static struct slice view(void *ctx, size_t start, size_t end)
{
	return text_view(ctx, start, end);
}

/* Removed text that is one line or less is of no use: hunks_typed() works with whole lines. */
void pending_changing(struct pending *p, struct document *doc, const struct range *range,
		      struct pending_change *c)
{
	enum position_encoding e = p->server->client.encoding;
	struct slice removed;

	*c = (struct pending_change){ .file = pending_file(p, doc), .was_lost = doc->lost != NULL };
	if (!c->file || doc->lost)
		return;
	c->whole = !range;
	if (c->whole) {
		c->text = document_snapshot(doc);
		return;
	}
	c->start = document_offset(doc, e, range->start);
	c->end = document_offset(doc, e, range->end);
	if (c->end <= c->start)
		return;
	removed = text_view(&doc->text, c->start, c->end);
	if (slice_find_byte(removed, '\n', 0) < removed.len)
		c->removed = xslicedup(removed);
}

/* Several lines for others: what they have in common was not changed. */
static void typed(struct pending *p, struct document *doc, const struct pending_change *c,
		  struct slice text)
{
	struct hunk_text now = { &doc->text, doc->text.len, line_start, line_end, view };
	struct text_change one = { c->start, c->end, text }, *changes = &one;
	struct arena a;
	size_t n = 1;

	arena_init(&a);
	if (c->removed) {
		edit_changes(&a, slice_make(c->removed, c->end - c->start), text, &changes, &n);
		for (size_t i = 0; i < n; i++) {
			changes[i].start += c->start;
			changes[i].end += c->start;
		}
	}
	hunks_typed(&p->hunks, c->file, changes, n, &now);
	arena_release(&a);
}

void pending_changed(struct pending *p, struct document *doc, struct pending_change *c,
		     struct slice text, bool ok)
{
	if (c->file && ok && c->was_lost)
		hunks_reload_file(&p->hunks, slice_of(c->file->path));
	else if (c->file && ok && c->whole)
		hunks_replaced(&p->hunks, c->file, snapshot_text(c->text), text);
	else if (c->file && ok)
		typed(p, doc, c, text);
	snapshot_unref(c->text);
	free(c->removed);
}

/* --- tasks --- */

void pending_task_ended(struct pending *p, struct slice session, struct slice workspace)
{
	if (!ready(p))
		return;
	hunks_load(&p->hunks, workspace);
	hunks_reload(&p->hunks, session, workspace);
}

void pending_undone(struct pending *p)
{
	if (p->on)
		hunks_reload_all(&p->hunks);
}
