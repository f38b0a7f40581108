/* typing.c - what is typed in a chat, on its way from the terminal to chat.c, and the box that shows it. */
#include "agent/cli/chat/chat.h"

#include <signal.h>
#include <unistd.h>

#include "agent/cli/chat/complete.h"
#include "protocol/base/limits.h"

/* --- the box --- */

static void add_note(struct chat *c, const char *what, struct slice text, struct slice hint)
{
	if (c->box.n_notes < BOX_NOTES)
		c->box.notes[c->box.n_notes++] =
			(struct box_note){ arena_printf(&c->drawn, "%s \"%.*s\"", what,
							SLICE_ARG(slice_sub(text, 0, 200))),
					   hint };
}

/* Everything that is shown is made anew. */
static void compose(struct chat *c)
{
	struct box *b = &c->box;
	struct slice text;

	arena_release(&c->drawn);
	arena_init(&c->drawn);
	b->n_notes = 0;
	memset(b->notes, 0, sizeof(b->notes));
	b->head = SLICE("");
	if (c->state == CHAT_READING)
		b->head = arena_printf(&c->drawn, "%s   $%.4f of %.2f   %.*s",
				       mode_name(c->place.config.mode), c->usd,
				       c->place.config.budget.session_usd, SLICE_ARG(c->model));
	if (c->hint_text.len > 0)
		b->notes[b->n_notes++].text = buf_slice(&c->hint_text);
	for (size_t i = 0; c->host.task && task_waits(c->host.task, i, &text); i++)
		add_note(c, "next step:", text, SLICE("  (Up takes it back)"));
	for (size_t i = 0; i < c->n_later; i++)
		add_note(c, "afterwards:", c->later[i], SLICE(""));
}

void typing_show(struct chat *c)
{
	struct term *t = c->host.log;

	if (c->state == CHAT_ENDED || c->host.asker.state != ASKER_IDLE)
		return;
	if (c->input.kind == INPUT_KEYS) {
		live_show(&c->host.live);
	} else if (c->input.kind == INPUT_LINES && c->state == CHAT_READING && t->tty &&
		   !c->host.json && !t->mid_line) {
		term_raw(t, SLICE("> "));
		(void)term_flush(t);
	}
}

/* Not where somebody else writes: a program that has the terminal, or diffs that come past the host. */
static bool wanted(void *self)
{
	const struct chat *c = self;

	return c->state != CHAT_LENDING && !(c->state == CHAT_UNDOING && c->back_preview);
}

/* Drawn by the live line, also when a task had something to say. */
static void draw(void *self, struct buf *out, unsigned columns, struct live_place *cursor)
{
	struct chat *c = self;

	compose(c);
	box_draw(&c->box, out, columns, cursor);
}

/* --- keys --- */

/* Tab sends for later what is no word to complete. */
static void tab(struct chat *c)
{
	struct slice text = buf_slice(&c->line.text);

	if (complete_can(text, line_word(&c->line))) {
		complete_line(&c->line, c->place.workspace, &c->hint_text);
	} else if (c->state != CHAT_READING && slice_trim(text).len > 0) {
		text = arena_dup(&c->cli->arena, text);
		line_set(&c->line, SLICE(""));
		chat_entered(c, text, true);
	}
}

/* What was sent last comes back first: a message for later, then words for the running task,
 * then the history. */
static void take_back(struct chat *c)
{
	struct slice text;

	if (c->n_later > 0)
		line_set(&c->line, c->later[--c->n_later]);
	else if (c->host.task && task_unsteer(c->host.task, &text))
		line_set(&c->line, text);
	else if (c->past.n > 0) {
		line_set(&c->line, c->past.lines[c->past.n - 1]);
		c->line.shown = c->past.n - 1;
		buf_clear(&c->line.draft);
	}
}

/* The terminal is given back before the whole process group stops, as the shell expects it. */
static void suspend(struct chat *c)
{
	live_hide(&c->host.live);
	input_pause(&c->input);
	(void)kill(0, SIGTSTP); /* and here it goes on */
	input_run(&c->input);
}

