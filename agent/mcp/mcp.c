/* mcp.c - see mcp.h: the methods of the protocol but those of the tools.
 *
 * A revision is chosen for each request, not for the connection: the presence of the version in
 * params._meta says that it is of the newer era (era_of). See
 * https://modelcontextprotocol.io/specification, "Lifecycle" and "Tools". Calls are ended by the
 * client (notifications/cancelled), by the close of the connection, or by mcp_stop(). */
#include "agent/mcp/mcp.h"

#include <stdlib.h>

#include "agent/mcp/mcp_own.h"
#include "protocol/base/mem.h"
#include "protocol/base/version.h"

/* The one revision of the newer era; its clients name it in each request. */
#define MODERN "2026-07-28"
#define META_VERSION "io.modelcontextprotocol/protocolVersion"
#define META_SERVER "io.modelcontextprotocol/serverInfo"
enum { UNSUPPORTED_VERSION = -32022 };

/* Of initialize; the first is what a client gets that asks for another one. */
static const char *const legacy[] = { "2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05" };

static const char instructions[] =
	"Runs code in a sandbox: no network, no files, a limit of time and memory. Each call begins with "
	"nothing, so give it all that it needs; nothing is kept for the next one.";
static const char live_instructions[] =
	"execute_code and its kin run code in a sandbox: no network, no files, a limit of time and memory; each "
	"call begins with nothing. While the user has this folder open in an editor with Emend there are also "
	"read_buffer, propose_edit, search, diagnostics and run_command: they see unsaved text, change files "
	"through the editor, where the user is asked, may say no and why, and can undo it. Prefer them to your own "
	"means for files of this folder: what you write on the disk below an open buffer is lost or in the way.";

static void write_server(struct jw *w, const char *key)
{
	jw_kobject(w, key);
	jw_kcstr(w, "name", "emend");
	jw_kcstr(w, "title", "Emend");
	jw_kcstr(w, "version", EMEND_VERSION);
	jw_end(w);
}

void mcp_result_head(struct jw *w, bool modern)
{
	if (!modern)
		return;
	jw_kcstr(w, "resultType", "complete");
	jw_kobject(w, "_meta");
	write_server(w, META_SERVER);
	jw_end(w);
}

static void write_abilities(const struct mcp *m, struct jw *w)
{
	jw_kobject(w, "capabilities");
	jw_kobject(w, "tools");
	if (m->options.live)
		jw_kbool(w, "listChanged", true);
	jw_end(w);
	jw_end(w);
	jw_kcstr(w, "instructions", m->options.live ? live_instructions : instructions);
}

bool mcp_knows(struct slice version)
{
	for (size_t i = 0; i < ARRAY_LEN(legacy); i++) {
		if (slice_eq_cstr(version, legacy[i]))
			return true;
	}
	return false;
}

static void on_initialize(struct mcp *m, struct rpc_request *req)
{
	struct json asked = json_get(req->params, "protocolVersion");
	const char *version = legacy[0];
	struct jw *w;

	for (size_t i = 0; i < ARRAY_LEN(legacy); i++) {
		if (json_is(asked, legacy[i]))
			version = legacy[i];
	}
	m->opened = true;
	free(m->client);
	m->client = xslicedup(json_str_or(json_get(json_get(req->params, "clientInfo"), "name"),
					  &req->arena, ""));
	w = conn_result_begin(req);
	jw_object(w);
	jw_kcstr(w, "protocolVersion", version);
	write_server(w, "serverInfo");
	write_abilities(m, w);
	jw_end(w);
	conn_result_end(req);
}

static void write_versions(struct jw *w, const char *key)
{
	jw_karray(w, key);
	jw_cstr(w, MODERN);
	jw_end(w);
}

static void on_discover(const struct mcp *m, struct rpc_request *req)
{
	struct jw *w = conn_result_begin(req);

	jw_object(w);
	mcp_result_head(w, true);
	write_versions(w, "supportedVersions");
	write_abilities(m, w);
	jw_ki64(w, "ttlMs", 3600 * 1000);
	jw_kcstr(w, "cacheScope", "public");
	jw_end(w);
	conn_result_end(req);
}

