/* input.c - see input.h
 *
 * A file is always ready and cannot be polled (epoll refuses it), so that it is read from the run
 * queue, a piece at a time. A terminal or a pipe is polled. Whatever was read and not taken yet
 * waits in `bytes` while the input is paused. */
#include "agent/cli/chat/input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "protocol/base/limits.h"

static void deliver(struct job *j);
static void on_readable(uv_poll_t *h, int status, int events);

/* --- the terminal --- */

/* Not term_raw(): it stands in no line. */
static void ask_brackets(struct input *in, bool on)
{
	(void)fputs(on ? "\033[?2004h" : "\033[?2004l", in->out->file);
	(void)fflush(in->out->file);
}

/* Raw: each byte as it comes, no echo, and Ctrl-C as a byte. Output is left as it is, so that a
 * line feed still begins a line. */
static void set_raw(struct input *in, bool raw)
{
	struct termios t = in->cooked;

	if (in->kind != INPUT_KEYS || raw == in->raw)
		return;
	if (raw) {
		t.c_iflag &= ~(tcflag_t)(ICRNL | IXON | ISTRIP | INLCR);
		t.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ISIG | IEXTEN);
		t.c_cc[VMIN] = 1;
		t.c_cc[VTIME] = 0;
	}
	(void)tcsetattr(in->fd, TCSANOW, &t);
	if (in->pastes)
		ask_brackets(in, raw);
	in->raw = raw;
}

static enum input_kind kind_of(const struct term *out, bool lines_only)
{
	const char *terminal = getenv("TERM");

	if (isatty(STDIN_FILENO) != 1)
		return INPUT_PIPE;
	if (lines_only || !out->tty || !terminal || !*terminal || strcmp(terminal, "dumb") == 0)
		return INPUT_LINES;
	return INPUT_KEYS;
}

bool input_open(struct input *in, uv_loop_t *loop, struct runq *runq, struct term *out,
		bool lines_only, struct err *err)
{
	*in = (struct input){ .kind = kind_of(out, lines_only), .runq = runq, .out = out };
	/* A description of our own: not blocking must not become the shell's. */
	in->fd = open("/proc/self/fd/0", O_RDONLY | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
	if (in->fd < 0)
		in->fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);
	if (in->fd < 0)
		return err_set(err, ERR_IO, "Cannot read the standard input: %s.", strerror(errno));
	if (in->kind == INPUT_KEYS && tcgetattr(in->fd, &in->cooked) != 0)
		in->kind = INPUT_LINES;
	in->polled = uv_poll_init(loop, &in->poll, in->fd) == 0;
	in->poll.data = in;
	job_init(&in->job, deliver);
	buf_init(&in->bytes, LIMIT_SELECTION_BYTES);
	return true;
}

/* --- lines --- */

static bool ends_escaped(struct slice line)
{
	return line.len > 0 && line.ptr[line.len - 1] == '\\';
}

/* The next whole text out of the bytes; a row that ends in a backslash goes on in the next. */
static bool next_text(struct input *in, struct buf *text)
{
	struct slice all = buf_slice(&in->bytes), row;
	size_t at = 0, nl;

	while (at < all.len) {
		nl = slice_find_byte(all, '\n', at);
		if (nl == SIZE_MAX && !in->ended && !in->bytes.full)
			return false;
		row = slice_sub(all, at, nl == SIZE_MAX ? all.len : nl);
		at = nl == SIZE_MAX ? all.len : nl + 1;
		if (ends_escaped(row) && nl != SIZE_MAX && !in->bytes.full) {
			buf_append(text, slice_sub(row, 0, row.len - 1));
			buf_putc(text, '\n');
			continue;
		}
		buf_append(text, row);
		buf_consume(&in->bytes, at);
		return true;
	}
	return false;
}

/* A callback may pause the input, which ends this at once: the rest waits. */
static void give_lines(struct input *in)
{
	struct buf text;

	while (in->running) {
		bool found;

		buf_init(&text, LIMIT_SELECTION_BYTES);
		found = next_text(in, &text);
		if (found)
			in->cb->line(in->payload, buf_slice(&text));
		buf_release(&text);
		if (!found)
			break;
	}
	if (in->running && in->ended && !in->told) {
		in->told = true;
		in->cb->end(in->payload);
	}
}

/* Bytes of keys are handed over at once; each of them may close the input. */
static void take(struct input *in)
{
	char bytes[4096];
	ssize_t n = read(in->fd, bytes, sizeof(bytes));

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	in->ended = n <= 0;
	if (in->kind == INPUT_KEYS) {
		for (ssize_t i = 0; i < n && in->fd >= 0; i++)
			in->cb->byte(in->payload, bytes[i]);
		if (in->running)
			in->cb->pause(in->payload);
	} else if (n > 0) {
		buf_append(&in->bytes, slice_make(bytes, (size_t)n));
	}
	if (in->ended && in->polled)
		(void)uv_poll_stop(&in->poll);
}

static void on_readable(uv_poll_t *h, int status, int events)
{
	struct input *in = h->data;

	(void)events;
	if (status < 0)
		in->ended = true;
	else
		take(in);
	give_lines(in);
}

/* What was read before, and files, that are always ready. */
static void deliver(struct job *j)
{
	struct input *in = container_of(j, struct input, job);

	give_lines(in);
	if (!in->running || in->polled || in->ended)
		return;
	take(in);
	runq_post(in->runq, &in->job);
}

void input_run(struct input *in)
{
	if (in->running || in->fd < 0)
		return;
	in->running = true;
	set_raw(in, true);
	if (in->polled && !in->ended)
		(void)uv_poll_start(&in->poll, UV_READABLE, on_readable);
	runq_post(in->runq, &in->job);
}

void input_pastes(struct input *in)
{
	if (in->kind == INPUT_KEYS && in->raw && !in->pastes)
		ask_brackets(in, true);
	in->pastes = true;
}

void input_pause(struct input *in)
{
	if (!in->running)
		return;
	in->running = false;
	job_drop(&in->job);
	if (in->polled)
		(void)uv_poll_stop(&in->poll);
	set_raw(in, false);
}

static void on_closed(uv_handle_t *h)
{
	struct input *in = h->data;

	(void)close(in->fd);
	in->fd = -1;
}

/* The descriptor is closed when libuv has let go of it, and not before: its number could be
 * another file's by then. */
void input_close(struct input *in)
{
	input_pause(in);
	buf_release(&in->bytes);
	if (in->polled)
		uv_close((uv_handle_t *)&in->poll, on_closed);
	else
		(void)close(in->fd);
	if (!in->polled)
		in->fd = -1;
}
