/* git_config.c - see git_config.h
 *
 * It errs on the side of hiding: a line that only looks like a secret is left out, and git does
 * without it. It is no parser: includes are not followed, as what they name is a file of its own,
 * which the lists of hidden files judge. */
#include "agent/sandbox/git_config.h"

#include <string.h>
#include <strings.h>

static bool is_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '-';
}

/* `name = value` of a variable that holds a secret; the name ends at `equals`. */
static bool secret_name(struct slice line, size_t equals)
{
	static const char *const parts[] = { "extraheader", "password", "passwd", "smtppass",
					     "token",	    "secret",	"apikey" };
	size_t end = equals, begin;

	while (end > 0 && (line.ptr[end - 1] == ' ' || line.ptr[end - 1] == '\t'))
		end--;
	for (begin = end; begin > 0 && is_name(line.ptr[begin - 1]);)
		begin--;
	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		size_t n = strlen(parts[i]);

		for (size_t at = begin; at + n <= end; at++)
			if (strncasecmp(line.ptr + at, parts[i], n) == 0)
				return true;
	}
	return false;
}

static bool holds_secret(struct slice line)
{
	size_t equals = slice_find_byte(line, '=', 0);
	struct slice s = slice_trim(line);

	if (s.len == 0 || *s.ptr == '#' || *s.ptr == ';')
		return false;
	/* A section may stand before it on the line, with a '=' in its name. */
	for (; equals != SIZE_MAX; equals = slice_find_byte(line, '=', equals + 1))
		if (secret_name(line, equals))
			return true;
	return false;
}

/* An even number of backslashes at the end is that many halves of real ones, and ends the line. */
static bool continued(struct slice line)
{
	size_t n = 0;

	if (line.len > 0 && line.ptr[line.len - 1] == '\r')
		line.len--;
	while (n < line.len && line.ptr[line.len - 1 - n] == '\\')
		n++;
	return n % 2 == 1;
}

/* Bytes of "user:password@" at the start of s; 0: there is none.
 * The last '@' before the path counts, as a password may hold one. */
static size_t user_part(struct slice s)
{
	size_t at = 0;

	for (size_t i = 0; i < s.len && !strchr("/ \t\"'\\\n", s.ptr[i]); i++)
		if (s.ptr[i] == '@')
			at = i + 1;
	return at;
}

static bool copy_line(struct slice line, struct buf *out)
{
	static const char *const schemes[] = { "http://", "https://" };
	bool found = false;

	for (size_t i = 0; i < line.len; i++) {
		size_t n = 0, cut = 0;

		for (size_t k = 0; k < ARRAY_LEN(schemes) && n == 0; k++) {
			size_t len = strlen(schemes[k]);

			if (line.len - i > len && strncasecmp(line.ptr + i, schemes[k], len) == 0)
				n = len;
		}
		if (n > 0)
			cut = user_part(slice_sub(line, i + n, line.len));
		if (out)
			buf_append(out, slice_make(line.ptr + i, n ? n : 1));
		found = found || cut > 0;
		i += n ? n + cut - 1 : 0;
	}
	return found;
}

bool git_config_clean(struct slice text, struct buf *out)
{
	struct slice line;
	bool found = false, goes_on = false, hide = false;

	while (slice_next_line(&text, &line)) {
		if (!goes_on)
			hide = holds_secret(line);
		goes_on = continued(line);
		if (hide)
			found = true;
		else if (copy_line(line, out))
			found = true;
		if (!hide && out)
			buf_putc(out, '\n');
	}
	return found;
}
