/* on.h - the handlers of the methods that the editor sends, declared from methods.def.
 *
 * A request handler answers before it returns, or keeps the request (shutdown does, until the last
 * task is gone). Nothing here waits for a model, a file of the workspace or a process. */
#ifndef EMEND_LSP_ON_H
#define EMEND_LSP_ON_H

#include "protocol/rpc/conn.h"

struct server;

#define METHOD_REQUEST(name, handler) void handler(struct server *s, struct rpc_request *req);
#define METHOD_NOTIFICATION(name, handler) \
	void handler(struct server *s, struct json params, struct arena *a);
#include "lsp/on/methods.def"
#undef METHOD_REQUEST
#undef METHOD_NOTIFICATION

/* didOpen and didChange that were too long to be kept; params is an outline. */
void sync_long_open(struct server *s, struct json params, struct arena *a);
void sync_long_change(struct server *s, struct json params, struct arena *a);

#endif
