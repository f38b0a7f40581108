/* config_text.c - see config_text.h
 *
 * Nothing is removed from the text: each byte of a comment and each comma too many becomes a blank,
 * so that offsets in messages are those of the user's file. */
#include "agent/config/config_text.h"

#include <stdio.h>

#include "protocol/base/limits.h"

size_t config_text_line(struct slice text, size_t offset)
{
	size_t line = 1;

	for (size_t i = 0; i < offset && i < text.len; i++)
		line += text.ptr[i] == '\n';
	return line;
}

/* The byte behind the string that starts at `at`. A string that has no end ends with its line:
 * the JSON parser then says what is wrong with it. */
static size_t skip_string(const char *s, size_t n, size_t at)
{
	for (at++; at < n && s[at] != '"' && s[at] != '\n'; at++)
		if (s[at] == '\\' && at + 1 < n)
			at++;
	return at < n ? at + 1 : n;
}

/* Blanks one comment; returns the byte behind it, or SIZE_MAX if a block comment has no end. */
static size_t blank_comment(char *s, size_t n, size_t at)
{
	bool block = s[at + 1] == '*';

	s[at] = s[at + 1] = ' ';
	for (at += 2; at < n; at++) {
		if (!block && s[at] == '\n')
			return at;
		if (block && s[at] == '*' && at + 1 < n && s[at + 1] == '/') {
			s[at] = s[at + 1] = ' ';
			return at + 2;
		}
		if (s[at] != '\n' && s[at] != '\r')
			s[at] = ' ';
	}
	return block ? SIZE_MAX : n;
}

static bool blank_comments(char *s, size_t n, const char *file, struct err *err)
{
	for (size_t at = 0; at < n;) {
		size_t start = at;

		if (s[at] == '"')
			at = skip_string(s, n, at);
		else if (s[at] == '/' && at + 1 < n && (s[at + 1] == '/' || s[at + 1] == '*'))
			at = blank_comment(s, n, at);
		else
			at++;
		if (at == SIZE_MAX)
			return err_set(err, ERR_USAGE,
				       "%s:%zu: this comment has no end; close it with \"*/\".",
				       file, config_text_line(slice_make(s, n), start));
	}
	return true;
}

/* JSON with comments is written by hand, so a comma may stand in front of a closing bracket. */
static void blank_trailing_commas(char *s, size_t n)
{
	for (size_t at = 0; at < n;) {
		size_t next = at + 1;

		if (s[at] == '"') {
			at = skip_string(s, n, at);
			continue;
		}
		while (s[at] == ',' && next < n && strchr(" \t\r\n", s[next]))
			next++;
		if (s[at] == ',' && next < n && (s[next] == '}' || s[next] == ']'))
			s[at] = ' ';
		at = next;
	}
}

/* "... at byte 17: why" becomes "file:line: why". */
static bool point_at_line(const char *file, struct slice text, struct err *err)
{
	struct err old = *err;
	const char *at = strstr(old.msg, "at byte ");
	size_t offset = 0;
	int end = 0;

	if (!at || sscanf(at, "at byte %zu: %n", &offset, &end) != 1 || end == 0)
		return err_set(err, ERR_USAGE, "%s: %s", file, old.msg);
	return err_set(err, ERR_USAGE, "%s:%zu: this is not valid JSON: %s", file,
		       config_text_line(text, offset), at + end);
}

/* A byte order mark at the beginning is dropped: some editors write one. */
bool config_text_parse(struct arena *a, const char *file, struct slice text, struct slice *clean,
		       struct json *root, struct err *err)
{
	char *s;

	if (text.len > LIMIT_CONFIG_BYTES)
		return err_set(err, ERR_USAGE, "%s: a configuration has at most %d bytes.", file,
			       LIMIT_CONFIG_BYTES);
	if (slice_starts(text, SLICE("\xef\xbb\xbf")))
		text = slice_sub(text, 3, text.len);
	s = arena_cstr(a, text);
	if (!blank_comments(s, text.len, file, err))
		return false;
	blank_trailing_commas(s, text.len);
	*clean = slice_make(s, text.len);
	if (slice_trim(*clean).len == 0)
		*clean = SLICE("{}");
	if (!json_parse(a, *clean, root, err))
		return point_at_line(file, *clean, err);
	if (json_type(*root) != JSON_OBJECT)
		return err_set(err, ERR_USAGE, "%s: expected one object, { ... }, found %s.", file,
			       json_type_phrase(json_type(*root)));
	return true;
}
