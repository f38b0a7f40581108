/* typing.c - what is typed in a chat, on its way from the terminal (typed.h) to chat.c. */
#include "agent/cli/chat/chat.h"

#include "agent/cli/chat/complete.h"

/* --- the box --- */

static void compose(void *self)
{
	struct chat *c = self;
	struct typed *t = &c->typed;
	struct slice text;

	if (c->state == CHAT_READING)
		t->box.head = arena_printf(&t->drawn, "%s   $%.4f of %.2f   %.*s",
					   mode_name(c->place.config.mode), c->usd,
					   c->place.config.budget.session_usd, SLICE_ARG(c->model));
	for (size_t i = 0; c->host.task && task_waits(c->host.task, i, &text); i++)
		typed_note(t, "next step:", text, true);
	for (size_t i = 0; i < c->n_later; i++)
		typed_note(t, "afterwards:", c->later[i], false);
}

void typing_show(struct chat *c)
{
	struct term *t = c->host.log;

	if (c->state == CHAT_ENDED || c->host.asker.state != ASKER_IDLE)
		return;
	if (c->typed.input.kind == INPUT_KEYS) {
		live_show(&c->host.live);
	} else if (c->typed.input.kind == INPUT_LINES && c->state == CHAT_READING && t->tty &&
		   !c->host.json && !t->mid_line) {
		term_raw(t, SLICE("> "));
		(void)term_flush(t);
	}
}

static void show(void *self)
{
	typing_show(self);
}

/* Not where somebody else writes: a program that has the terminal, or diffs that come past the host. */
static bool wanted(void *self)
{
	const struct chat *c = self;

	return c->state != CHAT_LENDING && !(c->state == CHAT_UNDOING && c->back_preview);
}

/* --- keys --- */

static void entered(void *self, struct slice text)
{
	chat_entered(self, text, false);
}

/* Tab sends for later what is no word to complete. */
static void tab(void *self)
{
	struct chat *c = self;
	struct slice text = buf_slice(&c->typed.line.text);

	if (complete_can(text, line_word(&c->typed.line))) {
		complete_line(&c->typed.line, c->place.workspace, &c->typed.hint_text);
	} else if (c->state != CHAT_READING && slice_trim(text).len > 0) {
		text = arena_dup(&c->cli->arena, text);
		line_set(&c->typed.line, SLICE(""));
		chat_entered(c, text, true);
	}
}

/* What was sent last comes back first: a message for later, then words for the running task. */
static bool take_back(void *self, struct slice *text)
{
	struct chat *c = self;

	if (c->n_later == 0)
		return c->host.task && task_unsteer(c->host.task, text);
	*text = c->later[--c->n_later];
	return true;
}

/* The head of the box, which shows the mode, is there only while nothing runs; so are these keys. */
static void key(void *self, enum line_event e)
{
	struct chat *c = self;

	if (c->state != CHAT_READING)
		return;
	if (e == LINE_MODE)
		slash_next_mode(c);
	else if (e == LINE_EDITOR)
		draft_edit(c);
	else
		slash_run(c, SLICE("/rewind"));
}

static void interrupt(void *self)
{
	chat_interrupt(self);
}

static void leave(void *self)
{
	struct chat *c = self;

	if (c->state == CHAT_READING)
		chat_goto(c, CHAT_ENDED);
	else
		chat_note(c, SLICE("Ctrl-C stops the task; then Ctrl-D leaves."));
}

/* The end of a pipe: what runs is finished first. */
static void ended(void *self)
{
	struct chat *c = self;

	if (c->state == CHAT_READING)
		chat_goto(c, CHAT_ENDED);
	else
		c->leaving = true;
}

bool typing_open(struct chat *c, struct err *err)
{
	static const struct typed_ops ops = { .wanted = wanted,
					      .compose = compose,
					      .show = show,
					      .entered = entered,
					      .tab = tab,
					      .take_back = take_back,
					      .key = key,
					      .interrupt = interrupt,
					      .leave = leave,
					      .end = ended };
	const struct typed_options o = { .ops = &ops,
					 .self = c,
					 .host = &c->host,
					 .loop = &c->loop,
					 .state = c->place.state,
					 .out = &c->cli->out,
					 .lines_only = c->host.json || c->host.quiet };

	if (!typed_open(&c->typed, &o, err))
		return false;
	input_pastes(&c->typed.input);
	return true;
}
