/* harden.c - see harden.h
 *
 * Errors of steps that may fail where there is nothing to give up are passed over; where a failure
 * would leave a command with more than it should have, it is an error. */
#include "agent/sandbox/harden.h"

#include <dirent.h>
#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { OPEN_FILES = 8192, LOCKED_BYTES = 64 * 1024 * 1024, QUEUE_BYTES = 819200 };

bool harden_no_new_privs(struct err *err)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)
		return true;
	return err_set(err, ERR_SANDBOX, "no_new_privs cannot be set: %s.", strerror(errno));
}

bool harden_die_with_parent(pid_t parent)
{
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	return parent == 0 || getppid() == parent;
}

bool harden_drop_caps(struct err *err)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { 0 };

	/* Both fail where we hold no capability: then there is nothing to lock up. */
	for (unsigned long cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
		(void)prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
	(void)prctl(PR_SET_SECUREBITS,
		    SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP |
			    SECBIT_NO_SETUID_FIXUP_LOCKED | SECBIT_KEEP_CAPS_LOCKED |
			    SECBIT_NO_CAP_AMBIENT_RAISE | SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED,
		    0, 0, 0);
	(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	if (syscall(SYS_capset, &head, data) < 0)
		return err_set(err, ERR_SANDBOX, "Capabilities cannot be dropped: %s.",
			       strerror(errno));
	return true;
}

/* Never above what we have: an ordinary user cannot raise a limit, and setrlimit() would refuse both. */
static void cap_limits(__rlimit_resource_t what, uint64_t soft, uint64_t hard)
{
	struct rlimit now, next = { soft, hard };

	if (getrlimit(what, &now) == 0 && now.rlim_max < next.rlim_max)
		next.rlim_max = now.rlim_max;
	if (next.rlim_cur > next.rlim_max)
		next.rlim_cur = next.rlim_max;
	(void)setrlimit(what, &next);
}

static void cap_limit(__rlimit_resource_t what, uint64_t most)
{
	cap_limits(what, most, most);
}

void harden_rlimits(const struct harden_limits *l)
{
	cap_limit(RLIMIT_CORE, 0);
	cap_limit(RLIMIT_NOFILE, OPEN_FILES);
	cap_limit(RLIMIT_FSIZE, l->file_bytes);
	cap_limit(RLIMIT_MEMLOCK, LOCKED_BYTES);
	cap_limit(RLIMIT_MSGQUEUE, QUEUE_BYTES);
	cap_limit(RLIMIT_NPROC, l->processes);
	/* The first is a signal that a program may catch to say where it was; the second is SIGKILL. */
	if (l->cpu_seconds)
		cap_limits(RLIMIT_CPU, l->cpu_seconds, UINT64_C(2) * l->cpu_seconds);
	cap_limit(RLIMIT_NICE, 0);
	cap_limit(RLIMIT_RTPRIO, 0);
}

/* Only for kernels without close_range (before 5.9). */
static void close_listed(int first)
{
	DIR *d = opendir("/proc/self/fd");
	struct dirent *e;

	while (d && (e = readdir(d)) != NULL) {
		long fd = strtol(e->d_name, NULL, 10);

		if (fd >= first && fd != dirfd(d))
			(void)close((int)fd);
	}
	if (d)
		(void)closedir(d);
}

void harden_close_from(int first)
{
	if (syscall(SYS_close_range, (unsigned)first, ~0U, 0U) < 0)
		close_listed(first);
}

bool harden_become(uid_t uid, gid_t gid, struct err *err)
{
	if (setgroups(0, NULL) < 0 || setresgid(gid, gid, gid) < 0 || setresuid(uid, uid, uid) < 0)
		return err_set(err, ERR_SANDBOX,
			       "The runner cannot become the workspace's owner "
			       "(user %u): %s.",
			       (unsigned)uid, strerror(errno));
	return true;
}
