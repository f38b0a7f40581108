/* steering.c - see steering.h
 *
 * The same line, box and input as those of a chat (typed.h); what is typed can go nowhere but to the one task. */
#include "agent/cli/chat/steering.h"

#include <signal.h>
#include <unistd.h>

#include "agent/cli/chat/complete.h"
#include "agent/cli/screen/flow.h"

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

	return s->typed.line.text.len > 0 || s->by.waits(s->by.self, 0, &text);
}

static void compose(void *self)
{
	struct steering *s = self;
	struct box *b = &s->typed.box;
	struct slice text;

	for (size_t i = 0; b->n_notes < BOX_NOTES - 1 && s->by.waits(s->by.self, i, &text); i++)
		typed_note(&s->typed, "next step:", text, true);
	if (s->typed.line.text.len > 0)
		b->notes[b->n_notes++].text = SLICE("Enter: the task hears it with its next step");
}

/* Brackets around pastes are asked for with the first key only: a command that nobody types at
 * sends no orders to the terminal. */
static void show(void *self)
{
	struct steering *s = self;

	if (s->typed.line.text.len > 0)
		input_pastes(&s->typed.input);
	live_show(&s->host->live);
}

static void note(struct steering *s, struct slice text)
{
	begin_line(s->host);
	flow_line(s->host->log, TERM_DIM, "", TERM_PLAIN, text);
	(void)term_flush(s->host->log);
}

/* --- what is typed --- */

/* A line is kept among those of before only if the task took it. */
static void entered(void *self, struct slice typed)
{
	struct slice text = slice_trim(typed);
	struct steering *s = self;
	struct arena a;

	if (text.len == 0)
		return;
	arena_init(&a);
	if (s->by.steer(s->by.self, text)) {
		past_add(&s->typed.past, text);
		s->typed.line.shown = s->typed.past.n;
		if (s->typed.input.kind == INPUT_LINES)
			note(s, arena_printf(&a, "next step: \"%.*s\"", SLICE_ARG(text)));
	} else {
		note(s, SLICE("The task is ending, and hears nothing more."));
	}
	arena_release(&a);
}

static void tab(void *self)
{
	struct steering *s = self;

	if (slice_starts(line_word(&s->typed.line), SLICE("@")))
		complete_line(&s->typed.line, s->workspace, &s->typed.hint_text);
}

static bool take_back(void *self, struct slice *text)
{
	struct steering *s = self;

	return s->by.unsteer(s->by.self, text);
}

/* They are a chat's. */
static void key(void *self, enum line_event e)
{
	(void)self;
	(void)e;
}

/* It goes the way of the signal. */
static void interrupt(void *self)
{
	struct steering *s = self;

	cli_loop_interrupt(s->typed.loop, SIGINT);
}

/* There is one task and no prompt: nobody can leave, and the task does not need the input. */
static void stay(void *self)
{
	(void)self;
}

/* Only for a person who watches: at a pipe, in a script or in the background the input is not
 * ours. Nothing is an error; the task then runs without being heard. */
void steering_open(struct steering *s, struct host_cli *h, struct cli_loop *l,
		   const struct place *p, const struct steered *by)
{
	static const struct typed_ops ops = { .wanted = wanted,
					      .compose = compose,
					      .show = show,
					      .entered = entered,
					      .tab = tab,
					      .take_back = take_back,
					      .key = key,
					      .interrupt = interrupt,
					      .leave = stay,
					      .end = stay };
	const struct typed_options o = { .ops = &ops,
					 .self = s,
					 .host = h,
					 .loop = l,
					 .state = p->state,
					 .out = h->log,
					 .own_group = true };
	struct err ignored = { 0 };

	*s = (struct steering){ .host = h,
				.workspace = p->workspace,
				.by = { own_steer, own_waits, own_unsteer, h } };
	if (by)
		s->by = *by;
	if (h->json || h->quiet || isatty(STDIN_FILENO) != 1 || !h->log->tty ||
	    tcgetpgrp(STDIN_FILENO) != getpgrp() || !typed_open(&s->typed, &o, &ignored))
		return;
	s->open = true;
	typed_run(&s->typed);
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
	if (s->typed.line.text.len > 0)
		all = arena_printf(&a, "%.*s%s%.*s", SLICE_ARG(all), all.len ? "\n" : "",
				   SLICE_ARG(buf_slice(&s->typed.line.text)));
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
	give_back(s, t);
	typed_close(&s->typed);
}

void steering_restore(struct steering *s)
{
	if (s->open)
		input_pause(&s->typed.input);
}
