/* emend_document.c - what the server believes the editor's buffer holds. */
#include "lsp/on/on.h"
#include "lsp/server.h"

void on_emend_document(struct server *s, struct rpc_request *req)
{
	struct slice uri = json_str_or(json_get(req->params, "uri"), &req->arena, "");
	struct document *doc = documents_find(&s->documents, uri);
	struct jw *w;

	if (!doc) {
		conn_reply_error(req, RPC_INVALID_PARAMS, "%.*s is not open.", SLICE_ARG(uri));
		return;
	}
	w = conn_result_begin(req);
	jw_object(w);
	jw_ki64(w, "version", doc->version);
	jw_kcstr(w, "languageId", doc->language);
	jw_kstr(w, "text", text_view(&doc->text, 0, doc->text.len));
	jw_end(w);
	conn_result_end(req);
}
