/* guests.c - see guests.h
 *
 * A call of another agent is a task of this editor: the same policy, the same questions to the same
 * user, the same undo. It differs in its end: the answer goes to the caller, and the user is only
 * told what was changed. */
#include "lsp/guests.h"

#include <stdlib.h>

#include "agent/base/path.h"
#include "agent/model/guest.h"
#include "agent/peers/calls.h"
#include "lsp/server.h"
#include "protocol/base/limits.h"
#include "protocol/base/mem.h"

enum { TITLE_BYTES = 100 };

/* Freed in guests_done(), which comes exactly once. `req` may be gone before, when the caller has
 * left. */
struct guest_run {
	struct rpc_request *req; /* NULL: nobody waits for the answer */
	struct tracked *task;
	struct buf said; /* what the tool has said */
	bool answered, ok;
};

/* The folder of the editor in which this path lies. */
static bool workspace_of(struct server *s, struct slice path, struct slice *out)
{
	*out = SLICE("");
	for (size_t i = 0; i < s->folders.n; i++) {
		struct slice real = slice_of(s->folders.list[i].real);

		if (real.len > out->len && path_below(real, path))
			*out = real;
	}
	return out->len > 0;
}

static bool root_of(struct server *s, struct rpc_request *req, struct slice *workspace)
{
	struct slice root = json_str_or(json_get(req->params, "root"), &req->arena, "");
	struct err err;

	if (workspace_of(s, root, workspace))
		return true;
	(void)err_set(&err, ERR_NOT_FOUND, "%.*s is in no folder of this editor.",
		      SLICE_ARG(slice_sub(root, 0, 200)));
	conn_reply_err(req, &err);
	return false;
}

static void on_offer(struct server *s, struct rpc_request *req)
{
	struct slice workspace;
	struct jw *w;

	if (!root_of(s, req, &workspace))
		return;
	w = conn_result_begin(req);
	jw_object(w);
	jw_kstr(w, "workspace", workspace);
	jw_end(w);
	conn_result_end(req);
}

/* --- one call --- */

static void answered(void *payload, bool ok, struct slice text)
{
	struct guest_run *g = payload;

	g->answered = true;
	g->ok = ok;
	buf_append(&g->said, text);
}

void guests_done(struct guest_run *g, const struct task_outcome *o)
{
	struct slice text = g->answered ? buf_slice(&g->said) : o->summary;
	struct jw *w;

	if (g->req) {
		w = conn_result_begin(g->req);
		jw_object(w);
		jw_kbool(w, "ok", g->answered && g->ok);
		jw_kstr(w, "text", text);
		jw_kcstr(w, "session", g->task->session);
		jw_kcstr(w, "task", g->task->id);
		jw_end(w);
		conn_result_end(g->req);
	}
	buf_release(&g->said);
	free(g);
}

/* The task is told to end; its end then finds nobody to answer. */
static void on_cancelled(void *payload, struct rpc_request *req)
{
	struct guest_run *g = payload;

	g->req = NULL;
	conn_reply_cancelled(req);
	if (g->task && g->task->task)
		task_cancel(g->task->task);
}

static struct slice text(struct rpc_request *req, const char *key)
{
	return json_str_or(json_get(req->params, key), &req->arena, "");
}

/* "claude-code (MCP): edit src/a.c" */
static struct slice title(struct server *s, struct rpc_request *req, const struct peer_call *known,
			  struct slice who)
{
	struct slice object = json_str_or(json_get(json_get(req->params, "input"), known->object),
					  &req->arena, "");

	return shown_text(&req->arena, &s->client,
			  arena_printf(&req->arena, "%.*s (MCP): %s %.*s", SLICE_ARG(who),
				       known->verb, SLICE_ARG(slice_sub(object, 0, TITLE_BYTES))),
			  TITLE_BYTES);
}

/* A session that is in use by an undo cannot be gone on with; the call then begins a new one. */
static void on_call(struct server *s, struct rpc_request *req)
{
	struct json input = json_get(req->params, "input");
	struct guest guest = { .client = text(req, "client"),
			       .tool = text(req, "tool"),
			       .input = json_raw(input),
			       .answered = answered };
	const struct peer_call *known = peer_call_find(guest.tool);
	struct task_spec spec = { .session = text(req, "session"), .guest = &guest };
	struct slice who = guest_name(&req->arena, guest.client);
	struct guest_run *g;
	struct err err = { .code = ERR_NONE };

	if (!known || json_type(input) != JSON_OBJECT) {
		conn_reply_error(req, RPC_INVALID_PARAMS, "No such call is made here.");
		return;
	}
	if (!root_of(s, req, &spec.workspace))
		return;
	spec.title = title(s, req, known, who);
	spec.instruction =
		arena_printf(&req->arena, "%.*s calls %s over MCP.", SLICE_ARG(who), known->tool);
	g = xcalloc(1, sizeof(*g));
	buf_init(&g->said, LIMIT_MESSAGE_BYTES);
	guest.payload = g;
	g->req = req;
	g->task = tasks_guest(s, &spec, g, known->looks, &err);
	if (!g->task && spec.session.len > 0) { /* where the user undoes something of it just now */
		spec.session = SLICE("");
		g->task = tasks_guest(s, &spec, g, known->looks, &err);
	}
	if (!g->task) {
		conn_reply_err(req, &err);
		buf_release(&g->said);
		free(g);
		return;
	}
	conn_keep(req, on_cancelled, g);
	if (!known->looks)
		tasks_show(g->task, (struct json){ 0 });
}

bool guests_request(struct server *s, struct rpc_request *req)
{
	if (slice_eq_cstr(req->method, PEER_CALLS))
		on_offer(s, req);
	else if (slice_eq_cstr(req->method, PEER_CALL))
		on_call(s, req);
	else
		return false;
	return true;
}