static void sent(struct chat *c)
{
	struct slice text = arena_dup(&c->cli->arena, buf_slice(&c->line.text));

	line_set(&c->line, SLICE(""));
	chat_entered(c, text, false);
}

/* Ctrl-D, or the end of a pipe: what runs is finished first. */
static void ended(void *payload)
{
	struct chat *c = payload;

	if (c->state == CHAT_READING)
		chat_goto(c, CHAT_ENDED);
	else
		c->leaving = true;
}

/* Any key says that somebody is there. The hint of the last one goes with the next. */
static void on_byte(void *payload, char byte)
{
	struct chat *c = payload;
	enum line_event e;

	if (c->state == CHAT_ENDED)
		return;
	notice_seen(&c->host.notice, uv_now(&c->loop.uv));
	e = line_byte(&c->line, byte);
	buf_clear(&c->hint_text);
	switch (e) {
	case LINE_MORE:
		break;
	case LINE_SENT:
		sent(c);
		break;
	case LINE_TAB:
		tab(c);
		break;
	case LINE_TAKE_BACK:
		take_back(c);
		break;
	case LINE_INTERRUPT:
		chat_interrupt(c);
		break;
	case LINE_END:
		if (c->state == CHAT_READING)
			chat_goto(c, CHAT_ENDED);
		else
			chat_note(c, SLICE("Ctrl-C stops the task; then Ctrl-D leaves."));
		break;
	case LINE_SUSPEND:
		suspend(c);
		break;
	case LINE_REDRAW:
		live_hide(&c->host.live);
		term_raw(c->host.log, SLICE("\033[H\033[J\n"));
		break;
	}
}

/* One drawing for all bytes that came together. */
static void on_pause_of_typing(void *payload)
{
	typing_show(payload);
}

static void on_line(void *payload, struct slice text)
{
	struct chat *c = payload;

	if (c->input.kind == INPUT_LINES)
		c->host.log->mid_line = false; /* the terminal has shown Enter */
	chat_entered(c, text, false);
	typing_show(c);
}

/* --- the terminal, shared with questions --- */

static void show(struct job *j)
{
	struct chat *c = container_of(j, struct chat, show);

	typing_show(c);
}

/* Not drawn at once: the asker may take the terminal again before it returns to the loop. */
static void on_taken(void *payload, bool taken)
{
	struct chat *c = payload;

	if (taken) {
		input_pause(&c->input);
	} else if (c->state != CHAT_ENDED && c->input.kind != INPUT_PIPE) {
		input_run(&c->input);
		runq_post(&c->loop.runq, &c->show);
	}
}

/* typing_close() may follow where this fails. */
bool typing_open(struct chat *c, struct err *err)
{
	static const struct input_callbacks cb = {
		.byte = on_byte, .pause = on_pause_of_typing, .line = on_line, .end = ended
	};
	bool plain = c->host.json || c->host.quiet;

	past_init(&c->past, c->place.state);
	line_init(&c->line, &c->past);
	arena_init(&c->drawn);
	buf_init(&c->hint_text, LIMIT_PATH_BYTES);
	job_init(&c->show, show);
	if (!input_open(&c->input, &c->loop.uv, &c->loop.runq, &c->cli->out, plain, err)) {
		typing_close(c);
		return false;
	}
	c->input.cb = &cb;
	c->input.payload = c;
	input_pastes(&c->input);
	c->box = (struct box){ .line = &c->line, .colour = c->cli->out.colour };
	c->live_box = (struct live_box){ .draw = draw, .wanted = wanted, .self = c };
	if (c->input.kind == INPUT_KEYS)
		c->host.live.box = &c->live_box;
	c->host.asker.takes = on_taken;
	c->host.asker.payload = c;
	return true;
}

void typing_close(struct chat *c)
{
	c->host.live.box = NULL;
	c->host.asker.takes = NULL;
	job_drop(&c->show);
	input_close(&c->input);
	line_release(&c->line);
	past_release(&c->past);
	arena_release(&c->drawn);
	buf_release(&c->hint_text);
}
