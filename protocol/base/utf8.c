/* utf8.c - see utf8.h
 *
 * The table of RFC 3629, section 4: no form that is longer than needed, no surrogates, nothing
 * above U+10FFFF. The fast paths read whole words, never behind the end of the slice. */
#include "protocol/base/utf8.h"

#include <string.h>

static bool cont(struct slice s, size_t at)
{
	return at < s.len && ((unsigned char)s.ptr[at] & 0xc0) == 0x80;
}

size_t utf8_decode(struct slice s, size_t at, uint32_t *cp)
{
	const unsigned char *p = (const unsigned char *)s.ptr + at;
	uint32_t c = p[0];

	if (c < 0x80) {
		*cp = c;
		return 1;
	}
	if (c >= 0xc2 && c <= 0xdf && cont(s, at + 1)) {
		*cp = (c & 0x1f) << 6 | (p[1] & 0x3fu);
		return 2;
	}
	if (c >= 0xe0 && c <= 0xef && cont(s, at + 1) && cont(s, at + 2)) {
		c = (c & 0x0f) << 12 | (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu);
		*cp = c;
		return c >= 0x800 && (c < 0xd800 || c > 0xdfff) ? 3 : 0;
	}
	if (c >= 0xf0 && c <= 0xf4 && cont(s, at + 1) && cont(s, at + 2) && cont(s, at + 3)) {
		c = (c & 0x07) << 18 | (p[1] & 0x3fu) << 12 | (p[2] & 0x3fu) << 6 | (p[3] & 0x3fu);
		*cp = c;
		return c >= 0x10000 && c <= 0x10ffff ? 4 : 0;
	}
	return 0;
}

size_t utf8_encode(uint32_t cp, char out[4])
{
	if (cp > 0x10ffff || (cp >= 0xd800 && cp <= 0xdfff))
		cp = 0xfffd;
	if (cp < 0x80) {
		out[0] = (char)cp;
		return 1;
	}
	if (cp < 0x800) {
		out[0] = (char)(0xc0 | cp >> 6);
		out[1] = (char)(0x80 | (cp & 0x3f));
		return 2;
	}
	if (cp < 0x10000) {
		out[0] = (char)(0xe0 | cp >> 12);
		out[1] = (char)(0x80 | (cp >> 6 & 0x3f));
		out[2] = (char)(0x80 | (cp & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | cp >> 18);
	out[1] = (char)(0x80 | (cp >> 12 & 0x3f));
	out[2] = (char)(0x80 | (cp >> 6 & 0x3f));
	out[3] = (char)(0x80 | (cp & 0x3f));
	return 4;
}

/* The end of the ASCII that begins at i. Most text is nothing else, so 32 bytes at a time. */
static size_t skip_ascii(struct slice s, size_t i)
{
	uint64_t eight[4];

	while (s.len - i >= sizeof(eight)) {
		memcpy(eight, s.ptr + i, sizeof(eight));
		if ((eight[0] | eight[1] | eight[2] | eight[3]) & UINT64_C(0x8080808080808080))
			break;
		i += sizeof(eight);
	}
	while (i < s.len && (unsigned char)s.ptr[i] < 0x80)
		i++;
	return i;
}

bool utf8_valid(struct slice s)
{
	uint32_t cp;
	size_t i = 0;

	while ((i = skip_ascii(s, i)) < s.len) {
		size_t n = utf8_decode(s, i, &cp);

		if (n == 0)
			return false;
		i += n;
	}
	return true;
}

/* At most the last three bytes can belong to a character that is not whole. Bytes that are no UTF-8
 * at all are not held back: they will not get better. */
size_t utf8_complete_prefix(struct slice s)
{
	size_t back = 1;

	while (back <= 3 && back <= s.len) {
		unsigned char c = (unsigned char)s.ptr[s.len - back];
		size_t need = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : c >= 0xc0 ? 2 : 1;

		if ((c & 0xc0) != 0x80)
			return need > back ? s.len - back : s.len;
		back++;
	}
	return s.len;
}

void utf8_sanitize(struct buf *out, struct slice s)
{
	size_t start = 0, i = 0;

	while (i < s.len) {
		uint32_t cp = 0;
		size_t n = utf8_decode(s, i, &cp);
		bool control = cp < 0x20 ? cp != '\t' && cp != '\n' && cp != '\r' : cp == 0x7f;

		if (n > 0 && !control) {
			i += n;
			continue;
		}
		buf_append(out, slice_sub(s, start, i));
		if (n == 0)
			buf_puts(out, "\xef\xbf\xbd");
		i += n ? n : 1;
		start = i;
	}
	buf_append(out, slice_sub(s, start, s.len));
}

/* The high bit of the lowest byte for which it holds is set, and of none below; bytes above may lie. */
static uint64_t zero_byte(uint64_t v)
{
	return (v - UINT64_C(0x0101010101010101)) & ~v;
}

static uint64_t each(unsigned char c)
{
	return c * UINT64_C(0x0101010101010101);
}

size_t utf8_plain(struct slice s, size_t at)
{
	size_t start = at;

	for (; at + 8 <= s.len; at += 8) {
		uint64_t v, stop;

		memcpy(&v, s.ptr + at, 8);
		stop = v | (v - each(' ')) | zero_byte(v ^ each('"')) | zero_byte(v ^ each('\\')) |
		       zero_byte(v ^ each(0x7f));
		stop &= each(0x80);
		if (stop) /* the caller looks at the byte; on other machines at up to seven before it */
			return at - start +
			       (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
					? (size_t)__builtin_ctzll(stop) / 8
					: 0);
	}
	return at - start;
}
