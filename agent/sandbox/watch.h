/* watch.h - the processes of one command as its init sees them: how much they use, and how to end
 * all of them. */
#ifndef EMEND_SANDBOX_WATCH_H
#define EMEND_SANDBOX_WATCH_H

#include <sys/types.h>

#include "agent/sandbox/spawn.h"

enum { WATCH_THREADS = 4 }; /* threads that a command may have for each process that it may have */

struct watch {
	bool own_pids; /* pid 1 of a pid namespace: everything in /proc is ours */
	int workspace; /* descriptor; -1: disk is not watched */
	struct harden_limits limits;
	uint64_t disk_free;  /* bytes at the start */
	uint64_t peak_bytes; /* the most memory of all that a look found */
};

void watch_init(struct watch *w, bool own_pids, int workspace, const struct harden_limits *l);
/* Looks once; SPAWN_LIMIT_NONE while all is well. */
enum spawn_limit watch_look(struct watch *w);
/* Ends every process below the caller, also those that left their group or session, and reaps
 * them. The caller is pid 1 of a pid namespace or a subreaper. */
void watch_kill_all(const struct watch *w);

#endif
