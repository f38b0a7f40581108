/* turn_back.c - /undo and /redo in a chat: see chat.h. They take the turns as a stack: /undo again is the turn before,
 * /redo the one that was undone last. The model hears of it with the next message. */
#include "agent/cli/chat/chat.h"

#include "agent/change/history.h"
#include "agent/change/undo.h"

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

static void on_done(struct chat *c, bool redo, struct slice report, size_t restored, size_t refused,
		    const struct err *err)
{
	live_hide(&c->host.live);
	if (restored + refused > 0) {
		begin_line(&c->host);
		term_text(c->host.log, TERM_PLAIN, report);
		term_fresh_line(c->host.log);
		chat_note(c, arena_printf(&c->cli->arena, "%zu %s, %zu left as %s. %s", restored,
					  redo ? "made again" : "undone", refused,
					  refused == 1 ? "it is" : "they are",
					  redo ? "" : "/redo makes it again."));
		tell_model(c, redo, report);
	}
	if (err)
		term_error(&c->cli->log, err->msg);
	chat_goto(c, CHAT_READING);
}

static void undone(void *payload, struct slice report, size_t restored, size_t refused,
		   const struct err *err)
{
	on_done(payload, false, report, restored, refused, err);
}

static void redone(void *payload, struct slice report, size_t restored, size_t refused,
		   const struct err *err)
{
	on_done(payload, true, report, restored, refused, err);
}

void turn_back(struct chat *c, bool redo)
{
	struct undo_spec s = { .workspace = c->place.workspace,
			       .session = c->session,
			       .step = -1,
			       .redo = redo,
			       .config = &c->place.config };
	struct err err = { 0 };
	struct history h;

	if (c->session.len == 0 ||
	    !history_read(&c->cli->arena, c->place.state, c->session, &h, &err)) {
		chat_note(c, c->session.len ? slice_of(err.msg) : SLICE("Nothing was done yet."));
		return;
	}
	s.task = pick(&h, redo);
	if (s.task.len == 0) {
		chat_note(c, redo ? SLICE("Nothing of this session is undone.")
				  : SLICE("There is nothing of this session to undo."));
		return;
	}
	if (!undo_start(c->loop.agent, &s, &c->host.host, redo ? redone : undone, c, &err)) {
		term_error(&c->cli->log, err.msg);
		return;
	}
	chat_goto(c, CHAT_UNDOING);
}
