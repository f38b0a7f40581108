/* sync.c - the text of the open documents, as the editor reports it.
 *
 * From didOpen to didClose the editor's text is the truth, and the file below it is not looked at.
 * The changes of one didChange follow each other: each is meant for the result of the one before. */
#include "agent/peers/face.h"
#include "lsp/on/on.h"
#include "lsp/server.h"
#include "protocol/lsp/types.h"

/* --- didOpen ------------------------------------------------------------------------------- */

/* The document goes; edits of it that are under way must not hold on to it.
 * The order: edits and hunks let go of the document before it is freed. */
static void forget(struct server *s, struct slice uri)
{
	struct document *doc = documents_any(&s->documents, uri);

	if (doc) {
		edits_seen(&s->edits, doc, true);
		pending_closing(&s->pending, doc);
	}
	documents_close(&s->documents, uri);
	face_changed(s->face); /* from the loop: when what comes in its place is open */
}

void on_did_open(struct server *s, struct json params, struct arena *a)
{
	struct json doc = json_get(params, "textDocument");
	struct slice uri, language = json_str_or(json_get(doc, "languageId"), a, "");
	int64_t version = json_i64_or(json_get(doc, "version"), 0);
	struct owned_text text;
	struct err err;

	if (!json_str(json_get(doc, "uri"), a, &uri) ||
	    json_type(json_get(doc, "text")) != JSON_STRING) {
		messages_log(&s->messages, LSP_MESSAGE_WARNING,
			     "didOpen without uri or text was ignored.");
		return;
	}
	forget(s, uri);
	text.data = json_str_own(json_get(doc, "text"), &text.len, &text.cap);
	if (documents_open(&s->documents, uri, language, (int32_t)version, text, &err))
		pending_opened(&s->pending, documents_find(&s->documents, uri));
	else
		messages_show(&s->messages, LSP_MESSAGE_WARNING, "Emend: %s", err.msg);
}

/* `params` is an outline (skim.h): the text is not in it. */
void sync_long_open(struct server *s, struct json params, struct arena *a)
{
	struct json doc = json_get(params, "textDocument");
	struct slice uri = json_str_or(json_get(doc, "uri"), a, "");
	struct err err;

	forget(s, uri);
	(void)documents_open_large(&s->documents, uri,
				   (int32_t)json_i64_or(json_get(doc, "version"), 0), &err);
	messages_show(&s->messages, LSP_MESSAGE_WARNING, "Emend: %s", err.msg);
}

/* --- didChange ----------------------------------------------------------------------------- */

/* In the log as well: a message box is gone when it is closed. */
static void report(struct server *s, const struct err *err)
{
	messages_log(&s->messages, LSP_MESSAGE_ERROR, "%s", err->msg);
	messages_show(&s->messages, LSP_MESSAGE_WARNING, "Emend: %s", err->msg);
}

/* The specification has the version rise with each change. A wrong one does no harm to the text, as
 * changes come in order, but our edits name it: the editor may then refuse them, so it is said. */
static void take_version(struct server *s, struct document *doc, struct json v)
{
	int64_t version;
	bool given = json_i64(v, &version) && version >= INT32_MIN && version <= INT32_MAX;

	if (!doc->odd_version && (!given || version < doc->version)) {
		struct slice raw = slice_sub(json_raw(v), 0, 40);

		messages_log(
			&s->messages, LSP_MESSAGE_WARNING,
			"The editor's change of %s has the version %.*s after version %d. The text is "
			"followed all the same, but edits of it may be refused by the editor.",
			doc->uri, SLICE_ARG(raw.len ? raw : SLICE("(none)")), doc->version);
		doc->odd_version = true;
	}
	if (given)
		doc->version = (int32_t)version;
}

/* False: what the change means cannot be known, so neither can the text from now on. *whole: it has
 * no range, the text is the whole document.
 * LSP 3.18, "TextDocumentContentChangeEvent": without a range it is the whole text. */
static bool read_change(struct document *doc, struct json change, struct arena *a,
			struct range *range, bool *whole, struct slice *text, struct err *err)
{
	struct json where = json_get(change, "range");

