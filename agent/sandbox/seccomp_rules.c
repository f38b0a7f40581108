/* seccomp_rules.c - see seccomp_rules.h
 *
 * Calls are named, not numbered: libseccomp knows their numbers per architecture and says so
 * (__NR_SCMP_ERROR) where it is too old to know a name; then the number from the kernel's common
 * table is used, which is the same on all architectures since 5.1.
 *
 * What is denied falls into four kinds: whole calls (add_names), calls with certain arguments
 * (add_arguments, add_modes, add_scheduling), families of sockets (add_families), and what only one
 * of the profiles denies (add_all). A filter sees registers, never memory: a call whose flags lie
 * in memory (clone3, openat2) cannot be judged and is refused whole, so that programs use the older
 * one. */
#include "agent/sandbox/seccomp_rules.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>

/* Reach into other processes, kernel surface, things that outlive the sandbox. */
static const char *const denied[] = {
	"ptrace",
	"process_vm_readv",
	"process_vm_writev",
	"process_madvise",
	"pidfd_getfd",
	"kcmp",
	"unshare",
	"setns",
	"mount",
	"umount",
	"umount2",
	"pivot_root",
	"chroot",
	"mount_setattr",
	"keyctl",
	"add_key",
	"request_key",
	"userfaultfd",
	"bpf",
	"perf_event_open",
	"modify_ldt",
	"uselib",
	"acct",
	"quotactl",
	"quotactl_fd",
	"syslog",
	"vmsplice",
	"move_pages",
	"migrate_pages",
	"mbind",
	"set_mempolicy",
	"set_mempolicy_home_node",
	"kexec_load",
	"kexec_file_load",
	"init_module",
	"finit_module",
	"delete_module",
	"swapon",
	"swapoff",
	"reboot",
	"settimeofday",
	"clock_settime",
	"clock_settime64",
	"clock_adjtime",
	"adjtimex",
	"stime",
	"iopl",
	"ioperm",
	"name_to_handle_at",
	"open_by_handle_at",
	"fanotify_init",
	"fanotify_mark",
	"memfd_secret",
	"lookup_dcookie",
	"nfsservctl",
	"vhangup",
	"sethostname",
	"setdomainname",
};

/* Programs have a way without these. */
static const struct {
	const char *name;
	int nr; /* where libseccomp does not know the name; 0: skip */
} absent[] = {
	{ "clone3", 435 },
	{ "io_uring_setup", 425 },
	{ "io_uring_enter", 426 },
	{ "io_uring_register", 427 },
	{ "open_tree", 428 },
	{ "move_mount", 429 },
	{ "fsopen", 430 },
	{ "fsconfig", 431 },
	{ "fsmount", 432 },
	{ "fspick", 433 },
	{ "statmount", 457 },
	{ "listmount", 458 },
	{ "lsm_get_self_attr", 459 },
	{ "lsm_set_self_attr", 460 },
	{ "lsm_list_modules", 461 },
	{ "open_tree_attr", 467 },
};

/* Who raises LAST_KNOWN_CALL has read what the new calls do: see add_names(). */
enum { LAST_KNOWN_CALL = 470, OPENAT2_CALL = 437 };
enum { O_TMPFILE_BIT = 020000000, IOPRIO_USER = 3 };

/* Without namespaces these reach other processes of the machine. */
static const char *const no_sockets[] = {
	"socket", "connect", "bind",   "listen", "accept", "accept4",
	"shmget", "shmat",   "shmctl", "semget", "semop",  "semtimedop",
	"semctl", "msgget",  "msgsnd", "msgrcv", "msgctl", "mq_open",
};

/* For the runner alone: it sees the whole workspace, also what is hidden from commands, and never
 * starts a program itself. */
static const char *const no_exec[] = { "execve", "execveat" };

/* The first failure is kept; a call that this architecture lacks is none. */
static void deny(scmp_filter_ctx ctx, int *r, uint32_t action, const char *name)
{
	int nr = seccomp_syscall_resolve_name(name);

	if (*r == 0 && nr != __NR_SCMP_ERROR)
		*r = seccomp_rule_add(ctx, action, nr, 0);
}

/* A call that this architecture lacks has a negative pseudo number here, for which libseccomp makes
 * no code. */
static void deny_if(scmp_filter_ctx ctx, int *r, uint32_t action, int nr, struct scmp_arg_cmp cmp)
{
	if (*r == 0)
		*r = seccomp_rule_add(ctx, action, nr, 1, cmp);
}

