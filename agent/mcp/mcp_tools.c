/* mcp_tools.c - the tools: what the client is told of each stands in agent/mcp/tools/NAME.json, whole, as it goes over
 * the wire. An argument that is wrong is a result with isError, which the model behind the client reads and
 * can do better; only a tool that does not exist is an error of the protocol. */
#include <stdlib.h>

#include "agent/base/embed.h"
#include "agent/exec/exec_validate.h"
#include "agent/mcp/mcp_own.h"
#include "protocol/base/limits.h"
#include "protocol/base/mem.h"

/* The tools may change with the program only. */
enum { LIST_TTL_MS = 3600 * 1000 };

/* --- results --- */

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

static void reply_err(struct mcp_call *c, const struct err *err)
{
	reply(c, SLICE(""), slice_of(err->msg));
}

/* --- the tools --- */

static void on_executed(void *payload, const struct exec_answer *a)
{
	struct mcp_call *c = payload;
	struct buf b;
	struct jw w;

	c->job = NULL;
	buf_init(&b, LIMIT_MESSAGE_BYTES / 4);
	jw_init(&w, &b);
	jw_object(&w);
	exec_answer_write(&w, a);
	jw_end(&w);
	reply(c, buf_slice(&b), SLICE(""));
	buf_release(&b);
}

static void execute_code(struct mcp_call *c, struct json arguments)
{
	const struct exec_callbacks cb = { .done = on_executed };
	struct json meta = json_get(c->req->params, "_meta");
	struct exec_request r;
	struct err err;
	bool ok = exec_request_read(arguments, &c->req->arena, &r, &err);

	/* The protocol has a place of its own for it. */
	if (ok && r.traceparent.len == 0)
		r.traceparent = json_str_or(json_get(meta, "traceparent"), &c->req->arena, "");
	if (!ok || !exec_submit(c->mcp->options.exec, &r, &cb, c, &c->job, &err))
		reply_err(c, &err);
}

static void on_found(void *payload, const struct exec_found found[EXEC_LANGUAGES])
{
	struct mcp_call *c = payload;
	struct buf b;
	struct jw w;

	c->probe = NULL;
	buf_init(&b, LIMIT_MESSAGE_BYTES / 4);
	jw_init(&w, &b);
	jw_object(&w);
	exec_found_write(&w, found);
	jw_end(&w);
	reply(c, buf_slice(&b), SLICE(""));
	buf_release(&b);
}

static void list_languages(struct mcp_call *c, struct json arguments)
{
	struct err err;

	(void)arguments;
	if (!exec_probe(c->mcp->options.exec, on_found, c, &c->probe, &err))
		reply_err(c, &err);
}

static void on_history(void *payload, struct slice json, const struct err *err)
{
	struct mcp_call *c = payload;

	c->asked = NULL;
	if (err)
		reply_err(c, err);
	else
		reply(c, json, SLICE(""));
}

static void get_history(struct mcp_call *c, struct json arguments)
{
	const struct exec_history *h = c->mcp->options.history;
	struct exec_rows_query q;
	struct err err;

	if (exec_query_read(arguments, &c->req->arena, &q, &err))
		c->asked = h->ask(h->self, &q, on_history, c);
	else
		reply_err(c, &err);
}

static void on_validated(void *payload, struct slice json, const struct err *err)
{
	struct mcp_call *c = payload;

	c->validation = NULL;
	if (err)
		reply_err(c, err);
	else
		reply(c, json, SLICE(""));
}

static void validate_code(struct mcp_call *c, struct json arguments)
{
	struct exec_request r;
	struct err err;

	if (!exec_request_read(arguments, &c->req->arena, &r, &err) ||
	    !exec_validate(c->mcp->options.exec, &r, on_validated, c, &c->validation, &err))
		reply_err(c, &err);
}

static const struct mcp_tool {
	const char *name, *file;
	void (*start)(struct mcp_call *c, struct json arguments);
} tools[] = {
	{ "execute_code", "mcp_execute_code.json", execute_code },
	{ "validate_code", "mcp_validate_code.json", validate_code },
	{ "list_languages", "mcp_list_languages.json", list_languages },
	{ "get_execution_history", "mcp_get_execution_history.json", get_history },
};

/* --- the methods --- */

void mcp_tools_list(struct rpc_request *req, bool modern)
{
	struct jw *w = conn_result_begin(req);

	jw_object(w);
	mcp_result_head(w, modern);
	jw_karray(w, "tools");
	for (size_t i = 0; i < ARRAY_LEN(tools); i++)
		jw_raw(w, embed_find(embed_schemas, slice_of(tools[i].file)));
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
	const struct mcp_tool *t = NULL;
	struct mcp_call *c;

	for (size_t i = 0; i < ARRAY_LEN(tools); i++) {
		if (slice_eq_cstr(name, tools[i].name))
			t = &tools[i];
	}
	if (!t) {
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
	t->start(c, json_get(req->params, "arguments"));
}

void mcp_call_free(struct mcp_call *c)
{
	struct rpc_request *req = c->req;

	c->req = NULL; /* its answer may bring us here again */
	if (req)
		conn_reply_cancelled(req);
	exec_drop(c->job);
	exec_probe_drop(c->probe);
	exec_validation_drop(c->validation);
	if (c->asked)
		c->mcp->options.history->drop(c->asked);
	list_remove(&c->link);
	free(c);
}
