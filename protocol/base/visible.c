/* visible.c - see visible.h
 *
 * What a person is asked to allow must look like what it is. Each thing here is a known way to make
 * a text look like another one: control characters, marks that turn the direction of writing,
 * characters that look like nothing, blanks that push the rest out of sight, piles of marks. They
 * are shown by their number. */
#include "protocol/base/visible.h"

#include "protocol/base/utf8.h"

/* Indentation is seen even if it is deep; within a line a run of blanks is a hiding place. No writing
 * needs more than two marks over a letter; a pile of them covers what stands above and beside. */
enum { INDENT_BLANKS = 80, INNER_BLANKS = 16, MARKS = 2 };

struct range {
	uint32_t first, last;
};

static bool within(const struct range *r, size_t n, uint32_t cp)
{
	for (size_t i = 0; i < n; i++)
		if (cp >= r[i].first && cp <= r[i].last)
			return true;
	return false;
}

/* C1 controls, marks of direction, zero-width characters, separators of lines, the byte order mark.
 */
bool visible_is_trick(uint32_t cp)
{
	static const struct range tricks[] = {
		{ 0x80, 0x9f },	    { 0x61c, 0x61c },	{ 0x200b, 0x200f },
		{ 0x2028, 0x202e }, { 0x2060, 0x206f }, { 0xfeff, 0xfeff },
	};

	return within(tricks, ARRAY_LEN(tricks), cp);
}

/* Blanks that are none for a shell, fillers, tags: harmless in prose, but not in a command. */
static bool looks_empty(uint32_t cp)
{
	static const struct range empty[] = {
		{ 0xa0, 0xa0 },	      { 0xad, 0xad },	    { 0x34f, 0x34f },
		{ 0x115f, 0x1160 },   { 0x1680, 0x1680 },   { 0x17b4, 0x17b5 },
		{ 0x180b, 0x180f },   { 0x2000, 0x200a },   { 0x202f, 0x202f },
		{ 0x205f, 0x205f },   { 0x2800, 0x2800 },   { 0x3000, 0x3000 },
		{ 0x3164, 0x3164 },   { 0xfe00, 0xfe0f },   { 0xffa0, 0xffa0 },
		{ 0xfff0, 0xfffb },   { 0x13430, 0x1343f }, { 0x1bca0, 0x1bca3 },
		{ 0x1d173, 0x1d17a }, { 0xe0000, 0xe0fff },
	};

	return within(empty, ARRAY_LEN(empty), cp);
}

/* Is drawn over the character before it. */
static bool is_mark(uint32_t cp)
{
	static const struct range marks[] = {
		{ 0x300, 0x36f },   { 0x483, 0x489 },	{ 0x1ab0, 0x1aff }, { 0x1dc0, 0x1dff },
		{ 0x20d0, 0x20ff }, { 0xfe00, 0xfe0f }, { 0xfe20, 0xfe2f },
	};

	return within(marks, ARRAY_LEN(marks), cp);
}

static size_t blanks(struct slice s, size_t at)
{
	size_t n = 0;

	while (at + n < s.len && (s.ptr[at + n] == ' ' || s.ptr[at + n] == '\t'))
		n++;
	return n;
}

void visible_line(struct buf *out, struct slice line)
{
	unsigned marks = 0;

	for (size_t at = 0; at < line.len;) {
		uint32_t cp = 0;
		size_t n = blanks(line, at);

		/* In a diff the indentation begins behind the mark. */
		if (n > (at <= 1 ? INDENT_BLANKS : INNER_BLANKS)) {
			buf_printf(out, "<%zu blanks>", n);
			at += n;
			continue;
		}
		if (n > 0) {
			buf_append(out, slice_sub(line, at, at + n));
			at += n;
			continue;
		}
		n = utf8_decode(line, at, &cp);
		marks = n > 0 && is_mark(cp) ? marks + 1 : 0;
		if (n == 0)
			buf_printf(out, "<%02X>", (unsigned char)line.ptr[at]);
		else if (cp < 0x20)
			buf_printf(out, "^%c", (char)(cp + '@'));
		else if (cp == 0x7f)
			buf_puts(out, "^?");
		else if (marks > MARKS || visible_is_trick(cp) || looks_empty(cp))
			buf_printf(out, "<U+%04X>", (unsigned)cp);
		else
			buf_append(out, slice_sub(line, at, at + n));
		at += n ? n : 1;
	}
}

void visible_text(struct buf *out, struct slice text, const char *line_end)
{
	struct slice line;
	bool more = slice_next_line(&text, &line);

	while (more) {
		visible_line(out, line);
		more = slice_next_line(&text, &line);
		if (more)
			buf_puts(out, line_end);
	}
}

bool visible_name(struct slice name, uint32_t *bad)
{
	for (size_t at = 0; at < name.len;) {
		size_t n = utf8_decode(name, at, bad);

		if (n == 0)
			*bad = (unsigned char)name.ptr[at];
		if (n == 0 || *bad < 0x20 || *bad == 0x7f || visible_is_trick(*bad))
			return false;
		at += n;
	}
	return true;
}

/* As terminals draw them (East Asian Width "W" and "F", and pictures); a wrong guess only makes a
 * line ragged. */
unsigned visible_columns(uint32_t cp)
{
	static const struct range wide[] = {
		{ 0x1100, 0x115f },   { 0x231a, 0x231b },   { 0x2329, 0x232a },
		{ 0x23e9, 0x23f3 },   { 0x25fd, 0x2b55 },   { 0x2e80, 0xa4cf },
		{ 0xa960, 0xa97f },   { 0xac00, 0xd7a3 },   { 0xf900, 0xfaff },
		{ 0xfe10, 0xfe1f },   { 0xfe30, 0xfe6f },   { 0xff00, 0xff60 },
		{ 0xffe0, 0xffe6 },   { 0x16fe0, 0x18dff }, { 0x1aff0, 0x1b2ff },
		{ 0x1d300, 0x1d37f }, { 0x1f000, 0x1faff }, { 0x20000, 0x3fffd }
	};

	if (is_mark(cp))
		return 0;
	return within(wide, ARRAY_LEN(wide), cp) ? 2 : 1;
}

/* Bytes of s that fit into so many columns, whole characters only. */
size_t visible_fit(struct slice s, unsigned columns)
{
	unsigned used = 0;
	size_t at = 0;

	while (at < s.len) {
		uint32_t cp = 0;
		size_t n = utf8_decode(s, at, &cp);

		used += visible_columns(cp);
		if (used > columns)
			break;
		at += n ? n : 1;
	}
	return at;
}

unsigned visible_width(struct slice s)
{
	unsigned width = 0;

	for (size_t at = 0; at < s.len;) {
		uint32_t cp = 0;
		size_t n = utf8_decode(s, at, &cp);

		width += visible_columns(cp);
		at += n ? n : 1;
	}
	return width;
}
