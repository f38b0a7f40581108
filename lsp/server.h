/* server.h - one language server: it owns everything below, and wires it together.
 *
 *   NEW --initialize--> STARTED --initialized--> READY --shutdown--> STOPPING --all tasks gone-->
 *   STOPPED (shutdown is answered)
 *   any of them --exit, end of the input, death of the editor--> ENDING
 *
 * dispatch.c is the one place that decides by the state what may come in; server.c alone writes it.
 * An idle server has no timer and no child process. */
#ifndef EMEND_LSP_SERVER_H
#define EMEND_LSP_SERVER_H

#include <uv.h>

#include "agent/base/runq.h"
#include "agent/host.h"
#include "agent/session/task.h"
#include "lsp/editor/client.h"
#include "lsp/editor/documents.h"
#include "lsp/editor/edits.h"
#include "lsp/editor/folders.h"
#include "lsp/editor/messages.h"
#include "lsp/editor/questions.h"
#include "lsp/editor/shown.h"
#include "lsp/lookup.h"
#include "lsp/parent.h"
#include "lsp/pending.h"
#include "lsp/settings.h"
#include "lsp/tasks.h"
#include "protocol/rpc/conn.h"

struct face;
struct peers;
struct stdio;
struct trace;
struct wrap;

enum server_state {
	SERVER_NEW,
	SERVER_STARTED,
	SERVER_READY,
	SERVER_STOPPING,
	SERVER_STOPPED,
	SERVER_ENDING
};

struct server {
	enum server_state state;
	int status; /* of the process, once it ends */
	uint64_t started_ms;
	uv_loop_t *loop;
	struct runq runq;
	struct conn conn;
	struct stdio *io;
	struct trace *trace; /* NULL: nothing is recorded */
	struct wrap *wrap;   /* the server behind ours; NULL: there is none */
	struct rpc_request *initializing; /* waits for its answer, with this call */
	struct rpc_call *initialize_call;
	struct parent parent;
	struct client client;
	struct folders folders;
	struct documents documents;
	struct messages messages;
	struct settings settings;
	struct edits edits;
	struct shown shown;
	struct questions questions;
	struct lookups lookups;
	struct tasks tasks;
	struct pending pending;
	struct tracked as_face; /* the host that others use: nobody's task */
	struct face *face;	/* our socket; NULL: not READY yet, or there is none */
	struct board board;	/* our tasks, for the other faces */
	struct peers *peers;	/* the other faces */
	struct agent *agent;	      /* NULL until the first task */
	char *state_dir;	      /* with it */
	struct rpc_request *stopping; /* the shutdown request that waits for its answer */
	unsigned stops;		      /* of what it waits for: the agent, the server behind ours */
	uv_timer_t grace;	      /* ends a process that does not end by itself */
	char ids[24]; /* how the ids of our requests begin, with a server behind ours */
	bool closed;
};

struct server_options {
	uv_loop_t *loop;
	int in, out;	     /* taken */
	struct trace *trace; /* taken; may be NULL */
	char *const *wrap;   /* program and arguments of the server behind ours; may be NULL */
};

/* Runs until the loop is empty. Then, for as long as server_close() is true, there are handles to
 * close: the loop must run again. At last server_free(). */
NODISCARD bool server_start(const struct server_options *o, struct server **out, struct err *err);
bool server_close(struct server *s);
int server_free(struct server *s); /* the exit status */

/* --- for the handlers --- */
void server_started(struct server *s); /* `initialize` was answered */
void server_ready(struct server *s);   /* `initialized` came */
/* `shutdown`: cancels all tasks, and answers when the last of them is gone. */
void server_stop(struct server *s, struct rpc_request *req);
/* `exit`, end of input, death of the editor. why NULL: it ends as it should, with status 0; else one
 * line on stderr says why, as editors show it where they say that a server has gone, and the status
 * is 1. After a shutdown every end is as it should be. */
void server_end(struct server *s, const char *why);
/* The agent, made now if it is the first time. NULL with *err: no state folder. */
struct agent *server_agent(struct server *s, struct err *err);

#endif
