/* did_close.c - the document is the disk's again. */
#include "lsp/on/on.h"
#include "lsp/server.h"

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
