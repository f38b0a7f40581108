/* redis_cache.h - the cache of executions in Redis, so that all workers of a fleet have one. While the server is away, or does
 * not answer, there is no answer to give again, and code just runs. */
#ifndef EMEND_FLEET_REDIS_CACHE_H
#define EMEND_FLEET_REDIS_CACHE_H

#include "agent/base/runq.h"
#include "agent/exec/exec_cache.h"
#include "agent/fleet/redial.h"

struct redis_cache;

enum {
	REDIS_PORT = 6379,
	REDIS_ANSWER_MS =
		2 * 1000,     /* later ones come too late to save time: the connection is cut */
	REDIS_WAITING = 5000, /* questions that wait for the server; more are not asked */
};

/* url, breaker: borrowed. Its path is the number of the database. */
struct redis_cache *redis_cache_new(uv_loop_t *loop, struct runq *runq,
				    const struct server_url *url, struct breaker *breaker);
/* Borrowed. */
const struct exec_cache *redis_cache_face(const struct redis_cache *r);
/* No question is open any more. NULL is fine. */
void redis_cache_free(struct redis_cache *r);

#endif
