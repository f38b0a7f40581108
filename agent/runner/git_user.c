/* git_user.c - see git_user.h
 *
 * A reader of its own and not libgit2's: it must follow no include and expand nothing, and a file
 * with an error in it is of use up to there. What cannot be read in one line is left out. */
#include "agent/runner/git_user.h"

#include <fcntl.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "protocol/base/base.h"
#include "protocol/base/buf.h"

enum { TEXT_BYTES = 64 * 1024, SECTION_MAX = 64, VALUE_MAX = 1024 };

/* None of them names a program, a file that git runs, or another configuration. */
static const struct {
	const char *section, *name;
	bool passed; /* else it is only read here */
} known[] = {
	{ "user", "name", true },
	{ "user", "email", true },
	{ "author", "name", true },
	{ "author", "email", true },
	{ "committer", "name", true },
	{ "committer", "email", true },
	{ "init", "defaultBranch", true },
	{ "core", "autocrlf", true },
	{ "core", "eol", true },
	{ "core", "quotePath", true },
	{ "pull", "rebase", true },
	{ "pull", "ff", true },
	{ "merge", "conflictStyle", true },
	{ "diff", "algorithm", true },
	{ "push", "default", true },
	{ "core", "excludesFile", false },
};

struct settings {
	struct slice value[ARRAY_LEN(known)]; /* ptr NULL: not set */
};

/* A value as git reads it: quotes go, a comment ends it. ptr NULL: it is not one line of text. */
static struct slice value_of(struct arena *a, struct slice raw)
{
	char out[VALUE_MAX];
	size_t n = 0, kept = 0;
	bool quoted = false;

	for (size_t i = 0; i < raw.len; i++) {
		char c = raw.ptr[i];

		if (c == '"') {
			quoted = !quoted;
			kept = n;
			continue;
		}
		if (!quoted && (c == '#' || c == ';'))
			break;
		if (c == '\\') {
			if (++i == raw.len || (raw.ptr[i] != '"' && raw.ptr[i] != '\\'))
				return (struct slice){ NULL, 0 };
			c = raw.ptr[i];
		}
		if (n == sizeof(out) || (unsigned char)c < ' ' || c == 0x7f)
			return (struct slice){ NULL, 0 };
		out[n++] = c;
		if (quoted || c != ' ')
			kept = n;
	}
	return quoted ? (struct slice){ NULL, 0 } : arena_dup(a, slice_make(out, kept));
}

static bool same_name(struct slice s, const char *name)
{
	return s.len == strlen(name) && strncasecmp(s.ptr, name, s.len) == 0;
}

static void read_settings(struct arena *a, struct slice text, struct settings *out)
{
	struct slice rest = text, line, section = SLICE("");

	while (slice_next_line(&rest, &line)) {
		size_t equals;

		line = slice_trim(line);
		if (slice_starts(line, SLICE("["))) { /* one with a subsection is none of ours */
			size_t end = slice_find_byte(line, ']', 0);

			section = end == SIZE_MAX ? SLICE("") : slice_sub(line, 1, end);
			continue;
		}
		equals = slice_find_byte(line, '=', 0);
		for (size_t i = 0; equals != SIZE_MAX && i < ARRAY_LEN(known); i++)
			if (same_name(section, known[i].section) &&
			    same_name(slice_trim(slice_sub(line, 0, equals)), known[i].name))
				out->value[i] = value_of(
					a, slice_trim(slice_sub(line, equals + 1, line.len)));
	}
}

/* Written anew with quotes around each value, so that no byte of the user's file reaches git
 * unread. */
static struct slice written(struct arena *a, const struct settings *s)
{
	struct slice text;
	struct buf b;

	buf_init(&b, ARRAY_LEN(known) * (2 * VALUE_MAX + 2 * SECTION_MAX));
	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		if (!known[i].passed || !s->value[i].ptr)
			continue;
		buf_printf(&b, "[%s]\n\t%s = \"", known[i].section, known[i].name);
		for (size_t k = 0; k < s->value[i].len; k++) {
			if (s->value[i].ptr[k] == '"' || s->value[i].ptr[k] == '\\')
				buf_putc(&b, '\\');
			buf_putc(&b, s->value[i].ptr[k]);
		}
		buf_puts(&b, "\"\n");
	}
	text = arena_dup(a, buf_slice(&b));
	buf_release(&b);
	return text;
}

/* "" for what is not there, no ordinary file, or larger than a person writes. */
static struct slice text_of(struct arena *a, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct slice text = SLICE("");
	struct stat st;
	char *bytes;
	ssize_t n;

	if (fd < 0)
		return text;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size <= TEXT_BYTES) {
		bytes = arena_array(a, TEXT_BYTES, 1);
		n = read(fd, bytes, TEXT_BYTES);
		if (n > 0)
			text = slice_make(bytes, (size_t)n);
	}
	(void)close(fd);
	return text;
}

void git_user_find(struct arena *a, const char *home, const char *xdg, struct git_user *out)
{
	struct settings s = { 0 };
	struct slice folder, file;

	*out = (struct git_user){ .config = SLICE(""), .ignore = SLICE("") };
	if (!home || home[0] != '/')
		return;
	folder = xdg && xdg[0] == '/' ? arena_printf(a, "%s/git", xdg)
				      : arena_printf(a, "%s/.config/git", home);
	read_settings(a, text_of(a, arena_printf(a, "%.*s/config", SLICE_ARG(folder)).ptr), &s);
	read_settings(a, text_of(a, arena_printf(a, "%s/.gitconfig", home).ptr), &s);
	out->config = written(a, &s);
	file = s.value[ARRAY_LEN(known) - 1];
	if (!file.ptr)
		file = arena_printf(a, "%.*s/ignore", SLICE_ARG(folder));
	else if (slice_starts(file, SLICE("~/")))
		file = arena_printf(a, "%s/%.*s", home, SLICE_ARG(slice_sub(file, 2, file.len)));
	if (slice_starts(file, SLICE("/")))
		out->ignore = text_of(a, arena_cstr(a, file));
}
