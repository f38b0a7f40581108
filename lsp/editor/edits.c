/* edits.c - see edits.h for the machine
 *
 * The reply to applyEdit is not believed, for it or against it: some editors say yes and do
 * nothing, some say no and have done it. What counts is the text that they report by didChange
 * (edits_seen). So an edit is proved when the document's text is what was meant, has failed when it
 * is another one, and is unknown until then. */
#include "lsp/editor/edits.h"

#include <stdlib.h>

#include "lsp/editor/ask.h"
#include "lsp/editor/messages.h"
#include "protocol/base/limits.h"
#include "protocol/base/log.h"
#include "protocol/base/mem.h"

enum { MANY_CHANGES = 100, JOINED_BYTES = 2048 };

enum edit_state { EDIT_SENT, EDIT_PROVING, EDIT_CONFIRMING, EDIT_DONE };

/* The core holds it as a host_ask. Released at its end (finish), or by drop(); the memory goes with
 * its timer. */
struct edit {
	struct host_ask ask;
	enum edit_state state;
	struct list link;
	struct edits *all;
	struct document *doc; /* NULL: closed */
	struct snapshot *base;
	char *after;
	size_t after_len;
	struct rpc_call *call; /* NULL: answered */
	bool seen, replied, late, closed;
	bool behind; /* the editor failed on it: perhaps it has a text that it did not tell of yet */
	struct err why; /* the editor's refusal; ERR_NONE: none */
	edit_cb *done;
	void *payload;
	struct job job;
	uv_timer_t timer;
};

/* An edit that nobody waits for any more, and that the editor has neither made nor refused.
 * Forgotten when the document is closed, when another edit of it is given up, or when the edit was
 * made after all. */
struct given_up {
	struct list link;
	struct document *doc;
	char *after;
	size_t len;
};

static void edit_step(struct edit *e);

void edits_init(struct edits *e, uv_loop_t *loop, struct runq *runq, struct conn *conn,
		const struct client *client, const struct documents *documents,
		const struct folders *folders, struct messages *messages)
{
	*e = (struct edits){ .loop = loop,
			     .runq = runq,
			     .conn = conn,
			     .client = client,
			     .documents = documents,
			     .folders = folders,
			     .messages = messages };
	list_init(&e->pending);
	list_init(&e->given_up);
}

/* The core names files by their real path; the editor may have it open under a path with a link in
 * it. */
struct document *edits_document(const struct edits *e, struct slice path)
{
	struct document *doc = documents_find_path(e->documents, path);
	struct slice other;
	struct arena a;
	size_t at = 0;

	arena_init(&a);
	while (!doc && folders_spelling(e->folders, &a, path, &at, &other))
		doc = documents_find_path(e->documents, other);
	arena_release(&a);
	return doc;
}

const char *edits_lost(const struct edits *e, struct slice path)
{
	const char *lost = documents_lost_path(e->documents, path);
	struct slice other;
	struct arena a;
	size_t at = 0;

	arena_init(&a);
	while (!lost && folders_spelling(e->folders, &a, path, &at, &other))
		lost = documents_lost_path(e->documents, other);
	arena_release(&a);
	return lost;
}

/* --- given up --- */

static void forget(struct edits *all, const struct document *doc)
{
	LIST_EACH (it, tmp, &all->given_up) {
		struct given_up *g = container_of(it, struct given_up, link);

		if (doc && g->doc != doc)
			continue;
		list_remove(&g->link);
		free(g->after);
		free(g);
	}
}

void edits_release(struct edits *e)
{
	forget(e, NULL);
}

/* At most one a document: the editor refuses the older ones by their version. */
static void give_up(struct edit *e)
{
	struct given_up *g;

	if (!e->doc || e->seen || e->closed || e->why.code == ERR_DENIED)
		return;
	forget(e->all, e->doc);
	g = xcalloc(1, sizeof(*g));
	*g = (struct given_up){ .doc = e->doc, .after = e->after, .len = e->after_len };
	e->after = NULL;
	list_append(&e->all->given_up, &g->link);
}

