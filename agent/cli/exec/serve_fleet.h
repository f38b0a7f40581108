/* serve_fleet.h - the part of `emend serve` that is a worker of a fleet: where its servers are, from options and variables, and
 * the connections with them. */
#ifndef EMEND_CLI_SERVE_FLEET_H
#define EMEND_CLI_SERVE_FLEET_H

#include "agent/cli/exec/cli_exec.h"
#include "agent/fleet/fleet.h"

enum { SERVE_LINKS = 3 };

struct serve_fleet {
	struct server_url nats_url;
	bool nats; /* it is wanted */
	struct slice name;
	struct breaker nats_breaker;
	const struct breaker
		*links[SERVE_LINKS]; /* those that are wanted; that of NATS is the first */
	size_t n_links;
	struct fleet *fleet; /* NULL: none is wanted, or it ended */
};

/* Texts are in the arena of the command. ERR_USAGE. Takes the variables out of the environment: they may hold passwords. */
NODISCARD bool serve_fleet_read(struct serve_fleet *s, struct cli *c, struct err *err);
void serve_fleet_start(struct serve_fleet *s, struct cli_exec_run *run, struct line_log *log);
/* For struct serve_options; the owner is a struct serve_fleet. */
void serve_fleet_ready(void *owner);
void serve_fleet_metrics(void *owner, struct buf *out);
void serve_fleet_stop(struct serve_fleet *s);

#endif
