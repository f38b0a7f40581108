/* turn_back.c - /undo, /redo and /rewind in a chat: see chat.h. The first two take the turns as a stack: /undo again is
 * the turn before, /redo the one that was undone last; the model hears of it with the next message. After a rewind it
 * hears nothing: what it would be told of is no part of its conversation any more. */
#include "agent/cli/chat/chat.h"

#include "agent/change/history.h"
#include "agent/change/undo.h"
#include "agent/cli/back/back.h"
#include "agent/cli/target.h"

/* The task whose turn it is; "" if there is none. */
static struct slice pick(const struct history *h, bool redo)
{
	for (size_t k = 0; k < h->n; k++) {
		const struct past_edit *e = &h->edits[redo ? k : h->n - 1 - k];
		struct change_undo_spec s = {
			.history = h, .task = e->task, .only = -1, .redo = redo
		};

		if (change_undo_wants(&s, e))
			return e->task;
	}
	return SLICE("");
}

/* Several of them add up until the next message. */
static void tell_model(struct chat *c, bool redo, struct slice report)
{
	c->undone = arena_printf(
		&c->cli->arena,
		"%.*s%s(A note of Emend, not of the user: before this message the user %s. "
		"What came of it:\n%.*s)",
		SLICE_ARG(c->undone), c->undone.len ? "\n" : "",
		redo ? "made the undone changes of a turn again"
		     : "took the changes of a turn back with /undo",
		SLICE_ARG(slice_trim(report)));
}

static const char *after_words(const struct undo_spec *s, bool preview)
{
	if (s->rewinds)
		return preview ? "/rewind STEP does it." : "Your next message goes on from here.";
	if (preview)
		return s->redo ? "/redo does it." : "/undo does it.";
	return s->redo ? "" : "/redo makes it again.";
}

/* A rewind takes the conversation back, too, so that the model needs no word about it; an undo
 * does not. */
static void on_done(void *payload, struct slice report, size_t restored, size_t refused,
		    const struct err *err)
{
	struct chat *c = payload;
	const struct undo_spec *s = &c->back;

	live_hide(&c->host.live);
	if (restored + refused > 0 || (s->rewinds && !err)) {
		begin_line(&c->host);
		term_text(c->host.log, TERM_PLAIN, report);
		term_fresh_line(c->host.log);
		chat_note(c, arena_printf(&c->cli->arena, "%s. %s",
					  back_summary(&c->cli->arena, s, c->back_preview, restored,
						       refused)
						  .ptr,
					  err ? "" : after_words(s, c->back_preview)));
	}
	if (s->rewinds && !c->back_preview && !err)
		c->undone = SLICE("");
	else if (!s->rewinds && !c->back_preview && restored + refused > 0)
		tell_model(c, s->redo, report);
	if (err)
		term_error(&c->cli->log, err->msg);
	chat_goto(c, CHAT_READING);
}

/* What is typed meanwhile has its line, which the diff must not begin on. */
static void show_file(void *payload, struct slice path, struct slice now, struct slice then)
{
	struct chat *c = payload;

	begin_line(&c->host);
	diff_put(c->cli, path, now, then);
}

static void start(struct chat *c, bool preview)
{
	struct change_preview show = { .file = show_file, .payload = c };
	struct err err = { 0 };

	c->back.preview = preview ? &show : NULL;
	if (!undo_start(c->loop.agent, &c->back, &c->host.host, on_done, c, &err)) {
		term_error(&c->cli->log, err.msg);
		return;
	}
	c->back.preview = NULL; /* it was copied */
	c->back_preview = preview;
	chat_goto(c, CHAT_UNDOING);
}

static bool something_done(struct chat *c)
{
	if (c->session.len == 0)
		chat_note(c, SLICE("Nothing was done yet."));
	return c->session.len > 0;
}

void turn_rewind(struct chat *c, int64_t to, bool preview)
{
	if (!something_done(c))
		return;
	c->back = (struct undo_spec){ .workspace = c->place.workspace,
				      .session = c->session,
				      .step = -1,
				      .rewinds = true,
				      .to = to,
				      .config = &c->place.config };
	start(c, preview);
}

void turn_back(struct chat *c, bool redo, bool preview)
{
	struct undo_spec s = { .workspace = c->place.workspace,
			       .session = c->session,
			       .step = -1,
			       .redo = redo,
			       .config = &c->place.config };
	struct err err = { 0 };
	struct history h;

	if (!something_done(c))
		return;
	if (!history_read(&c->cli->arena, c->place.state, c->session, &h, &err)) {
		chat_note(c, slice_of(err.msg));
		return;
	}
	s.task = pick(&h, redo);
	if (s.task.len == 0) {
		chat_note(c, redo ? SLICE("Nothing of this session is undone.")
				  : SLICE("There is nothing of this session to undo."));
		return;
	}
	c->back = s;
	start(c, preview);
}
