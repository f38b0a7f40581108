/* text_document_content.c - the text of a virtual `emend:` document: a report that was shown. */
#include <stdio.h>

#include "lsp/on/on.h"
#include "lsp/server.h"
#include "protocol/base/limits.h"

/* Read in the loop: a report of ours in the state folder, at most as long as one turn of a model.
 */
static bool read_file(const char *path, struct buf *out)
{
	FILE *file = fopen(path, "re");
	char piece[4096];
	size_t n;

	if (!file)
		return false;
	while (!out->full && (n = fread(piece, 1, sizeof(piece), file)) > 0)
		buf_append(out, slice_make(piece, n));
	(void)fclose(file);
	return true;
}

void on_text_document_content(struct server *s, struct rpc_request *req)
{
	struct slice uri = json_str_or(json_get(req->params, "uri"), &req->arena, "");
	const char *path = shown_path(&s->shown, uri);
	struct buf text;
	struct jw *w;

	buf_init(&text, LIMIT_TURN_BYTES);
	if (!path || !read_file(path, &text)) {
		conn_reply_error(req, RPC_INVALID_PARAMS, "There is no document %.*s any more.",
				 SLICE_ARG(uri));
	} else {
		w = conn_result_begin(req);
		jw_object(w);
		jw_kstr(w, "text", buf_slice(&text));
		jw_end(w);
		conn_result_end(req);
	}
	buf_release(&text);
}
