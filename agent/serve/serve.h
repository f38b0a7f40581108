/* serve.h - the execution service over HTTP: the tasks of agent/exec as JSON, their output as a stream, MCP, and what
 * operators look at. docs/execution-service.md has the paths, the answers and the statuses.
 *
 * Nobody comes in unasked: a socket of the user's takes the user only, an address takes the token only; whoever asks by
 * another name than this machine's own, or from a web page, is refused before anything is read. */
#ifndef EMEND_SERVE_H
#define EMEND_SERVE_H

#include "agent/base/runq.h"
#include "agent/exec/exec.h"
#include "agent/net/breaker.h"
#include "agent/serve/line_log.h"
#include "agent/serve/metrics.h"

struct serve;

enum {
	SERVE_TOKEN_MIN = 16,		   /* bytes */
	SERVE_BODY_MAX = 16 * 1024 * 1024, /* code, input and environment, escaped */
	SERVE_BODIES_MAX = 256 * 1024 * 1024,
	SERVE_SPARE = 128, /* connections beyond those that execute or wait */
};

struct serve_options { /* borrowed for as long as it lives */
	uv_loop_t *loop;
	struct runq *runq;
	struct exec *exec;
	size_t at_once, queue; /* those of the exec */
	struct metrics *metrics;
	struct line_log *log;
	int listener;	    /* taken */
	bool local;	    /* it is a unix socket: who comes must be this user, or root */
	struct slice token; /* "": none is wanted, only where `local` */
	/* Servers that it is connected with, for those who look after it. It works without any of them. */
	const struct breaker *const *links;
	size_t n_links;
	/* Once, when it is sure that code can run here. May be NULL, as the next. */
	void (*ready)(void *owner);
	void (*more_metrics)(void *owner, struct buf *out);
	void *owner;
};

/* ERR_NOT_FOUND: the library for HTTP is not installed. */
NODISCARD bool serve_start(const struct serve_options *o, struct serve **out, struct err *err);
/* Takes nothing more; calls `drained` once, from the loop, when all that runs is answered. */
void serve_drain(struct serve *s, void (*drained)(void *payload), void *payload);
/* Ends what runs; frees itself as the loop runs on. NULL is fine. Not from inside one of its callbacks. */
void serve_stop(struct serve *s);

#endif
