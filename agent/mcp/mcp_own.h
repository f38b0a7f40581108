/* mcp_own.h - inside of the MCP server: the call of a tool, from its request to its result. */
#ifndef EMEND_MCP_OWN_H
#define EMEND_MCP_OWN_H

#include "agent/mcp/mcp.h"
#include "protocol/base/list.h"

struct mcp {
	struct mcp_options options;
	struct conn conn;
	struct list calls;
	bool opened; /* by initialize */
};

/* A call that is not answered yet. */
struct mcp_call {
	struct list link;
	struct mcp *mcp;
	struct rpc_request *req;
	bool modern;	      /* of the revision 2026-07-28 */
	struct exec_task *task; /* what it waits for */
};

/* --- mcp_tools.c --- */
void mcp_tools_list(struct rpc_request *req, bool modern);
void mcp_tools_call(struct mcp *m, struct rpc_request *req, bool modern);
/* Ends what runs for it. Without an answer yet, it is answered as cancelled. */
void mcp_call_free(struct mcp_call *c);

/* The members that a result of the newer revision has. */
void mcp_result_head(struct jw *w, bool modern);

#endif