static void add_names(scmp_filter_ctx ctx, int *r)
{
	for (size_t i = 0; i < ARRAY_LEN(denied); i++)
		deny(ctx, r, SCMP_ACT_ERRNO(EPERM), denied[i]);
	for (size_t i = 0; i < ARRAY_LEN(absent); i++) {
		int nr = seccomp_syscall_resolve_name(absent[i].name);

		if (nr == __NR_SCMP_ERROR)
			nr = absent[i].nr;
		if (*r == 0)
			*r = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(ENOSYS), nr, 0);
	}
	/* Calls that did not exist when this table was reviewed. */
	for (int nr = LAST_KNOWN_CALL + 1; nr < 512 && *r == 0; nr++)
		*r = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(ENOSYS), nr, 0);
	/* An instant disk bomb; callers fall back to writing, which the watchdog sees. */
	deny(ctx, r, SCMP_ACT_ERRNO(EOPNOTSUPP), "fallocate");
}

static void add_arguments(scmp_filter_ctx ctx, int *r)
{
	const uint32_t no = SCMP_ACT_ERRNO(EPERM);
	static const uint64_t news[] = { CLONE_NEWUSER, CLONE_NEWNS,  CLONE_NEWPID,   CLONE_NEWNET,
					 CLONE_NEWIPC,	CLONE_NEWUTS, CLONE_NEWCGROUP };
	static const uint64_t ioctls[] = { TIOCSTI, 0x541C /* TIOCLINUX */ };

	for (size_t i = 0; i < ARRAY_LEN(news); i++)
		deny_if(ctx, r, no, SCMP_SYS(clone), SCMP_A0(SCMP_CMP_MASKED_EQ, news[i], news[i]));
	/* The kernel looks at the low 32 bits only. */
	for (size_t i = 0; i < ARRAY_LEN(ioctls); i++)
		deny_if(ctx, r, no, SCMP_SYS(ioctl),
			SCMP_A1(SCMP_CMP_MASKED_EQ, 0xffffffffu, ioctls[i]));
	/* personality: only the plain one (0) and asking (~0). Every other number has, read as a
	 * ring, a set bit before a clear one. */
	for (unsigned i = 0; i < 32; i++) {
		uint64_t set = UINT64_C(1) << i, clear = UINT64_C(1) << (i + 1) % 32;

		deny_if(ctx, r, no, SCMP_SYS(personality),
			SCMP_A0(SCMP_CMP_MASKED_EQ, set | clear, set));
	}
	deny_if(ctx, r, no, SCMP_SYS(prlimit64), SCMP_A0(SCMP_CMP_NE, 0, 0));
	/* A datagram pair can be aimed at any socket file with sendmsg. */
	deny_if(ctx, r, no, SCMP_SYS(socketpair), SCMP_A1(SCMP_CMP_MASKED_EQ, 0xf, SOCK_DGRAM));
	deny_if(ctx, r, no, SCMP_SYS(socketpair), SCMP_A1(SCMP_CMP_MASKED_EQ, 0xf, SOCK_RAW));
	/* The priority of every process of the user at once. */
	deny_if(ctx, r, no, SCMP_SYS(setpriority), SCMP_A0(SCMP_CMP_EQ, PRIO_USER, 0));
	deny_if(ctx, r, no, SCMP_SYS(ioprio_set), SCMP_A0(SCMP_CMP_EQ, IOPRIO_USER, 0));
	deny_if(ctx, r, no, SCMP_SYS(mknod), SCMP_A1(SCMP_CMP_MASKED_EQ, 0170000, 0020000));
	deny_if(ctx, r, no, SCMP_SYS(mknod), SCMP_A1(SCMP_CMP_MASKED_EQ, 0170000, 0060000));
	deny_if(ctx, r, no, SCMP_SYS(mknodat), SCMP_A2(SCMP_CMP_MASKED_EQ, 0170000, 0020000));
	deny_if(ctx, r, no, SCMP_SYS(mknodat), SCMP_A2(SCMP_CMP_MASKED_EQ, 0170000, 0060000));
}

/* Scheduling calls take a process as their first argument. Its own init must not starve: then nobody
 * would watch the command. Without namespaces the others of the user are in reach too. */
static void add_scheduling(scmp_filter_ctx ctx, int *r, bool alone)
{
	const uint32_t no = SCMP_ACT_ERRNO(EPERM);
	static const int calls[] = { SCMP_SYS(sched_setaffinity), SCMP_SYS(sched_setscheduler),
				     SCMP_SYS(sched_setparam), SCMP_SYS(sched_setattr) };
	static const int by_kind[] = { SCMP_SYS(setpriority), SCMP_SYS(ioprio_set) };

	for (size_t i = 0; i < ARRAY_LEN(calls); i++)
		deny_if(ctx, r, no, calls[i],
			alone ? SCMP_A0(SCMP_CMP_MASKED_EQ, 0xffffffffu, 1)
			      : SCMP_A0(SCMP_CMP_NE, 0, 0));
	for (size_t i = 0; i < ARRAY_LEN(by_kind); i++)
		deny_if(ctx, r, no, by_kind[i],
			alone ? SCMP_A1(SCMP_CMP_MASKED_EQ, 0xffffffffu, 1)
			      : SCMP_A1(SCMP_CMP_NE, 0, 0));
}

