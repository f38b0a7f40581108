/* fuzz_sse.c - any bytes as a stream of events, whole and in pieces: see pieces.h */
#include "agent/model/http/sse.h"
#include "tests/fuzz/pieces.h"

static bool on_event(void *payload, struct slice event, struct slice data)
{
	struct buf *out = payload;

	buf_printf(out, "%zu:%.*s,", event.len, SLICE_ARG(event));
	buf_printf(out, "%zu:", data.len);
	buf_append(out, data);
	return data.len == 0 || data.ptr[0] != '!'; /* "!": stop */
}

static bool feed(struct slice in, size_t piece, struct buf *out)
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
	return true;
}
