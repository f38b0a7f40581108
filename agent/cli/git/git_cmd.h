/* git_cmd.h - the user's own git, outside of the sandbox.
 *
 * Only for what the user typed by name (`emend commit`: hooks, signing and the editor of the message are wanted there),
 * and for subcommands that read objects and the index alone, so that nothing of a strange repository is executed.
 * It waits: for commands that have no loop, or none yet (a chat starts one: chat/lend.c). Ctrl-C meanwhile is
 * git's, as in a shell: we outlive it, so that what was begun with git can be put in order.
 */
#ifndef EMEND_CLI_GIT_CMD_H
#define EMEND_CLI_GIT_CMD_H

#include "protocol/base/arena.h"
#include "protocol/base/err.h"

enum { GIT_CMD_MAX_ARGS = 1024, GIT_CMD_MAX_BYTES = 16 * 1024 * 1024, GIT_CMD_SIGNAL = 128 };

struct git_cmd {
	const char *dir;
	const char *const *args; /* behind "git"; ends with NULL; at most GIT_CMD_MAX_ARGS */
	struct slice list;	 /* git reads it from GIT_CMD_LIST; may be empty */
	bool captured;		 /* else it has the terminal: stdin, stdout, stderr */
	const char *index;	 /* instead of the repository's own; NULL: that one */
};
#define GIT_CMD_LIST "/proc/self/fd/3"

/* *status: the exit status of git, or GIT_CMD_SIGNAL + the signal that ended it. *out (captured): what it printed on
 * stdout, in the arena; may be NULL. ERR_NOT_FOUND: there is no git here; ERR_IO; ERR_CANCELLED: Ctrl-C, while it was
 * captured. */
NODISCARD bool git_cmd_run(struct arena *a, const struct git_cmd *g, int *status, struct slice *out,
			   struct err *err);

#endif
