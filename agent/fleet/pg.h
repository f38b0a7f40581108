/* pg.h - a connection with a PostgreSQL server on the loop, made again when it is lost, as its breaker allows. libpq in its
 * non-blocking form: its socket in a uv_poll; names of hosts are looked up by libuv, as libpq would wait.
 *
 *   WAITING --the breaker allows it--> LOOKING --address--> CALLING --in--> READY <--query, result--> BUSY
 *      ^                                  |                    |              |                         |
 *      '--- refused, lost, or no answer in 10 s ---------------+--------------+-------------------------' */
#ifndef EMEND_FLEET_PG_H
#define EMEND_FLEET_PG_H

#include <uv.h>

#include "agent/fleet/pg_lib.h"
#include "agent/net/breaker.h"
#include "protocol/base/arena.h"

struct pg;

enum { PG_ANSWER_MS = 10 * 1000, PG_PARAMS_MAX = 12 };

/* The callbacks come from the loop. lost() comes once for each connection that was READY, after the
 * query's own done(). */
struct pg_options {
	uv_loop_t *loop;
	const struct pg_lib *lib; /* borrowed */
	struct slice url;	  /* copied: postgres://..., or "host=... dbname=..." */
	struct breaker *breaker;  /* borrowed */
	/* The next query may be sent: after a connection is made, after each result. From the loop. */
	void (*ready)(void *owner);
	void (*lost)(void *owner);
	void *owner;
};
/* NULL: the connection was lost before it came. failed: what the server says of it, NULL: nothing is wrong. */
typedef void pg_result_fn(void *payload, const PGresult *r, const char *failed);

/* ERR_USAGE: the URL is none. */
NODISCARD bool pg_new(const struct pg_options *o, struct pg **out, struct err *err);
bool pg_is_ready(const struct pg *p);
/* Only where it is ready. params: texts. done once, from the loop, or from inside of pg_query() where that fails; it sends
 * nothing itself, ready() follows. */
void pg_query(struct pg *p, const char *sql, const char *const *params, size_t n,
	      pg_result_fn *done, void *payload);
/* done of a query is not called. NULL is fine; not from inside one of its callbacks. */
void pg_free(struct pg *p);

#endif