/* Set-user-id bits would outlive the sandbox on a file of the workspace. */
static void add_modes(scmp_filter_ctx ctx, int *r)
{
	static const struct {
		int nr;
		unsigned arg,
			flags; /* flags: the argument that must say that a file is made; 0: none */
	} calls[] = { { SCMP_SYS(chmod), 1, 0 },    { SCMP_SYS(fchmod), 1, 0 },
		      { SCMP_SYS(fchmodat), 2, 0 }, { SCMP_SYS(creat), 1, 0 },
		      { SCMP_SYS(mknod), 1, 0 },    { SCMP_SYS(mknodat), 2, 0 },
		      { SCMP_SYS(open), 2, 1 },	    { SCMP_SYS(openat), 3, 2 } };
	static const uint64_t bits[] = { S_ISUID, S_ISGID }, makes[] = { O_CREAT, O_TMPFILE_BIT };

	for (size_t i = 0; i < 2 * ARRAY_LEN(calls); i++) {
		int nr = calls[i / 2].nr;
		uint64_t bit = bits[i % 2];
		struct scmp_arg_cmp mode = SCMP_CMP(calls[i / 2].arg, SCMP_CMP_MASKED_EQ, bit, bit);

		if (!calls[i / 2].flags)
			deny_if(ctx, r, SCMP_ACT_ERRNO(EPERM), nr, mode);
		for (size_t j = 0; calls[i / 2].flags && j < ARRAY_LEN(makes) && *r == 0; j++)
			*r = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), nr, 2,
					      SCMP_CMP(calls[i / 2].flags, SCMP_CMP_MASKED_EQ,
						       makes[j], makes[j]),
					      mode);
	}
	if (*r == 0) /* fchmodat2; libc falls back to fchmodat */
		*r = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(ENOSYS), 452, 0);
}

/* The few families that tools need are let through; they end in the session's own network. */
static void add_families(scmp_filter_ctx ctx, int *r)
{
	const uint32_t no = SCMP_ACT_ERRNO(EAFNOSUPPORT);

	for (uint64_t af = 0; af < AF_NETLINK; af++) {
		if (af != AF_UNIX && af != AF_INET && af != AF_INET6)
			deny_if(ctx, r, no, SCMP_SYS(socket),
				SCMP_A0(SCMP_CMP_MASKED_EQ, 0xffffffffu, af));
	}
	deny_if(ctx, r, no, SCMP_SYS(socket), SCMP_A0(SCMP_CMP_GT, AF_NETLINK, 0));
	if (*r == 0)
		*r = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EAFNOSUPPORT), SCMP_SYS(socket), 2,
				      SCMP_A0(SCMP_CMP_MASKED_EQ, 0xffffffffu, AF_NETLINK),
				      SCMP_A2(SCMP_CMP_NE, NETLINK_ROUTE, 0));
}

static int add_all(scmp_filter_ctx ctx, enum seccomp_profile p)
{
	int r = seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);

	(void)seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2); /* older libraries have no tree */
	add_names(ctx, &r);
	add_arguments(ctx, &r);
	add_modes(ctx, &r);
	add_scheduling(ctx, &r, p == SECCOMP_COMMAND);
	if (p == SECCOMP_COMMAND)
		add_families(ctx, &r);
	/* Its mode stands in memory, out of a filter's sight; programs fall back to openat. */
	if (p != SECCOMP_RUNNER && r == 0)
		r = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(ENOSYS), OPENAT2_CALL, 0);
	for (size_t i = 0; p != SECCOMP_COMMAND && i < ARRAY_LEN(no_sockets); i++)
		deny(ctx, &r, SCMP_ACT_ERRNO(EPERM), no_sockets[i]);
	/* clone() stays, with the flags of add_arguments(): the worker forks a child for each search,
	 * and that child makes threads, to use all processors. Threads get nothing new: filter,
	 * Landlock domain and limits are those of their process. (clone3 is refused as everywhere, as
	 * its flags lie in memory; the C library then falls back to clone.) Where a limit allows no
	 * thread, the search runs with those it has. */
	for (size_t i = 0; p == SECCOMP_RUNNER && i < ARRAY_LEN(no_exec); i++)
		deny(ctx, &r, SCMP_ACT_ERRNO(EPERM), no_exec[i]);
	return r;
}

int seccomp_rules_write(enum seccomp_profile p, int fd)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);
	int r = ctx ? add_all(ctx, p) : -ENOMEM;

	if (r == 0)
		r = seccomp_export_bpf(ctx, fd);
	if (ctx)
		seccomp_release(ctx);
	return r;
}
