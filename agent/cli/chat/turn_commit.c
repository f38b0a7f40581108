/* turn_commit.c - /commit in a chat: `emend commit` as a process of its own, which has the terminal until it ends, for
 * git's editor and for what its hooks say. The loop goes on meanwhile: other faces still get their answers. */
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
	if (c->input.kind == INPUT_PIPE)
		c->status = (int)status;
	uv_close((uv_handle_t *)p, on_closed);
}

/* Ctrl-C goes to git, which has the terminal; what is meant for us goes to both. */
void turn_commit_signal(struct chat *c, int number)
{
	if (number != SIGINT)
		(void)uv_process_kill(&c->committing, SIGTERM);
}

static char **words(struct chat *c, struct slice message)
{
	struct arena *a = &c->cli->arena;
	char **w = arena_array(a, MOST_WORDS, sizeof(*w));
	size_t n = 0;

	w[n++] = arena_cstr(a, c->place.program);
	w[n++] = arena_cstr(a, SLICE("commit"));
	w[n++] = arena_cstr(a, arena_printf(a, "--dir=%.*s", SLICE_ARG(c->place.workspace)));
	if (c->cli->args.config)
		w[n++] = arena_cstr(a, arena_printf(a, "--config=%s", c->cli->args.config));
	if (c->host.quiet)
		w[n++] = arena_cstr(a, SLICE("--quiet"));
	if (c->host.json)
		w[n++] = arena_cstr(a, SLICE("--json"));
	if (message.len > 0)
		w[n++] = arena_cstr(a, arena_printf(a, "--message=%.*s", SLICE_ARG(message)));
	w[n++] = arena_cstr(a, c->session);
	w[n] = NULL;
	return w;
}

void turn_commit(struct chat *c, struct slice message)
{
	/* Of a pipe, what follows is for us. */
	uv_stdio_container_t io[3] = { { .flags = UV_INHERIT_FD, .data.fd = 0 },
				       { .flags = UV_INHERIT_FD, .data.fd = 1 },
				       { .flags = UV_INHERIT_FD, .data.fd = 2 } };
	uv_process_options_t po = { .exit_cb = on_exit_of, .stdio = io, .stdio_count = 3 };
	int r;

	if (c->session.len == 0) {
		chat_note(c, SLICE("Nothing was done yet."));
		return;
	}
	if (c->input.kind == INPUT_PIPE)
		io[0].flags = UV_IGNORE;
	po.file = c->place.program.ptr;
	po.args = words(c, message);
	begin_line(&c->host);
	(void)term_flush(c->host.log);
	c->committing.data = c;
	r = uv_spawn(&c->loop.uv, &c->committing, &po);
	chat_goto(c, CHAT_COMMITTING);
	if (r == 0)
		return;
	chat_note(c, arena_printf(&c->cli->arena, "git cannot be started: %s.", uv_strerror(r)));
	uv_close((uv_handle_t *)&c->committing, on_closed);
}
