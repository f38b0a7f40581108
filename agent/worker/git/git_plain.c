/* git_plain.c - see git_plain.h
 *
 * Rather too strict: a line that continues on the next, or a value in quotes, is not plain. */
#include "agent/worker/git/git_plain.h"

#include <fcntl.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/worker/file/files.h"
#include "agent/worker/view/upper.h"

enum { CONFIG_BYTES = 64 * 1024 };

/* Section and key, in lower case; a section that ends in '.' has a name of its own behind it. */
static const char *const plain[] = {
	"core repositoryformatversion",
	"core filemode",
	"core bare",
	"core logallrefupdates",
	"core ignorecase",
	"core symlinks",
	"core precomposeunicode",
	"extensions objectformat",
	"user name",
	"user email",
	"remote. url",
	"remote. fetch",
	"branch. remote",
	"branch. merge",
};

static bool lower_eq(struct slice s, const char *want, size_t n)
{
	return s.len == n && strncasecmp(s.ptr, want, n) == 0;
}

static bool is_plain_key(struct slice section, bool named, struct slice key)
{
	for (size_t i = 0; i < ARRAY_LEN(plain); i++) {
		size_t n = strcspn(plain[i], " .");
		bool wants_name = plain[i][n] == '.';
		const char *k = plain[i] + n + 1 + wants_name;

		if (named == wants_name && lower_eq(section, plain[i], n) &&
		    lower_eq(key, k, strlen(k)))
			return true;
	}
	return false;
}

/* [section] or [section "name"] */
static bool read_section(struct slice line, struct slice *section, bool *named)
{
	size_t n = 1;

	while (n < line.len && ((line.ptr[n] >= 'a' && line.ptr[n] <= 'z') ||
				(line.ptr[n] >= 'A' && line.ptr[n] <= 'Z')))
		n++;
	*section = slice_sub(line, 1, n);
	*named = false;
	if (n + 1 == line.len && line.ptr[n] == ']')
		return true;
	if (n + 3 >= line.len || line.ptr[n] != ' ' || line.ptr[n + 1] != '"' ||
	    line.ptr[line.len - 1] != ']' || line.ptr[line.len - 2] != '"')
		return false;
	*named = true;
	line = slice_sub(line, n + 2, line.len - 2);
	return slice_find_byte(line, '"', 0) == SIZE_MAX &&
	       slice_find_byte(line, '\\', 0) == SIZE_MAX;
}

/* "ext::" and the like name a program to talk to; a leading '-' would be an option. */
static bool is_plain_value(struct slice v)
{
	return slice_find(v, SLICE("::"), 0) == SIZE_MAX && !slice_starts(v, SLICE("-"));
}

/* Line by line; the first thing that is not on the list makes it not plain. */
bool git_config_is_plain(struct slice text)
{
	struct slice section = SLICE("");
	bool named = false;

	if (slice_find_byte(text, '\0', 0) != SIZE_MAX)
		return false;
	for (size_t at = 0; at < text.len;) {
		size_t end = slice_find_byte(text, '\n', at), eq;
		struct slice line;

		if (end == SIZE_MAX)
			end = text.len;
		line = slice_trim(slice_sub(text, at, end));
		at = end + 1;
		if (line.len == 0 || line.ptr[0] == '#' || line.ptr[0] == ';')
			continue;
		if (slice_find_byte(line, '\\', 0) != SIZE_MAX)
			return false;
		if (line.ptr[0] == '[') {
			if (!read_section(line, &section, &named))
				return false;
			continue;
		}
		eq = slice_find_byte(line, '=', 0);
		if (eq == SIZE_MAX || slice_find_byte(line, '"', 0) != SIZE_MAX ||
		    !is_plain_key(section, named, slice_trim(slice_sub(line, 0, eq))) ||
		    !is_plain_value(slice_trim(slice_sub(line, eq + 1, line.len))))
			return false;
	}
	return true;
}

/* The commands of a rebase that run a program are `exec` and its short form `x`. */
bool git_todo_is_plain(struct slice text)
{
	for (size_t at = 0; at < text.len;) {
		size_t end = slice_find_byte(text, '\n', at);
		struct slice line;

		if (end == SIZE_MAX)
			end = text.len;
		line = slice_trim(slice_sub(text, at, end));
		at = end + 1;
		if (slice_starts(line, SLICE("exec")) || slice_starts(line, SLICE("x ")) ||
		    slice_starts(line, SLICE("x\t")) || slice_find_byte(line, '\0', 0) != SIZE_MAX)
			return false;
	}
	return true;
}

bool git_new_is_plain(int top, const char *rel)
{
	const char *slash = strrchr(rel, '/'), *name = slash ? slash + 1 : rel;
	bool config = strcmp(name, "config") == 0;
	struct buf text;
	struct stat st;
	struct err why;
	bool is_plain;
	int fd;

	if (!config && strcmp(name, "git-rebase-todo") != 0)
		return false;
	fd = upper_openat(top, rel, O_RDONLY | O_NOFOLLOW);
	if (fd < 0)
		return false;
	buf_init(&text, CONFIG_BYTES);
	is_plain = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && file_slurp(fd, rel, &text, &why) &&
		   (config ? git_config_is_plain : git_todo_is_plain)(buf_slice(&text));
	buf_release(&text);
	(void)close(fd);
	return is_plain;
}
