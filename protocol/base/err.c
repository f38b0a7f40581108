/* err.c - see err.h */
#include "protocol/base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "protocol/base/utf8.h"

/* A message is one line, whatever control characters came in with a path or a peer's text, and is
 * not cut inside a character. */
static void flatten(char *s)
{
	size_t len = utf8_complete_prefix(slice_of(s));

	s[len] = '\0';
	for (; *s; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			*s = ' ';
}

bool err_set(struct err *err, enum err_code code, const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return false;
	err->code = code;
	va_start(ap, fmt);
	(void)vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
	va_end(ap);
	flatten(err->msg);
	return false;
}

/* If the prefix alone fills the message, the old one is lost: the place is worth more than the
 * detail. */
bool err_wrap(struct err *err, const char *fmt, ...)
{
	char old[sizeof(err->msg)];
	va_list ap;
	int n;

	if (!err)
		return false;
	memcpy(old, err->msg, sizeof(old));
	va_start(ap, fmt);
	n = vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
	va_end(ap);
	if (n >= 0 && (size_t)n < sizeof(err->msg))
		(void)snprintf(err->msg + n, sizeof(err->msg) - (size_t)n, ": %s", old);
	flatten(err->msg);
	return false;
}

/* Both columns are for ever: names are on the wire (data.kind), numbers are exit statuses that
 * scripts test. */
static const struct {
	const char *name;
	int exit_code;
} codes[] = {
	[ERR_NONE] = { "none", 0 },
	[ERR_INVALID] = { "invalid", 1 },
	[ERR_USAGE] = { "usage", 2 },
	[ERR_TOO_LARGE] = { "too_large", 1 },
	[ERR_NOT_FOUND] = { "not_found", 1 },
	[ERR_STALE] = { "stale", 1 },
	[ERR_CANCELLED] = { "cancelled", 5 },
	[ERR_TIMEOUT] = { "timeout", 1 },
	[ERR_IO] = { "io", 1 },
	[ERR_DENIED] = { "denied", 4 },
	[ERR_BUDGET] = { "budget", 3 },
	[ERR_SANDBOX] = { "sandbox", 6 },
	[ERR_PROVIDER] = { "provider", 7 },
	[ERR_INTERNAL] = { "internal", 1 },
};

const char *err_name(enum err_code code)
{
	return (size_t)code < ARRAY_LEN(codes) ? codes[code].name : "unknown";
}

enum err_code err_code_named(struct slice name)
{
	for (size_t c = 0; c < ARRAY_LEN(codes); c++) {
		if (slice_eq_cstr(name, codes[c].name))
			return (enum err_code)c;
	}
	return ERR_INTERNAL;
}

int err_exit_code(enum err_code code)
{
	return (size_t)code < ARRAY_LEN(codes) ? codes[code].exit_code : 1;
}
