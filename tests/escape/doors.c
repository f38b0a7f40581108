/* doors.c - more kernel doors, beside attack.c: the new mount calls, other processes' scheduling, IPC,
 * sockets, set-id bits by every call that takes a mode, and calls that a filter must refuse whatever
 * their arguments. Prints ESCAPED if the door opened. Each is harmless: it stops as soon as it knows.
 *
 *	doors NAME [ARGUMENT...]
 *	doors call NAME		the system call with arguments that can do nothing: a call that the
 *				filter lets through fails in another way than by EPERM or ENOSYS */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <mqueue.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/msg.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

typedef bool door_fn(char **arg); /* true: the door opened; arg ends with NULLs */

/* --- namespaces and mounts. An ordinary user may first make a user namespace to have the right. --- */

static void own_namespace(void)
{
	if (getuid() != 0)
		(void)unshare(CLONE_NEWUSER | CLONE_NEWNS);
}

static bool do_fsopen(char **arg)
{
	(void)arg;
	own_namespace();
	return syscall(SYS_fsopen, "tmpfs", 0u) >= 0;
}

static bool do_open_tree(char **arg)
{
	(void)arg;
	own_namespace();
	return syscall(SYS_open_tree, AT_FDCWD, "/", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC) >= 0;
}

static bool do_fspick(char **arg)
{
	(void)arg;
	own_namespace();
	return syscall(SYS_fspick, AT_FDCWD, "/tmp", 0u) >= 0 || errno == EINVAL;
}

/* Every number a flag of a namespace, in hexadecimal. */
static bool do_unshare(char **arg)
{
	int flag = (int)strtol(arg[0], NULL, 16);

	return unshare(flag) == 0 || unshare(flag | CLONE_NEWUSER) == 0;
}

static bool do_clone(char **arg)
{
	unsigned long flag = strtoul(arg[0], NULL, 16) | SIGCHLD;
	long pid = syscall(SYS_clone, flag, NULL, NULL, NULL, NULL);

	if (pid < 0)
		pid = syscall(SYS_clone, flag | CLONE_NEWUSER, NULL, NULL, NULL, NULL);
	if (pid == 0)
		_exit(0);
	return pid > 0;
}

static bool do_setns(char **arg) /* a namespace file */
{
	int fd = open(arg[0], O_RDONLY);

	return fd >= 0 && setns(fd, 0) == 0;
}

static bool do_chroot(char **arg)
{
	(void)arg;
	own_namespace();
	return chroot("/") == 0;
}

/* --- other processes --- */

static pid_t pid_of(char **arg)
{
	return (pid_t)strtol(arg[0], NULL, 10);
}

static bool do_affinity(char **arg)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(0, &set);
	return sched_setaffinity(pid_of(arg), sizeof(set), &set) == 0;
}

static bool do_scheduler(char **arg)
{
	struct sched_param p = { 0 };

	return sched_setscheduler(pid_of(arg), SCHED_IDLE, &p) == 0;
}

static bool do_sched_attr(char **arg)
{
	uint32_t attr[14] = { 48, 5 /* SCHED_IDLE */ };

	return syscall(SYS_sched_setattr, pid_of(arg), attr, 0u) == 0;
}

static bool do_priority(char **arg)
{
	return setpriority(PRIO_PROCESS, (id_t)pid_of(arg), 7) == 0;
}

/* All processes of a user at once; of one who has none, so that nothing comes of it. */
static bool do_priority_user(char **arg)
{
	(void)arg;
	return setpriority(PRIO_USER, 64999, 19) == 0 || errno != EPERM;
}

static bool do_ioprio(char **arg)
{
	return syscall(SYS_ioprio_set, 1, pid_of(arg), 3 << 13) == 0;
}

static bool do_pidfd_signal(char **arg)
{
	long fd = syscall(SYS_pidfd_open, pid_of(arg), 0u);

	return fd >= 0 && syscall(SYS_pidfd_send_signal, fd, 0, NULL, 0u) == 0;
}

static bool do_sigqueue(char **arg)
{
	return sigqueue(pid_of(arg), 0, (union sigval){ .sival_int = 1 }) == 0;
}

static bool do_tgkill(char **arg)
{
	return syscall(SYS_tgkill, pid_of(arg), pid_of(arg), 0) == 0;
}

