/* git_plain.h - what a git configuration, or a list of commits to rebase, can do. */
#ifndef EMEND_WORKER_GIT_PLAIN_H
#define EMEND_WORKER_GIT_PLAIN_H

#include "protocol/base/slice.h"

/* Does it hold nothing but what `git init` and `git clone` write: facts about the file system, the
 * format, names, remotes and branches? What is not understood is not plain. */
bool git_config_is_plain(struct slice text);

/* The list of what `git rebase` has still to do: does none of it execute a command? */
bool git_todo_is_plain(struct slice text);
/* Is the file rel below the folder `top` one of these, and plain? For one that a command made. */
bool git_new_is_plain(int top, const char *rel);

#endif
