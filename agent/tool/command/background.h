/* background.h - commands that go on while the model does: run_command with "background".
 *
 * Such a command has an id, "b1", by which its output is read later and it is ended; it ends with
 * the task at the latest. Part of the tool run_command. */
#ifndef EMEND_BACKGROUND_H
#define EMEND_BACKGROUND_H

#include "agent/tool/tool.h"

struct command_spec;
struct network;

/* Starts one; the run is finished with its id, or with the reason why not. Takes its network, which
 * may be NULL. */
void background_start(struct tool_run *r, const struct command_spec *spec, struct network *network);
/* A call with an id: "read" (the default) waits up to timeout_ms for new output or the end, "kill"
 * ends the command. The run is finished with the command's state and its new output. */
void background_use(struct tool_run *r, struct slice id);
/* Ends all of the task and writes them into the log. */
void background_stop(struct tool_env *env);

#endif