static bool do_vm_write(char **arg)
{
	char line[256], path[64], byte = 0;
	unsigned long at = 0;
	struct iovec local = { &byte, 0 }, remote = { NULL, 0 };
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%s/maps", arg[0]);
	f = fopen(path, "r");
	if (f && fgets(line, sizeof(line), f))
		at = strtoul(line, NULL, 16);
	if (f)
		(void)fclose(f);
	remote.iov_base = (void *)(uintptr_t)at;
	return syscall(SYS_process_vm_writev, pid_of(arg), &local, 1ul, &remote, 1ul, 0ul) >= 0;
}

/* --- IPC and sockets --- */

static bool do_sem(char **arg)
{
	return semget((key_t)strtol(arg[0], NULL, 10), 0, 0) >= 0;
}

static bool do_msg(char **arg)
{
	return msgget((key_t)strtol(arg[0], NULL, 10), 0) >= 0;
}

static bool do_mq(char **arg)
{
	return mq_open(arg[0], O_RDONLY) != (mqd_t)-1;
}

/* doors unix TYPE PATH|@NAME: connects, or sends a datagram. */
static bool do_unix(char **arg)
{
	int type = (int)strtol(arg[0], NULL, 10), fd = socket(AF_UNIX, type, 0);
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	socklen_t len;

	(void)snprintf(to.sun_path, sizeof(to.sun_path), "%s", arg[1]);
	len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(to.sun_path));
	if (to.sun_path[0] == '@')
		to.sun_path[0] = 0;
	else
		len++;
	if (fd < 0)
		return false;
	return type == SOCK_DGRAM ? sendto(fd, "x", 1, 0, (struct sockaddr *)&to, len) == 1
				  : connect(fd, (struct sockaddr *)&to, len) == 0;
}

/* doors pair TYPE PATH: a pair that is connected anew. Kernels allow it for datagrams only. */
static bool do_pair(char **arg)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int p[2];

	(void)snprintf(to.sun_path, sizeof(to.sun_path), "%s", arg[1]);
	return socketpair(AF_UNIX, (int)strtol(arg[0], NULL, 10), 0, p) == 0 &&
	       connect(p[0], (struct sockaddr *)&to, sizeof(to)) == 0 && send(p[0], "x", 1, 0) == 1;
}

static bool do_socket(char **arg) /* FAMILY TYPE PROTOCOL */
{
	return socket((int)strtol(arg[0], NULL, 10), (int)strtol(arg[1], NULL, 10),
		      (int)strtol(arg[2], NULL, 10)) >= 0;
}

/* --- files --- */

static bool has_setid(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && (st.st_mode & (S_ISUID | S_ISGID)) != 0;
}

/* doors setid HOW FILE: a set-user-id file by each call that takes a mode. */
static bool do_setid(char **arg)
{
	struct open_how how = { .flags = O_CREAT | O_WRONLY, .mode = 04755 };
	const char *by = arg[0], *path = arg[1];
	int fd = -1;

	(void)umask(0);
	(void)unlink(path);
	if (strcmp(by, "open") == 0)
		fd = open(path, O_CREAT | O_WRONLY, 04755);
	else if (strcmp(by, "openat") == 0)
		fd = openat(AT_FDCWD, path, O_CREAT | O_WRONLY, 02755);
	else if (strcmp(by, "creat") == 0)
		fd = creat(path, 04755);
	else if (strcmp(by, "openat2") == 0)
		fd = (int)syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how));
	else if (strcmp(by, "mknod") == 0)
		(void)mknod(path, S_IFREG | 04755, 0);
	else if (strcmp(by, "mknodat") == 0)
		(void)mknodat(AT_FDCWD, path, S_IFREG | 02755, 0);
	else if (strcmp(by, "fchmod") == 0)
		(void)fchmod(fd = open(path, O_CREAT | O_WRONLY, 0755), 04755);
	else if (strcmp(by, "fchmodat") == 0 && (fd = open(path, O_CREAT | O_WRONLY, 0755)) >= 0)
		(void)syscall(SYS_fchmodat, AT_FDCWD, path, 02755);
	else if (strcmp(by, "fchmodat2") == 0 && (fd = open(path, O_CREAT | O_WRONLY, 0755)) >= 0)
		(void)syscall(452, AT_FDCWD, path, 04755, 0);
	if (fd >= 0)
		(void)close(fd);
	return has_setid(path);
}

