/* log_head.h - where the log of a session ends, kept outside the log: STATE_DIR/heads/SESSION.
 *
 * The hash chain shows what was changed inside a log, but anybody can shorten it, or compute a new chain.
 * So the number and the hash of its last event stand in a file of their own, with an HMAC under a key that
 * lies in the state folder (0600). It holds two points: `from`, where the log ended before the write that
 * was made last, and `to`, where it ends after it. It is written before the log is, so that a crash at any
 * instant leaves a log that ends at one of them or between, and an honest log is never suspected; when a
 * log is closed, both are its end.
 *
 * It proves nothing against who may read the key; it does show what was changed by a program that knows
 * of the log only, or by hand. Everything here blocks: it is called on the store's thread, or where a log
 * is opened or checked. */
#ifndef EMEND_STORE_LOG_HEAD_H
#define EMEND_STORE_LOG_HEAD_H

#include "agent/base/sha256.h"
#include "protocol/base/arena.h"
#include "protocol/base/err.h"

struct log_point {
	uint64_t seq; /* of an event; 0: before the first */
	struct sha256_hex hash;
};

/* Before the log is made: that it is empty is known from the start. Does nothing where there is a log.
 * ERR_IO. */
NODISCARD bool log_head_begin(struct slice state_dir, struct slice session, struct err *err);
/* ERR_IO. */
NODISCARD bool log_head_write(struct slice state_dir, struct slice session,
			      const struct log_point *from, const struct log_point *to,
			      struct err *err);
/* Whether the log is one that this emend wrote, and all of it: ERR_INVALID says what was found. A log that
 * another emend has open is taken as it is. opening: it is about to be opened, which cuts off what a
 * crash left of a last line, and gives a head to a log that has none. */
NODISCARD bool log_head_check(struct slice state_dir, struct slice session, bool opening,
			      struct err *err);
/* The session is removed by its user. */
void log_head_remove(struct slice state_dir, struct slice session);
/* Sessions that have a head and no log, unless they never had an event: fn for each. */
void log_head_each_missing(struct slice state_dir, void (*fn)(void *payload, struct slice session),
			   void *payload);

#endif
