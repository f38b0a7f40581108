/* harden.h - small irreversible steps that every process of the runner takes. */
#ifndef EMEND_SANDBOX_HARDEN_H
#define EMEND_SANDBOX_HARDEN_H

#include <sys/types.h>

#include "protocol/base/err.h"

/* What a command gets where nothing else is said. */
#define HARDEN_MEMORY_BYTES (UINT64_C(2) << 30)
enum { HARDEN_PROCESSES = 256 };

/* Bytes, all of them; the kernel knows no limit on memory or disk of several processes together,
 * hence the watchdog. */
struct harden_limits {
	uint64_t memory_bytes; /* of all processes of a command; a watchdog's limit */
	uint64_t file_bytes;   /* largest file */
	uint64_t
		disk_bytes; /* the workspace's file system may lose this much; a watchdog's limit */
	uint32_t processes;
	uint32_t
		cpu_seconds; /* of each process; at twice as many it is killed for sure; 0: no limit */
};

NODISCARD bool harden_no_new_privs(struct err *err);
/* SIGKILL when the parent ends. false: the parent (pid, 0: not visible) is gone already. */
bool harden_die_with_parent(pid_t parent);
/* Gives up every capability for good. True also where there was none to give up. */
NODISCARD bool harden_drop_caps(struct err *err);
/* Kernel-enforced limits of one process; its children inherit them. */
void harden_rlimits(const struct harden_limits *l);
/* Closes every descriptor from `first` on. */
void harden_close_from(int first);
/* As root with a workspace of somebody else: becomes that user. */
NODISCARD bool harden_become(uid_t uid, gid_t gid, struct err *err);

#endif
