/* typed.c - see typed.h */
#include "agent/cli/chat/typed.h"

#include <signal.h>
#include <unistd.h>

#include "protocol/base/limits.h"

/* Only the process group in front may read the terminal and change its mode; any other is stopped if it tries.
 * Asked each time: the shell may have put us into the background since. */
void typed_run(struct typed *t)
{
	if (!t->own_group || tcgetpgrp(STDIN_FILENO) == getpgrp())
		input_run(&t->input);
}

/* --- the box --- */

void typed_note(struct typed *t, const char *what, struct slice text, bool back)
{
	struct slice hint = back ? SLICE("  (Up takes it back)") : SLICE("");
	struct slice brief = back ? SLICE("  (Up)") : SLICE("");

	if (t->box.n_notes < BOX_NOTES)
		t->box.notes[t->box.n_notes++] =
			(struct box_note){ arena_printf(&t->drawn, "%s \"%.*s\"", what,
							SLICE_ARG(slice_sub(text, 0, 200))),
					   hint, brief };
}

static bool wanted(void *self)
{
	const struct typed *t = self;

	return t->ops->wanted(t->self);
}

/* Called by the live line, also when a task had something to say. Everything is made anew. */
static void draw(void *self, struct buf *out, unsigned columns, struct live_place *cursor)
{
	struct typed *t = self;
	struct box *b = &t->box;

	arena_release(&t->drawn);
	arena_init(&t->drawn);
	b->n_notes = 0;
	memset(b->notes, 0, sizeof(b->notes));
	b->head = SLICE("");
	if (t->hint_text.len > 0)
		b->notes[b->n_notes++].text = buf_slice(&t->hint_text);
	t->ops->compose(t->self);
	box_draw(b, out, columns, cursor);
}

/* --- keys --- */

/* The line is empty before anybody hears of it. */
static void sent(struct typed *t)
{
	struct arena a;
	struct slice text;

	arena_init(&a);
	text = arena_dup(&a, buf_slice(&t->line.text));
	line_set(&t->line, SLICE(""));
	t->ops->entered(t->self, text);
	arena_release(&a);
}

static void take_back(struct typed *t)
{
	struct slice text;

	if (t->ops->take_back(t->self, &text)) {
		line_set(&t->line, text);
	} else if (t->past.n > 0) {
		line_set(&t->line, t->past.lines[t->past.n - 1]);
		t->line.shown = t->past.n - 1;
		buf_clear(&t->line.draft);
	}
}

/* The terminal is given back before the whole process group stops, as the shell expects it. */
static void suspend(struct typed *t)
{
	live_hide(&t->host->live);
	input_pause(&t->input);
	(void)kill(0, SIGTSTP); /* and here it goes on */
	typed_run(t);
}

/* Any key says that somebody is there. The hint of the last one goes with the next. */
static void on_byte(void *payload, char byte)
{
	struct typed *t = payload;
	enum line_event e;

	if (t->over)
		return;
	notice_seen(&t->host->notice, uv_now(&t->loop->uv));
	e = line_byte(&t->line, byte);
	buf_clear(&t->hint_text);
	switch (e) {
	case LINE_MORE:
		break;
	case LINE_SENT:
		sent(t);
		break;
	case LINE_TAB:
		t->ops->tab(t->self);
		break;
	case LINE_TAKE_BACK:
		take_back(t);
		break;
	case LINE_INTERRUPT:
		t->ops->interrupt(t->self);
		break;
	case LINE_END:
		t->ops->leave(t->self);
		break;
	case LINE_SUSPEND:
		suspend(t);
		break;
	case LINE_EDITOR:
	case LINE_MODE:
	case LINE_REWIND:
		t->ops->key(t->self, e);
		break;
	case LINE_REDRAW:
		live_hide(&t->host->live);
		term_raw(t->host->log, SLICE("\033[H\033[J\n"));
		break;
	}
}

/* One drawing for all bytes that came together. */
static void on_pause_of_typing(void *payload)
{
	struct typed *t = payload;

	t->ops->show(t->self);
}

static void on_line(void *payload, struct slice text)
{
	struct typed *t = payload;

	if (t->input.kind == INPUT_LINES)
		t->host->log->mid_line = false; /* the terminal has shown Enter */
	t->ops->entered(t->self, text);
	t->ops->show(t->self);
}

static void on_end(void *payload)
{
	struct typed *t = payload;

	t->ops->end(t->self);
}

/* --- the terminal, shared with questions --- */

static void show(struct job *j)
{
	struct typed *t = container_of(j, struct typed, show);

	t->ops->show(t->self);
}

/* Not drawn at once: the asker may take the terminal again before it returns to the loop. */
static void on_taken(void *payload, bool taken)
{
	struct typed *t = payload;

	if (taken) {
		input_pause(&t->input);
	} else if (!t->over && t->input.kind != INPUT_PIPE) {
		typed_run(t);
		runq_post(&t->loop->runq, &t->show);
	}
}

bool typed_open(struct typed *t, const struct typed_options *o, struct err *err)
{
	static const struct input_callbacks cb = {
		.byte = on_byte, .pause = on_pause_of_typing, .line = on_line, .end = on_end
	};

	*t = (struct typed){ .ops = o->ops,
			     .self = o->self,
			     .host = o->host,
			     .loop = o->loop,
			     .own_group = o->own_group };
	past_init(&t->past, o->state);
	line_init(&t->line, &t->past);
	arena_init(&t->drawn);
	buf_init(&t->hint_text, LIMIT_PATH_BYTES);
	job_init(&t->show, show);
	if (!input_open(&t->input, &o->loop->uv, &o->loop->runq, o->out, o->lines_only, err)) {
		typed_close(t);
		return false;
	}
	t->input.cb = &cb;
	t->input.payload = t;
	t->box = (struct box){ .line = &t->line, .colour = o->out->colour };
	t->live_box = (struct live_box){ .draw = draw, .wanted = wanted, .self = t };
	if (t->input.kind == INPUT_KEYS)
		o->host->live.box = &t->live_box;
	o->host->asker.takes = on_taken;
	o->host->asker.payload = t;
	return true;
}

void typed_close(struct typed *t)
{
	t->over = true;
	t->host->live.box = NULL;
	t->host->asker.takes = NULL;
	job_drop(&t->show);
	input_close(&t->input);
	line_release(&t->line);
	past_release(&t->past);
	arena_release(&t->drawn);
	buf_release(&t->hint_text);
}