static void made_after_all(struct edits *all, struct document *doc)
{
	LIST_EACH (it, tmp, &all->given_up) {
		struct given_up *g = container_of(it, struct given_up, link);

		if (g->doc != doc || !text_equals(&doc->text, slice_make(g->after, g->len)))
			continue;
		messages_show(all->messages, LSP_MESSAGE_WARNING,
			      "Emend: the editor made a change of %s that had been given up. "
			      "Undo of its task takes it back.",
			      doc->path ? doc->path : doc->uri);
		forget(all, doc);
		return;
	}
}

/* --- ending --- */

static void on_closed(uv_handle_t *h)
{
	struct edit *e = h->data;

	snapshot_unref(e->base);
	free(e->after);
	free(e);
}

static void release(struct edit *e)
{
	if (e->call)
		conn_call_drop(e->call);
	e->call = NULL;
	list_remove(&e->link);
	job_drop(&e->job);
	uv_close((uv_handle_t *)&e->timer, on_closed);
}

/* EDIT_DONE: it is inside of its own done(), and was released before. */
static void drop(struct host_ask *ask)
{
	struct edit *e = container_of(ask, struct edit, ask);

	if (e->state == EDIT_DONE)
		return;
	give_up(e);
	release(e);
}

/* The buffer holds what was meant. An editor may add or drop the last line end by itself. */
static bool holds(const struct document *doc, struct slice want)
{
	return text_equals(&doc->text, want);
}

static bool holds_but_last_line_end(const struct document *doc, struct slice want)
{
	struct slice less = slice_ends(want, SLICE("\n")) ? slice_sub(want, 0, want.len - 1) : want;
	char *text = text_copy(&doc->text);
	struct slice have = slice_make(text, doc->text.len);
	bool same;

	if (slice_ends(have, SLICE("\n")))
		have.len--;
	same = slice_eq(have, less);
	free(text);
	return same;
}

/* The order is that of what is known for sure: the text that was meant, a document that is closed,
 * a text that somebody else changed, the editor's refusal. Otherwise the edit was
 * neither made nor refused. */
static void verdict(struct edit *e, struct err *err)
{
	const char *name = e->doc ? e->doc->uri : "The document";

	*err = (struct err){ .code = ERR_NONE };
	if (e->seen || (e->doc && e->late &&
			holds_but_last_line_end(e->doc, slice_make(e->after, e->after_len))))
		return;
	if (!e->doc)
		(void)err_set(err, ERR_STALE,
			      "The document was closed before the edit could be made.");
	else if (!text_equals(&e->doc->text, snapshot_text(e->base)))
		(void)err_set(err, ERR_STALE,
			      "%s was changed in the editor while the edit was on its way.", name);
	else if (e->why.code != ERR_NONE)
		*err = e->why;
	else
		(void)err_set(err, ERR_TIMEOUT,
			      "The editor said that it made the edit of %s, but has not shown the "
			      "new text: it is not confirmed. Read the file before you edit it "
			      "again.",
			      name);
}

static void finish(struct edit *e)
{
	edit_cb *done = e->done;
	void *payload = e->payload;
	struct snapshot *now;
	struct err err;

	verdict(e, &err);
	now = e->doc ? document_snapshot(e->doc) : NULL;
	log_debug("edit: %s", err.code == ERR_NONE ? "proved" : err.msg);
	if (err.code == ERR_TIMEOUT)
		give_up(e);
	release(e);
	done(payload, now, err.code == ERR_NONE ? NULL : &err);
	snapshot_unref(now);
}

/* --- the machine --- */

static void on_timer(uv_timer_t *t)
{
	struct edit *e = t->data;

	e->late = true;
	edit_step(e);
}

/* eglot sends changes when Emacs is idle after a key: without one it never does. */
static void confirm(struct edit *e)
{
	bool eglot = e->all->client->kind == CLIENT_EGLOT;

	if (eglot)
		messages_show(e->all->messages, LSP_MESSAGE_INFO,
			      "Emend: %s is changed. Emacs tells of it only after the next key: "
			      "press one.",
			      e->doc->path ? e->doc->path : e->doc->uri);
	e->late = false;
	(void)uv_timer_start(&e->timer, on_timer,
			     eglot ? LIMIT_PERMISSION_MS : LIMIT_EDIT_CONFIRM_MS, 0);
}

