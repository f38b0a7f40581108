/* on.h - the handlers of the methods that the editor sends; each stands in the file of its name.
 *
 * A request handler answers before it returns. Nothing here waits for a model, a file of the
 * workspace or a process. */
#ifndef EMEND_LSP_ON_H
#define EMEND_LSP_ON_H

#include "protocol/rpc/conn.h"

struct server;

void on_initialize(struct server *s, struct rpc_request *req);
void on_code_action(struct server *s, struct rpc_request *req);
void on_code_lens(struct server *s, struct rpc_request *req);
void on_code_action_resolve(struct server *s, struct rpc_request *req);
void on_execute_command(struct server *s, struct rpc_request *req);
void on_text_document_content(struct server *s, struct rpc_request *req);
void on_emend_document(struct server *s, struct rpc_request *req);
void on_emend_server_status(struct server *s, struct rpc_request *req);
void on_emend_tasks(struct server *s, struct rpc_request *req);
void on_emend_transcript(struct server *s, struct rpc_request *req);

void on_initialized(struct server *s, struct json params, struct arena *a);
void on_exit_notification(struct server *s, struct json params, struct arena *a);
void on_did_open(struct server *s, struct json params, struct arena *a);
void on_did_change(struct server *s, struct json params, struct arena *a);
void on_did_close(struct server *s, struct json params, struct arena *a);
void on_did_change_configuration(struct server *s, struct json params, struct arena *a);
void on_did_change_workspace_folders(struct server *s, struct json params, struct arena *a);
void on_progress_cancel(struct server *s, struct json params, struct arena *a);

#endif
