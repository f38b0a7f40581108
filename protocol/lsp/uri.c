/* uri.c - see uri.h */
#include "protocol/lsp/uri.h"

#include <strings.h>

#include "protocol/base/limits.h"

static bool is_alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int hex_value(char c)
{
	if (is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

struct slice uri_scheme(struct slice uri)
{
	size_t i = 0;

	if (uri.len == 0 || !is_alpha(uri.ptr[0]))
		return slice_sub(uri, 0, 0);
	while (i < uri.len && (is_alpha(uri.ptr[i]) || is_digit(uri.ptr[i]) || uri.ptr[i] == '+' ||
			       uri.ptr[i] == '-' || uri.ptr[i] == '.'))
		i++;
	return slice_sub(uri, 0, i < uri.len && uri.ptr[i] == ':' ? i : 0);
}

static bool same_word(struct slice s, struct slice word)
{
	return s.len == word.len && strncasecmp(s.ptr, word.ptr, word.len) == 0;
}

/* The still encoded path of a file: URI on this machine; "" if it is none. */
static struct slice encoded_path(struct slice uri)
{
	struct slice scheme = uri_scheme(uri), rest, host;
	size_t slash;

	if (!same_word(scheme, SLICE("file")))
		return SLICE("");
	rest = slice_sub(uri, scheme.len + 1, uri.len);
	if (slice_starts(rest, SLICE("//"))) {
		slash = slice_find_byte(rest, '/', 2);
		if (slash == SIZE_MAX)
			return SLICE("");
		host = slice_sub(rest, 2, slash);
		if (host.len > 0 && !same_word(host, SLICE("localhost")))
			return SLICE("");
		rest = slice_sub(rest, slash, rest.len);
	}
	return slice_starts(rest, SLICE("/")) ? rest : SLICE("");
}

/* "+" stays "+": that it means a blank is a rule of forms, not of URIs. */
bool uri_to_path(struct slice uri, struct arena *a, struct slice *path)
{
	struct slice from = encoded_path(uri);
	size_t len = 0;
	char *to;

	if (from.len == 0 || uri.len > LIMIT_URI_BYTES)
		return false;
	to = arena_alloc(a, from.len + 1);
	for (size_t i = 0; i < from.len; i++) {
		char c = from.ptr[i];

		if (c == '%' && from.len - i > 2 && hex_value(from.ptr[i + 1]) >= 0 &&
		    hex_value(from.ptr[i + 2]) >= 0) {
			c = (char)(hex_value(from.ptr[i + 1]) * 16 + hex_value(from.ptr[i + 2]));
			i += 2;
		}
		if (c == '\0')
			return false;
		to[len++] = c;
	}
	*path = slice_make(to, len);
	return true;
}

static bool stands_for_itself(char c)
{
	return is_alpha(c) || is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~' ||
	       c == '/';
}

struct slice uri_from_path(struct slice path, struct arena *a)
{
	static const char hex[] = "0123456789ABCDEF";
	static const char prefix[] = "file://";
	size_t len = sizeof(prefix) - 1;
	char *to = arena_alloc(a, len + 3 * path.len + 1);

	memcpy(to, prefix, len);
	for (size_t i = 0; i < path.len; i++) {
		unsigned char c = (unsigned char)path.ptr[i];

		if (stands_for_itself(path.ptr[i])) {
			to[len++] = path.ptr[i];
			continue;
		}
		to[len++] = '%';
		to[len++] = hex[c >> 4];
		to[len++] = hex[c & 15];
	}
	return slice_make(to, len);
}

struct slice uri_key(struct slice uri, struct arena *a)
{
	struct slice path;

	return uri_to_path(uri, a, &path) ? uri_from_path(path, a) : uri;
}

bool uri_equal(struct slice a, struct slice b)
{
	struct arena scratch;
	bool equal;

	if (slice_eq(a, b))
		return true;
	arena_init(&scratch);
	equal = slice_eq(uri_key(a, &scratch), uri_key(b, &scratch));
	arena_release(&scratch);
	return equal;
}
