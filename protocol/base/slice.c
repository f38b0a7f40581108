/* slice.c - see slice.h
 *
 * Offsets are clamped, never checked by the caller: slice_sub() with SIZE_MAX from a search that
 * found nothing gives the whole rest or nothing, and neither is out of bounds. */
#include "protocol/base/slice.h"

bool slice_eq(struct slice a, struct slice b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

bool slice_eq_cstr(struct slice a, const char *b)
{
	return slice_eq(a, slice_of(b));
}

bool slice_starts(struct slice s, struct slice prefix)
{
	return s.len >= prefix.len && slice_eq(slice_make(s.ptr, prefix.len), prefix);
}

bool slice_ends(struct slice s, struct slice suffix)
{
	return s.len >= suffix.len && slice_eq(slice_sub(s, s.len - suffix.len, s.len), suffix);
}

int slice_cmp(struct slice a, struct slice b)
{
	size_t n = a.len < b.len ? a.len : b.len;
	int r = n ? memcmp(a.ptr, b.ptr, n) : 0;

	if (r != 0)
		return r;
	return (a.len > b.len) - (a.len < b.len);
}

struct slice slice_sub(struct slice s, size_t from, size_t to)
{
	if (to > s.len)
		to = s.len;
	if (from >= to)
		return slice_make(s.ptr ? s.ptr + to : "", 0);
	return slice_make(s.ptr + from, to - from);
}

size_t slice_find_byte(struct slice s, char c, size_t from)
{
	const char *p;

	if (from >= s.len)
		return SIZE_MAX;
	p = memchr(s.ptr + from, c, s.len - from);
	return p ? (size_t)(p - s.ptr) : SIZE_MAX;
}

size_t slice_find(struct slice s, struct slice needle, size_t from)
{
	const char *p;

	if (from > s.len || needle.len > s.len - from)
		return SIZE_MAX;
	if (needle.len == 0)
		return from;
	p = memmem(s.ptr + from, s.len - from, needle.ptr, needle.len);
	return p ? (size_t)(p - s.ptr) : SIZE_MAX;
}

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

struct slice slice_trim(struct slice s)
{
	while (s.len > 0 && is_space(s.ptr[0])) {
		s.ptr++;
		s.len--;
	}
	while (s.len > 0 && is_space(s.ptr[s.len - 1]))
		s.len--;
	return s;
}

bool slice_next_line(struct slice *rest, struct slice *line)
{
	size_t nl;

	if (rest->len == 0)
		return false;
	nl = slice_find_byte(*rest, '\n', 0);
	if (nl == SIZE_MAX)
		nl = rest->len;
	*line = slice_sub(*rest, 0, nl);
	*rest = slice_sub(*rest, nl + 1, rest->len);
	return true;
}

uint64_t slice_hash(uint64_t h, struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		h = (h ^ (unsigned char)s.ptr[i]) * UINT64_C(1099511628211);
	return h;
}
