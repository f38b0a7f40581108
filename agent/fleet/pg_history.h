/* pg_history.h - the history of executions in PostgreSQL, so that all workers of a fleet have one.
 *
 * Rows wait in memory until the server has them, and are sent again after a lost connection: the id of an execution is the
 * key, so none is there twice. While the server is away up to PG_ROWS_MAX wait; what finds no room, is refused by the
 * server, or waits at the end goes to the history of this machine. Questions are not answered from there: it would be
 * another history. */
#ifndef EMEND_FLEET_PG_HISTORY_H
#define EMEND_FLEET_PG_HISTORY_H

#include "agent/base/runq.h"
#include "agent/exec/exec_history.h"
#include "agent/fleet/pg.h"
#include "protocol/base/buf.h"

struct pg_history;

enum { PG_ROWS_MAX = 10000, PG_PRUNE_EVERY = 10000 /* rows */ };

/* `local` takes the rows that cannot go to the server; its questions are not asked. */
struct pg_history_options { /* borrowed for as long as it lives */
	uv_loop_t *loop;
	struct runq *runq;
	struct slice url; /* copied */
	struct breaker *breaker;
	const struct exec_history *local;
};

/* ERR_NOT_FOUND: libpq is not installed. ERR_USAGE: the URL. */
NODISCARD bool pg_history_new(const struct pg_history_options *o, struct pg_history **out,
			      struct err *err);
const struct exec_history *pg_history_face(const struct pg_history *h); /* borrowed */
/* done once, from the loop: the server has all rows, or is away. */
void pg_history_drain(struct pg_history *h, void (*done)(void *payload), void *payload);
/* No question is open any more; the local history still takes rows. NULL is fine. */
void pg_history_free(struct pg_history *h);
/* Its counters in Prometheus' text format. */
void pg_history_metrics(const struct pg_history *h, struct buf *out);

#endif
