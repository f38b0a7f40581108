/* fuzz_frame.c - any bytes, whole and in pieces of the size that the first byte says: the same bodies
 * come out, or the same failure. */
#include <stdint.h>
#include <stdlib.h>

#include "protocol/rpc/frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_BODY = 4096, PER_BODY = 8 };

/* Appends each body with its length in front; returns how it ended. */
static enum frame_result feed(struct slice in, size_t piece, enum frame_mode mode, struct buf *out)
{
	struct frame f;
	struct err err;
	struct slice body;
	enum frame_result r = FRAME_MORE;

	frame_init(&f, mode, MAX_BODY);
	while (in.len > 0 && r != FRAME_FAIL) {
		struct slice part = slice_sub(in, 0, piece);

		in = slice_sub(in, part.len, in.len);
		while ((r = frame_next(&f, &part, &body, &err)) == FRAME_BODY) {
			buf_printf(out, "%zu:", body.len);
			buf_append(out, body);
		}
		if (r == FRAME_MORE && part.len != 0)
			abort();
	}
	frame_release(&f);
	return r;
}

static void both_ways(struct slice in, size_t piece, enum frame_mode mode)
{
	struct buf whole, pieces;

	buf_init(&whole, in.len * PER_BODY + 64);
	buf_init(&pieces, in.len * PER_BODY + 64);
	if (feed(in, in.len, mode, &whole) != feed(in, piece, mode, &pieces))
		abort();
	if (!slice_eq(buf_slice(&whole), buf_slice(&pieces)))
		abort();
	buf_release(&whole);
	buf_release(&pieces);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in;
	size_t piece;

	if (size < 2)
		return 0;
	piece = data[0] % 16 + 1u;
	in = slice_make((const char *)data + 1, size - 1);
	both_ways(in, piece, FRAME_HEADERS);
	both_ways(in, piece, FRAME_LINES);
	return 0;
}
