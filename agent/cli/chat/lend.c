/* lend.c - see lend.h; and /commit and /diff in a chat: `emend commit` and `emend diff`, for git's editor, what its hooks
 * say, and the pager. */
#include "agent/cli/chat/lend.h"

#include <signal.h>

enum { STATUS_NOT_STARTED = 127, STATUS_SIGNAL = 128 }; /* as a shell says it */

static void on_closed(uv_handle_t *h)
{
	struct chat *c = h->data;

	c->lent(c, c->lent_status);
}

static void on_exit_of(uv_process_t *p, int64_t status, int sig)
{
	struct chat *c = p->data;

	c->lent_status = sig ? STATUS_SIGNAL + sig : status; /* why, it has said itself */
	uv_close((uv_handle_t *)p, on_closed);
}

/* Ctrl-C goes to it, as it has the terminal; what is meant for us goes to both. */
void lend_signal(struct chat *c, int number)
{
	if (number != SIGINT)
		(void)uv_process_kill(&c->borrower, SIGTERM);
}

void lend_word(struct lend *l, const char *word)
{
	if (l->n < LEND_WORDS)
		l->words[l->n++] = word;
	l->words[l->n] = NULL;
}

void lend_emend(struct chat *c, struct lend *l, const char *command)
{
	struct arena *a = &c->cli->arena;

	lend_word(l, arena_cstr(a, c->place.program));
	lend_word(l, command);
	lend_word(l, arena_printf(a, "--dir=%.*s", SLICE_ARG(c->place.workspace)).ptr);
	if (c->cli->args.config)
		lend_word(l, arena_printf(a, "--config=%s", c->cli->args.config).ptr);
}

void lend_start(struct chat *c, const struct lend *l)
{
	char *words[LEND_WORDS + 1] = { NULL };
	/* Of a pipe, what follows is for us. */
	bool keys = c->typed.input.kind != INPUT_PIPE && l->out < 0;
	uv_stdio_container_t io[3] = {
		{ .flags = keys ? UV_INHERIT_FD : UV_IGNORE, .data.fd = 0 },
		{ .flags = UV_INHERIT_FD, .data.fd = l->out < 0 ? 1 : l->out },
		{ .flags = UV_INHERIT_FD, .data.fd = l->out < 0 ? 2 : l->out }
	};
	uv_process_options_t po = { .exit_cb = on_exit_of,
				    .stdio = io,
				    .stdio_count = 3,
				    .file = l->words[0],
				    .args = words };
	int r;

	for (size_t i = 0; i < l->n; i++)
		words[i] = arena_cstr(&c->cli->arena, slice_of(l->words[i]));
	begin_line(&c->host);
	(void)term_flush(c->host.log);
	c->borrower.data = c;
	c->lent = l->ended;
	chat_goto(c, CHAT_LENDING);
	r = uv_spawn(&c->loop.uv, &c->borrower, &po);
	if (r == 0)
		return;
	chat_note(c, arena_printf(&c->cli->arena, "%s cannot be started: %s.", l->words[0],
				  uv_strerror(r)));
	c->lent_status = STATUS_NOT_STARTED;
	uv_close((uv_handle_t *)&c->borrower, on_closed);
}

/* From a pipe, the status of a turn is what the program says of its own. */
static void lent_ended(struct chat *c, int64_t status)
{
	if (c->typed.input.kind == INPUT_PIPE)
		c->status = (int)status;
	chat_goto(c, CHAT_READING);
}

/* `emend COMMAND OPTION WHAT`. */
static void lend(struct chat *c, const char *command, struct slice option, struct slice what)
{
	struct lend l = { .out = -1, .ended = lent_ended };

	lend_emend(c, &l, command);
	if (c->host.quiet)
		lend_word(&l, "--quiet");
	if (c->host.json)
		lend_word(&l, "--json");
	if (option.len > 0)
		lend_word(&l, arena_cstr(&c->cli->arena, option));
	lend_word(&l, arena_cstr(&c->cli->arena, what));
	lend_start(c, &l);
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
