/* dispatch.h - from a method to its handler, where the state of the server permits it. */
#ifndef EMEND_LSP_DISPATCH_H
#define EMEND_LSP_DISPATCH_H

#include "protocol/rpc/conn.h"

struct server;

void dispatch_request(struct server *s, struct rpc_request *req);
void dispatch_notification(struct server *s, struct slice method, struct json params,
			   struct arena *a);
/* One that was too long to be kept; params is its outline (protocol/rpc/skim.h). */
void dispatch_long_notification(struct server *s, struct slice method, struct json params,
				struct arena *a);

#endif
