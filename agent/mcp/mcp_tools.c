/* mcp_tools.c - the tools: what the client is told of each stands in agent/mcp/tools/NAME.json, whole, as it goes over
 * the wire. An argument that is wrong is a result with isError, which the model behind the client reads and
 * can do better; only a tool that does not exist is an error of the protocol. */
#include <stdlib.h>

#include "agent/base/embed.h"
#include "agent/mcp/mcp_own.h"
#include "protocol/base/mem.h"

/* The tools may change with the program only. */
enum { LIST_TTL_MS = 3600 * 1000 };

/* The structured answer, and the same as text for clients that know no structure. json "": text is a
 * sentence that says what was wrong. */
static void reply(struct mcp_call *c, struct slice json, struct slice text)
{
	struct jw *w = conn_result_begin(c->req);

	jw_object(w);
	mcp_result_head(w, c->modern);
	jw_karray(w, "content");
	jw_object(w);
	jw_kcstr(w, "type", "text");
	jw_kstr(w, "text", json.len > 0 ? json : text);
	jw_end(w);
	jw_end(w);
	if (json.len > 0)
		jw_kraw(w, "structuredContent", json);
	jw_kbool(w, "isError", json.len == 0);
	jw_end(w);
	conn_result_end(c->req);
	c->req = NULL;
	mcp_call_free(c);
}

static void on_done(void *payload, struct slice json, const struct err *err)
{
	struct mcp_call *c = payload;

	c->task = NULL;
	if (err)
		reply(c, SLICE(""), slice_of(err->msg));
	else
		reply(c, json, SLICE(""));
}

static const char *const descriptions[] = { "mcp_execute_code.json", "mcp_validate_code.json",
					    "mcp_list_languages.json",
					    "mcp_get_execution_history.json" };

static void start(struct mcp_call *c, struct slice name)
{
	static const struct exec_task_callbacks cb = { .done = on_done };
	struct rpc_request *req = c->req;
	/* The protocol has a place of its own for the trace. */
	struct exec_task_call call = {
		.name = name,
		.arguments = json_get(req->params, "arguments"),
		.correlation_id = c->mcp->options.correlation_id,
		.traceparent = json_str_or(json_get(json_get(req->params, "_meta"), "traceparent"),
					   &req->arena, ""),
	};
	struct err err;

	if (call.traceparent.len == 0)
		call.traceparent = c->mcp->options.traceparent;
	if (!exec_task_start(c->mcp->options.exec, &call, &cb, c, &c->task, &err))
		reply(c, SLICE(""), slice_of(err.msg));
}

/* --- the methods --- */

void mcp_tools_list(struct rpc_request *req, bool modern)
{
	struct jw *w = conn_result_begin(req);

	jw_object(w);
	mcp_result_head(w, modern);
	jw_karray(w, "tools");
	for (size_t i = 0; i < ARRAY_LEN(descriptions); i++)
		jw_raw(w, embed_find(embed_schemas, slice_of(descriptions[i])));
	jw_end(w);
	if (modern) {
		jw_ki64(w, "ttlMs", LIST_TTL_MS);
		jw_kcstr(w, "cacheScope", "public");
	}
	jw_end(w);
	conn_result_end(req);
}

/* The connection closes, or the client says by LSP's own method that it is not wanted. */
static void on_cancelled(void *payload, struct rpc_request *req)
{
	(void)req;
	mcp_call_free(payload);
}

void mcp_tools_call(struct mcp *m, struct rpc_request *req, bool modern)
{
	struct slice name = json_str_or(json_get(req->params, "name"), &req->arena, "");
	struct mcp_call *c;

	if (!exec_task_known(name)) {
		conn_reply_error(req, RPC_INVALID_PARAMS, "There is no tool \"%.*s\" here.",
				 SLICE_ARG(slice_sub(name, 0, 80)));
		return;
	}
	c = xcalloc(1, sizeof(*c));
	c->mcp = m;
	c->req = req;
	c->modern = modern;
	list_append(&m->calls, &c->link);
	conn_keep(req, on_cancelled, c);
	start(c, name);
}

void mcp_call_free(struct mcp_call *c)
{
	struct rpc_request *req = c->req;

	c->req = NULL; /* its answer may bring us here again */
	if (req)
		conn_reply_cancelled(req);
	exec_task_drop(c->task);
	list_remove(&c->link);
	free(c);
}
