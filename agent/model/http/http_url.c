/* http_url.c - which hosts may be spoken to, and how. See http.h.
 *
 * The key goes to whatever is named here, so what is unusual in an address is refused rather than
 * guessed at: curl and this parser must never see two different hosts in it. */
#include <arpa/inet.h>
#include <stdio.h>
#include <strings.h>

#include "agent/model/http/http.h"

static bool starts_nocase(struct slice s, struct slice prefix)
{
	return s.len >= prefix.len && strncasecmp(s.ptr, prefix.ptr, prefix.len) == 0;
}

static bool ends_nocase(struct slice s, struct slice suffix)
{
	return s.len >= suffix.len &&
	       strncasecmp(s.ptr + s.len - suffix.len, suffix.ptr, suffix.len) == 0;
}

bool http_split_url(struct slice url, bool *tls, struct slice *host, struct err *err)
{
	struct slice rest;
	size_t end;

	*tls = starts_nocase(url, SLICE("https://"));
	if (!*tls && !starts_nocase(url, SLICE("http://")))
		return err_set(err, ERR_INVALID, "\"%.*s\" is not an http:// or https:// address.",
			       SLICE_ARG(url));
	for (size_t i = 0; i < url.len; i++)
		if ((unsigned char)url.ptr[i] <= ' ' || url.ptr[i] == 0x7f ||
		    strchr("@?#\\\"<>", url.ptr[i]))
			return err_set(err, ERR_INVALID,
				       "An address of a model may not contain '%c': give "
				       "scheme, host, port and path only.",
				       url.ptr[i]);
	rest = slice_sub(url, *tls ? 8 : 7, url.len);
	end = slice_find_byte(rest, '/', 0);
	rest = slice_sub(rest, 0, end == SIZE_MAX ? rest.len : end);
	if (rest.len > 0 && rest.ptr[0] == '[') {
		end = slice_find_byte(rest, ']', 0);
		*host = slice_sub(rest, 1, end == SIZE_MAX ? 0 : end);
	} else {
		end = slice_find_byte(rest, ':', 0);
		*host = slice_sub(rest, 0, end == SIZE_MAX ? rest.len : end);
	}
	if (host->len == 0)
		return err_set(err, ERR_INVALID, "\"%.*s\" names no host.", SLICE_ARG(url));
	return true;
}

/* 4: *v4 in host order; 6: v6 filled; 0: not a literal address. */
static int literal(struct slice host, uint32_t *v4, unsigned char v6[16])
{
	struct in_addr a4;
	char text[INET6_ADDRSTRLEN];

	if (host.len == 0 || host.len >= sizeof(text))
		return 0;
	memcpy(text, host.ptr, host.len);
	text[host.len] = '\0';
	if (inet_pton(AF_INET, text, &a4) == 1) {
		*v4 = ntohl(a4.s_addr);
		return 4;
	}
	return inet_pton(AF_INET6, text, v6) == 1 ? 6 : 0;
}

bool http_is_loopback(struct slice host)
{
	static const unsigned char one[16] = { [15] = 1 };
	unsigned char v6[16];
	uint32_t v4 = 0;

	switch (literal(host, &v4, v6)) {
	case 4:
		return v4 >> 24 == 127;
	case 6:
		return memcmp(v6, one, sizeof(one)) == 0;
	default:
		return (host.len == 9 && starts_nocase(host, SLICE("localhost"))) ||
		       ends_nocase(host, SLICE(".localhost"));
	}
}

/* RFC 1918, RFC 3927 and RFC 4193, link-local addresses, and names that only a local resolver
 * answers. A name is not resolved for this: whoever controls the answer could change it
 * afterwards. */
bool http_is_private(struct slice host)
{
	static const char *const suffixes[] = { ".local", ".internal", ".lan", ".home.arpa" };
	unsigned char v6[16];
	uint32_t v4 = 0;

	if (http_is_loopback(host))
		return true;
	switch (literal(host, &v4, v6)) {
	case 4:
		return v4 >> 24 == 10 || v4 >> 20 == 0xac1 || v4 >> 16 == 0xc0a8 ||
		       v4 >> 16 == 0xa9fe;
	case 6:
		return (v6[0] & 0xfe) == 0xfc || (v6[0] == 0xfe && (v6[1] & 0xc0) == 0x80);
	default:
		break;
	}
	for (size_t i = 0; i < ARRAY_LEN(suffixes); i++)
		if (ends_nocase(host, slice_of(suffixes[i])))
			return true;
	return slice_find_byte(host, '.', 0) == SIZE_MAX &&
	       slice_find_byte(host, ':', 0) == SIZE_MAX;
}
