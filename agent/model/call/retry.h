/* retry.h - whether and when a failed model call is tried again. Pure: no clock, no randomness.
 * Failures inside a stream and HTTP errors count in the same budget of tries. */
#ifndef EMEND_RETRY_H
#define EMEND_RETRY_H

#include "agent/model/failure.h"

enum {
	RETRY_WAIT_MAX_MS = 5 * 60 * 1000, /* asked to wait longer: stop and say so */
	RETRY_TIMEOUTS = 2, /* silence costs two minutes each: no more tries than this */
};

/* tries: how many have failed, this one included (1 after the first). retries: how many more than
 * one are allowed in all. random: in [0, 1). true: wait *wait_ms, then try again. */
bool retry_decide(const struct failure *f, int tries, int retries, double random,
		  uint64_t *wait_ms);

/* Did the server fail, and not the request? Then it, or another server, may answer the same request well. */
bool retry_may_help(enum fail_kind kind);

/* The value of a retry-after header: seconds, or an HTTP date. now: seconds since the epoch.
 * false if it is neither. */
NODISCARD bool retry_after(struct slice value, int64_t now, uint64_t *ms);
/* The value of retry-after-ms. */
NODISCARD bool retry_after_ms(struct slice value, uint64_t *ms);

#endif
