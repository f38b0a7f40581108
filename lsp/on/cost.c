/* cost.c - emend/cost {taskId?}: what was spent today (UTC), in the session of a task, and by the task itself;
 * without a task, by the newest one.
 *
 * {today: {usd, limit?, estimated?, unpriced?}, session?: {id, the same}, task?: {id, the same}}, in USD of calls that
 * are over. limit: the cap of the settings, left out where there is none. estimated: some of it is counted from bytes,
 * or is the most that a call may have cost; unpriced: some calls had no known price, so it is more. The sums are those
 * of the ledger that all emends of the user share, which another process may hold for seconds: so the store's thread
 * reads them, and the answer comes later. */
#include <stdlib.h>

#include "agent/store/ledger_post.h"
#include "lsp/on/on.h"
#include "lsp/server.h"
#include "protocol/base/mem.h"

/* Freed with the answer. The task may be forgotten meanwhile, so its ids are copies. */
struct asking {
	struct server *server;
	struct rpc_request *req; /* kept; its arena holds the ids */
	const char *session, *task;
};

/* A limit of 0 and a mark that is false are left out. */
static void put(struct jw *w, const char *key, const char *id, const struct usage *u, double limit)
{
	jw_kobject(w, key);
	if (id)
		jw_kcstr(w, "id", id);
	jw_kf64(w, "usd", u->usd);
	if (limit > 0)
		jw_kf64(w, "limit", limit);
	if (u->estimated)
		jw_kbool(w, "estimated", true);
	if (u->unpriced)
		jw_kbool(w, "unpriced", true);
	jw_end(w);
}

static void on_summed(void *payload, const struct ledger_sums *sums, const struct err *err)
{
	struct asking *x = payload;
	struct shared_config *c = settings_config(&x->server->settings);
	struct budget_limits limits = { 0 };
	struct jw *w;

	if (c)
		limits = c->config.budget;
	shared_config_unref(c);
	if (!sums) {
		conn_reply_error(x->req, RPC_REQUEST_FAILED, "%s", err->msg);
		free(x);
		return;
	}
	w = conn_result_begin(x->req);
	jw_object(w);
	put(w, "today", NULL, &sums->today, limits.day_usd);
	if (x->session[0])
		put(w, "session", x->session, &sums->session, limits.session_usd);
	if (x->task[0])
		put(w, "task", x->task, &sums->task, limits.task_usd);
	jw_end(w);
	conn_result_end(x->req);
	free(x);
}

void on_emend_cost(struct server *s, struct rpc_request *req)
{
	struct slice id = json_str_or(json_get(req->params, "taskId"), &req->arena, "");
	struct tracked *t = id.len ? tasks_find(&s->tasks, id) : tasks_newest(&s->tasks);
	struct agent *agent;
	struct asking *x;
	struct err err;

	if (id.len && !t) {
		conn_reply_error(req, RPC_INVALID_PARAMS, "There is no task %.*s.", SLICE_ARG(id));
		return;
	}
	agent = server_agent(s, &err);
	if (!agent) {
		conn_reply_error(req, RPC_REQUEST_FAILED, "%s", err.msg);
		return;
	}
	x = xcalloc(1, sizeof(*x));
	x->server = s;
	x->req = req;
	x->session = arena_cstr(&req->arena, slice_of(t ? t->session : ""));
	x->task = arena_cstr(&req->arena, slice_of(t ? t->id : ""));
	conn_keep(req, NULL, NULL);
	ledger_post_sums(agent_store(agent), agent_ledger(agent), slice_of(x->session),
			 slice_of(x->task), on_summed, x);
}
