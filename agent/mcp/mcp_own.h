/* mcp_own.h - inside of the MCP server: the call of a tool, from its request to its result. */
#ifndef EMEND_MCP_OWN_H
#define EMEND_MCP_OWN_H

#include "agent/mcp/mcp.h"
#include "protocol/base/list.h"

/* Owned by whoever called mcp_new(); the exec and the live calls are borrowed and outlive it. */
struct mcp {
	struct mcp_options options;
	struct conn conn;
	struct list calls;
	struct list listeners,
		deaf; /* mcp_live.c: subscriptions, to a change of the tools and to nothing that we have */
	char *client;		  /* what it calls itself; "": it did not say */
	bool opened;		  /* by initialize */
	bool initialized;	  /* and it has said so: notifications may go to it */
	bool listed, listed_live; /* the tools were asked for; with those of the editor */
};

/* A call that is not answered yet.
 * In `calls` from its request to its answer. Freed by mcp_call_free(), which every end leads to. */
struct mcp_call {
	struct list link;
	struct mcp *mcp;
	struct rpc_request *req;
	bool modern;	      /* of the revision 2026-07-28 */
	bool waits;	      /* until is known whether an editor is there */
	bool lists;	      /* it is tools/list */
	struct slice client;  /* in the request's arena, or the server's */
	struct exec_task *task;	 /* what it waits for, */
	struct calls_call *live; /* one of them */
};

/* --- mcp_tools.c --- */
void mcp_tools_list(struct mcp *m, struct rpc_request *req, bool modern);
void mcp_tools_call(struct mcp *m, struct rpc_request *req, bool modern);
/* Ends what runs for it. Without an answer yet, it is answered as cancelled. */
void mcp_call_free(struct mcp_call *c);

/* It is known now whether an editor is there. */
void mcp_call_go_on(struct mcp_call *c);
/* The answer as words; c is gone. */
void mcp_reply_text(struct mcp_call *c, bool ok, struct slice text);

/* --- mcp_live.c --- */
bool mcp_live_known(const struct mcp *m, struct slice name);
bool mcp_live_there(const struct mcp *m);
bool mcp_live_settled(const struct mcp *m);
void mcp_live_list(struct jw *w); /* the tools, into an array */
void mcp_live_call(struct mcp_call *c, struct slice name);
void mcp_listen(struct mcp *m, struct rpc_request *req);
/* Ends the subscription with this id, if there is one. */
bool mcp_unlisten(struct mcp *m, struct slice id);

/* The members that a result of the newer revision has. */
void mcp_result_head(struct jw *w, bool modern);

#endif
