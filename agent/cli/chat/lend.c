/* lend.c - /commit and /diff in a chat: `emend commit` and `emend diff` as processes of their own, which have the terminal
 * until they end, for git's editor, what its hooks say, and the pager. The loop goes on meanwhile: other faces still get
 * their answers. */
#include "agent/cli/chat/chat.h"

#include <signal.h>

enum { MOST_WORDS = 12 };

static void on_closed(uv_handle_t *h)
{
	chat_goto(h->data, CHAT_READING);
}

static void on_exit_of(uv_process_t *p, int64_t status, int sig)
{
	struct chat *c = p->data;

	(void)sig; /* it has said why itself */
	if (c->typed.input.kind == INPUT_PIPE)
		c->status = (int)status;
	uv_close((uv_handle_t *)p, on_closed);
}

/* Ctrl-C goes to it, as it has the terminal; what is meant for us goes to both. */
void lend_signal(struct chat *c, int number)
{
	if (number != SIGINT)
		(void)uv_process_kill(&c->borrower, SIGTERM);
}

/* `emend COMMAND OPTION WHAT`. The same program, with the same settings and folder. The terminal
 * is given back to the mode of the shell before it starts (CHAT_LENDING). */
static void lend(struct chat *c, const char *command, struct slice option, struct slice what)
{
	/* Of a pipe, what follows is for us. */
	uv_stdio_container_t io[3] = { { .flags = UV_INHERIT_FD, .data.fd = 0 },
				       { .flags = UV_INHERIT_FD, .data.fd = 1 },
				       { .flags = UV_INHERIT_FD, .data.fd = 2 } };
	uv_process_options_t po = { .exit_cb = on_exit_of, .stdio = io, .stdio_count = 3 };
	struct arena *a = &c->cli->arena;
	char *words[MOST_WORDS];
	size_t n = 0;
	int r;

	words[n++] = arena_cstr(a, c->place.program);
	words[n++] = arena_cstr(a, slice_of(command));
	words[n++] = arena_cstr(a, arena_printf(a, "--dir=%.*s", SLICE_ARG(c->place.workspace)));
	if (c->cli->args.config)
		words[n++] = arena_cstr(a, arena_printf(a, "--config=%s", c->cli->args.config));
	if (c->host.quiet)
		words[n++] = arena_cstr(a, SLICE("--quiet"));
	if (c->host.json)
		words[n++] = arena_cstr(a, SLICE("--json"));
	if (option.len > 0)
		words[n++] = arena_cstr(a, option);
	words[n++] = arena_cstr(a, what);
	words[n] = NULL;
	if (c->typed.input.kind == INPUT_PIPE)
		io[0].flags = UV_IGNORE;
	po.file = c->place.program.ptr;
	po.args = words;
	begin_line(&c->host);
	(void)term_flush(c->host.log);
	c->borrower.data = c;
	chat_goto(c, CHAT_LENDING);
	r = uv_spawn(&c->loop.uv, &c->borrower, &po);
	if (r == 0)
		return;
	chat_note(c, arena_printf(a, "emend %s cannot be started: %s.", command, uv_strerror(r)));
	uv_close((uv_handle_t *)&c->borrower, on_closed);
}

static bool has_session(struct chat *c)
{
	if (c->session.len == 0)
		chat_note(c, SLICE("Nothing was done yet."));
	return c->session.len > 0;
}

void lend_commit(struct chat *c, struct slice message)
{
	struct slice option = SLICE("");

	if (message.len > 0)
		option = arena_printf(&c->cli->arena, "--message=%.*s", SLICE_ARG(message));
	if (has_session(c))
		lend(c, "commit", option, c->session);
}

void lend_diff(struct chat *c, struct slice what)
{
	if (has_session(c))
		lend(c, "diff", SLICE(""), what.len ? what : c->session);
}
