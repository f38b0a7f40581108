/* lifecycle.c - the end of a session, and what changes for all of it; its beginning is initialize.c.
 *
 * From `initialized` on the server may speak by itself. The settings and the workspace folders may change at any time; tasks
 * that run keep those that they were started with. */
#include "agent/peers/face.h"
#include "lsp/on/on.h"
#include "lsp/server.h"

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
