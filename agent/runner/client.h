/* client.h - inside of the server's side: the process, its connection and its calls. */
#ifndef EMEND_RUNNER_CLIENT_H
#define EMEND_RUNNER_CLIENT_H

#include "agent/base/child_process.h"
#include "agent/base/runq.h"
#include "agent/runner/launch.h"
#include "agent/runner/runner.h"
#include "protocol/rpc/conn.h"

/*  UP --process or connection ended--> LOST --runner_stop()--> STOPPED
 *   +-------------------runner_stop()----------------------------^   memory: both handles closed */
enum runner_state { RUNNER_UP, RUNNER_LOST, RUNNER_STOPPED };

/* Owned by whoever started it, until runner_stop(); then by the loop. */
struct runner {
	enum runner_state state;
	struct child_process process;
	uv_pipe_t pipe;
	uv_timer_t patience; /* with a container that was told to end; then it is removed */
	uv_process_t remover;
	struct launch launch;
	char *views; /* the folder that it was given; NULL: none that we can reach */
	uv_write_t write;
	size_t writing; /* bytes handed to uv_write(); 0: none under way */
	unsigned open;	/* handles not yet closed */
	bool exited, pipe_closing, started;
	struct conn conn;
	struct job wake;
	struct runq *runq;
	struct list calls;
	int64_t next_tag;
	size_t connections; /* of its commands to the network */
	struct err why; /* of RUNNER_LOST */
	void (*lost)(void *payload, const struct err *why);
	void *payload;
	char input[64 * 1024];
};

/* Owned by the runner, in `calls`, from client_begin() until its callback is made or it is dropped.
 */
struct runner_call {
	struct list link;
	struct runner *runner;
	struct rpc_call *rpc; /* NULL: never sent, the answer waits in `late` */
	struct job late;
	int64_t tag; /* of a command; 0 otherwise */
	bool network; /* its answer brings a descriptor, wanted or not */
	/* exactly one of them */
	runner_read_cb *on_read;
	runner_write_cb *on_write;
	runner_json_cb *on_json;
	runner_items_cb *on_items;
	runner_pack_cb *on_pack;
	runner_network_cb *on_network; /* NULL with `network`: dropped */
	struct command_callbacks on_command;
	struct client_pages *pages; /* changes that came already; NULL: none */
	void *payload;
};

/* Begins a call: write the params with the writer. client_end() gives it to the connection.
 * *w NULL: the runner is lost or stopped, nothing is sent, and client_end() makes the answer come
 * later all the same. */
struct runner_call *client_begin(struct runner *r, const char *method, void *payload,
				 struct jw **w);
struct runner_call *client_end(struct runner_call *c);
/* A reply, or err: decodes it and makes the callback. */
void client_answer(struct runner_call *c, const struct rpc_reply *reply, const struct err *err);
/* client_network.c: the answer to `network`; takes its descriptor in any case. */
void client_answer_network(const struct runner_call *c, const struct err *err);
/* More descriptors came than were asked for. */
bool client_too_many(struct runner *r);
/* client_pages.c. More: the answer is not whole yet, and the rest was asked for. All: the command's own
 * result, and its changes, which live as long as the pages. */
NODISCARD bool client_pages_more(struct runner_call *c, const struct rpc_reply *reply);
NODISCARD bool client_pages_all(struct client_pages *p, struct json *first,
				struct view_result *changed);
int64_t client_pages_view(const struct client_pages *p); /* NULL: 0 */
void client_pages_free(struct client_pages *p);
/* client_view.c, client_held.c */
void client_read_changes(struct json changed, struct arena *a, struct view_result *out);
void client_read_held(struct json held, struct arena *a, struct held_result *out);
void client_answer_items(const struct runner_call *c, struct json v, struct arena *a,
			 const struct err *err);
void client_answer_pack(const struct runner_call *c, struct json v, struct arena *a,
			const struct err *err);

#endif
