/* skill.c - see skill.h. Of YAML only what such pages are made of is understood: `key: value` at the beginning of a
 * line, with the value plain, in quotes, or on indented lines below (also behind > or |). */
#include "agent/base/skill.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/regular.h"
#include "protocol/base/buf.h"
#include "protocol/base/utf8.h"

static bool is_rule(struct slice line)
{
	while (line.len > 0 && isspace((unsigned char)line.ptr[line.len - 1]))
		line.len--;
	return slice_eq_cstr(line, "---");
}

/* What stands between the first two ---; *body is what follows. False: there is no such thing, or its end is missing. */
static bool front_matter(struct slice page, struct slice *front, struct slice *body)
{
	struct slice rest = page, line;
	const char *from;

	if (slice_starts(rest, SLICE("\xef\xbb\xbf")))
		rest = slice_sub(rest, 3, rest.len);
	if (!slice_next_line(&rest, &line) || !is_rule(line))
		return false;
	from = rest.ptr;
	while (slice_next_line(&rest, &line)) {
		if (!is_rule(line))
			continue;
		*front = slice_make(from, (size_t)(line.ptr - from));
		*body = rest;
		return true;
	}
	return false;
}

struct slice skill_body(struct slice page)
{
	struct slice front, body = page;

	return front_matter(page, &front, &body) ? body : page;
}

static struct slice without_quotes(struct slice s)
{
	bool quoted = s.len >= 2 && (*s.ptr == '"' || *s.ptr == '\'') && s.ptr[s.len - 1] == *s.ptr;

	return quoted ? slice_sub(s, 1, s.len - 1) : s;
}

/* The marks of a text that stands on the lines below: > or |, with how its end is taken. */
static bool is_block_mark(struct slice s)
{
	return s.len > 0 && s.len <= 3 && (*s.ptr == '>' || *s.ptr == '|');
}

/* The value as one line. Indented lines go on with it, until the next key. */
static struct slice value_of(struct arena *a, struct slice front, const char *key)
{
	struct slice rest = front, line, out;
	size_t len = strlen(key);
	bool in = false;
	struct buf b;

	buf_init(&b, SKILL_HEAD_BYTES);
	while (slice_next_line(&rest, &line)) {
		bool indented = line.len > 0 && (*line.ptr == ' ' || *line.ptr == '\t');
		struct slice text = slice_trim(line);

		if (!indented && text.len > 0) {
			in = slice_starts(line, slice_of(key)) && line.len > len &&
			     line.ptr[len] == ':';
			text = in ? slice_trim(slice_sub(line, len + 1, line.len)) : text;
		}
		if (!in || text.len == 0 || (b.len == 0 && is_block_mark(text)))
			continue;
		buf_puts(&b, b.len ? " " : "");
		buf_append(&b, text);
	}
	out = arena_dup(a, without_quotes(buf_slice(&b)));
	buf_release(&b);
	return slice_sub(out, 0,
			 utf8_complete_prefix(slice_sub(out, 0,
							out.len < SKILL_DESCRIPTION_BYTES
								? out.len
								: SKILL_DESCRIPTION_BYTES)));
}

/* The name stands in a path and in a sentence; it is one word there. */
static bool is_name(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!isalnum((unsigned char)s.ptr[i]) && !strchr("-_.", s.ptr[i]))
			return false;
	return s.len > 0 && s.len <= 64 && *s.ptr != '.';
}

static void read_head(struct skill *s, int fd, struct arena *a)
{
	char head[SKILL_HEAD_BYTES];
	struct slice front, body;
	size_t len = 0;
	ssize_t n = 1;

	while (n > 0 && len < sizeof(head))
		len += (n = read(fd, head + len, sizeof(head) - len)) > 0 ? (size_t)n : 0;
	if (!front_matter(slice_make(head, len), &front, &body))
		s->why = arena_printf(a,
				      "SKILL.md must begin with a line ---, a line description: "
				      "that says when to use it, and a line --- within its first "
				      "%d bytes",
				      SKILL_HEAD_BYTES);
	else if ((s->description = value_of(a, front, "description")).len == 0)
		s->why = SLICE("SKILL.md has no line description: between its first lines of ---, "
			       "which says when to use it");
}

static void read_one(struct skill *s, int folder, const char *name, struct arena *a)
{
	int dir = -1, fd = -1;

	*s = (struct skill){ .name = arena_dup(a, slice_of(name)) };
	if (!is_name(s->name)) {
		s->why = SLICE(
			"the name of its folder must be of letters, digits, - and _, at most 64");
		return;
	}
	dir = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	fd = dir < 0 ? -1 : regular_open(dir, "SKILL.md", O_NOFOLLOW, NULL);
	if (fd < 0)
		s->why = arena_printf(a, "its SKILL.md cannot be read: %s",
				      errno == ELOOP || errno == ENOTDIR
					      ? "no folder, or a link, which is not followed"
					      : strerror(errno));
	else
		read_head(s, fd, a);
	if (fd >= 0)
		(void)close(fd);
	if (dir >= 0)
		(void)close(dir);
}

static int is_visible(const struct dirent *e)
{
	return *e->d_name != '.';
}

/* A file beside the skills, as a README, is none of them. */
static bool is_file(int folder, const char *name)
{
	struct stat st;

	return fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode);
}

/* A folder that is itself a link is not followed either: it may lead out of the workspace. */
static int open_folder(int workspace)
{
	enum { FOLDER = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC };
	int emend = openat(workspace, ".emend", FOLDER);
	int fd = emend < 0 ? -1 : openat(emend, "skills", FOLDER);

	if (emend >= 0)
		(void)close(emend);
	return fd;
}

size_t skills_read(int workspace, struct arena *a, struct skill *out, size_t *more)
{
	int fd = open_folder(workspace);
	struct dirent **entries = NULL;
	int n = fd < 0 ? 0 : scandirat(fd, ".", &entries, is_visible, alphasort);
	size_t told = 0;

	*more = 0;
	for (int i = 0; i < n; i++) {
		const char *name = entries[i]->d_name;

		if (is_file(fd, name))
			;
		else if (told < SKILLS_MAX)
			read_one(&out[told++], fd, name, a);
		else
			++*more;
		free(entries[i]);
	}
	free(entries);
	if (fd >= 0)
		(void)close(fd);
	return told;
}
