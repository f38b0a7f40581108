/* cgroup.h - a cgroup of its own for each command, where ours is delegated to us: it ends all of a
 * command at once, also where there is no pid namespace. Limits are not set by it: a process may
 * share its cgroup with the user's other programs, and the kernel then gives children none. */
#ifndef EMEND_SANDBOX_CGROUP_H
#define EMEND_SANDBOX_CGROUP_H

#include "protocol/base/base.h"

struct cgroup {
	int own; /* ours; -1: commands do without, which is fine everywhere below */
	int tag; /* others may have theirs beside ours */
};

/* Our own cgroup (version 2), if we may make others in it and move ourselves there. Before /sys
 * goes out of sight. Removes what dead ones left. */
void cgroup_open(struct cgroup *g);
/* One for this command (number not 0). */
void cgroup_make(const struct cgroup *g, uint64_t id);
/* The caller enters it; its children follow. */
void cgroup_enter(const struct cgroup *g, uint64_t id);
/* Ends everything in it. */
void cgroup_kill(const struct cgroup *g, uint64_t id);
/* Removes it; what is still in it is ended. False: it is there still. */
bool cgroup_remove(const struct cgroup *g, uint64_t id);

#endif
