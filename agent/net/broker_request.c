/* broker_request.c - see broker_request.h */
#include "agent/net/broker_request.h"

#include <strings.h>

#include "agent/base/base64.h"
#include "protocol/base/limits.h"

enum { AUTH_BYTES = 256 };

static bool is_token(char c)
{
	static const char more[] = "!#$%&'*+-.^_`|~";

	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       (c != '\0' && strchr(more, c) != NULL);
}

static bool name_is(struct slice name, const char *want)
{
	return name.len == strlen(want) && strncasecmp(name.ptr, want, name.len) == 0;
}

/* "METHOD TARGET HTTP/1.x": one blank between, nothing else. */
static bool request_line(struct slice line, struct broker_request *out, struct err *err)
{
	size_t one = slice_find_byte(line, ' ', 0);
	size_t two = one == SIZE_MAX ? one : slice_find_byte(line, ' ', one + 1);
	struct slice method = slice_sub(line, 0, one), target, version;

	if (two == SIZE_MAX)
		return err_set(err, ERR_INVALID, "The first line is no request.");
	target = slice_sub(line, one + 1, two);
	version = slice_sub(line, two + 1, line.len);
	for (size_t i = 0; i < method.len; i++)
		if (!is_token(method.ptr[i]))
			return err_set(err, ERR_INVALID, "The first line is no request.");
	if (method.len == 0 || target.len == 0 ||
	    !(slice_eq_cstr(version, "HTTP/1.1") || slice_eq_cstr(version, "HTTP/1.0")))
		return err_set(err, ERR_INVALID, "The first line is no request of HTTP/1.1.");
	out->connect = slice_eq_cstr(method, "CONNECT");
	if (!out->connect)
		return true;
	out->has_target = host_port_parse(target, &out->target, &out->bad_target);
	if (out->has_target && out->target.port == 0)
		out->has_target = err_set(&out->bad_target, ERR_INVALID,
					  "The port is missing: CONNECT host:port.");
	return true;
}

/* "Basic " and base64 of "emend:TOKEN". What is anything else is as good as none. */
static void credentials(struct slice value, struct broker_request *out)
{
	static const struct slice scheme = { "Basic ", 6 }, user = { "emend:", 6 };
	char plain[AUTH_BYTES];
	struct slice text;
	size_t n;

	if (value.len < scheme.len || strncasecmp(value.ptr, scheme.ptr, scheme.len) != 0)
		return;
	text = slice_trim(slice_sub(value, scheme.len, value.len));
	if (text.len / 4 * 3 > sizeof(plain) || !base64_decode(text, plain, &n))
		return;
	text = slice_make(plain, n);
	if (!slice_starts(text, user) || n != user.len + BROKER_TOKEN_BYTES)
		return;
	memcpy(out->token, plain + user.len, BROKER_TOKEN_BYTES);
	out->has_token = true;
}

static bool header_line(struct slice line, struct broker_request *out, bool *authorized,
			struct err *err)
{
	size_t colon = slice_find_byte(line, ':', 0);
	struct slice name = slice_sub(line, 0, colon), value;

	for (size_t i = 0; i < name.len; i++)
		if (!is_token(name.ptr[i])) /* a blank in front: a folded line */
			return err_set(err, ERR_INVALID, "A header has no proper name.");
	if (colon == SIZE_MAX || name.len == 0)
		return err_set(err, ERR_INVALID, "A header has no name.");
	value = slice_trim(slice_sub(line, colon + 1, line.len));
	if (name_is(name, "Transfer-Encoding") ||
	    (name_is(name, "Content-Length") && !slice_eq_cstr(value, "0")))
		return err_set(err, ERR_INVALID, "A request to this proxy has no body.");
	if (!name_is(name, "Proxy-Authorization"))
		return true;
	if (*authorized)
		return err_set(err, ERR_INVALID, "Proxy-Authorization came twice.");
	*authorized = true;
	credentials(value, out);
	return true;
}

/* The end of the header, behind its empty line; 0: not there yet. A control character, or a line
 * that does not end in CR LF, is an error as soon as it is seen.
 * A byte that another reader could take for the end of a line must not pass. */
static bool find_end(struct slice in, size_t *end, struct err *err)
{
	*end = 0;
	for (size_t i = 0; i < in.len && *end == 0; i++) {
		unsigned char c = (unsigned char)in.ptr[i];

		if (c == '\r' && i + 1 < in.len && in.ptr[i + 1] != '\n')
			return err_set(err, ERR_INVALID, "A line holds a carriage return.");
		if (c == '\n' && (i == 0 || in.ptr[i - 1] != '\r'))
			return err_set(err, ERR_INVALID, "A line does not end in CR LF.");
		if ((c < ' ' && c != '\r' && c != '\n' && c != '\t') || c == 0x7f)
			return err_set(err, ERR_INVALID, "The request holds a control character.");
		if (c == '\n' && i >= 3 && in.ptr[i - 2] == '\n')
			*end = i + 1;
	}
	return true;
}

enum broker_parse broker_request_parse(struct slice in, struct broker_request *out, struct err *err)
{
	bool authorized = false;
	struct slice rest, line;

	*out = (struct broker_request){ .connect = false };
	if (!find_end(slice_sub(in, 0, LIMIT_NET_HEADER_BYTES), &out->bytes, err))
		return BROKER_BAD;
	if (out->bytes == 0)
		return in.len >= LIMIT_NET_HEADER_BYTES ? BROKER_TOO_LONG : BROKER_MORE;
	rest = slice_sub(in, 0, out->bytes - 2);
	for (bool first = true; slice_next_line(&rest, &line); first = false) {
		line.len--; /* the CR */
		if (first ? !request_line(line, out, err)
			  : !header_line(line, out, &authorized, err))
			return BROKER_BAD;
	}
	return BROKER_WHOLE;
}
