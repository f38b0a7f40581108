/* mcp.h - a server of the Model Context Protocol: what `emend exec` can do, as tools for other agents; and with `live`,
 * as long as an editor has the folder open, what that editor's Emend can do in it (mcp_live.c).
 *
 * Both eras of the protocol are spoken, whichever the client begins with: the revisions up to 2025-11-25,
 * where a connection opens with `initialize`, and 2026-07-28, where there is no opening and each request
 * names its revision in params._meta. The two may even be mixed. Every message is one line. */
#ifndef EMEND_MCP_H
#define EMEND_MCP_H

#include "agent/exec/exec_task.h"
#include "agent/peers/calls.h"
#include "protocol/rpc/conn.h"

struct mcp;

/* `wake` comes when there is output in mcp_conn(), from anywhere: write it later, from the loop. */
struct mcp_options {
	struct exec *exec;	   /* borrowed for as long as it lives */
	struct calls *live;	   /* borrowed; NULL: without these tools */
	struct slice root;	   /* with it: the client's folder; borrowed */
	bool opened; /* the client has said initialize already, in another connection */
	/* Of calls that name none themselves; borrowed. "" is fine. */
	struct slice correlation_id, traceparent;
	uint64_t seed;		   /* random */
	void (*wake)(void *owner); /* as in struct conn_handlers */
	void *owner;
};

/* Is it a revision of those that open with initialize? */
bool mcp_knows(struct slice version);

/* calls_options.changed came. */
void mcp_live_changed(struct mcp *m);

/* One for each connection of a client; over HTTP for each message. */
struct mcp *mcp_new(const struct mcp_options *o);
struct conn *mcp_conn(struct mcp *m);
/* Nothing more comes of the client: what waits for a word of it ends. */
void mcp_input_ended(struct mcp *m);
/* Ends what runs for the client; it is answered as cancelled. Before the exec goes. NULL is fine. */
void mcp_stop(struct mcp *m);
/* With its connection, which must have been written out. */
void mcp_free(struct mcp *m);

#endif
