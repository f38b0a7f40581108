/* secret_file.c - see secret_file.h */
#include "agent/policy/secret_file.h"

#include <strings.h>

#include "agent/secret/secret_find.h"

bool secret_file_named(struct slice path)
{
	size_t base = path.len;

	while (base > 0 && path.ptr[base - 1] != '/')
		base--;
	path = slice_sub(path, base, path.len);
	return slice_eq_cstr(path, ".npmrc") || slice_eq_cstr(path, ".pypirc");
}

/* "//registry.npmjs.org/:_authToken", "password", but not "always-auth". */
static bool names_secret(struct slice name)
{
	static const char *const ends[] = { "_authtoken", "_auth", "_password", "password",
					    "token" };

	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		size_t n = strlen(ends[i]);

		if (name.len >= n && strncasecmp(name.ptr + name.len - n, ends[i], n) == 0)
			return true;
	}
	return false;
}

static bool line_holds(struct slice line)
{
	size_t at = slice_find_byte(line, '=', 0);
	struct slice value;

	if (line.len == 0 || line.ptr[0] == '#' || line.ptr[0] == ';')
		return false;
	if (at == SIZE_MAX)
		at = slice_find_byte(line, ':', 0);
	if (at == SIZE_MAX || !names_secret(slice_trim(slice_sub(line, 0, at))))
		return false;
	value = slice_trim(slice_sub(line, at + 1, line.len));
	if (value.len > 0 && (value.ptr[0] == '"' || value.ptr[0] == '\''))
		value = slice_sub(value, 1, value.len);
	return value.len > 0 && value.ptr[0] != '$'; /* "${NPM_TOKEN}" */
}

bool secret_file_holds(struct slice text)
{
	struct slice rest = text, line;
	struct secret_found found;
	bool in_key = false;

	while (slice_next_line(&rest, &line)) {
		if (line_holds(slice_trim(line)))
			return true;
	}
	return secret_find(text, 0, &in_key, &found);
}
