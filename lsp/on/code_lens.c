/* code_lens.c - above each change that waits for the user's word: keep it, take it back, or undo
 * all that its task did. From memory only. */
#include "lsp/on/on.h"
#include "lsp/server.h"
#include "lsp/wrap/join.h"
#include "lsp/wrap/wrap.h"

/* A lens is one line: the range is cut to its beginning. */
static void put_lens(struct jw *w, struct range r, const char *title, const char *command,
		     const char *key, const char *value)
{
	r.end = r.start;
	jw_object(w);
	jw_key(w, "range");
	range_write(w, r);
	jw_kobject(w, "command");
	jw_kcstr(w, "title", title);
	jw_kcstr(w, "command", command);
	jw_karray(w, "arguments");
	jw_object(w);
	jw_kcstr(w, key, value);
	jw_end(w);
	jw_end(w);
	jw_end(w);
	jw_end(w);
}

static void put_lenses(struct server *s, struct rpc_request *req, struct jw *w)
{
	struct json id = json_get(req->params, "textDocument");
	struct slice uri = json_str_or(json_get(id, "uri"), &req->arena, "");
	struct document *doc = documents_find(&s->documents, uri);
	struct hunk_file *f = pending_file(&s->pending, doc);

	for (size_t i = 0; f && i < f->list.n; i++) {
		const struct hunk *h = &f->list.items[i];
		struct range r = pending_range(&s->pending, doc, h);

		put_lens(w, r, "Accept", "emend.acceptHunk", "id", h->id);
		put_lens(w, r, h->touched ? "Reject (you changed it)" : "Reject",
			 "emend.rejectHunk", "id", h->id);
		put_lens(w, r, "Undo task", "emend.undo", "task", h->task);
	}
}

void on_code_lens(struct server *s, struct rpc_request *req)
{
	join_reply(s, req, WRAP_CODE_LENS, put_lenses);
}