/* A temporary file without a name, given one. */
static bool do_setid_tmpfile(char **arg)
{
	int fd = open(".", O_TMPFILE | O_WRONLY, 04755);
	char self[64];

	(void)unlink(arg[0]);
	(void)snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	return fd >= 0 && linkat(AT_FDCWD, self, AT_FDCWD, arg[0], AT_SYMLINK_FOLLOW) == 0 &&
	       has_setid(arg[0]);
}

static bool do_xattr(char **arg)
{
	return setxattr(arg[0], "user.emend", "x", 1, 0) == 0;
}

static bool do_inotify(char **arg)
{
	int fd = inotify_init1(IN_CLOEXEC);

	return fd >= 0 && inotify_add_watch(fd, arg[0], IN_ALL_EVENTS) >= 0;
}

static bool do_open(char **arg)
{
	return open(arg[0], O_RDONLY | O_NONBLOCK | O_NOCTTY) >= 0;
}

/* Opens a file by a handle that was made from its path: past every mount and path rule. */
static bool do_by_handle(char **arg)
{
	union {
		struct file_handle h;
		unsigned char space[sizeof(struct file_handle) + 128];
	} h = { .h = { .handle_bytes = 128 } };
	int mount_id, at = open(".", O_RDONLY | O_DIRECTORY);

	return name_to_handle_at(AT_FDCWD, arg[0], &h.h, &mount_id, 0) == 0 &&
	       open_by_handle_at(at, &h.h, O_RDONLY) >= 0;
}

/* doors memfd PROGRAM ARGUMENT...: a copy of a program that is in no file. */
static bool do_memfd(char **arg)
{
	int in = open(arg[0], O_RDONLY), fd = memfd_create("copy", 0);
	char piece[65536];
	ssize_t n;

	while (in >= 0 && fd >= 0 && (n = read(in, piece, sizeof(piece))) > 0)
		if (write(fd, piece, (size_t)n) != n)
			return false;
	(void)fexecve(fd, arg, environ);
	return false;
}

/* --- terminals --- */

/* doors tioctl NUMBER: on a terminal of our own making; the filter must refuse before the driver does. */
static bool do_tioctl(char **arg)
{
	unsigned long number = strtoul(arg[0], NULL, 16);
	int m = open("/dev/ptmx", O_RDWR | O_NOCTTY), s;
	char c = 'x';

	if (m < 0 || grantpt(m) < 0 || unlockpt(m) < 0)
		return false;
	s = open(ptsname(m), O_RDWR | O_NOCTTY);
	return s >= 0 && (syscall(SYS_ioctl, s, number, &c) == 0 || errno != EPERM);
}

/* --- calls that are refused by their number --- */

struct call {
	const char *name;
	long nr, a, b, c, d;
};

