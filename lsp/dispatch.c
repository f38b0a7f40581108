/* dispatch.c - see dispatch.h */
#include "lsp/dispatch.h"

#include "lsp/on/on.h"
#include "lsp/server.h"
#include "protocol/lsp/methods.h"

typedef void request_fn(struct server *s, struct rpc_request *req);
typedef void notification_fn(struct server *s, struct json params, struct arena *a);

static request_fn *const requests[LSP_METHODS] = {
	[LSP_CODE_ACTION_RESOLVE] = on_code_action_resolve,
	[LSP_EMEND_DOCUMENT] = on_emend_document,
	[LSP_EMEND_SERVER_STATUS] = on_emend_server_status,
	[LSP_EMEND_TASKS] = on_emend_tasks,
	[LSP_EMEND_TRANSCRIPT] = on_emend_transcript,
	[LSP_INITIALIZE] = on_initialize,
	[LSP_SHUTDOWN] = server_stop,
	[LSP_CODE_ACTION] = on_code_action,
	[LSP_CODE_LENS] = on_code_lens,
	[LSP_EXECUTE_COMMAND] = on_execute_command,
	[LSP_TEXT_DOCUMENT_CONTENT] = on_text_document_content,
};

static notification_fn *const notifications[LSP_METHODS] = {
	[LSP_EXIT] = on_exit_notification,
	[LSP_INITIALIZED] = on_initialized,
	[LSP_DID_CHANGE] = on_did_change,
	[LSP_DID_CLOSE] = on_did_close,
	[LSP_DID_OPEN] = on_did_open,
	[LSP_PROGRESS_CANCEL] = on_progress_cancel,
	[LSP_DID_CHANGE_CONFIGURATION] = on_did_change_configuration,
	[LSP_DID_CHANGE_WORKSPACE_FOLDERS] = on_did_change_workspace_folders,
};

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
	enum lsp_method method = lsp_method_find(req->method);
	const char *why = "";
	int code = forbidden(s->state, method == LSP_INITIALIZE, &why);

	if (code != 0)
		conn_reply_error(req, code, "%s", why);
	else if (method == LSP_METHODS || !requests[method])
		conn_reply_error(req, RPC_METHOD_NOT_FOUND, "There is no method %.*s.",
				 SLICE_ARG(slice_sub(req->method, 0, 100)));
	else
		requests[method](s, req);
}

void dispatch_notification(struct server *s, struct slice name, struct json params, struct arena *a)
{
	enum lsp_method method = lsp_method_find(name);
	bool running = s->state == SERVER_STARTED || s->state == SERVER_READY;

	if (method == LSP_METHODS || !notifications[method])
		return;
	if (running || (method == LSP_EXIT && s->state != SERVER_ENDING))
		notifications[method](s, params, a);
}
