/* metrics.h - what the service counts, and the same as text for Prometheus. It stands between the executions and their
 * history and cache, so it sees every one, whichever door it came through. */
#ifndef EMEND_SERVE_METRICS_H
#define EMEND_SERVE_METRICS_H

#include "agent/exec/exec.h"
#include "agent/exec/exec_cache.h"
#include "agent/exec/exec_history.h"
#include "protocol/json/write.h"

enum { METRICS_BUCKETS = 12, METRICS_STATUSES = 4, METRICS_REPLIES = 16 };

struct metrics_language {
	uint64_t of[METRICS_STATUSES]; /* by enum exec_status */
	uint64_t bucket
		[METRICS_BUCKETS]; /* executions of at most so many seconds, and more than the last */
	double seconds;
};

/* Embedded by the command; must not move after metrics_init(), as both faces point to it. */
struct metrics {
	/* Give these to the exec; set by metrics_init(). */
	struct exec_history history;
	struct exec_cache cache;

	/* private */
	const struct exec_history *real_history;
	const struct exec_cache *real_cache;
	struct metrics_language language[EXEC_LANGUAGES];
	uint64_t hits, lookups;
	struct {
		unsigned status;
		uint64_t n;
	} reply[METRICS_REPLIES]; /* of HTTP */
	int64_t started;	  /* seconds since 1970 */
};

/* Both are borrowed. */
void metrics_init(struct metrics *m, const struct exec_history *h, const struct exec_cache *c);
void metrics_reply(struct metrics *m, unsigned status);
/* The sums, as members of the open object. */
void metrics_json(const struct metrics *m, struct jw *w);
/* Prometheus' text format, version 0.0.4. */
void metrics_write(const struct metrics *m, const struct exec *e, bool draining, struct buf *out);

/* Of connections with other servers; nothing if there are none. */
struct breaker;
void metrics_links(const struct breaker *const *links, size_t n, struct buf *out);

#endif
