/* mcp_tools.c - the tools: what the client is told of each stands in agent/mcp/tools/NAME.json, whole, as it goes over
 * the wire. An argument that is wrong is a result with isError, which the model behind the client reads and
 * can do better; only a tool that does not exist is an error of the protocol. */
#include <stdlib.h>

#include "agent/base/embed.h"
#include "agent/mcp/mcp_own.h"
#include "protocol/base/mem.h"

/* The tools may change with the program only. */
enum { LIST_TTL_MS = 3600 * 1000, LIVE_TTL_MS = 5 * 1000 /* an editor comes and goes */ };

#define META_CLIENT "io.modelcontextprotocol/clientInfo"

/* The request is answered before the call is freed, so that this does not answer it as cancelled.
 */
static void reply(struct mcp_call *c, struct slice json, struct slice text, bool ok)
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
	jw_kbool(w, "isError", !ok);
	jw_end(w);
	conn_result_end(c->req);
	c->req = NULL;
	mcp_call_free(c);
}

void mcp_reply_text(struct mcp_call *c, bool ok, struct slice text)
{
	reply(c, SLICE(""), text, ok);
}

static void on_done(void *payload, struct slice json, const struct err *err)
{
	struct mcp_call *c = payload;

	c->task = NULL;
	if (err)
		mcp_reply_text(c, false, slice_of(err->msg));
	else /* as text, too, for clients that know no structure */
		reply(c, json, SLICE(""), true);
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
		mcp_reply_text(c, false, slice_of(err.msg));
}

/* --- the methods --- */

/* `listed` says what the client was told last; only when that changes it is told again. */
static void list(struct mcp *m, struct rpc_request *req, bool modern)
{
	struct jw *w = conn_result_begin(req);

	m->listed = true;
	m->listed_live = mcp_live_there(m);
	jw_object(w);
	mcp_result_head(w, modern);
	jw_karray(w, "tools");
	for (size_t i = 0; i < ARRAY_LEN(descriptions); i++)
		jw_raw(w, embed_find(embed_schemas, slice_of(descriptions[i])));
	if (m->listed_live)
		mcp_live_list(w);
	jw_end(w);
	if (modern) {
		jw_ki64(w, "ttlMs", m->options.live ? LIVE_TTL_MS : LIST_TTL_MS);
		jw_kcstr(w, "cacheScope", m->options.live ? "private" : "public");
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

/* `client` may lie in the request's arena, which lives as long as the request is not answered. */
static struct mcp_call *keep(struct mcp *m, struct rpc_request *req, bool modern)
{
	struct json info = json_get(json_get(req->params, "_meta"), META_CLIENT);
	struct mcp_call *c = xcalloc(1, sizeof(*c));

	c->mcp = m;
	c->req = req;
	c->modern = modern;
	c->client = json_str_or(json_get(info, "name"), &req->arena, m->client);
	list_append(&m->calls, &c->link);
	conn_keep(req, on_cancelled, c);
	return c;
}

void mcp_call_go_on(struct mcp_call *c)
{
	c->waits = false;
	if (c->lists) {
		struct rpc_request *req = c->req;

		c->req = NULL;
		list(c->mcp, req, c->modern);
		mcp_call_free(c);
	} else {
		mcp_live_call(c, json_str_or(json_get(c->req->params, "name"), &c->req->arena, ""));
	}
}

/* A list before it is known whether an editor is there would miss its tools, so it waits. */
void mcp_tools_list(struct mcp *m, struct rpc_request *req, bool modern)
{
	struct mcp_call *c;

	if (mcp_live_settled(m)) {
		list(m, req, modern);
		return;
	}
	c = keep(m, req, modern);
	c->lists = c->waits = true;
}

void mcp_tools_call(struct mcp *m, struct rpc_request *req, bool modern)
{
	struct slice name = json_str_or(json_get(req->params, "name"), &req->arena, "");
	bool live = mcp_live_known(m, name);
	struct mcp_call *c;

	if (!live && !exec_task_known(name)) {
		conn_reply_error(req, RPC_INVALID_PARAMS, "There is no tool \"%.*s\" here.",
				 SLICE_ARG(slice_sub(name, 0, 80)));
		return;
	}
	c = keep(m, req, modern);
	if (!live)
		start(c, name);
	else if (mcp_live_settled(m))
		mcp_call_go_on(c);
	else
		c->waits = true;
}

void mcp_call_free(struct mcp_call *c)
{
	struct rpc_request *req = c->req;

	c->req = NULL; /* its answer may bring us here again */
	if (req)
		conn_reply_cancelled(req);
	exec_task_drop(c->task);
	calls_drop(c->live);
	list_remove(&c->link);
	free(c);
}
