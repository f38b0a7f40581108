/* serve_fleet.h - the part of `emend serve` that is a worker of a fleet: where its servers are, from options and variables, and
 * the connections with them. */
#ifndef EMEND_CLI_SERVE_FLEET_H
#define EMEND_CLI_SERVE_FLEET_H

#include "agent/cli/exec/cli_exec.h"
#include "agent/fleet/fleet.h"
#include "agent/fleet/pg_history.h"
#include "agent/fleet/redis_cache.h"

enum { SERVE_LINKS = 3 };

struct serve_fleet {
	struct server_url nats_url;
	bool nats; /* it is wanted */
	struct slice name;
	struct server_url redis_url;
	struct slice postgres_url; /* "": it is not wanted */
	bool redis;
	struct breaker nats_breaker, redis_breaker, postgres_breaker;
	const struct breaker *links[SERVE_LINKS]; /* those that are wanted */
	size_t n_links;
	struct redis_cache *cache;
	struct pg_history *history;
	struct fleet *fleet; /* NULL: none is wanted, or it ended */
	/* A drain, while it goes on. */
	void (*drained)(void *payload);
	void *payload;
};

/* Texts are in the arena of the command. ERR_USAGE. Takes the variables out of the environment: they may hold passwords. */
NODISCARD bool serve_fleet_read(struct serve_fleet *s, struct cli *c, struct err *err);
/* Where answers and history are kept; before anything is executed. ERR_NOT_FOUND, ERR_USAGE. */
NODISCARD bool serve_fleet_keep(struct serve_fleet *s, struct cli_exec_run *run, struct err *err);
void serve_fleet_start(struct serve_fleet *s, struct cli_exec_run *run, struct line_log *log);
/* For struct serve_options; the owner is a struct serve_fleet. */
void serve_fleet_ready(void *owner);
void serve_fleet_metrics(void *owner, struct buf *out);
/* False: there is nothing to finish, and `drained` is not called. */
bool serve_fleet_drain(struct serve_fleet *s, void (*drained)(void *payload), void *payload);
void serve_fleet_stop(struct serve_fleet *s);

#endif
