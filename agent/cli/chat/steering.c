/* steering.c - see steering.h
 *
 * The same line, box and input as those of a chat; what is typed can go nowhere but to the one
 * task. */
#include "agent/cli/chat/steering.h"

#include <signal.h>
#include <unistd.h>

#include "agent/cli/chat/complete.h"
#include "agent/cli/screen/flow.h"
#include "protocol/base/limits.h"

/* Only the process group in front may read the terminal and change its mode; any other is stopped if it tries. */
static bool in_front(void)
{
	return tcgetpgrp(STDIN_FILENO) == getpgrp();
}

/* Asked each time: the shell may have put us into the background since. */
static void run(struct steering *s)
{
	if (in_front())
		input_run(&s->input);
}

/* --- the task of this process --- */

static bool own_steer(void *self, struct slice text)
{
	const struct host_cli *h = self;

	return h->task && task_steer(h->task, text);
}

static bool own_waits(void *self, size_t i, struct slice *text)
{
	const struct host_cli *h = self;

	return h->task && task_waits(h->task, i, text);
}

static bool own_unsteer(void *self, struct slice *text)
{
	const struct host_cli *h = self;

	return h->task && task_unsteer(h->task, text);
}

/* --- the box --- */

static bool wanted(void *self)
{
	struct steering *s = self;
	struct slice text;

	return s->line.text.len > 0 || s->by.waits(s->by.self, 0, &text);
}

static void draw(void *self, struct buf *out, unsigned columns, struct live_place *cursor)
{
	struct steering *s = self;
	struct box *b = &s->box;
	struct slice text;

	arena_release(&s->drawn);
	arena_init(&s->drawn);
	b->n_notes = 0;
	memset(b->notes, 0, sizeof(b->notes));
	if (s->hint_text.len > 0)
		b->notes[b->n_notes++].text = buf_slice(&s->hint_text);
	for (size_t i = 0; b->n_notes < BOX_NOTES - 1 && s->by.waits(s->by.self, i, &text); i++)
		b->notes[b->n_notes++] =
			(struct box_note){ arena_printf(&s->drawn, "next step: \"%.*s\"",
							SLICE_ARG(slice_sub(text, 0, 200))),
					   SLICE("  (Up takes it back)") };
	if (s->line.text.len > 0)
		b->notes[b->n_notes++].text = SLICE("Enter: the task hears it with its next step");
	box_draw(b, out, columns, cursor);
}

static void note(struct steering *s, struct slice text)
{
	begin_line(s->host);
	flow_line(s->host->log, TERM_DIM, "", TERM_PLAIN, text);
	(void)term_flush(s->host->log);
}

/* --- what is typed --- */

/* A line is kept among those of before only if the task took it. */
static void hand_over(struct steering *s, struct slice typed)
{
	struct slice text = slice_trim(typed);
	struct arena a;

	if (text.len == 0)
		return;
	arena_init(&a);
	if (s->by.steer(s->by.self, text)) {
		past_add(&s->past, text);
		s->line.shown = s->past.n;
		if (s->input.kind == INPUT_LINES)
			note(s, arena_printf(&a, "next step: \"%.*s\"", SLICE_ARG(text)));
	} else {
		note(s, SLICE("The task is ending, and hears nothing more."));
	}
	arena_release(&a);
}

static void sent(struct steering *s)
{
	struct arena a;
	struct slice text;

	arena_init(&a);
	text = arena_dup(&a, buf_slice(&s->line.text));
	line_set(&s->line, SLICE(""));
	hand_over(s, text);
	arena_release(&a);
}

static void take_back(struct steering *s)
{
	struct slice text;

	if (s->by.unsteer(s->by.self, &text)) {
		line_set(&s->line, text);
	} else if (s->past.n > 0) {
		line_set(&s->line, s->past.lines[s->past.n - 1]);
		s->line.shown = s->past.n - 1;
		buf_clear(&s->line.draft);
	}
}

static void tab(struct steering *s)
{
	if (slice_starts(line_word(&s->line), SLICE("@")))
		complete_line(&s->line, s->workspace, &s->hint_text);
}

static void suspend(struct steering *s)
{
	live_hide(&s->host->live);
	input_pause(&s->input);
	(void)kill(0, SIGTSTP); /* and here it goes on */
	run(s);
}

