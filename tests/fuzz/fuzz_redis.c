/* fuzz_redis.c - any bytes from a Redis server, whole and in pieces of the size that the first byte says: the same replies come
 * out, up to the same end. */
#include <stdint.h>
#include <stdlib.h>

#include "agent/fleet/redis_wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf whole, pieces;
	struct slice in;

	if (size < 2)
		return 0;
	in = slice_make((const char *)data + 1, size - 1);
	buf_init(&whole, size * 32 + 256);
	buf_init(&pieces, size * 32 + 256);
	if (feed(in, in.len, &whole) != feed(in, data[0] % 16 + 1u, &pieces) ||
	    !slice_eq(buf_slice(&whole), buf_slice(&pieces)))
		abort();
	buf_release(&whole);
	buf_release(&pieces);
	return 0;
}
