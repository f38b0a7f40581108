/* serve_own.h - inside of the service: a call, which is a request over HTTP that is not answered yet. */
#ifndef EMEND_SERVE_OWN_H
#define EMEND_SERVE_OWN_H

#include "agent/exec/exec_task.h"
#include "agent/serve/serve.h"
#include "agent/serve/web.h"
#include "protocol/base/list.h"

struct serve_mcp; /* an MCP message that is being answered */

/* Owned by whoever called serve_start(), until serve_stop(); `o` holds borrowed pointers. */
struct serve {
	struct serve_options o;
	struct web *web;
	struct sha256_hex token;
	struct list calls;
	struct list sessions; /* of MCP */
	size_t n_sessions;
	uint64_t seed;
	uint64_t started; /* ms of the loop */
	struct exec_probe *probe;
	char sandbox[480]; /* why nothing can run here; "": it can */
	bool probed, draining;
	void (*drained)(void *payload);
	void *payload;
	struct job late; /* tells it */
};

/* In serve.calls from its head to its end; its texts are in the request's arena, which lives as
 * long. */
struct serve_call {
	struct list link;
	struct serve *serve;
	struct web_request *req;
	const struct serve_route *route; /* NULL: there is none */
	struct slice correlation, trace; /* what the request says; the first is never "" */
	struct exec_task *task;
	bool stream;
	struct buf tail[2]; /* of a stream's output: the begin of a character */
	struct serve_mcp *mcp;
};

/* --- serve.c --- */

void serve_json(struct serve_call *c, unsigned status, struct slice json);
/* {"error": {"code", "message"}} with the status that belongs to the error. */
void serve_fail(struct serve_call *c, const struct err *err);
void serve_error(struct serve_call *c, unsigned status, const char *code, const char *fmt, ...)
	PRINTF(4, 5);

/* --- serve_task.c --- */

/* For a request that is whole. */
void serve_execute(struct serve_call *c);
void serve_validate(struct serve_call *c);
void serve_languages(struct serve_call *c);
void serve_history(struct serve_call *c);
void serve_cancel(struct serve_call *c);
void serve_status(struct serve_call *c);
void serve_metrics(struct serve_call *c);
/* "connections": {NAME: {"state", "breaker"}}, as a member of the open object; nothing if there are none. */
void serve_links_json(const struct serve *s, struct jw *w);

/* --- serve_mcp.c --- */

void serve_mcp_post(struct serve_call *c);
void serve_mcp_delete(struct serve_call *c);
void serve_mcp_drop(struct serve_mcp *m); /* NULL is fine */
void serve_mcp_end(struct serve *s);	  /* all sessions */

#endif
