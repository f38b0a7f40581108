/* child.h - a program that has the terminal until it ends: git, a pager. Ctrl-C meanwhile is its own, as in a shell: we
 * outlive it, so that what was begun with it can be put in order. */
#ifndef EMEND_CLI_CHILD_H
#define EMEND_CLI_CHILD_H

#include <signal.h>
#include <spawn.h>

#include "protocol/base/slice.h"

struct child_signals {
	struct sigaction interrupt, quit; /* as they were */
};

/* An anonymous file with this content, read from its beginning; -1: errno. Files in memory
 * instead of pipes: the program may print or read as much as it likes while we only wait for its
 * end. */
int child_file(struct slice content);
/* Ctrl-C is ignored from here on, and heeded again. The terminal sends Ctrl-C to both of us. */
void child_begin(struct child_signals *was);
void child_end(const struct child_signals *was);
/* It hears what we ignore, unless that was ignored before us (nohup). */
NODISCARD bool child_attr(posix_spawnattr_t *attr, const struct child_signals *was);
NODISCARD bool child_wait(pid_t pid, int *how); /* as waitpid() */

#endif
