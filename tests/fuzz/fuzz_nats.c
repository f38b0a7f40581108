/* fuzz_nats.c - any bytes from a NATS server, whole and in pieces of the size that the first byte says: the same operations
 * come out, up to the same end. */
#include <stdint.h>
#include <stdlib.h>

#include "agent/fleet/nats_wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool on_op(void *payload, const struct nats_msg *m)
{
	struct buf *out = payload;

	buf_printf(out, "%d,%zu,%zu,%zu,%llu,%u,%zu:", (int)m->op, m->text.len, m->subject.len,
		   m->reply.len, (unsigned long long)m->sid, nats_header_status(m->header),
		   nats_header(m->header, "traceparent").len);
	buf_append(out, m->header);
	buf_append(out, m->payload);
	return true;
}

static bool feed(struct slice in, size_t piece, struct buf *out)
{
	struct nats_wire w;
	struct err err;
	bool ok = true;

	nats_wire_init(&w, on_op, out);
	for (; ok && in.len > 0; in = slice_sub(in, piece, in.len))
		ok = nats_wire_feed(&w, slice_sub(in, 0, piece), &err);
	nats_wire_release(&w);
	return ok;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf whole, pieces;
	struct slice in;

	if (size < 2)
		return 0;
	in = slice_make((const char *)data + 1, size - 1);
	buf_init(&whole, size * 64 + 256);
	buf_init(&pieces, size * 64 + 256);
	if (feed(in, in.len, &whole) != feed(in, data[0] % 16 + 1u, &pieces) ||
	    !slice_eq(buf_slice(&whole), buf_slice(&pieces)))
		abort();
	buf_release(&whole);
	buf_release(&pieces);
	return 0;
}
