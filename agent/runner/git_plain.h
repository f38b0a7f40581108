/* git_plain.h - what a git configuration can do. */
#ifndef EMEND_GIT_PLAIN_H
#define EMEND_GIT_PLAIN_H

#include "protocol/base/slice.h"

/* Does it hold nothing but what `git init` and `git clone` write: facts about the file system, the
 * format, names, remotes and branches? What is not understood is not plain. */
bool git_config_is_plain(struct slice text);

/* Is the file rel below the folder `top` a `config`, and plain? For one that a command made. */
bool git_config_new_is_plain(int top, const char *rel);

#endif
