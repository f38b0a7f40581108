/* server_url.c - see server_url.h */
#include "agent/fleet/server_url.h"

#include <stdio.h>

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "%40" is '@': for passwords that have signs of a URL in them. */
static struct slice unescape(struct arena *a, struct slice s)
{
	char *out = arena_alloc(a, s.len + 1);
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++) {
		bool coded = s.ptr[i] == '%' && i + 2 < s.len && hex_digit(s.ptr[i + 1]) >= 0 &&
			     hex_digit(s.ptr[i + 2]) >= 0;

		out[n++] = coded ? (char)(hex_digit(s.ptr[i + 1]) * 16 + hex_digit(s.ptr[i + 2]))
				 : s.ptr[i];
		i += coded ? 2 : 0;
	}
	return slice_make(out, n);
}

/* The last '@': one in a password that nobody has coded is no end of it. */
static size_t at_sign(struct slice s)
{
	for (size_t i = s.len; i > 0; i--) {
		if (s.ptr[i - 1] == '@')
			return i - 1;
	}
	return SIZE_MAX;
}

static void read_user(struct arena *a, struct slice text, struct server_url *out)
{
	size_t colon = slice_find_byte(text, ':', 0);

	out->user = unescape(a, slice_sub(text, 0, colon));
	if (colon != SIZE_MAX)
		out->password = unescape(a, slice_sub(text, colon + 1, text.len));
}

/* Named so that the reason can be said; everything else is simply another scheme. */
static bool has_tls(struct slice scheme)
{
	return slice_eq_cstr(scheme, "tls") || slice_eq_cstr(scheme, "nats+tls") ||
	       slice_eq_cstr(scheme, "wss") || slice_eq_cstr(scheme, "rediss");
}

static bool check_scheme(struct slice found, const char *wanted, struct err *err)
{
	if (has_tls(found))
		return err_set(
			err, ERR_USAGE,
			"%.*s://: TLS is not spoken to this server. Use %s:// to one on this machine, or in a "
			"network that is yours alone; or to a leaf node or proxy here that speaks TLS to it.",
			SLICE_ARG(found), wanted);
	return slice_eq_cstr(found, wanted) ||
	       err_set(err, ERR_USAGE, "Expected a URL %s://HOST:PORT, found one of %.*s://.",
		       wanted, SLICE_ARG(slice_sub(found, 0, 30)));
}

bool server_url_parse(struct arena *a, struct slice text, const char *scheme, uint16_t port,
		      struct server_url *out, struct err *err)
{
	size_t end = slice_find(text, SLICE("://"), 0), at;

	*out = (struct server_url){ .user = SLICE(""), .password = SLICE(""), .path = SLICE("") };
	if (slice_starts(text, SLICE("unix:"))) {
		out->socket = arena_cstr(a, slice_sub(text, 5, text.len));
		(void)snprintf(out->name, sizeof(out->name), "%.*s", SLICE_ARG(text));
		return true;
	}
	if (end == SIZE_MAX)
		return err_set(err, ERR_USAGE, "Expected a URL: %s://HOST:%u.", scheme, port);
	if (!check_scheme(slice_sub(text, 0, end), scheme, err))
		return false;
	text = slice_sub(text, end + 3, text.len);
	at = at_sign(text);
	if (at != SIZE_MAX) {
		read_user(a, slice_sub(text, 0, at), out);
		text = slice_sub(text, at + 1, text.len);
	}
	end = slice_find_byte(text, '/', 0);
	if (end != SIZE_MAX)
		out->path = arena_dup(a, slice_sub(text, end + 1, text.len));
	if (!host_port_parse(slice_sub(text, 0, end), &out->at, err)) {
		err->code = ERR_USAGE;
		return false;
	}
	if (out->at.port == 0)
		out->at.port = port;
	host_port_print(&out->at, out->name);
	return true;
}

bool server_url_has_secret(struct slice text)
{
	size_t begin = slice_find(text, SLICE("://"), 0), at = at_sign(text);
	struct slice user = slice_sub(text, begin == SIZE_MAX ? 0 : begin + 3, at);

	if (begin == SIZE_MAX || at == SIZE_MAX)
		return false;
	return slice_starts(text, SLICE("nats:")) || slice_find_byte(user, ':', 0) != SIZE_MAX;
}
