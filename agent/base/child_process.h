/* child_process.h - a process that the loop watches, started by posix_spawn().
 *
 * uv_spawn() forks: all that the program has in memory is copied, page by page as both go on, for a child that drops it
 * at once. That took the longer the more was in use, and always one millisecond; posix_spawn() takes a third of it. */
#ifndef EMEND_BASE_CHILD_PROCESS_H
#define EMEND_BASE_CHILD_PROCESS_H

#include <uv.h>

#include "protocol/base/base.h"

enum { CHILD_FDS = 4 };

struct child_process {
	uv_signal_t
		watch; /* its data is the owner's; keeps the loop alive until the process has ended */
	pid_t pid;     /* 0: there is none, or it has ended */
	/* Once, from the loop. status as of exit(), or sig. */
	void (*ended)(struct child_process *c, int status, int sig);
};

/* In a session of its own (Ctrl-C in the terminal is not for it), in the folder "/", without anything of our signals.
 * file: a path. fds: what its descriptors 0 to 3 are; -1: /dev/null, and no descriptor 3. Others have to be
 * close-on-exec. A negative errno; the handle `watch` is to be closed in any case. */
NODISCARD int child_process_start(struct child_process *c, uv_loop_t *loop, const char *file,
				  const char *const *argv, const char *const *env,
				  const int fds[CHILD_FDS]);
void child_process_kill(const struct child_process *c, int sig); /* ended: does nothing */

#endif
