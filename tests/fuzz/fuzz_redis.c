/* fuzz_redis.c - any bytes from a Redis server, whole and in pieces: see pieces.h */
#include "agent/fleet/redis_wire.h"
#include "tests/fuzz/pieces.h"

static bool on_reply(void *payload, enum redis_kind kind, struct slice text)
{
	buf_printf(payload, "%d,%zu:", (int)kind, text.len);
	buf_append(payload, text);
	return true;
}

static bool feed(struct slice in, size_t piece, struct buf *out)
{
	struct redis_wire w;
	struct err err;
	bool ok = true;

	redis_wire_init(&w, on_reply, out);
	for (; ok && in.len > 0; in = slice_sub(in, piece, in.len))
		ok = redis_wire_feed(&w, slice_sub(in, 0, piece), &err);
	redis_wire_release(&w);
	return ok;
}
