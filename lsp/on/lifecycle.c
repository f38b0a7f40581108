/* lifecycle.c - the beginning and the end of a session, and what changes for all of it.
 *
 * `initialize` announces little, and only what is true for this client; from `initialized` on the
 * server may speak by itself. The settings and the workspace folders may change at any time; tasks
 * that run keep those that they were started with. */
#include "lsp/commands.h"
#include "agent/peers/face.h"
#include "lsp/on/on.h"
#include "lsp/server.h"
#include "protocol/base/version.h"

static void put_strings(struct jw *w, const char *key, const char *const *list, size_t n)
{
	jw_karray(w, key);
	for (size_t i = 0; i < n; i++)
		jw_cstr(w, list[i]);
	jw_end(w);
}

static void put_sync(struct jw *w)
{
	jw_kobject(w, "textDocumentSync");
	jw_kbool(w, "openClose", true);
	jw_ki64(w, "change", LSP_SYNC_INCREMENTAL);
	jw_end(w);
}

static void put_actions(struct jw *w)
{
	static const char *const kinds[] = { "quickfix", "refactor", "refactor.rewrite", "emend" };

	/* No resolveProvider: every action is whole, and editors are spared a round trip. */
	jw_kobject(w, "codeActionProvider");
	put_strings(w, "codeActionKinds", kinds, ARRAY_LEN(kinds));
	jw_end(w);
	jw_kobject(w, "executeCommandProvider");
	jw_karray(w, "commands");
	for (size_t i = 0; commands_name(i); i++)
		jw_cstr(w, commands_name(i));
	jw_end(w);
	jw_end(w);
}

static void put_workspace(struct jw *w, const struct client *client)
{
	static const char *const schemes[] = { "emend" };

	jw_kobject(w, "workspace");
	jw_kobject(w, "workspaceFolders");
	jw_kbool(w, "supported", true);
	jw_kbool(w, "changeNotifications", true);
	jw_end(w);
	if (client->virtual_documents) {
		jw_kobject(w, "textDocumentContent");
		put_strings(w, "schemes", schemes, ARRAY_LEN(schemes));
		jw_end(w);
	}
	jw_end(w);
}

void on_initialize(struct server *s, struct rpc_request *req)
{
	struct json params = req->params;
	struct jw *w;

	if (json_type(params) != JSON_OBJECT) {
		conn_reply_error(req, RPC_INVALID_PARAMS, "initialize needs its parameters.");
		return;
	}
	client_init(&s->client, params);
	folders_init(&s->folders, params);
	settings_initial(&s->settings, json_get(params, "initializationOptions"));
	parent_watch(&s->parent, s->loop, json_i64_or(json_get(params, "processId"), 0));

	w = conn_result_begin(req);
	jw_object(w);
	jw_kobject(w, "capabilities");
	if (s->client.announce_encoding)
		jw_kcstr(w, "positionEncoding", position_encoding_name(s->client.encoding));
	put_sync(w);
	put_actions(w);
	if (s->client.code_lens) {
		jw_kobject(w, "codeLensProvider");
		jw_end(w);
	}
	put_workspace(w, &s->client);
	jw_end(w);
	jw_kobject(w, "serverInfo");
	jw_kcstr(w, "name", "emend");
	jw_kcstr(w, "version", EMEND_VERSION);
	jw_end(w);
	jw_end(w);
	conn_result_end(req);
	server_started(s);
}

void on_initialized(struct server *s, struct json params, struct arena *a)
{
	(void)params;
	(void)a;
	server_ready(s);
}

void on_did_change_configuration(struct server *s, struct json params, struct arena *a)
{
	(void)a;
	settings_pushed(&s->settings, json_get(params, "settings"));
}

void on_did_change_workspace_folders(struct server *s, struct json params, struct arena *a)
{
	(void)a;
	folders_change(&s->folders, json_get(params, "event"));
	face_changed(s->face);
}

/* The user pressed cancel. Editors also send tokens that they made up or that are over: ignored. */
void on_progress_cancel(struct server *s, struct json params, struct arena *a)
{
	(void)a;
	(void)tasks_cancel_token(&s->tasks, json_get(params, "token"));
}

void on_shutdown(struct server *s, struct rpc_request *req)
{
	server_stop(s, req);
}

void on_exit_notification(struct server *s, struct json params, struct arena *a)
{
	(void)params;
	(void)a;
	server_end(s, "The editor sent exit without a shutdown.");
}