	*whole = !json_present(where);
	if (!json_str(json_get(change, "text"), a, text))
		return document_impossible(doc, err, "has no text");
	if (*whole)
		return true;
	if (!position_read(json_get(where, "start"), &range->start) ||
	    !position_read(json_get(where, "end"), &range->end))
		return document_impossible(
			doc, err,
			"has a range that does not say two lines and characters from 0 on");
	if (position_cmp(range->start, range->end) > 0)
		return document_impossible(doc, err, "has a range that ends before it begins");
	return true;
}

/* Hunks are told before and after: pending.c says why. */
static bool apply(struct server *s, struct document *doc, struct json change, struct arena *a,
		  struct err *err)
{
	struct pending_change hunks;
	struct range range;
	struct slice text;
	bool ok, whole;

	if (!read_change(doc, change, a, &range, &whole, &text, err))
		return false;
	pending_changing(&s->pending, doc, whole ? NULL : &range, &hunks);
	ok = document_change(doc, whole ? NULL : &range, s->client.encoding, text, err);
	pending_changed(&s->pending, doc, &hunks, text, ok);
	return ok;
}

/* The document that a change is of, with its new version; NULL: it is not open, which was said. */
static struct document *changed_document(struct server *s, struct json params, struct arena *a)
{
	struct json id = json_get(params, "textDocument");
	struct slice uri = json_str_or(json_get(id, "uri"), a, "");
	struct document *doc = documents_any(&s->documents, uri);

	if (doc)
		take_version(s, doc, json_get(id, "version"));
	else
		messages_log(&s->messages, LSP_MESSAGE_WARNING,
			     "A change of %.*s, which is not open, was ignored.", SLICE_ARG(uri));
	return doc;
}

/* A change that cannot be ends the message: the ones behind it are meant for a text that we do not
 * have. */
void on_did_change(struct server *s, struct json params, struct arena *a)
{
	struct document *doc = changed_document(s, params, a);
	bool was_lost = doc && doc->lost;
	struct err err;

	if (!doc)
		return;
	for (struct json_iter it = json_iter(json_get(params, "contentChanges")); json_next(&it);) {
		if (!apply(s, doc, it.value, a, &err)) {
			if (!was_lost) /* else it was said when it happened */
				report(s, &err);
			edits_seen(&s->edits, doc, true);
			return;
		}
		edits_seen(&s->edits, doc, false);
	}
}

void sync_long_change(struct server *s, struct json params, struct arena *a)
{
	struct document *doc = changed_document(s, params, a);
	bool was_lost = doc && doc->lost;
	struct err err;

	if (!doc)
		return;
	(void)document_large(doc, &err);
	if (!was_lost)
		report(s, &err);
	edits_seen(&s->edits, doc, true);
}

/* --- didClose ------------------------------------------------------------------------------ */

void on_did_close(struct server *s, struct json params, struct arena *a)
{
	forget(s, json_str_or(json_get(json_get(params, "textDocument"), "uri"), a, ""));
}

/* --- notebooks (LSP 3.17, notebookDocument/...) ----------------------------------------------
 *
 * The cells are not the file's text, and only the editor makes one of the other. So their text is not
 * followed: what counts is whether the file has it. */

static struct slice notebook_uri(struct json params, struct arena *a)
{
	return json_str_or(json_get(json_get(params, "notebookDocument"), "uri"), a, "");
}

void on_notebook_changed(struct server *s, struct json params, struct arena *a)
{
	struct slice uri = notebook_uri(params, a);
	int64_t version = json_i64_or(json_get(json_get(params, "notebookDocument"), "version"), 0);
	struct err err;

	if (documents_any(&s->documents,
			  uri)) /* each key is a change; or the file is open as text, too */
		return;
	if (!documents_open_notebook(&s->documents, uri, (int32_t)version, &err))
		messages_show(&s->messages, LSP_MESSAGE_WARNING, "Emend: %s", err.msg);
	face_changed(s->face);
}

void on_notebook_in_file(struct server *s, struct json params, struct arena *a)
{
	struct slice uri = notebook_uri(params, a);
	const struct document *doc = documents_any(&s->documents, uri);

	if (doc && doc->notebook) /* else its text is open, and stays so */
		forget(s, uri);
}
