/* sync.c - the text of the open documents, as the editor reports it.
 *
 * From didOpen to didClose the editor's text is the truth, and the file below it is not looked at.
 * The changes of one didChange follow each other: each is meant for the result of the one before. */
#include "lsp/on/on.h"
#include "lsp/server.h"

void on_did_open(struct server *s, struct json params, struct arena *a)
{
	struct json doc = json_get(params, "textDocument");
	struct slice uri, text, language = json_str_or(json_get(doc, "languageId"), a, "");
	int64_t version = json_i64_or(json_get(doc, "version"), 0);
	struct err err;

	if (!json_str(json_get(doc, "uri"), a, &uri) ||
	    !json_str(json_get(doc, "text"), a, &text)) {
		messages_log(&s->messages, LSP_MESSAGE_WARNING,
			     "didOpen without uri or text was ignored.");
		return;
	}
	if (documents_open(&s->documents, uri, language, (int32_t)version, text, &err))
		pending_opened(&s->pending, documents_find(&s->documents, uri));
	else
		messages_show(&s->messages, LSP_MESSAGE_WARNING, "Emend: %s", err.msg);
}

static void report(struct server *s, bool was_lost, const struct err *err)
{
	if (was_lost) /* it was said when it happened */
		return;
	messages_log(&s->messages, LSP_MESSAGE_ERROR, "%s", err->msg);
	messages_show(&s->messages, LSP_MESSAGE_WARNING, "Emend: %s", err->msg);
}

static bool apply(struct server *s, struct document *doc, struct json change, struct arena *a,
		  struct err *err)
{
	struct json where = json_get(change, "range");
	const struct range *r;
	struct range range = { 0 };
	struct pending_change hunks;
	struct slice text;
	bool ok;

	if (!json_str(json_get(change, "text"), a, &text) ||
	    (json_present(where) && !range_read(where, &range))) {
		/* What it meant cannot be known: as an impossible change. */
		range.start.line = UINT32_MAX;
		text = slice_of("");
	}
	r = json_present(where) || range.start.line ? &range : NULL;
	pending_changing(&s->pending, doc, r, &hunks);
	ok = document_change(doc, r, s->client.encoding, text, err);
	pending_changed(&s->pending, doc, &hunks, text, ok);
	return ok;
}

void on_did_change(struct server *s, struct json params, struct arena *a)
{
	struct json id = json_get(params, "textDocument");
	struct slice uri = json_str_or(json_get(id, "uri"), a, "");
	struct document *doc = documents_any(&s->documents, uri);
	bool was_lost;
	struct err err;

	if (!doc) {
		messages_log(&s->messages, LSP_MESSAGE_WARNING,
			     "A change of %.*s, which is not open, was ignored.", SLICE_ARG(uri));
		return;
	}
	was_lost = doc->lost;
	doc->version = (int32_t)json_i64_or(json_get(id, "version"), doc->version);
	for (struct json_iter it = json_iter(json_get(params, "contentChanges")); json_next(&it);) {
		if (!apply(s, doc, it.value, a, &err)) {
			report(s, was_lost, &err);
			edits_seen(&s->edits, doc, true);
			return;
		}
		edits_seen(&s->edits, doc, false);
	}
}

void on_did_close(struct server *s, struct json params, struct arena *a)
{
	struct slice uri = json_str_or(json_get(json_get(params, "textDocument"), "uri"), a, "");
	struct document *doc = documents_any(&s->documents, uri);

	if (doc) {
		edits_seen(&s->edits, doc, true);
		pending_closing(&s->pending, doc);
	}
	documents_close(&s->documents, uri);
}
