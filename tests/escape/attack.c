/* attack.c - what a hostile command could try, one kernel door at a time. Prints ESCAPED if the
 * door opened. Each is harmless: it stops as soon as it knows.
 *
 *	attack NAME [PID or PATH] */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/keyctl.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

typedef int attack_fn(const char *arg); /* 1: the door opened */

static int do_ptrace(const char *arg)
{
	pid_t pid = (pid_t)atol(arg);

	if (ptrace(PTRACE_ATTACH, pid, NULL, NULL) < 0)
		return 0;
	(void)waitpid(pid, NULL, 0);
	(void)ptrace(PTRACE_DETACH, pid, NULL, NULL);
	return 1;
}

/* The parent is the shell of the same command, the child's parent's parent its init. */
static int do_ptrace_init(const char *arg)
{
	(void)arg;
	return do_ptrace("1");
}

static int do_vm_read(const char *arg)
{
	char line[256], path[64], byte;
	unsigned long at = 0;
	struct iovec local = { &byte, 1 }, remote = { NULL, 1 };
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%s/maps", arg);
	f = fopen(path, "r");
	if (f && fgets(line, sizeof(line), f))
		at = strtoul(line, NULL, 16);
	if (f)
		(void)fclose(f);
	remote.iov_base = (void *)(uintptr_t)at;
	return syscall(SYS_process_vm_readv, atol(arg), &local, 1ul, &remote, 1ul, 0ul) == 1;
}

static int do_mem(const char *arg)
{
	char path[64];
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%s/mem", arg);
	fd = open(path, O_RDONLY);
	return fd >= 0;
}

static int do_prlimit(const char *arg)
{
	struct rlimit old;

	return syscall(SYS_prlimit64, (pid_t)atol(arg), RLIMIT_NOFILE, NULL, &old) == 0;
}

static int do_renice(const char *arg)
{
	return setpriority(PRIO_PROCESS, (id_t)atol(arg), 5) == 0;
}

static int do_pidfd_getfd(const char *arg)
{
	long fd = syscall(SYS_pidfd_open, (pid_t)atol(arg), 0u);

	return fd >= 0 && syscall(SYS_pidfd_getfd, fd, 0, 0u) >= 0;
}

static int do_unshare(const char *arg)
{
	(void)arg;
	return unshare(CLONE_NEWUSER) == 0;
}

static int do_clone_user(const char *arg)
{
	long pid = syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, NULL, NULL, NULL, NULL);

	(void)arg;
	if (pid == 0)
		_exit(0);
	return pid > 0;
}

static int do_clone3_user(const char *arg)
{
	uint64_t args[11] = { CLONE_NEWUSER, 0, 0, 0, SIGCHLD };
	long pid = syscall(SYS_clone3, args, (size_t)64);

	(void)arg;
	if (pid == 0)
		_exit(0);
	return pid > 0;
}

static int do_mount(const char *arg)
{
	(void)arg;
	if (mount("none", "/mnt", "tmpfs", 0, NULL) < 0 &&
	    mount("none", "/tmp", "tmpfs", 0, NULL) < 0)
		return 0;
	(void)umount("/mnt");
	return 1;
}

static int do_umount(const char *arg)
{
	return umount2(arg, MNT_DETACH) == 0;
}

static int do_chroot(const char *arg)
{
	(void)arg;
	return chroot("/") == 0;
}

static int do_keyctl(const char *arg)
{
	(void)arg;
	return syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0) != -1;
}

static int do_add_key(const char *arg)
{
	(void)arg;
	return syscall(SYS_add_key, "user", "emend-escape", "x", (size_t)1,
		       KEY_SPEC_PROCESS_KEYRING) != -1;
}

static int do_io_uring(const char *arg)
{
	char params[256] = { 0 };

	(void)arg;
	return syscall(425, 4u, params) >= 0;
}

static int do_bpf(const char *arg)
{
	union bpf_attr a;

	(void)arg;
	memset(&a, 0, sizeof(a));
	a.map_type = BPF_MAP_TYPE_ARRAY;
	a.key_size = a.value_size = 4;
	a.max_entries = 1;
	return syscall(SYS_bpf, BPF_MAP_CREATE, &a, sizeof(a)) >= 0;
}

static int do_userfaultfd(const char *arg)
{
	(void)arg;
	return syscall(SYS_userfaultfd, O_CLOEXEC | 1 /* user mode only */) >= 0;
}

static int do_perf(const char *arg)
{
	struct perf_event_attr a = { .type = PERF_TYPE_SOFTWARE,
				     .size = sizeof(a),
				     .config = PERF_COUNT_SW_TASK_CLOCK,
				     .exclude_kernel = 1 };

	(void)arg;
	return syscall(SYS_perf_event_open, &a, 0, -1, -1, 0ul) >= 0;
}