static void edit_goto(struct edit *e, enum edit_state next)
{
	e->state = next;
	switch (next) {
	case EDIT_SENT:
		break;
	case EDIT_PROVING:
		(void)uv_timer_start(&e->timer, on_timer,
				     e->behind ? LIMIT_EDIT_BEHIND_MS : LIMIT_EDIT_VERIFY_MS, 0);
		break;
	case EDIT_CONFIRMING:
		confirm(e);
		break;
	case EDIT_DONE:
		finish(e);
		break;
	}
}

/* The editor said yes and shows nothing. Neovim tells of a change within 150 ms, or has dropped it.
 * The text is still the old one, so the edit may be under way. */
static bool may_come_late(const struct edit *e)
{
	return e->why.code == ERR_NONE && !e->seen && !e->closed && e->doc &&
	       e->all->client->kind != CLIENT_NEOVIM &&
	       !holds_but_last_line_end(e->doc, slice_make(e->after, e->after_len));
}

/* A refusal because of a newer text comes before that text, in some editors: it has its time too.
 * Where the refusal may mean just that it has more time: eglot tells nothing as long as the user
 * types without a pause. */
static void edit_step(struct edit *e)
{
	bool moved = e->doc && !text_equals(&e->doc->text, snapshot_text(e->base));

	if (e->state == EDIT_DONE)
		return;
	if (e->state == EDIT_PROVING && e->late && !moved && may_come_late(e))
		edit_goto(e, EDIT_CONFIRMING);
	else if (e->seen || e->closed || e->late ||
		 (moved && (e->why.code != ERR_NONE || e->state == EDIT_CONFIRMING)))
		edit_goto(e, EDIT_DONE);
	else if (e->state == EDIT_SENT && e->replied)
		edit_goto(e, EDIT_PROVING);
}

static void on_job(struct job *j)
{
	edit_step(container_of(j, struct edit, job));
}

/* Facts may arrive inside the calls of others: `done` is made from the loop. */
static void post(struct edit *e)
{
	runq_post(e->all->runq, &e->job);
}

/* An editor that was edited meanwhile, and has not told of it yet, fails on our older version: eglot
 * with "internal error" (Emacs 27 and 28 send that code without its sign), others with "content
 * modified". The same code may mean something else; then the wait for the newer text is in vain. */
static bool is_behind(int64_t code)
{
	return code == RPC_INTERNAL_ERROR || code == -RPC_INTERNAL_ERROR ||
	       code == RPC_CONTENT_MODIFIED;
}

static void on_reply(void *payload, const struct rpc_reply *reply, const struct err *err)
{
	struct edit *e = payload;
	struct slice reason;
	bool applied = false;

	e->call = NULL;
	e->replied = true;
	e->behind = err && is_behind(reply->code);
	if (err) {
		e->why = *err;
		(void)err_wrap(&e->why, "The editor did not make the edit: ");
	} else if (!json_bool(json_get(reply->result, "applied"), &applied) || !applied) {
		reason = json_str_or(json_get(reply->result, "failureReason"), reply->arena,
				     "no reason was given");
		(void)err_set(&e->why, ERR_DENIED, "The editor refused the edit: %.*s.",
			      SLICE_ARG(reason));
	}
	post(e);
}

/* `doc` is about to be freed where it is closed: no edit may keep it. */
void edits_seen(struct edits *all, struct document *doc, bool closed)
{
	LIST_EACH (it, tmp, &all->pending) {
		struct edit *e = container_of(it, struct edit, link);

		if (e->doc != doc)
			continue;
		if (closed) {
			e->doc = NULL;
			e->closed = true;
		} else if (!e->seen && !doc->lost &&
			   holds(doc, slice_make(e->after, e->after_len))) {
			e->seen = true;
		}
		if (e->closed || e->seen || e->why.code != ERR_NONE || e->state == EDIT_CONFIRMING)
			post(e);
	}
	if (closed)
		forget(all, doc);
	else if (!doc->lost)
		made_after_all(all, doc);
}

