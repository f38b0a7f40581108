/* position.c - see position.h. Four ways to name a place in a line meet here: byte offset, UTF-8
 * character (the same), UTF-16 units, code points. Plain ASCII is the same in all of them, and is
 * skipped eight bytes at a time. */
#include "protocol/lsp/position.h"

#include "protocol/base/utf8.h"

static const char *const names[] = {
	[POSITION_UTF8] = "utf-8",
	[POSITION_UTF16] = "utf-16",
	[POSITION_UTF32] = "utf-32",
};

bool position_encoding_parse(struct slice name, enum position_encoding *out)
{
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (!slice_eq_cstr(name, names[i]))
			continue;
		*out = (enum position_encoding)i;
		return true;
	}
	return false;
}

const char *position_encoding_name(enum position_encoding e)
{
	return names[e];
}

/* Length of the run of ASCII that the bytes begin with. */
static size_t ascii_prefix(const char *p, size_t len)
{
	size_t i = 0;
	uint64_t word;

	for (; len - i >= sizeof(word); i += sizeof(word)) {
		memcpy(&word, p + i, sizeof(word));
		if (word & UINT64_C(0x8080808080808080))
			break;
	}
	while (i < len && (unsigned char)p[i] < 0x80)
		i++;
	return i;
}

/* One step through a line: a run of ASCII of at most `most` bytes, or one other character. */
struct step {
	size_t bytes, units;
};

/* A run of ASCII is one step, so a line of source text costs a few of them. */
static struct step next_step(struct slice line, size_t at, size_t most, enum position_encoding e)
{
	size_t left = line.len - at;
	size_t n = ascii_prefix(line.ptr + at, most < left ? most : left);
	uint32_t cp = 0;

	if (n > 0)
		return (struct step){ n, n };
	n = utf8_decode(line, at, &cp);
	if (n == 0)
		return (struct step){ 1, 1 };
	if (e == POSITION_UTF8)
		return (struct step){ n, n };
	return (struct step){ n, e == POSITION_UTF16 && cp > 0xffff ? 2 : 1 };
}

enum position_fit line_to_offset(struct slice line, enum position_encoding e, uint32_t character,
				 size_t *offset)
{
	size_t at = 0, left = character;

	while (left > 0 && at < line.len) {
		struct step s = next_step(line, at, left, e);

		if (left < s.units) {
			*offset = at;
			return POSITION_INSIDE;
		}
		left -= s.units;
		at += s.bytes;
	}
	*offset = at;
	return left > 0 ? POSITION_PAST_LINE_END : POSITION_EXACT;
}

uint32_t line_from_offset(struct slice line, enum position_encoding e, size_t offset)
{
	size_t at = 0, units = 0;

	while (at < offset && at < line.len) {
		struct step s = next_step(line, at, offset - at, e);

		if (offset - at < s.bytes)
			break; /* inside a code point */
		units += s.units;
		at += s.bytes;
	}
	return (uint32_t)units;
}

enum position_fit position_to_offset(struct line_index *ix, struct slice text,
				     enum position_encoding e, struct position p, size_t *offset)
{
	size_t start, end;
	enum position_fit fit;

	line_index_bounds(ix, text, p.line, &start, &end);
	*offset = start;
	if (p.line >= ix->lines)
		return POSITION_NO_LINE;
	fit = line_to_offset(slice_sub(text, start, end), e, p.character, offset);
	*offset += start;
	return fit;
}

struct position position_from_offset(struct line_index *ix, struct slice text,
				     enum position_encoding e, size_t offset)
{
	struct position p = { 0 };
	size_t start, end;

	p.line = (uint32_t)line_index_find(ix, text, offset);
	line_index_bounds(ix, text, p.line, &start, &end);
	p.character = line_from_offset(slice_sub(text, start, end), e, offset - start);
	return p;
}

static bool edit_offset(struct line_index *ix, struct slice text, enum position_encoding e,
			struct position p, size_t *offset, struct err *err)
{
	switch (position_to_offset(ix, text, e, p, offset)) {
	case POSITION_NO_LINE:
		return err_set(err, ERR_INVALID,
			       "There is no line %u: the text has %zu lines (counted from 0).",
			       p.line, ix->lines);
	case POSITION_INSIDE:
		return err_set(err, ERR_INVALID,
			       "Character %u of line %u (counted from 0, in %s units) is inside a "
			       "character.",
			       p.character, p.line, names[e]);
	case POSITION_EXACT:
	case POSITION_PAST_LINE_END:
		break;
	}
	return true;
}

/* LSP 3.18, "Position": a character behind the end of the line is its end; a line that does not
 * exist is refused, as an editor that means one does not have the text that we have. */
bool range_to_offsets(struct line_index *ix, struct slice text, enum position_encoding e,
		      struct range r, size_t *start, size_t *end, struct err *err)
{
	size_t from, to;

	if (!edit_offset(ix, text, e, r.start, &from, err) ||
	    !edit_offset(ix, text, e, r.end, &to, err))
		return false;
	if (from > to)
		return err_set(err, ERR_INVALID, "The end of the range is before its start.");
	*start = from;
	*end = to;
	return true;
}
