/* dispatch.c - see dispatch.h
 *
 * The table is methods.def; a method that is not in it does not exist. LSP 3.18, "Server
 * lifecycle": before initialize a request gets -32002, and notifications other than exit are
 * dropped. */
#include "lsp/dispatch.h"

#include "lsp/on/on.h"
#include "lsp/server.h"
#include "protocol/base/limits.h"

/* Exactly one of the two functions is set. */
struct method {
	const char *name;
	void (*request)(struct server *s, struct rpc_request *req);
	void (*notification)(struct server *s, struct json params, struct arena *a);
};

static const struct method methods[] = {
#define METHOD_REQUEST(name, handler) { name, handler, NULL },
#define METHOD_NOTIFICATION(name, handler) { name, NULL, handler },
#include "lsp/on/methods.def"
#undef METHOD_REQUEST
#undef METHOD_NOTIFICATION
};

static const struct method *find(struct slice name)
{
	for (size_t i = 0; i < ARRAY_LEN(methods); i++)
		if (slice_eq_cstr(name, methods[i].name))
			return &methods[i];
	return NULL;
}

/* The one place that says what may be asked when. 0: it may. */
static int forbidden(enum server_state state, bool initialize, const char **why)
{
	switch (state) {
	case SERVER_NEW:
		*why = "The first request must be initialize.";
		return initialize ? 0 : RPC_SERVER_NOT_INITIALIZED;
	case SERVER_STARTED:
	case SERVER_READY:
		*why = "initialize may be sent only once.";
		return initialize ? RPC_INVALID_REQUEST : 0;
	case SERVER_STOPPING:
	case SERVER_STOPPED:
	case SERVER_ENDING:
		break;
	}
	*why = "The server was shut down: only exit may follow.";
	return RPC_INVALID_REQUEST;
}

void dispatch_request(struct server *s, struct rpc_request *req)
{
	const struct method *m = find(req->method);
	const char *why = "";
	int code = forbidden(s->state, m && m->request == on_initialize, &why);

	if (code != 0)
		conn_reply_error(req, code, "%s", why);
	else if (!m || !m->request)
		conn_reply_error(req, RPC_METHOD_NOT_FOUND, "There is no method %.*s.",
				 SLICE_ARG(slice_sub(req->method, 0, 100)));
	else
		m->request(s, req);
}

void dispatch_notification(struct server *s, struct slice name, struct json params, struct arena *a)
{
	const struct method *m = find(name);
	bool running = s->state == SERVER_STARTED || s->state == SERVER_READY;

	if (!m || !m->notification)
		return;
	if (running || (m->notification == on_exit_notification && s->state != SERVER_ENDING))
		m->notification(s, params, a);
}

/* A text that was too long to be received must still be known to be open, or the file would be
 * taken for it. */
void dispatch_long_notification(struct server *s, struct slice name, struct json params,
				struct arena *a)
{
	const struct method *m = find(name);

	if (!m || !m->notification || (s->state != SERVER_STARTED && s->state != SERVER_READY))
		return;
	if (m->notification == on_did_open)
		sync_long_open(s, params, a);
	else if (m->notification == on_did_change)
		sync_long_change(s, params, a);
	else
		messages_show(&s->messages, LSP_MESSAGE_WARNING,
			      "Emend: the editor sent %s with more than %d MiB; it was ignored.",
			      m->name, LIMIT_MESSAGE_BYTES >> 20);
}
