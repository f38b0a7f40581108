/* cli_exec.h - the execution service in a command of the terminal. */
#ifndef EMEND_CLI_EXEC_H
#define EMEND_CLI_EXEC_H

#include "agent/cli/loop.h"
#include "agent/exec/exec.h"

/* Of this machine and these settings; borrows both. */
struct exec_options cli_exec_options(struct cli_loop *l, const struct place *p);

#endif
