/* secret_file.c - see secret_file.h */
#include "agent/policy/secret_file.h"

#include <strings.h>

#include "agent/secret/secret_find.h"

const char *const secret_words[] = { "secret", "password", "credentials", NULL };

static struct slice last_component(struct slice path)
{
	size_t base = path.len;

	while (base > 0 && path.ptr[base - 1] != '/')
		base--;
	return slice_sub(path, base, path.len);
}

static bool holds_word(struct slice name, const char *word)
{
	size_t n = strlen(word);

	for (size_t i = 0; i + n <= name.len; i++) {
		if (strncasecmp(name.ptr + i, word, n) == 0)
			return true;
	}
	return false;
}

bool secret_file_is_word(struct slice path)
{
	struct slice name = last_component(path);
	bool found = false;

	for (size_t i = 0; secret_words[i] && !found; i++)
		found = holds_word(name, secret_words[i]);
	return found && slice_find_byte(name, '.', 0) == SIZE_MAX;
}

bool secret_file_named(struct slice path)
{
	struct slice name = last_component(path);

	return slice_eq_cstr(name, ".npmrc") || slice_eq_cstr(name, ".pypirc") ||
	       secret_file_is_word(name);
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

/* A reference to the environment is not the secret itself. */
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

static bool is_program(struct slice text)
{
	return slice_starts(text, SLICE("#!")) || slice_starts(text, SLICE("\177ELF"));
}

/* A file that is named after a secret is one, whatever is in it, unless it is a program. The
 * others need a line that says so, or something that looks like a key. */
bool secret_file_holds(struct slice path, struct slice text)
{
	struct slice rest = text, line;
	struct secret_found found;
	bool in_key = false;

	if (secret_file_is_word(path))
		return text.len > 0 && !is_program(text);
	while (slice_next_line(&rest, &line)) {
		if (line_holds(slice_trim(line)))
			return true;
	}
	return secret_find(text, 0, &in_key, &found);
}