/* On a terminal of our own making: the door is the ioctl, not whose terminal it is. */
static int do_tiocsti(const char *arg)
{
	int m = open("/dev/ptmx", O_RDWR | O_NOCTTY), s;
	char c = 'x';

	(void)arg;
	if (m < 0 || grantpt(m) < 0 || unlockpt(m) < 0)
		return 0;
	s = open(ptsname(m), O_RDWR | O_NOCTTY);
	(void)setsid();
	(void)ioctl(s, TIOCSCTTY, 0);
	return s >= 0 && ioctl(s, TIOCSTI, &c) == 0;
}

static int do_tty(const char *arg)
{
	(void)arg;
	return open("/dev/tty", O_RDWR) >= 0;
}

static int do_handle(const char *arg)
{
	struct {
		struct file_handle h;
		unsigned char space[128];
	} h = { .h = { .handle_bytes = 128 } };
	int mount_id;

	return name_to_handle_at(AT_FDCWD, arg, &h.h, &mount_id, 0) == 0;
}

static int do_personality(const char *arg)
{
	(void)arg;
	return personality(ADDR_NO_RANDOMIZE) != -1;
}

static int do_family(const char *arg)
{
	return socket(atoi(arg), SOCK_RAW, 0) >= 0 || socket(atoi(arg), SOCK_STREAM, 0) >= 0 ||
	       socket(atoi(arg), SOCK_SEQPACKET, 0) >= 0;
}

/* A datagram pair aimed at a socket file. */
static int do_retarget(const char *arg)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int p[2];

	(void)snprintf(to.sun_path, sizeof(to.sun_path), "%s", arg);
	return socketpair(AF_UNIX, SOCK_DGRAM, 0, p) == 0 &&
	       sendto(p[0], "x", 1, 0, (struct sockaddr *)&to, sizeof(to)) == 1;
}

static int do_shm(const char *arg)
{
	int id = shmget((key_t)atol(arg), 0, 0);
	void *p = id < 0 ? (void *)-1 : shmat(id, NULL, SHM_RDONLY);

	return p != (void *)-1 && memcmp(p, "emend", 5) == 0;
}

static int do_memfd_secret(const char *arg)
{
	(void)arg;
	return syscall(447, 0u) >= 0;
}

static int do_setuid_bit(const char *arg)
{
	struct stat st;

	(void)chmod(arg, 04755);
	return stat(arg, &st) == 0 && (st.st_mode & 04000);
}

static int do_mknod(const char *arg)
{
	return mknod(arg, S_IFBLK | 0600, 0x100) == 0;
}

static int do_fallocate(const char *arg)
{
	int fd = open(arg, O_CREAT | O_WRONLY, 0600);
	int r = fd < 0 ? 1 : fallocate(fd, 0, 0, 1 << 20);

	(void)unlink(arg);
	return r == 0;
}

#if defined(__x86_64__)
/* getpid through the 32-bit door: every rule on numbers would be passed by. */
static int do_int80(const char *arg)
{
	long r = 20;

	(void)arg;
	__asm__ volatile("int $0x80" : "+a"(r) : : "memory");
	return r > 0;
}

static int do_x32(const char *arg)
{
	(void)arg;
	return syscall(0x40000000 + SYS_getpid) > 0;
}
#endif

static int do_kill(const char *arg)
{
	return kill((pid_t)atol(arg), 0) == 0;
}

static const struct {
	const char *name;
	attack_fn *fn;
} attacks[] = {
	{ "ptrace", do_ptrace },
	{ "ptrace_init", do_ptrace_init },
	{ "vm_read", do_vm_read },
	{ "mem", do_mem },
	{ "prlimit", do_prlimit },
	{ "renice", do_renice },
	{ "pidfd_getfd", do_pidfd_getfd },
	{ "unshare", do_unshare },
	{ "clone_user", do_clone_user },
	{ "clone3_user", do_clone3_user },
	{ "mount", do_mount },
	{ "umount", do_umount },
	{ "chroot", do_chroot },
	{ "keyctl", do_keyctl },
	{ "add_key", do_add_key },
	{ "io_uring", do_io_uring },
	{ "bpf", do_bpf },
	{ "userfaultfd", do_userfaultfd },
	{ "perf", do_perf },
	{ "tiocsti", do_tiocsti },
	{ "tty", do_tty },
	{ "handle", do_handle },
	{ "personality", do_personality },
	{ "family", do_family },
	{ "retarget", do_retarget },
	{ "shm", do_shm },
	{ "memfd_secret", do_memfd_secret },
	{ "setuid_bit", do_setuid_bit },
	{ "mknod", do_mknod },
	{ "fallocate", do_fallocate },
	{ "kill", do_kill },
#if defined(__x86_64__)
	{ "int80", do_int80 },
	{ "x32", do_x32 },
#endif
};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < sizeof(attacks) / sizeof(attacks[0]); i++) {
		if (strcmp(argv[1], attacks[i].name) != 0)
			continue;
		if (!attacks[i].fn(argc > 2 ? argv[2] : "")) {
			(void)printf("held: %s\n", strerror(errno));
			return 0;
		}
		(void)puts("ESCAPED");
		return 0;
	}
	(void)fprintf(stderr, "attack: no such attack\n");
	return 2;
}
