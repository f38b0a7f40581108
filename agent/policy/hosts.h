/* hosts.h - which hosts on the network may a command reach?
 *
 * An allow rule: "registry.npmjs.org" is that name at the ports 443 and 80, "host:8443" at that port,
 * "*.debian.org" every name below (not the name itself). A deny rule without a port means every
 * port, and "*" every host; it beats an allow rule. What no rule names is asked. */
#ifndef EMEND_HOSTS_H
#define EMEND_HOSTS_H

#include "agent/policy/host_name.h"
#include "agent/policy/policy.h"

struct hosts;

struct hosts *hosts_new(void);
void hosts_free(struct hosts *h); /* NULL is fine */
/* ERR_INVALID: it is not a rule; says what one looks like. */
NODISCARD bool hosts_add(struct hosts *h, enum verdict v, struct slice rule, struct err *err);
/* The same for what the user answered "always" to: it never makes `local` true. */
NODISCARD bool hosts_grant(struct hosts *h, struct slice rule, struct err *err);
NODISCARD bool hosts_rule_check(enum verdict v, struct slice rule, struct err *err);

struct host_decision {
	enum verdict verdict; /* VERDICT_ASK: no rule names it */
	struct slice rule;    /* as written; borrowed; "" if none */
	bool granted;	      /* it is an answer of the user, not on the list */
	bool local; /* the user's list names this host and port: it may be an address of this machine */
};
void hosts_decide(const struct hosts *h, const struct host_port *at, struct host_decision *out);
/* An address that is not out on the network, or a name of this machine: what it is, "this machine";
 * NULL for all others, whose address is not known yet. */
const char *host_local(const struct host_port *at);
/* The rule that "always" would add. */
void hosts_always(const struct host_port *at, char out[HOST_PORT_BYTES]);

#endif
