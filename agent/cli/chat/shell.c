/* shell.c - `!COMMAND` in a chat: `emend run` with that line, which is no call of the model and costs nothing. What it prints
 * is shown as it comes, and goes along with the next message. It is a process of its own that has the terminal's
 * keys (CHAT_LENDING), so Ctrl-C ends the command and not the chat. */
#include "agent/cli/chat/lend.h"

#include <unistd.h>

/* Of a long output the end says most; the model gets so much of it. */
enum { KEPT_BYTES = 16 * 1024, CHUNK_BYTES = 8192 };

/* In the arena of the chat. It is over when both the process and the pipe are closed. */
struct shell {
	struct chat *chat;
	struct slice command;
	uv_pipe_t out; /* of both streams */
	struct buf kept;
	size_t dropped; /* bytes before them */
	int64_t status;
	bool exited, closed;
	char chunk[CHUNK_BYTES];
};

static void drop_but(struct shell *s, size_t keep)
{
	if (s->kept.len <= keep)
		return;
	s->dropped += s->kept.len - keep;
	buf_consume(&s->kept, s->kept.len - keep);
}

/* Several of them add up until the next message. */
static void keep_for_model(struct shell *s)
{
	struct chat *c = s->chat;
	struct arena *a = &c->cli->arena;
	struct slice cut = SLICE("");

	drop_but(s, KEPT_BYTES);
	if (s->dropped > 0)
		cut = arena_printf(a, "(%zu bytes before this are left out)\n", s->dropped);
	c->ran = arena_printf(
		a,
		"%.*s%s(A note of Emend: before this message the user ran this in the sandbox: "
		"%.*s\nIts exit status was %d. It printed:\n%.*s%.*s)",
		SLICE_ARG(c->ran), c->ran.len ? "\n\n" : "", SLICE_ARG(s->command), (int)s->status,
		SLICE_ARG(cut), SLICE_ARG(buf_slice(&s->kept)));
}

static void end_if_over(struct shell *s)
{
	struct chat *c = s->chat;

	if (!s->exited || !s->closed)
		return;
	keep_for_model(s);
	buf_release(&s->kept);
	c->shell = NULL;
	chat_note(c,
		  arena_printf(&c->cli->arena,
			       "Exit status %d; what it printed goes along with your next message.",
			       (int)s->status));
	chat_goto(c, CHAT_READING);
}

static void ended(struct chat *c, int64_t status)
{
	c->shell->exited = true;
	c->shell->status = status;
	end_if_over(c->shell);
}

static void on_closed(uv_handle_t *h)
{
	struct shell *s = h->data;

	s->closed = true;
	end_if_over(s);
}

static void on_alloc(uv_handle_t *h, size_t hint, uv_buf_t *b)
{
	struct shell *s = h->data;

	(void)hint;
	*b = uv_buf_init(s->chunk, sizeof(s->chunk));
}

/* No byte of the command's words is an order to the terminal. */
static void on_read(uv_stream_t *st, ssize_t n, const uv_buf_t *b)
{
	struct shell *s = st->data;
	struct slice bytes = slice_make(b->base, n > 0 ? (size_t)n : 0);

	if (n < 0) {
		uv_close((uv_handle_t *)st, on_closed);
		return;
	}
	term_text(s->chat->host.log, TERM_PLAIN, bytes);
	(void)term_flush(s->chat->host.log);
	buf_append(&s->kept, bytes);
	if (s->kept.len > 2 * KEPT_BYTES)
		drop_but(s, KEPT_BYTES);
}

/* The end of the pipe that is ours; the other one goes to the process. */
static bool open_pipe(struct shell *s, uv_file *write_end)
{
	uv_file ends[2];
	int r = uv_pipe(ends, UV_NONBLOCK_PIPE, 0);

	if (r == 0) {
		(void)uv_pipe_init(&s->chat->loop.uv, &s->out, 0);
		(void)uv_pipe_open(&s->out, ends[0]);
		s->out.data = s;
		*write_end = ends[1];
	} else {
		chat_note(s->chat, arena_printf(&s->chat->cli->arena,
						"No pipe for the command: %s.", uv_strerror(r)));
	}
	return r == 0;
}

void shell_run(struct chat *c, struct slice command)
{
	struct arena *a = &c->cli->arena;
	struct shell *s = arena_array(a, 1, sizeof(*s));
	struct lend l = { .ended = ended };

	s->chat = c;
	s->command = arena_dup(a, command);
	if (!open_pipe(s, &l.out))
		return;
	buf_init(&s->kept, 4 * KEPT_BYTES);
	lend_emend(c, &l, "run");
	lend_word(&l, "--");
	lend_word(&l, "/bin/sh");
	lend_word(&l, "-c");
	lend_word(&l, arena_cstr(a, command));
	c->shell = s;
	lend_start(c, &l);
	(void)close(l.out);
	(void)uv_read_start((uv_stream_t *)&s->out, on_alloc, on_read);
}
