/* mcp_live.c - the tools that work in the user's own editor (agent/peers/calls.h): they exist as long as one has the
 * folder open. What a call may do, the editor's side decides, and asks its user; here a name becomes that of our tool,
 * and a path means what it means to the client: below the folder that it started us in.
 *
 * Names, schemas and arguments of these tools are their own (agent/mcp/tools), so that what clients
 * are told does not change whenever the model's own tools do. The list of tools changes as editors
 * come and go, and clients that asked for it are told (mcp_live_changed). */
#include <stdlib.h>

#include "agent/base/embed.h"
#include "agent/base/path.h"
#include "agent/mcp/mcp_own.h"
#include "protocol/base/limits.h"
#include "protocol/base/mem.h"

enum { MAX_ARGUMENTS = 7 };

/* `ours` is the name in agent/peers/calls.c; write_file stands for propose_edit with a whole
 * content. */
static const struct live_tool {
	const char *name, *ours;
	const char *path; /* the argument that names a file or folder */
	bool needs_path;  /* else it is the folder where it is not given */
	const char *arguments[MAX_ARGUMENTS];
} tools[] = {
	{ "read_buffer", "read_file", "path", true, { "path", "start_line", "line_count" } },
	{ "propose_edit", "edit_file", "path", true, { "path", "edits", "content" } },
	{ "diagnostics", "diagnostics", "path", true, { "path" } },
	{ "search",
	  "search",
	  "path",
	  false,
	  { "pattern", "path", "glob", "literal", "ignore_case", "context" } },
	{ "run_command",
	  "run_command",
	  "cwd",
	  false,
	  { "command", "cwd", "timeout_ms", "network", "reason" } },
};

static const struct live_tool *find(struct slice name)
{
	for (size_t i = 0; i < ARRAY_LEN(tools); i++)
		if (slice_eq_cstr(name, tools[i].name))
			return &tools[i];
	return NULL;
}

bool mcp_live_known(const struct mcp *m, struct slice name)
{
	return m->options.live && find(name);
}

bool mcp_live_there(const struct mcp *m)
{
	return m->options.live && calls_state(m->options.live) == CALLS_THERE;
}

/* Until it is known whether an editor is there, a call waits: the first one comes with the start of
 * the program. */
bool mcp_live_settled(const struct mcp *m)
{
	return !m->options.live || calls_state(m->options.live) == CALLS_THERE ||
	       calls_state(m->options.live) == CALLS_NOBODY;
}

void mcp_live_list(struct jw *w)
{
	struct arena a;

	arena_init(&a);
	for (size_t i = 0; i < ARRAY_LEN(tools); i++)
		jw_raw(w,
		       embed_find(embed_schemas, arena_printf(&a, "mcp_%s.json", tools[i].name)));
	arena_release(&a);
}

/* --- the arguments --- */

static bool check(const struct live_tool *t, struct json arguments, struct arena *a,
		  struct err *err)
{
	struct slice key;

	if (json_type(arguments) != JSON_OBJECT)
		return err_set(err, ERR_INVALID, "The arguments are no object.");
	for (struct json_iter it = json_iter(arguments); json_next(&it);) {
		bool known = false;

		for (size_t i = 0; i < MAX_ARGUMENTS && t->arguments[i]; i++)
			known = known || json_is(it.key, t->arguments[i]);
		if (!known)
			return err_set(
				err, ERR_INVALID, "%s has no argument \"%.*s\".", t->name,
				SLICE_ARG(slice_sub(json_str(it.key, a, &key) ? key : SLICE("?"), 0,
						    80)));
	}
	return true;
}

/* The client's folder may lie deeper than the editor's.
 * A path of the client is below its own folder; the editor's folder may be one above. */
static struct slice place(struct mcp *m, struct arena *a, struct slice path)
{
	if (slice_starts(path, SLICE("/")) ||
	    slice_eq(m->options.root, calls_workspace(m->options.live)))
		return path;
	return path.len ? path_join(a, m->options.root, path) : m->options.root;
}

/* All arguments pass through as they are, but the path. */
static void write_input(struct mcp *m, const struct live_tool *t, struct json arguments,
			struct arena *a, struct buf *out)
{
	struct slice path = SLICE("");
	struct jw w;

	jw_init(&w, out);
	jw_object(&w);
	for (struct json_iter it = json_iter(arguments); json_next(&it);) {
		struct slice key = json_str_or(it.key, a, "");

		if (slice_eq_cstr(key, t->path) && json_str(it.value, a, &path))
			continue;
		jw_kraw(&w, arena_cstr(a, key), json_raw(it.value));
	}
	path = t->needs_path && path.len == 0 ? path : place(m, a, path);
	if (path.len > 0)
		jw_kstr(&w, t->path, path);
	jw_end(&w);
}

/* --- a call --- */

static void on_done(void *payload, bool ok, struct slice text, const struct err *err)
{
	struct mcp_call *c = payload;

	c->live = NULL;
	if (err && err->code == ERR_IO)
		mcp_reply_text(c, false,
			       SLICE("The editor was closed before it had answered. What was "
				     "asked of it may have been done: look before you repeat it."));
	else
		mcp_reply_text(c, ok, err ? slice_of(err->msg) : text);
}

