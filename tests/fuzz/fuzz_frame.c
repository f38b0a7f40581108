/* fuzz_frame.c - any bytes, whole and in pieces of the size that the first byte says: the same bodies
 * come out, or the same failure. Bodies that are too long are passed over in bounded memory, and the
 * outline of one that is JSON is JSON with the same method and id. */
#include <stdint.h>
#include <stdlib.h>

#include "protocol/json/json.h"
#include "protocol/rpc/frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_BODY = 4096, SMALL_BODY = 24, PER_BODY = 16 };

/* Appends each body with its length in front; returns how it ended. */
static enum frame_result feed(struct slice in, size_t piece, enum frame_mode mode, size_t max, struct buf *out)
{
	struct frame f;
	struct err err;
	struct slice body;
	enum frame_result r = FRAME_MORE;

	frame_init(&f, mode, max);
	if (max == SMALL_BODY)
		frame_skip_long(&f);
	while (in.len > 0 && r != FRAME_FAIL) {
		struct slice part = slice_sub(in, 0, piece);

		in = slice_sub(in, part.len, in.len);
		while ((r = frame_next(&f, &part, &body, &err)) == FRAME_BODY || r == FRAME_LONG) {
			if (f.body.cap > max + 64 || (r == FRAME_LONG && (max != SMALL_BODY || f.body_len <= max)))
				abort();
			buf_printf(out, "%c%zu:", r == FRAME_LONG ? 'l' : 'b', body.len);
			buf_append(out, body);
		}
		if (r == FRAME_MORE && part.len != 0)
			abort();
	}
	frame_release(&f);
	return r;
}

static void both_ways(struct slice in, size_t piece, enum frame_mode mode, size_t max)
{
	struct buf whole, pieces;

	buf_init(&whole, in.len * PER_BODY + 64);
	buf_init(&pieces, in.len * PER_BODY + 64);
	if (feed(in, in.len, mode, max, &whole) != feed(in, piece, mode, max, &pieces))
		abort();
	if (!slice_eq(buf_slice(&whole), buf_slice(&pieces)))
		abort();
	buf_release(&whole);
	buf_release(&pieces);
}

static bool same(struct json a, struct json b, const char *key)
{
	return slice_eq(json_raw(json_get(a, key)), json_raw(json_get(b, key)));
}

static void outline(struct slice in, size_t piece)
{
	struct json all, kept;
	struct skim s, whole;
	struct arena a;

	skim_init(&s);
	skim_init(&whole);
	arena_init(&a);
	skim_feed(&whole, in);
	for (size_t at = 0; at < in.len; at += piece)
		skim_feed(&s, slice_sub(in, at, at + piece));
	if (!slice_eq(skim_outline(&s), skim_outline(&whole)))
		abort();
	if (json_parse(&a, in, &all, NULL)) { /* too short for anything long to be in it */
		if (!json_parse(&a, skim_outline(&s), &kept, NULL) || json_type(all) != json_type(kept))
			abort();
		if (json_type(json_get(all, "id")) < JSON_ARRAY && !same(all, kept, "id"))
			abort();
		if (json_type(json_get(all, "method")) < JSON_ARRAY && !same(all, kept, "method"))
			abort();
	}
	skim_release(&s);
	skim_release(&whole);
	arena_release(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in;
	size_t piece;

	if (size < 2)
		return 0;
	piece = data[0] % 16 + 1u;
	in = slice_make((const char *)data + 1, size - 1);
	both_ways(in, piece, FRAME_HEADERS, MAX_BODY);
	both_ways(in, piece, FRAME_HEADERS, SMALL_BODY);
	both_ways(in, piece, FRAME_LINES, MAX_BODY);
	outline(in, piece);
	return 0;
}