/* --- starting --- */

/* How many changes from the i-th on are sent as one. Editors take about half a millisecond for each,
 * so thousands of them near each other would stop one for a second. */
static size_t joined(const struct buffer_edit *edit, size_t i)
{
	size_t n = 1;

	while (edit->n_changes > MANY_CHANGES && i + n < edit->n_changes &&
	       edit->changes[i + n].end - edit->changes[i].start <= JOINED_BYTES)
		n++;
	return n;
}

/* Ranges are of the text as it is now, which is `base`: edits_apply() has compared them.
 * at: where in `after` it is what stands in front of the next change. */
static void write_edits(struct jw *w, struct edits *all, struct document *doc,
			const struct buffer_edit *edit)
{
	enum position_encoding encoding = all->client->encoding;
	size_t at = 0, from = 0, n;

	jw_array(w);
	for (size_t i = 0; i < edit->n_changes; i += n) {
		size_t start = edit->changes[i].start, new_start = at + start - from, end = start;

		n = joined(edit, i);
		at = new_start;
		for (size_t k = i; k < i + n; k++) {
			at += edit->changes[k].start - end + edit->changes[k].text.len;
			end = edit->changes[k].end;
		}
		from = end;
		jw_object(w);
		jw_key(w, "range");
		range_write(w, (struct range){ document_position(doc, encoding, start),
					       document_position(doc, encoding, end) });
		jw_kstr(w, "newText", slice_sub(edit->after, new_start, at));
		jw_end(w);
	}
	jw_end(w);
}

/* With a version where the editor can take one: it then refuses an edit of an older text by itself.
 */
static void send_edit(struct edit *e, const struct buffer_edit *edit)
{
	struct edits *all = e->all;
	struct slice label;
	struct arena a;
	struct jw *w;

	arena_init(&a);
	label = shown_text(&a, all->client, edit->label, 80);
	w = conn_call_begin(all->conn, "workspace/applyEdit");
	jw_object(w);
	jw_kstr(w, "label", label);
	jw_kobject(w, "edit");
	if (all->client->document_changes) {
		jw_karray(w, "documentChanges");
		jw_object(w);
		jw_kobject(w, "textDocument");
		jw_kcstr(w, "uri", e->doc->uri);
		jw_ki64(w, "version", e->doc->version);
		jw_end(w);
		jw_key(w, "edits");
		write_edits(w, all, e->doc, edit);
		jw_end(w);
		jw_end(w);
	} else {
		jw_kobject(w, "changes");
		jw_key(w, e->doc->uri);
		write_edits(w, all, e->doc, edit);
		jw_end(w);
	}
	jw_end(w);
	jw_end(w);
	e->call = conn_call_end(all->conn, uv_now(all->loop) + LIMIT_CLIENT_REPLY_MS, on_reply, e);
	arena_release(&a);
}

struct host_ask *edits_apply(struct edits *all, const struct buffer_edit *edit, edit_cb *done,
			     void *payload)
{
	struct edit *e = xcalloc(1, sizeof(*e));

	e->ask.drop = drop;
	e->all = all;
	e->doc = edits_document(all, edit->path);
	e->base = snapshot_ref(edit->base);
	e->after = xslicedup(edit->after);
	e->after_len = edit->after.len;
	e->done = done;
	e->payload = payload;
	job_init(&e->job, on_job);
	(void)uv_timer_init(all->loop, &e->timer);
	e->timer.data = e;
	list_append(&all->pending, &e->link);

	if (!e->doc || !text_equals(&e->doc->text, snapshot_text(e->base))) {
		e->closed = true; /* over before it began: the verdict says why */
	} else if (text_equals(&e->doc->text, edit->after)) {
		e->seen = true;
	} else if (!all->client->apply_edit) {
		e->late = true;
		(void)err_set(&e->why, ERR_DENIED,
			      "This editor cannot be asked to edit (no workspace/applyEdit): "
			      "save and close the file, and Emend edits it on disk.");
	} else {
		send_edit(e, edit);
	}
	if (!e->call)
		post(e);
	return &e->ask;
}
