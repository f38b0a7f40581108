/* task_cmd.h - run one task to its end in the terminal. */
#ifndef EMEND_TASK_CMD_H
#define EMEND_TASK_CMD_H

#include "agent/cli/place.h"
#include "agent/session/task.h"

/* Fills workspace and config of *spec from the place. Returns the exit status. report: see
 * host_cli_init(). */
int task_cmd(struct cli *c, struct place *p, struct task_spec *spec, bool report);
/* The words from index `from` on, joined by blanks, in the command's arena. */
struct slice task_words(struct cli *c, size_t from);
/* All of the standard input, trimmed, in the command's arena: before the loop runs. */
NODISCARD bool task_piped(struct cli *c, struct slice *out, struct err *err);

#endif
