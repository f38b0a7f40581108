/* command_own.h - internal to run_command: one command, from its arguments to its result. */
#ifndef EMEND_TOOL_COMMAND_OWN_H
#define EMEND_TOOL_COMMAND_OWN_H

#include "agent/tool/command/commit.h"
#include "agent/tool/tool.h"

struct network;

/* The state of the call, in its arena; release() of run_command.c lets go what is not memory of the arena. */
struct running {
	struct command_spec spec;
	struct slice reason;
	struct decision decision;
	enum effect effect;
	bool asked, background, wants_network;
	struct network *network;    /* NULL: it has none */
	struct slice unsaved;	    /* paths whose unsaved text the command does not see */
	struct buf whole;	    /* all output within LIMIT_OUTPUT_LOG_BYTES, for the log */
	struct shown_buffer *shown; /* the open buffers, as the command sees them */
	struct unsaved_text *texts;
	size_t n_shown, shown_bytes;
	struct slice head, output, how; /* of the result, once the command ended */
	struct slice unlisted;		/* what it changed and no line of its own tells */
	bool ok;
};

/* command_decide.c: whether it may run, now or at all; ends with one of the next two, or with a result. */
void command_decide(struct tool_run *r);
/* It was allowed beforehand: it runs, on a view or without one. */
void command_allowed(struct tool_run *r);
/* It runs on a view, and s->effect says what becomes of its changes. */
void command_on_view(struct tool_run *r);

/* command_tell.c: the texts live in the arena of the run. */
struct slice command_outcome(struct tool_run *r, const struct command_result *c);
/* A line with its end, or "". */
const char *command_next_step(struct tool_run *r, const struct command_result *c);
/* At most LIMIT_OUTPUT_SHOWN_BYTES of what it printed, and what is left out. */
struct slice command_shown_output(struct tool_run *r, const struct command_result *c);

#endif
