/* tell.h - what the editor is told about a task: notifications for our own plugins, and the one
 * line at its end for everybody.
 *
 * Text is sent every LIMIT_TEXT_INTERVAL_MS at most: a notification for each piece of a model's
 * stream would stop an editor for as long as it takes to draw them all. */
#ifndef EMEND_LSP_TELL_H
#define EMEND_LSP_TELL_H

#include "lsp/tasks.h"

void tell_task(struct tracked *t);		      /* emend/task; nothing for other clients */
/* emend/task with `said`: one line of what happens just now; and with `step`, if a call of a tool
 * begins or ends with it. */
void tell_step(struct tracked *t, const struct task_event *ev);
void tell_text(struct tracked *t, struct slice text); /* emend/text; the same */
void tell_flush(struct tracked *t); /* the text that waits; before all that must come after it */
void tell_text_void(
	struct tracked *t); /* emend/textVoid: what emend/text gave of this turn is void */
void tell_end(struct tracked *t, const struct task_outcome *o); /* window/showMessage */
/* The end of an undo. report: a line for each file, "not undone: PATH: WHY" for a refused one. */
void tell_undone(struct tracked *t, struct slice report, size_t restored, size_t refused,
		 bool failed);
/* What of a summary goes into `message`, borrowed: an editor reads a message whole before it looks
 * at its keys again, and all of an answer came by emend/text already. */
struct slice tell_beginning(struct slice text);
/* The members of one task, into an open object. */
void tell_fields(const struct tracked *t, struct jw *w, uint64_t now_ms);

#endif