/* The order is that of what the client can mend itself: its arguments, then the editor. */
static bool start(struct mcp_call *c, const struct live_tool *t, struct err *err)
{
	struct rpc_request *req = c->req;
	struct json arguments = json_get(req->params, "arguments");
	const char *ours = t->ours;
	struct buf input;

	if (!check(t, arguments, &req->arena, err))
		return false;
	if (json_present(json_get(arguments, "content")) &&
	    json_present(json_get(arguments, "edits")))
		return err_set(err, ERR_INVALID,
			       "Give edits, or the content of a new file, not both.");
	if (!mcp_live_there(c->mcp))
		return err_set(err, ERR_NOT_FOUND,
			       "No editor has this folder open with Emend; a terminal does not count, "
			       "since it has no buffers. Open it in an editor and call again, or work "
			       "on the files by your own means.");
	if (json_present(json_get(arguments, "content")))
		ours = "write_file";
	buf_init(&input, LIMIT_MESSAGE_BYTES);
	write_input(c->mcp, t, arguments, &req->arena, &input);
	c->live = calls_make(c->mcp->options.live, ours, buf_slice(&input), c->client, on_done, c);
	buf_release(&input);
	return true;
}

void mcp_live_call(struct mcp_call *c, struct slice name)
{
	struct err err;

	if (!start(c, find(name), &err))
		mcp_reply_text(c, false, slice_of(err.msg));
}

/* --- telling that the list is another --- */

/* A subscription of the newer revision, open until it is cancelled.
 * Its request stays open; freed when it is cancelled, or answered at the end of the input. */
struct mcp_listener {
	struct list link;
	struct rpc_request *req;
};

static void on_left(void *payload, struct rpc_request *req)
{
	struct mcp_listener *l = payload;

	conn_reply_cancelled(req);
	list_remove(&l->link);
	free(l);
}

static void write_subscription(struct jw *w, struct slice id)
{
	jw_kobject(w, "_meta");
	jw_kraw(w, "io.modelcontextprotocol/subscriptionId", id);
	jw_end(w);
}

/* Acknowledged at once; a client that wants nothing that we have is acknowledged all the same, and
 * never hears more. */
void mcp_listen(struct mcp *m, struct rpc_request *req)
{
	struct json wanted = json_get(req->params, "notifications");
	struct mcp_listener *l;
	struct jw *w;

	if (json_type(wanted) != JSON_OBJECT) {
		conn_reply_error(req, RPC_INVALID_PARAMS,
				 "params.notifications must be an object.");
		return;
	}
	l = xcalloc(1, sizeof(*l));
	l->req = req;
	list_append(json_bool_or(json_get(wanted, "toolsListChanged"), false) ? &m->listeners
									      : &m->deaf,
		    &l->link);
	conn_keep(req, on_left, l);
	w = conn_notify_begin(&m->conn, "notifications/subscriptions/acknowledged");
	jw_object(w);
	write_subscription(w, req->id);
	jw_kobject(w, "notifications");
	if (json_bool_or(json_get(wanted, "toolsListChanged"), false))
		jw_kbool(w, "toolsListChanged", true);
	jw_end(w);
	jw_end(w);
	conn_notify_end(&m->conn);
}

bool mcp_unlisten(struct mcp *m, struct slice id)
{
	struct list *const all[] = { &m->listeners, &m->deaf };

	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		LIST_EACH (it, tmp, all[i]) {
			struct mcp_listener *l = container_of(it, struct mcp_listener, link);

			if (!slice_eq(l->req->id, id))
				continue;
			on_left(l, l->req);
			return true;
		}
	}
	return false;
}

/* Not as cancelled: it ended well. */
static void end_all(struct list *listeners)
{
	LIST_EACH (it, tmp, listeners) {
		struct mcp_listener *l = container_of(it, struct mcp_listener, link);
		struct jw *w = conn_result_begin(l->req);

		jw_object(w);
		jw_kcstr(w, "resultType", "complete");
		write_subscription(w, l->req->id);
		jw_end(w);
		list_remove(&l->link);
		conn_result_end(l->req);
		free(l);
	}
}

void mcp_input_ended(struct mcp *m)
{
	end_all(&m->listeners);
	end_all(&m->deaf);
}

static void tell(struct mcp *m)
{
	static const char method[] = "notifications/tools/list_changed";

	if (m->initialized)
		conn_notify(&m->conn, method, SLICE(""));
	LIST_EACH (it, tmp, &m->listeners) {
		struct jw *w = conn_notify_begin(&m->conn, method);

		jw_object(w);
		write_subscription(w, container_of(it, struct mcp_listener, link)->req->id);
		jw_end(w);
		conn_notify_end(&m->conn);
	}
}

/* Calls that waited for it go on now, one way or the other. */
void mcp_live_changed(struct mcp *m)
{
	LIST_EACH (it, tmp, &m->calls) {
		struct mcp_call *c = container_of(it, struct mcp_call, link);

		if (c->waits)
			mcp_call_go_on(c);
	}
	if (m->listed && m->listed_live != mcp_live_there(m)) {
		m->listed_live = mcp_live_there(m);
		tell(m);
	}
}
