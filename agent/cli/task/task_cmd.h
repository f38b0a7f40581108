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
/* Reads the files of --image into the command's arena, for spec. ERR_USAGE. */
NODISCARD bool task_images(struct cli *c, struct task_spec *spec, struct err *err);
/* All of the standard input, trimmed, in the command's arena: before the loop runs. */
NODISCARD bool task_piped(struct cli *c, struct slice *out, struct err *err);
/* What is piped to a command that has its words already goes along with them: *given tells the model so. Left as it
 * is where nothing is piped: neither a pipe nor a file, or nothing comes for PIPED_WAIT_MS (whoever started us may
 * have left the end of a pipe open). */
enum { PIPED_WAIT_MS = 3000 };
NODISCARD bool task_given(struct cli *c, struct slice *given, struct err *err);

#endif
