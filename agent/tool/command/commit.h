/* commit.h - what a command changed in its view becomes real, or does not. */
#ifndef EMEND_COMMIT_H
#define EMEND_COMMIT_H

#include "agent/runner/runner.h"
#include "agent/tool/tool.h"

/* An open buffer as the command was shown it. */
struct shown_buffer {
	struct slice path; /* relative */
	struct snapshot *text;
};

/* What became of the question about a command, before it runs: see command_decide.c. */
enum effect {
	EFFECT_APPROVED, /* the user or a rule has allowed the command beforehand */
	EFFECT_ASKED,	 /* the user is asked about what it changed */
	EFFECT_DROPPED,	 /* nothing is kept, whatever it changed */
};

/* report: for the model, lines of text; may be empty. In the run's arena. held: how many changes were
 * not kept; SIZE_MAX: none was, although it was to be. */
typedef void commit_cb(struct tool_run *r, struct slice report, size_t held);
/* v and s are borrowed for the time of the call. done comes from the loop, or at once
 * where nothing changed. */
struct commit_spec {
	enum effect effect;
	/* For the question; in the run's arena. reason: the model's; always: the rule that would have allowed
	 * the command. */
	struct slice command, reason, always;
	const struct shown_buffer *shown; /* until done */
};
/* In words, what v does not list: files in folders of build tools; "" if there is nothing. In the run's arena. */
struct slice commit_unlisted(struct tool_run *r, const struct view_result *v);
void commit_start(struct tool_run *r, const struct view_result *v, const struct commit_spec *s,
		  commit_cb *done);
/* Drops what is not committed. After tool_abort(). */
void commit_release(struct tool_run *r);

#endif
