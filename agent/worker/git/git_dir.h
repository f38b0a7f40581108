/* git_dir.h - where the repository of a workspace lies that is a worktree or a submodule. */
#ifndef EMEND_WORKER_GIT_DIR_H
#define EMEND_WORKER_GIT_DIR_H

#include <stdbool.h>

#include "protocol/base/limits.h"

/* The folder outside of the workspace (absolute) that holds the repository to which the file `.git` of
 * the workspace points. The project says where, so it is believed only if what it names is a
 * repository that knows this workspace: as one of its worktrees, or as the submodule that it belongs
 * to. False: there is none, the common case. out: LIMIT_PATH_BYTES. */
bool git_dir_find(const char *workspace, char *out);

#endif
