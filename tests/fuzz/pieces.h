/* pieces.h - for what is read as it comes: the same comes out of any bytes, whole and in pieces of the size that the first byte
 * says, up to the same end. A target defines feed(). */
#ifndef EMEND_TESTS_PIECES_H
#define EMEND_TESTS_PIECES_H

#include <stdint.h>
#include <stdlib.h>

#include "protocol/base/buf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What comes of the input is written to out. False: the input is refused at some place. */
static bool feed(struct slice in, size_t piece, struct buf *out);

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

#endif
