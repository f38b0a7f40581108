/* past.c - see past.h. In the file a line feed is "\n" and a backslash "\\". */
#include "agent/cli/chat/past.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/store/store_path.h"
#include "protocol/base/buf.h"

static void keep(struct past *p, struct slice text)
{
	if (text.len == 0 || (p->n > 0 && slice_eq(p->lines[p->n - 1], text)))
		return;
	if (p->n == PAST_LINES) {
		memmove(p->lines, p->lines + 1, (PAST_LINES - 1) * sizeof(p->lines[0]));
		p->n--;
	}
	p->lines[p->n++] = text;
}

static void put_escaped(struct buf *b, struct slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] == '\n')
			buf_puts(b, "\\n");
		else if (text.ptr[i] == '\\')
			buf_puts(b, "\\\\");
		else
			buf_putc(b, text.ptr[i]);
	}
	buf_putc(b, '\n');
}

static struct slice unescaped(struct arena *a, struct slice line)
{
	char *out = arena_cstr(a, line);
	size_t n = 0;

	for (size_t i = 0; i < line.len; i++) {
		char c = line.ptr[i];

		if (c == '\\' && i + 1 < line.len)
			c = line.ptr[++i] == 'n' ? '\n' : line.ptr[i];
		out[n++] = c;
	}
	return slice_make(out, n);
}

static bool write_file(struct slice path, int flags, struct slice text)
{
	int fd = open(path.ptr, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | flags, 0600);
	bool ok = fd >= 0 && fchmod(fd, 0600) == 0 && write_all(fd, text);

	if (fd >= 0)
		(void)close(fd);
	return ok;
}

/* Only the newest lines stay: the file does not grow for ever. Written beside the file and
 * renamed, so that two chats that do it at once leave one whole file. */
static void shrink(struct past *p)
{
	struct slice aside = arena_printf(&p->arena, "%s.new", p->file.ptr);
	struct buf b;

	buf_init(&b, PAST_BYTES);
	for (size_t i = 0; i < p->n; i++)
		put_escaped(&b, p->lines[i]);
	if (!b.full && write_file(aside, O_TRUNC, buf_slice(&b)))
		(void)rename(aside.ptr, p->file.ptr);
	buf_release(&b);
}

void past_init(struct past *p, struct slice state_dir)
{
	struct slice text = SLICE(""), line;
	struct err err = { 0 };
	size_t lines = 0;

	p->n = 0;
	arena_init(&p->arena);
	p->file = arena_printf(&p->arena, "%.*s/history", SLICE_ARG(state_dir));
	if (!make_folder(slice_of(arena_cstr(&p->arena, state_dir)), &err) ||
	    !read_whole(p->file, PAST_BYTES, &p->arena, &text, &err))
		text = SLICE("");
	for (; slice_next_line(&text, &line); lines++)
		keep(p, unescaped(&p->arena, line));
	if (lines > 2 * PAST_LINES || err.code == ERR_TOO_LARGE)
		shrink(p);
}

void past_release(struct past *p)
{
	arena_release(&p->arena);
}

/* One write with O_APPEND: lines of several chats do not mix. */
void past_add(struct past *p, struct slice text)
{
	bool again = p->n > 0 && slice_eq(p->lines[p->n - 1], text);
	struct buf b;

	if (text.len == 0 || again)
		return;
	keep(p, arena_dup(&p->arena, text));
	buf_init(&b, PAST_BYTES);
	put_escaped(&b, text);
	if (!b.full) /* a history that cannot be kept is no reason to stop */
		(void)write_file(p->file, O_APPEND, buf_slice(&b));
	buf_release(&b);
}