static const struct call calls[] = {
	{ "process_madvise", 440, -1, 0, 0, 0 },
	{ "kcmp", SYS_kcmp, 0, 0, 0, 0 },
	{ "vmsplice", SYS_vmsplice, -1, 0, 0, 0 },
	{ "move_pages", SYS_move_pages, 0, 0, 0, 0 },
	{ "migrate_pages", SYS_migrate_pages, 0, 0, 0, 0 },
	{ "mbind", SYS_mbind, 1, 0, 0, 0 },
	{ "set_mempolicy", SYS_set_mempolicy, 0, 0, 0, 0 },
	{ "io_uring_enter", 426, -1, 0, 0, 0 },
	{ "io_uring_register", 427, -1, 0, 0, 0 },
	{ "move_mount", 429, -1, 0, -1, 0 },
	{ "fsconfig", 431, -1, 0, 0, 0 },
	{ "mount_setattr", 442, -1, 0, 0, 0 },
	{ "pidfd_getfd", 438, -1, -1, 0, 0 },
	{ "keyctl_session_to_parent", SYS_keyctl, 18, 0, 0, 0 },
	{ "keyctl_describe", SYS_keyctl, 6, -3, 0, 0 },
	{ "request_key", SYS_request_key, 0, 0, 0, 0 },
	{ "adjtimex", SYS_adjtimex, 0, 0, 0, 0 },
	{ "clock_settime", SYS_clock_settime, 99, 0, 0, 0 },
	{ "fanotify_mark", SYS_fanotify_mark, -1, 0, 0, 0 },
	{ "fanotify_init", SYS_fanotify_init, 0, 0, 0, 0 },
	{ "quotactl", SYS_quotactl, 0, 0, 0, 0 },
	{ "quotactl_fd", 443, -1, 0, 0, 0 },
	{ "init_module", SYS_init_module, 0, 0, 0, 0 },
	{ "finit_module", SYS_finit_module, -1, 0, 0, 0 },
	{ "delete_module", SYS_delete_module, 0, 0, 0, 0 },
	{ "kexec_load", SYS_kexec_load, 0, 99, 0, 0 },
	{ "reboot", SYS_reboot, 0, 0, 0, 0 },
	{ "swapoff", SYS_swapoff, 0, 0, 0, 0 },
	{ "swapon", SYS_swapon, 0, 0, 0, 0 },
	{ "setns", SYS_setns, -1, 0, 0, 0 },
	{ "umount2", SYS_umount2, 0, 0, 0, 0 },
	{ "pivot_root", SYS_pivot_root, 0, 0, 0, 0 },
	{ "sethostname", SYS_sethostname, 0, 0, 0, 0 },
	{ "syslog", SYS_syslog, 10, 0, 0, 0 },
	{ "memfd_secret", 447, 99, 0, 0, 0 },
	{ "statmount", 457, 0, 0, 0, 0 },
	{ "listmount", 458, 0, 0, 0, 0 },
	{ "lsm_list_modules", 461, 0, 0, 0, 0 },
	{ "open_tree_attr", 467, -1, 0, 0, 0 },
#if defined(__x86_64__)
	{ "modify_ldt", SYS_modify_ldt, 99, 0, 0, 0 },
	{ "iopl", SYS_iopl, 99, 0, 0, 0 },
#endif
};

static bool do_call(char **arg)
{
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		const struct call *c = &calls[i];

		if (strcmp(arg[0], c->name) != 0)
			continue;
		return syscall(c->nr, c->a, c->b, c->c, c->d, 0, 0) >= 0 ||
		       (errno != EPERM && errno != ENOSYS);
	}
	(void)fprintf(stderr, "doors: no such call\n");
	exit(2);
}

static const struct {
	const char *name;
	door_fn *fn;
} doors[] = {
	{ "fsopen", do_fsopen },
	{ "open_tree", do_open_tree },
	{ "fspick", do_fspick },
	{ "unshare", do_unshare },
	{ "clone", do_clone },
	{ "setns", do_setns },
	{ "chroot", do_chroot },
	{ "affinity", do_affinity },
	{ "scheduler", do_scheduler },
	{ "sched_attr", do_sched_attr },
	{ "priority", do_priority },
	{ "priority_user", do_priority_user },
	{ "ioprio", do_ioprio },
	{ "pidfd_signal", do_pidfd_signal },
	{ "sigqueue", do_sigqueue },
	{ "tgkill", do_tgkill },
	{ "vm_write", do_vm_write },
	{ "sem", do_sem },
	{ "msg", do_msg },
	{ "mq", do_mq },
	{ "unix", do_unix },
	{ "pair", do_pair },
	{ "socket", do_socket },
	{ "setid", do_setid },
	{ "setid_tmpfile", do_setid_tmpfile },
	{ "xattr", do_xattr },
	{ "inotify", do_inotify },
	{ "open", do_open },
	{ "by_handle", do_by_handle },
	{ "memfd", do_memfd },
	{ "tioctl", do_tioctl },
	{ "call", do_call },
};

int main(int argc, char **argv)
{
	char *none[4] = { NULL }, **arg = argc > 2 ? argv + 2 : none;

	for (size_t i = 0; argc > 1 && i < sizeof(doors) / sizeof(doors[0]); i++) {
		if (strcmp(argv[1], doors[i].name) != 0)
			continue;
		if (doors[i].fn(arg))
			(void)puts("ESCAPED");
		else
			(void)printf("held: %s\n", strerror(errno));
		return 0;
	}
	(void)fprintf(stderr, "doors: no such door\n");
	return 2;
}
