/* redis_wire.h - replies of a Redis server, and commands to it: as much of its protocol (RESP 2) as a cache needs. Pure.
 *
 *   +OK\r\n   -ERR text\r\n   :12\r\n   $5\r\nhello\r\n   $-1\r\n (there is none) */
#ifndef EMEND_FLEET_REDIS_WIRE_H
#define EMEND_FLEET_REDIS_WIRE_H

#include "protocol/base/buf.h"
#include "protocol/base/err.h"

enum { REDIS_LINE_MAX = 4 * 1024, REDIS_BULK_MAX = 4 * 1024 * 1024 };

enum redis_kind { REDIS_TEXT, REDIS_ERROR, REDIS_NUMBER, REDIS_BULK, REDIS_NONE };

/* text is borrowed for the call. False: no more is wanted, the wire is gone. */
typedef bool redis_reply_fn(void *payload, enum redis_kind kind, struct slice text);

/* `in` holds what came and is no whole reply yet; it is owned, and bounded by two values and a
 * line. */
struct redis_wire {
	struct buf in;
	redis_reply_fn *fn;
	void *payload;
};

void redis_wire_init(struct redis_wire *w, redis_reply_fn *fn, void *payload);
void redis_wire_release(struct redis_wire *w);
/* ERR_INVALID: this is no Redis, or says what was not asked for; ERR_TOO_LARGE. */
NODISCARD bool redis_wire_feed(struct redis_wire *w, struct slice bytes, struct err *err);

void redis_command(struct buf *out, const struct slice *words, size_t n);

#endif
