/* fleet.h - the execution service as a worker of a fleet: tasks come over NATS to whichever worker of a name is free.
 *
 * Subjects below agent.NAME: `task` takes the tasks (the workers are one queue group), `cancel` ends one, `status` and `health`
 * are answered by every worker, `heartbeat` is told by each; `note` is between them: who has which task (fleet_watch.h).
 * docs/execution-service.md has what is sent and answered, and what is promised when a worker or the server is lost. */
#ifndef EMEND_FLEET_H
#define EMEND_FLEET_H

#include "agent/base/runq.h"
#include "agent/fleet/fleet_watch.h"
#include "agent/fleet/nats.h"
#include "agent/serve/line_log.h"
#include "agent/serve/metrics.h"

struct fleet;

enum {
	FLEET_NAME_MAX = 64,
	FLEET_BEAT_MS = 10 * 1000,
	FLEET_STATUS_MS = 30 * 1000,
	FLEET_PROBE_MS = 2 * 1000, /* are those there who have tasks? */
	FLEET_AWAY_MS = WATCH_LOST_MS,
	FLEET_ID_MAX = 128, /* bytes of a task's id */
};

/* `name` is that of the whole fleet: workers of one name share the tasks. A worker's own id is made
 * up at its start. */
struct fleet_options { /* borrowed for as long as it lives */
	uv_loop_t *loop;
	struct runq *runq;
	struct exec *exec;
	const struct metrics *metrics;
	struct line_log *log;
	const struct server_url *url;
	struct slice name;		     /* one word: nats_is_word() */
	struct breaker *breaker;	     /* of NATS */
	const struct breaker *const *links;  /* of all that it is connected with, for its status */
	size_t n_links;
};

struct fleet *fleet_new(const struct fleet_options *o);
/* Tasks are taken from here on: code can run on this machine. */
void fleet_join(struct fleet *f);
/* Takes nothing more. */
void fleet_leave(struct fleet *f);
/* The same, and calls `drained` once, from the loop, when all that runs is answered, or cannot be. */
void fleet_drain(struct fleet *f, void (*drained)(void *payload), void *payload);
/* Ends what runs, without an answer. NULL is fine; not from inside one of its callbacks. */
void fleet_free(struct fleet *f);
/* Its counters in Prometheus' text format. */
void fleet_metrics(const struct fleet *f, struct buf *out);

#endif
