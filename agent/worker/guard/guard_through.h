/* guard_through.h - what a command may not leave in the folders of tools that it uses directly.
 *
 * These lie past the command's layer, so nothing in them is looked at by the commit. But a repository
 * there with a program in its configuration runs that when somebody asks for the status; so when a
 * command is dead, what git, editors and agents execute and what is new since its start is moved
 * away, as in guard.h.
 *
 * A folder of packages has thousands of folders. They are all read once; from then on the kernel
 * tells in which of them something appeared (inotify), and for those that it does not watch the
 * ctime does. What is protected already is always looked into. */
#ifndef EMEND_WORKER_GUARD_THROUGH_H
#define EMEND_WORKER_GUARD_THROUGH_H

#include "agent/worker/guard/guard.h"
#include "protocol/base/map.h"

/* One for the whole life of the runner: what was learned about folders in one command serves the next. */
struct guard_through {
	struct map by_path; /* to an entry of `of`, as a number + 1 */
	struct through_folder *of;
	size_t n, cap;
	int notify; /* -1: not possible, or not tried yet */
	bool tried;
	unsigned round; /* of looking; nothing is watched in the first, which may be the only one */
	size_t *watched; /* by the kernel's number: 1 + the place in `of`; 0: none */
	size_t n_watched;
};

void guard_through_init(struct guard_through *t);
void guard_through_release(struct guard_through *t);
/* mark: the time when the command began; all_tools: it had all folders of tools, so all are
 * looked at, else those only that no layer can hold. What is moved away is told by g. */
void guard_through_look(struct guard_through *t, struct guard *g, const struct root *r,
			const struct places *p, bool all_tools, const struct timespec *mark);

#endif
