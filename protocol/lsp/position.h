/* position.h - between byte offsets (inside) and LSP positions (at the edge).
 *
 * Inside, a place in a text is a byte offset into UTF-8. On the wire it is a line and a character,
 * counted in bytes, UTF-16 units or code points, as negotiated. Lines end with "\n", "\r\n" or a
 * lone "\r"; a text has one line more than it has line ends. A byte that is not UTF-8 counts as
 * one unit in every encoding.
 *
 * A line_index knows where each line begins. It is built on first use (one pass) and then follows
 * edits: an edit costs what was inserted, plus one addition for every later line (about 40 us for
 * 100,000 lines). A lookup costs a binary search and one pass over the line. Texts are at most
 * LIMIT_DOC_BYTES long. */
#ifndef EMEND_LSP_POSITION_H
#define EMEND_LSP_POSITION_H

#include "protocol/base/err.h"
#include "protocol/lsp/types.h"

/* 0 is the protocol's default. */
enum position_encoding { POSITION_UTF16 = 0, POSITION_UTF8, POSITION_UTF32 };

/* "utf-8", ... as in PositionEncodingKind; false for others. */
NODISCARD bool position_encoding_parse(struct slice name, enum position_encoding *out);
const char *position_encoding_name(enum position_encoding e);

struct line_index {
	uint32_t *starts; /* offset of the first byte of each line; starts[0] == 0 */
	size_t lines;	  /* 0: not built yet */
	size_t cap;
};

void line_index_init(struct line_index *ix); /* allocates nothing */
void line_index_release(struct line_index *ix);
/* Forgets the lines: the text was replaced as a whole. */
void line_index_clear(struct line_index *ix);
/* The text is now `after`: bytes [start, old_end) of the old text were replaced by what now
 * stands at [start, new_end). Nothing happens if the index is not built yet. */
void line_index_edit(struct line_index *ix, struct slice after, size_t start, size_t old_end,
		     size_t new_end);
size_t line_index_lines(struct line_index *ix, struct slice text);
/* Line number (from 0) that holds this offset; offsets past the end give the last line. */
size_t line_index_find(struct line_index *ix, struct slice text, size_t offset);
/* [*start, *end) without its line end; a line past the last is empty, at the end of the text. */
void line_index_bounds(struct line_index *ix, struct slice text, size_t line, size_t *start,
		       size_t *end);

enum position_fit {
	POSITION_EXACT,
	POSITION_PAST_LINE_END, /* the character is behind the end of its line: taken as that end */
	POSITION_INSIDE,	/* inside a code point or surrogate pair: taken as its start */
	POSITION_NO_LINE,	/* the line is behind the last one: taken as the end of the text */
};

/* The same within one line, given without its line end: for those who find lines themselves. */
enum position_fit line_to_offset(struct slice line, enum position_encoding e, uint32_t character,
				 size_t *offset);
uint32_t line_from_offset(struct slice line, enum position_encoding e, size_t offset);

/* *offset is always usable. An edit must refuse POSITION_INSIDE and POSITION_NO_LINE. */
enum position_fit position_to_offset(struct line_index *ix, struct slice text,
				     enum position_encoding e, struct position p, size_t *offset);
/* Clamped to the text; inside a code point it is taken as its start, between "\r" and "\n" as the
 * end of the line. */
struct position position_from_offset(struct line_index *ix, struct slice text,
				     enum position_encoding e, size_t offset);
/* The bytes [*start, *end) of a range as an edit means it: ERR_INVALID if a line does not
 * exist, or an end lies inside a code point, or before its start. A character behind the line
 * end is the line end. */
NODISCARD bool range_to_offsets(struct line_index *ix, struct slice text, enum position_encoding e,
				struct range r, size_t *start, size_t *end, struct err *err);

#endif
