/* host_name.c - see host_name.h */
#include "agent/policy/host_name.h"

#include <arpa/inet.h>
#include <stdio.h>

enum { LABEL_BYTES = 63 };

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_label_char(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || c == '-' || c == '_';
}

/* The text may come from a command, and the message goes to a terminal. */
static bool bad_name(struct slice text, const char *why, struct err *err)
{
	char shown[64];
	size_t n = text.len < sizeof(shown) - 1 ? text.len : sizeof(shown) - 1;

	for (size_t i = 0; i < n; i++)
		shown[i] = text.ptr[i] > ' ' && text.ptr[i] < 0x7f ? text.ptr[i] : '?';
	shown[n] = '\0';
	return err_set(err, ERR_INVALID, "\"%s\" is not the name of a host: %s.", shown, why);
}

/* A resolver takes whatever ends in a number for an address, in many spellings. */
static bool ends_in_number(const char *name)
{
	const char *dot = strrchr(name, '.'), *last = dot ? dot + 1 : name;
	bool digits = true;

	for (const char *c = last; *c; c++)
		digits = digits && is_digit(*c);
	return digits || (last[0] == '0' && last[1] == 'x');
}

/* '_' is in no name of a host, but in many that resolvers know. */
static bool labels(struct slice text, const char *name, struct err *err)
{
	size_t label = 0;

	for (const char *c = name;; c++) {
		if (*c && *c != '.') {
			if (!is_label_char(*c))
				return bad_name(text,
						"letters, digits, '-' and dots make one; a name in "
						"another script is written in its form xn--",
						err);
			label++;
			continue;
		}
		if (label == 0 || label > LABEL_BYTES || c[-1] == '-' ||
		    c[-(ptrdiff_t)label] == '-')
			return bad_name(
				text,
				"a part between dots is empty, too long, or has '-' at an end",
				err);
		label = 0;
		if (!*c)
			return true;
	}
}

/* A name that ends in a number is an address or nothing: `127.1` must not pass as a name that no
 * rule denies. */
static bool plain_name(struct slice text, struct host_port *out, struct err *err)
{
	struct in_addr v4;

	if (text.len > 0 && text.ptr[text.len - 1] == '.')
		text.len--;
	if (text.len == 0 || text.len >= HOST_NAME_BYTES)
		return bad_name(text, text.len ? "it is too long" : "it is empty", err);
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];

		out->name[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
	}
	out->name[text.len] = '\0';
	if (strlen(out->name) != text.len)
		return bad_name(text, "it holds a NUL", err);
	if (!labels(text, out->name, err))
		return false;
	out->kind = HOST_NAMED;
	if (!ends_in_number(out->name))
		return true;
	out->kind = HOST_IPV4;
	if (inet_pton(AF_INET, out->name, &v4) != 1 ||
	    !inet_ntop(AF_INET, &v4, out->name, sizeof(out->name)))
		return bad_name(text, "an address is written as four numbers, 192.0.2.1", err);
	return true;
}

/* Through the numbers and back, so that each address has one spelling. */
static bool bracketed(struct slice text, struct host_port *out, struct err *err)
{
	char inner[INET6_ADDRSTRLEN];
	struct in6_addr v6;

	if (text.len == 0 || text.len >= sizeof(inner))
		return bad_name(text, "it is not an IPv6 address", err);
	memcpy(inner, text.ptr, text.len);
	inner[text.len] = '\0';
	out->kind = HOST_IPV6;
	if (strlen(inner) != text.len || inet_pton(AF_INET6, inner, &v6) != 1 ||
	    !inet_ntop(AF_INET6, &v6, out->name, sizeof(out->name)))
		return bad_name(text, "it is not an IPv6 address", err);
	return true;
}

static bool port_of(struct slice text, uint16_t *out, struct err *err)
{
	unsigned n = 0;
	bool ok = text.len >= 1 && text.len <= 5 && text.ptr[0] != '0';

	for (size_t i = 0; ok && i < text.len; i++) {
		ok = is_digit(text.ptr[i]);
		n = n * 10 + (unsigned)(text.ptr[i] - '0');
	}
	if (!ok || n > 65535)
		return err_set(err, ERR_INVALID, "A port is a number from 1 to 65535.");
	*out = (uint16_t)n;
	return true;
}

bool host_port_parse(struct slice text, struct host_port *out, struct err *err)
{
	size_t end = slice_find_byte(text, ':', 0);
	bool brackets = slice_starts(text, SLICE("["));

	*out = (struct host_port){ .port = 0 };
	if (brackets)
		end = slice_find_byte(text, ']', 0);
	if (brackets && end == SIZE_MAX)
		return bad_name(text, "the ']' is missing", err);
	if (brackets ? !bracketed(slice_sub(text, 1, end), out, err)
		     : !plain_name(slice_sub(text, 0, end), out, err))
		return false;
	end = brackets ? end + 1 : end;
	if (end >= text.len)
		return true;
	if (text.ptr[end] != ':')
		return bad_name(text, "something follows the ']'", err);
	return port_of(slice_sub(text, end + 1, text.len), &out->port, err);
}

void host_port_print(const struct host_port *h, char out[HOST_PORT_BYTES])
{
	bool v6 = h->kind == HOST_IPV6;
	char port[8] = "";

	if (h->port)
		(void)snprintf(port, sizeof(port), ":%u", (unsigned)h->port);
	(void)snprintf(out, HOST_PORT_BYTES, "%s%s%s%s", v6 ? "[" : "", h->name, v6 ? "]" : "",
		       port);
}
