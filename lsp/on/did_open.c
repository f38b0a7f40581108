/* did_open.c - a document appears; from now on the editor's text is the truth. */
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
