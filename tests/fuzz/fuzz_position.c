/* fuzz_position.c - any bytes as a text with an edit in it: the line index that followed the edit is the one
 * that is built anew, and every offset finds its way to a position and back.
 *
 * Input: encoding, start, end, length of the new text (a byte each, taken modulo what is possible),
 * then the text and, at its end, the new text. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/base/buf.h"
#include "protocol/lsp/position.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TEXT_MAX = 2048 };

#define REQUIRE(what)            \
	do {                     \
		if (!(what))     \
			abort(); \
	} while (0)

static void check_offsets(struct line_index *ix, struct slice text, enum position_encoding e)
{
	struct position last = { 0 };

	for (size_t at = 0; at <= text.len; at++) {
		struct position p = position_from_offset(ix, text, e, at), again;
		size_t back, start, end;

		REQUIRE(position_cmp(last, p) <= 0);
		last = p;
		REQUIRE(position_to_offset(ix, text, e, p, &back) == POSITION_EXACT);
		REQUIRE(back <= at && at - back < 4);
		again = position_from_offset(ix, text, e, back);
		REQUIRE(position_cmp(p, again) == 0);
		line_index_bounds(ix, text, p.line, &start, &end);
		REQUIRE(start <= back && back <= end && end <= text.len);
		REQUIRE(!memchr(text.ptr + start, '\n', end - start) && !memchr(text.ptr + start, '\r', end - start));
	}
}

static void check_ranges(struct line_index *ix, struct slice text, enum position_encoding e)
{
	for (uint32_t line = 0; line < 4; line++) {
		for (uint32_t character = 0; character < 6; character++) {
			struct range r = { { line / 2, character }, { line, character } };
			size_t start, end;
			struct err err = { .code = ERR_NONE };

			if (range_to_offsets(ix, text, e, r, &start, &end, &err))
				REQUIRE(start <= end && end <= text.len);
			else
				REQUIRE(err.code == ERR_INVALID);
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct line_index kept, fresh;
	enum position_encoding e;
	struct slice text, with;
	size_t start, end, n;
	struct buf after;

	if (size < 4 || size > TEXT_MAX)
		return 0;
	e = (enum position_encoding)(data[0] % 3);
	text = slice_make((const char *)data + 4, size - 4);
	n = data[3] % (text.len + 1);
	with = slice_sub(text, text.len - n, text.len);
	text = slice_sub(text, 0, text.len - n);
	start = data[1] % (text.len + 1);
	end = start + data[2] % (text.len - start + 1);

	line_index_init(&kept);
	line_index_init(&fresh);
	buf_init(&after, TEXT_MAX);
	check_offsets(&kept, text, e);
	check_ranges(&kept, text, e);
	buf_append(&after, slice_sub(text, 0, start));
	buf_append(&after, with);
	buf_append(&after, slice_sub(text, end, text.len));
	line_index_edit(&kept, buf_slice(&after), start, end, start + with.len);
	n = line_index_lines(&fresh, buf_slice(&after));
	REQUIRE(line_index_lines(&kept, buf_slice(&after)) == n);
	REQUIRE(memcmp(kept.starts, fresh.starts, n * sizeof(*fresh.starts)) == 0);
	check_offsets(&kept, buf_slice(&after), e);
	buf_release(&after);
	line_index_release(&kept);
	line_index_release(&fresh);
	return 0;
}
