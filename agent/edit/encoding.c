/* encoding.c - see encoding.h. The order in which encodings are tried: a byte order mark decides; a NUL
 * means binary; valid UTF-8 is UTF-8; the rest is Latin-1 if it looks like western text, else it is refused.
 * A wrong guess would write the user's file in an encoding that it never had, so in doubt it is not touched. */
#include "agent/edit/encoding.h"

#include "agent/edit/lines.h"
#include "protocol/base/utf8.h"

const char *encoding_name(enum encoding e)
{
	static const char *const names[] = {
		[ENCODING_UTF8] = "UTF-8",
		[ENCODING_UTF16LE] = "UTF-16 LE",
		[ENCODING_UTF16BE] = "UTF-16 BE",
		[ENCODING_LATIN1] = "Latin-1",
	};

	return names[e];
}

/* One unit of UTF-16; i is even and below the length. */
static uint32_t unit_at(struct slice s, size_t i, bool big)
{
	unsigned a = (unsigned char)s.ptr[i], b = (unsigned char)s.ptr[i + 1];

	return big ? a << 8 | b : b << 8 | a;
}

/* Three bytes of UTF-8 for two of UTF-16 are the most that a unit needs; a surrogate pair needs less. */
static bool decode_utf16(struct arena *a, struct slice s, bool big, struct slice *text,
			 struct err *err)
{
	char *out = arena_alloc(a, s.len / 2 * 3 + 1);
	size_t n = 0;

	if (s.len % 2)
		return err_set(err, ERR_INVALID,
			       "The file is UTF-16 with half a character at its end.");
	for (size_t i = 0; i < s.len; i += 2) {
		uint32_t cp = unit_at(s, i, big), low;

		if (cp >= 0xd800 && cp <= 0xdfff) {
			low = cp < 0xdc00 && i + 2 < s.len ? unit_at(s, i + 2, big) : 0;
			if (low < 0xdc00 || low > 0xdfff)
				return err_set(
					err, ERR_INVALID,
					"The file is UTF-16 with half a character at byte %zu.", i);
			cp = 0x10000 + ((cp - 0xd800) << 10) + (low - 0xdc00);
			i += 2;
		}
		if (cp == 0)
			return err_set(err, ERR_INVALID, "The file is binary: it has a NUL.");
		n += utf8_encode(cp, out + n);
	}
	*text = slice_make(out, n);
	return true;
}

/* Western text in Latin-1 has single accented letters between ASCII ones. Runs of high bytes are
 * Chinese, Japanese, Cyrillic, ...; 0x80 to 0x9f are Windows-1252 or the like. */
static bool plausible_latin1(struct slice s)
{
	size_t high = 0, runs = 0;
	bool last = false;

	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.ptr[i];
		bool now = c >= 0x80;

		if ((c >= 0x80 && c < 0xa0) ||
		    (c < 0x20 && c != '\t' && c != '\n' && c != '\r' && c != '\f'))
			return false;
		high += now;
		runs += now && last;
		last = now;
	}
	return runs * 8 <= high;
}

static struct slice decode_latin1(struct arena *a, struct slice s)
{
	char *out = arena_alloc(a, s.len * 2 + 1);
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++)
		n += utf8_encode((unsigned char)s.ptr[i], out + n);
	return slice_make(out, n);
}

/* The order of the tests is on top of the file; what is decided by one is not looked at by the next. */
bool encoding_decode(struct arena *a, struct slice bytes, enum encoding *found, struct slice *text,
		     struct err *err)
{
	bool little = slice_starts(bytes, SLICE("\xff\xfe")),
	     big = slice_starts(bytes, SLICE("\xfe\xff"));

	if (little || big) {
		*found = big ? ENCODING_UTF16BE : ENCODING_UTF16LE;
		return decode_utf16(a, bytes, big, text, err);
	}
	if (slice_find_byte(bytes, '\0', 0) != SIZE_MAX)
		return err_set(err, ERR_INVALID, "The file is binary: it has a NUL.");
	if (utf8_valid(bytes)) {
		*found = ENCODING_UTF8;
		*text = bytes;
		return true;
	}
	if (!plausible_latin1(bytes))
		return err_set(err, ERR_INVALID,
			       "The file is not UTF-8, and its encoding is not known for "
			       "sure. Convert it to UTF-8 to work on it.");
	*found = ENCODING_LATIN1;
	*text = decode_latin1(a, bytes);
	return true;
}

/* The opposite of unit_at(). */
static void put_unit(char *out, uint32_t unit, bool big)
{
	out[big ? 0 : 1] = (char)(unit >> 8);
	out[big ? 1 : 0] = (char)(unit & 0xff);
}

/* Bytes written for one code point; 0: the encoding lacks it. */
static size_t encode_one(enum encoding e, uint32_t cp, char *out)
{
	bool big = e == ENCODING_UTF16BE;

	if (e == ENCODING_LATIN1) {
		*out = (char)cp;
		return cp <= 0xff;
	}
	if (cp < 0x10000) {
		put_unit(out, cp, big);
		return 2;
	}
	put_unit(out, 0xd800 + ((cp - 0x10000) >> 10), big);
	put_unit(out + 2, 0xdc00 + ((cp - 0x10000) & 0x3ff), big);
	return 4;
}

/* Character by character: the first one that does not fit is named with its line, so that the model can
 * choose another. */
bool encoding_encode(struct arena *a, enum encoding e, struct slice text, struct slice *bytes,
		     struct err *err)
{
	size_t n = 0;
	char *out;

	if (!utf8_valid(text))
		return err_set(err, ERR_INVALID, "The new text is not valid UTF-8.");
	if (e == ENCODING_UTF8) {
		*bytes = text;
		return true;
	}
	out = arena_alloc(a, text.len * 2 + 4);
	for (size_t i = 0; i < text.len;) {
		uint32_t cp = 0;
		size_t len = utf8_decode(text, i, &cp), put = encode_one(e, cp, out + n);

		if (put == 0)
			return err_set(err, ERR_INVALID,
				       "Line %zu: the character %.*s cannot be written in "
				       "the file's encoding, %s. Use another one.",
				       lines_number(text, i), (int)len, text.ptr + i,
				       encoding_name(e));
		n += put;
		i += len;
	}
	*bytes = slice_make(out, n);
	return true;
}