/* The versions that would do go along, so that the client can choose one of them. */
static void refuse_version(struct rpc_request *req, struct json asked)
{
	struct buf b;
	struct jw w;

	buf_init(&b, 4096);
	jw_init(&w, &b);
	jw_object(&w);
	write_versions(&w, "supported");
	jw_kstr(&w, "requested", slice_sub(json_str_or(asked, &req->arena, ""), 0, 64));
	jw_end(&w);
	conn_reply_error_data(req, UNSUPPORTED_VERSION,
			      SLICE("This revision of the protocol is not supported."),
			      buf_slice(&b));
	buf_release(&b);
}

/* Which era the request is of. False: it was refused.
 * A client of the older era must have opened the connection; ping and the discovery are allowed
 * before. */
static bool era_of(const struct mcp *m, struct rpc_request *req, bool *modern)
{
	struct json version = json_get(json_get(req->params, "_meta"), META_VERSION);

	*modern = json_present(version);
	if (*modern && !json_is(version, MODERN)) {
		refuse_version(req, version);
		return false;
	}
	if (!*modern && !m->opened && !slice_eq_cstr(req->method, "initialize") &&
	    !slice_eq_cstr(req->method, "ping") && !slice_eq_cstr(req->method, "server/discover")) {
		conn_reply_error(
			req, RPC_INVALID_REQUEST,
			"Open the connection with initialize first, or name the revision " MODERN
			" in params._meta.");
		return false;
	}
	return true;
}

static void on_request(void *owner, struct rpc_request *req)
{
	struct mcp *m = owner;
	bool modern;

	if (!era_of(m, req, &modern))
		return;
	if (slice_eq_cstr(req->method, "tools/list"))
		mcp_tools_list(m, req, modern);
	else if (slice_eq_cstr(req->method, "tools/call"))
		mcp_tools_call(m, req, modern);
	else if (modern && slice_eq_cstr(req->method, "server/discover"))
		on_discover(m, req);
	else if (modern && m->options.live && slice_eq_cstr(req->method, "subscriptions/listen"))
		mcp_listen(m, req);
	else if (!modern && slice_eq_cstr(req->method, "initialize"))
		on_initialize(m, req);
	else if (!modern && slice_eq_cstr(req->method, "ping"))
		conn_reply_result(req, SLICE("{}"));
	else
		conn_reply_error(req, RPC_METHOD_NOT_FOUND, "There is no method %.*s here.",
				 SLICE_ARG(slice_sub(req->method, 0, 80)));
}

/* Who is cancelled by the client is answered all the same: a request of JSON-RPC has exactly one
 * answer. */
static void on_notification(void *owner, struct slice method, struct json params, struct arena *a)
{
	struct mcp *m = owner;
	struct slice id = json_raw(json_get(params, "requestId"));

	(void)a;
	if (slice_eq_cstr(method, "notifications/initialized"))
		m->initialized = m->opened && m->options.live;
	if (!slice_eq_cstr(method, "notifications/cancelled") || id.len == 0 || mcp_unlisten(m, id))
		return; /* there is more that a client may say */
	LIST_EACH (it, tmp, &m->calls) {
		struct mcp_call *c = container_of(it, struct mcp_call, link);

		if (slice_eq(c->req->id, id))
			mcp_call_free(c);
	}
}

static void on_wake(void *owner)
{
	struct mcp *m = owner;

	if (m->options.wake)
		m->options.wake(m->options.owner);
}

struct mcp *mcp_new(const struct mcp_options *o)
{
	static const struct conn_handlers handlers = { .request = on_request,
						       .notification = on_notification,
						       .wake = on_wake };
	struct mcp *m = xcalloc(1, sizeof(*m));

	m->options = *o;
	m->opened = o->opened;
	m->client = xstrdup("");
	list_init(&m->calls);
	list_init(&m->listeners);
	list_init(&m->deaf);
	conn_init(&m->conn, &(struct conn_options){ .handlers = &handlers,
						    .owner = m,
						    .mode = FRAME_LINES,
						    .seed = o->seed });
	return m;
}

struct conn *mcp_conn(struct mcp *m)
{
	return &m->conn;
}

/* Each call frees itself with its answer, which goes into the queue of the connection. */
void mcp_stop(struct mcp *m)
{
	if (!m)
		return;
	LIST_EACH (it, tmp, &m->calls)
		mcp_call_free(container_of(it, struct mcp_call, link));
	mcp_input_ended(m);
}

/* After mcp_stop(): no request is open, so the close answers nobody. */
void mcp_free(struct mcp *m)
{
	if (!m)
		return;
	mcp_stop(m);
	conn_close(&m->conn, NULL);
	conn_release(&m->conn);
	free(m->client);
	free(m);
}
