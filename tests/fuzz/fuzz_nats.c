/* fuzz_nats.c - any bytes from a NATS server, whole and in pieces: see pieces.h */
#include "agent/fleet/nats_wire.h"
#include "tests/fuzz/pieces.h"

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
