/* serve_entry.c - `put`, `mode`: what an undo puts back that is not the content of a file (file/entry.h). */
#include "agent/worker/file/entry.h"
#include "agent/worker/serve.h"
#include "agent/worker/wire.h"

static bool read_entry(struct json v, struct arena *a, struct entry *out)
{
	*out = (struct entry){ .kind = (enum entry_kind)json_i64_or(json_get(v, "kind"), -1) };
	if (out->kind == ENTRY_NONE || out->kind == ENTRY_FOLDER)
		return true;
	return (out->kind == ENTRY_FILE || out->kind == ENTRY_LINK || out->kind == ENTRY_BUNDLE) &&
	       wire_bytes_read(v, a, &out->data);
}

static void reply(struct serve *s, struct rpc_request *req, bool ok, const struct err *err)
{
	places_forget(&s->places);
	if (ok)
		conn_reply_result(req, SLICE("{}"));
	else
		conn_reply_err(req, err);
}

void serve_put(struct serve *s, struct rpc_request *req)
{
	struct slice path = json_str_or(json_get(req->params, "path"), &req->arena, "");
	uint32_t mode = (uint32_t)json_i64_or(json_get(req->params, "mode"), 0);
	struct root root = root_for_undo(&s->root);
	struct entry from, to;
	struct err err;

	if (!read_entry(json_get(req->params, "from"), &req->arena, &from) ||
	    !read_entry(json_get(req->params, "to"), &req->arena, &to)) {
		conn_reply_error(req, RPC_INVALID_PARAMS, "put needs what stands there, and what shall.");
		return;
	}
	reply(s, req, entry_put(&root, path, &from, &to, mode, &err), &err);
}

void serve_mode(struct serve *s, struct rpc_request *req)
{
	struct slice path = json_str_or(json_get(req->params, "path"), &req->arena, "");
	uint32_t from = (uint32_t)json_i64_or(json_get(req->params, "from"), 0);
	uint32_t to = (uint32_t)json_i64_or(json_get(req->params, "to"), 0);
	struct root root = root_for_undo(&s->root);
	struct err err;

	reply(s, req, entry_mode(&root, path, from, to, &err), &err);
}