/* There is one task and no prompt: Ctrl-D does nothing, Ctrl-C goes the way of the signal. */
static void on_byte(void *payload, char byte)
{
	struct steering *s = payload;
	enum line_event e = line_byte(&s->line, byte);

	notice_seen(&s->host->notice, uv_now(&s->loop->uv));
	buf_clear(&s->hint_text);
	switch (e) {
	case LINE_SENT:
		sent(s);
		break;
	case LINE_TAKE_BACK:
		take_back(s);
		break;
	case LINE_INTERRUPT:
		cli_loop_interrupt(s->loop, SIGINT);
		break;
	case LINE_SUSPEND:
		suspend(s);
		break;
	case LINE_REDRAW:
		live_hide(&s->host->live);
		term_raw(s->host->log, SLICE("\033[H\033[J\n"));
		break;
	case LINE_TAB:
		tab(s);
		break;
	case LINE_MORE:
	case LINE_END:
		break;
	}
}

/* Brackets around pastes are asked for with the first key only: a command that nobody types at
 * sends no orders to the terminal. */
static void on_pause_of_typing(void *payload)
{
	struct steering *s = payload;

	if (s->line.text.len > 0)
		input_pastes(&s->input);
	live_show(&s->host->live);
}

static void on_line(void *payload, struct slice text)
{
	struct steering *s = payload;

	s->host->log->mid_line = false; /* the terminal has shown Enter */
	hand_over(s, text);
}

static void on_end(void *payload)
{
	(void)payload; /* the task does not need it */
}

/* --- the terminal, shared with questions --- */

static void show(struct job *j)
{
	struct steering *s = container_of(j, struct steering, show);

	live_show(&s->host->live);
}

/* Not drawn at once: the asker may take the terminal again before it returns to the loop. */
static void on_taken(void *payload, bool taken)
{
	struct steering *s = payload;

	if (taken) {
		input_pause(&s->input);
	} else {
		run(s);
		runq_post(&s->loop->runq, &s->show);
	}
}

/* Only for a person who watches: at a pipe, in a script or in the background the input is not
 * ours. Nothing is an error; the task then runs without being heard. */
void steering_open(struct steering *s, struct host_cli *h, struct cli_loop *l,
		   const struct place *p, const struct steered *by)
{
	static const struct input_callbacks cb = {
		.byte = on_byte, .pause = on_pause_of_typing, .line = on_line, .end = on_end
	};
	struct err ignored = { 0 };

	*s = (struct steering){ .host = h,
				.loop = l,
				.workspace = p->workspace,
				.by = { own_steer, own_waits, own_unsteer, h } };
	if (by)
		s->by = *by;
	if (h->json || h->quiet || isatty(STDIN_FILENO) != 1 || !h->log->tty || !in_front() ||
	    !input_open(&s->input, &l->uv, &l->runq, h->log, false, &ignored))
		return;
	s->open = true;
	past_init(&s->past, p->state);
	line_init(&s->line, &s->past);
	arena_init(&s->drawn);
	buf_init(&s->hint_text, LIMIT_PATH_BYTES);
	job_init(&s->show, show);
	s->input.cb = &cb;
	s->input.payload = s;
	s->box = (struct box){ .line = &s->line, .colour = h->log->colour };
	s->live_box = (struct live_box){ .draw = draw, .wanted = wanted, .self = s };
	if (s->input.kind == INPUT_KEYS)
		h->live.box = &s->live_box;
	h->asker.takes = on_taken;
	h->asker.payload = s;
	input_run(&s->input);
}

/* The words are the person's again: they are said, so that they can be copied. */
static void give_back(struct steering *s, struct task *t)
{
	struct arena a;
	struct slice text, all = SLICE("");

	arena_init(&a);
	while (t && task_unsteer(t, &text))
		all = arena_printf(&a, "%.*s%s%.*s", SLICE_ARG(text), all.len ? "\n" : "",
				   SLICE_ARG(all));
	if (s->line.text.len > 0)
		all = arena_printf(&a, "%.*s%s%.*s", SLICE_ARG(all), all.len ? "\n" : "",
				   SLICE_ARG(buf_slice(&s->line.text)));
	if (all.len > 0)
		note(s, arena_printf(&a, "The task ended before it heard: %.*s", SLICE_ARG(all)));
	arena_release(&a);
}

void steering_close(struct steering *s, struct task *t)
{
	if (!s->open)
		return;
	s->open = false;
	live_hide(&s->host->live);
	s->host->live.box = NULL;
	s->host->asker.takes = NULL;
	give_back(s, t);
	job_drop(&s->show);
	input_close(&s->input);
	line_release(&s->line);
	past_release(&s->past);
	arena_release(&s->drawn);
	buf_release(&s->hint_text);
}

void steering_restore(struct steering *s)
{
	if (s->open)
		input_pause(&s->input);
}
