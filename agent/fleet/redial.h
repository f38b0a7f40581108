/* redial.h - a connection to a server that is made again whenever it is lost, as its breaker allows.
 *
 *   WAITING --the breaker allows it--> CALLING --connected--> OPEN
 *      ^                                  |                     |
 *      '----- refused, late --------------'     lost, cut ------'
 *
 * What the owner writes goes out in order; what the other side does not take is kept up to a limit, then the connection is
 * cut: it would never catch up. */
#ifndef EMEND_FLEET_REDIAL_H
#define EMEND_FLEET_REDIAL_H

#include <uv.h>

#include "agent/fleet/server_url.h"
#include "agent/net/breaker.h"

struct redial;

/* `open`, `data` and `lost` come from the loop; after `lost` it calls again by itself. */
struct redial_options {
	uv_loop_t *loop;
	const struct server_url *to; /* borrowed */
	struct breaker *
		breaker; /* borrowed; .connected is the owner's to set, once the server let it in */
	size_t unsent_max; /* bytes */
	void (*open)(void *owner);
	/* False: cut it, err says why. The bytes are borrowed for the call. */
	bool (*data)(void *owner, struct slice bytes, struct err *err);
	void (*lost)(
		void *owner); /* it was open; from the loop, or from inside of redial_write() and redial_cut() */
	void *owner;
};

/* Calls from the loop on, never inside. */
struct redial *redial_new(const struct redial_options *o);
bool redial_is_open(const struct redial *r);
/* Copies. Not open: it is dropped. */
void redial_write(struct redial *r, struct slice bytes);
/* Counts as a failure. */
void redial_cut(struct redial *r, const char *why);
/* Without a word to the owner; frees itself as the loop runs on. NULL is fine. */
void redial_free(struct redial *r);

#endif
