/* join.c - see join.h */
#include "lsp/wrap/join.h"

#include <stdlib.h>

#include "lsp/server.h"
#include "lsp/wrap/wrap.h"
#include "protocol/base/limits.h"
#include "protocol/base/mem.h"

/* Freed with the other server's answer, or when the editor cancels. */
struct joining {
	struct server *server;
	struct rpc_request *req;
	struct rpc_call *call;
	join_ours_fn *ours;
};

static void reply(struct server *s, struct rpc_request *req, struct json theirs, join_ours_fn *ours)
{
	struct jw *w = conn_result_begin(req);

	jw_array(w);
	if (json_type(theirs) == JSON_ARRAY)
		for (struct json_iter it = json_iter(theirs); json_next(&it);)
			jw_raw(w, json_raw(it.value));
	ours(s, req, w);
	jw_end(w);
	conn_result_end(req);
}

static void on_reply(void *payload, const struct rpc_reply *answer, const struct err *err)
{
	struct joining *j = payload;

	if (err)
		messages_log(&j->server->messages, LSP_MESSAGE_WARNING,
			     "The language server behind Emend did not answer %.*s: %s",
			     SLICE_ARG(j->req->method), err->msg);
	reply(j->server, j->req, answer->result, j->ours);
	free(j);
}

static void on_cancel(void *payload, struct rpc_request *req)
{
	struct joining *j = payload;

	conn_call_drop(j->call);
	free(j);
	conn_reply_cancelled(req);
}

void join_reply(struct server *s, struct rpc_request *req, int feature, join_ours_fn *ours)
{
	struct json nothing = { 0 };
	struct joining *j;

	if (!wrap_runs(s->wrap) || !wrap_has(s->wrap, (enum wrap_feature)feature)) {
		reply(s, req, nothing, ours);
		return;
	}
	j = xcalloc(1, sizeof(*j));
	j->server = s;
	j->req = req;
	j->ours = ours;
	conn_keep(req, on_cancel, j);
	j->call = conn_call(wrap_conn(s->wrap), arena_cstr(&req->arena, req->method),
			    json_raw(req->params), uv_now(s->loop) + LIMIT_WRAP_MS, on_reply, j);
}
