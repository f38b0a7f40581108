/* network.h - a command that may ask for hosts on the network: its broker, and who decides.
 *
 * The user's list decides (hosts.h); what it does not name the user is asked for, once for each
 * host and port of a command, one question at a time. Where nobody can be asked it is refused. Each
 * decision is an event, and stands in the log before the first byte goes out. */
#ifndef EMEND_TOOL_NETWORK_H
#define EMEND_TOOL_NETWORK_H

#include "agent/host.h"
#include "agent/store/event_log.h"
#include "protocol/base/arena.h"

struct network;
struct config;
struct granted;
struct runner;

struct network_options { /* borrowed for as long as it is open, the texts for the call */
	struct runner *runner;
	const struct config *config;
	struct granted *granted; /* NULL: "always" holds for this command only */
	struct host *host;
	struct task *task;     /* may be NULL */
	struct event_log *log; /* NULL: none */
	struct err *fatal;     /* the log is broken */
	const char *nobody;    /* why nobody can be asked; NULL: the face is */
	struct slice workspace, task_id, call, command;
	struct slice asker; /* of the command, for the question: tool_asker(); may be empty */
};

/* The command may start, with network_proxy(), or may not: ERR_SANDBOX. Once, from the loop. */
typedef void network_ready_cb(void *payload, const struct err *err);
/* ERR_USAGE: a rule of the configuration. */
NODISCARD bool network_open(const struct network_options *o, network_ready_cb *ready, void *payload,
			    struct network **out, struct err *err);
/* Ends every connection and a question that stands. NULL is fine. */
void network_close(struct network *n);
struct slice network_proxy(const struct network *n); /* for the command; borrowed; NULL gives "" */
/* "Network: HOST:PORT allowed by the user; ..." with its line end; "" if it named no host, or n is
 * NULL. */
struct slice network_report(const struct network *n, struct arena *a);

#endif
