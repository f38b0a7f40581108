/* fuzz_sse.c - any bytes as a stream of events, whole and in pieces of the size that the first byte
 * says: the same events come out. */
#include <stdint.h>
#include <stdlib.h>

#include "agent/model/http/sse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool on_event(void *payload, struct slice event, struct slice data)
{
	struct buf *out = payload;

	buf_printf(out, "%zu:%.*s,", event.len, SLICE_ARG(event));
	buf_printf(out, "%zu:", data.len);
	buf_append(out, data);
	return data.len == 0 || data.ptr[0] != '!'; /* "!": stop */
}

static void feed(struct slice in, size_t piece, struct buf *out)
{
	struct sse s;
	struct err err;

	sse_init(&s, on_event, out);
	while (in.len > 0) {
		struct slice part = slice_sub(in, 0, piece);

		in = slice_sub(in, part.len, in.len);
		if (!sse_feed(&s, part, &err))
			abort(); /* nothing here is long enough for a limit */
	}
	if (!sse_end(&s, &err))
		abort();
	sse_release(&s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf whole, pieces;
	struct slice in;

	if (size < 2)
		return 0;
	in = slice_make((const char *)data + 1, size - 1);
	buf_init(&whole, size * 16 + 256);
	buf_init(&pieces, size * 16 + 256);
	feed(in, in.len, &whole);
	feed(in, data[0] % 16 + 1u, &pieces);
	if (!slice_eq(buf_slice(&whole), buf_slice(&pieces)))
		abort();
	buf_release(&whole);
	buf_release(&pieces);
	return 0;
}
