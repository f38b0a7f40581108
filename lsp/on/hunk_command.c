/* hunk_command.c - the commands about single changes: accept, reject; of one hunk {id}, of a
 * document {uri}, of a task {task}, or of all. */
#include "lsp/commands.h"
#include "lsp/server.h"
#include "protocol/lsp/uri.h"

/* All of it lives in the request's arena. */
struct wanted {
	struct slice id, path, task; /* "": any */
	struct slice *ids;
	size_t n;
};

/* Which ones the argument means; false: it was answered that there are none.
 * The ids are copies: the hunks are freed as they are accepted. */
static bool choose(struct server *s, struct rpc_request *req, struct json arg, struct wanted *x)
{
	struct arena *a = &req->arena;
	struct slice uri = json_str_or(json_get(arg, "uri"), a, ""), workspace;

	*x = (struct wanted){ .id = json_str_or(json_get(arg, "id"), a, ""),
			      .task = json_str_or(json_get(arg, "task"), a, "") };
	if (uri.len && uri_to_path(uri, a, &x->path))
		folders_place(&s->folders, a, x->path, &workspace, &x->path);
	x->ids = arena_array(a, s->pending.on ? LIMIT_HUNKS : 1, sizeof(*x->ids));
	if (s->pending.on) {
		LIST_EACH (it, tmp, &s->pending.hunks.files) {
			struct hunk_file *f = container_of(it, struct hunk_file, link);

			if (x->path.len && !slice_eq_cstr(x->path, f->path))
				continue;
			for (size_t i = 0; i < f->list.n && x->n < LIMIT_HUNKS; i++) {
				struct hunk *h = &f->list.items[i];

				if ((x->id.len == 0 || slice_eq_cstr(x->id, h->id)) &&
				    (x->task.len == 0 || slice_eq_cstr(x->task, h->task)))
					x->ids[x->n++] = arena_dup(a, slice_of(h->id));
			}
		}
	}
	if (x->n)
		return true;
	conn_reply_error(req, RPC_REQUEST_FAILED, "%s",
			 x->id.len ? "This change does not wait any more: it was accepted, "
				     "rejected, undone or changed."
				   : "No change of Emend waits to be accepted or rejected here.");
	return false;
}

/* emend.acceptHunk without an id is not "accept all". */
static bool has_id(struct rpc_request *req, struct json arg)
{
	struct json command = json_get(req->params, "command");
	bool one = json_is(command, "emend.acceptHunk") || json_is(command, "emend.rejectHunk");

	if (!one || json_type(json_get(arg, "id")) == JSON_STRING)
		return true;
	conn_reply_error(req, RPC_INVALID_PARAMS,
			 "The command needs one argument: {id: the id of a change}.");
	return false;
}

static void reply(struct rpc_request *req, size_t n)
{
	struct jw *w = conn_result_begin(req);

	jw_object(w);
	jw_ki64(w, "hunks", (int64_t)n);
	jw_end(w);
	conn_result_end(req);
}

void command_accept(struct server *s, struct rpc_request *req, struct json arg, struct json token)
{
	struct agent *agent;
	struct wanted x;
	struct err err;

	(void)token;
	if (!has_id(req, arg) || !choose(s, req, arg, &x))
		return;
	agent = server_agent(s, &err);
	if (agent && hunks_accept(&s->pending.hunks, agent_store(agent), x.ids, x.n, &err))
		reply(req, x.n);
	else
		conn_reply_error(req, RPC_REQUEST_FAILED, "%s", err.msg);
}

/* It runs like a task: the answer says that it has begun, and a message what was refused. */
void command_reject(struct server *s, struct rpc_request *req, struct json arg, struct json token)
{
	struct wanted x;
	struct err err;

	(void)token;
	if (!has_id(req, arg) || !choose(s, req, arg, &x))
		return;
	if (tasks_reject(s, x.ids, x.n, &err))
		reply(req, x.n);
	else
		conn_reply_error(req, RPC_REQUEST_FAILED, "%s", err.msg);
}
