/* spawner.c - see spawner.h
 *
 * One loop: packets of the runner, and ends of children. A slot of child[] goes
 *
 *   FREE --SPAWN_RUN--> pid set, leaf set --init reaped--> pid 0, leaf set --cgroup removed--> FREE
 *
 * and is not used again before its cgroup is gone: a command with the same slot must not enter a
 * cgroup in which something of the last one still dies. The end of the runner ends the loop. */
#include "agent/sandbox/spawner.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/sandbox/init.h"
#include "agent/sandbox/overlay.h"

/* SWEEP_MS: how long the end waits for the commands to die. The runner waits longer
 * (serve_guard.c), so that it does not take the workspace back while one still writes. */
enum { SWEEP_MS = 2000, LEAF_MS = 20 /* until a cgroup is tried again */ };

static _Noreturn void become_init(struct spawner *s, uint64_t id, const int fds[SPAWN_FDS],
				  int mounts)
{
	struct init_options o = {
		.config = s->config,
		.mode = s->mode,
		.tmp = *s->tmp ? s->tmp : NULL,
		.as_root = s->as_root,
		.overlay = s->overlay,
		.output = fds[SPAWN_FD_OUTPUT],
		.status = fds[SPAWN_FD_STATUS],
		.request = fds[SPAWN_FD_REQUEST],
		.errors = fds[SPAWN_FD_ERRORS],
		.life = s->life[0],
		.mounts = mounts,
	};

	if (id)
		cgroup_enter(&s->cgroup, id);
	if (s->cgroup.own >= 0)
		(void)close(s->cgroup.own);
	(void)close(s->life[1]); /* else it would keep itself alive */
	if (s->sock >= 0)
		(void)close(s->sock);
	init_run(&o);
}

pid_t spawner_clone(struct spawner *s, uint64_t id, const int fds[SPAWN_FDS], int *mounts)
{
	int pair[2] = { -1, -1 };
	pid_t pid;

	if (mounts && s->mode == SANDBOX_VIEW &&
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) < 0)
		pair[0] = pair[1] = -1;
	pid = (pid_t)syscall(SYS_clone, (unsigned long)s->clone_flags | SIGCHLD, NULL, NULL, NULL,
			     NULL);
	if (pid == 0) {
		if (pair[0] >= 0)
			(void)close(pair[0]);
		become_init(s, id, fds, pair[1]);
	}
	if (pair[1] >= 0)
		(void)close(pair[1]);
	if (mounts)
		*mounts = pair[0];
	return pid;
}

/* A packet and its descriptors; false at the end of the connection. */
static bool receive(int sock, struct spawn_packet *p, int fds[SPAWN_FDS])
{
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(SPAWN_FDS * sizeof(int))];
	} control = { .space = { 0 } };
	struct iovec iov = { p, sizeof(*p) };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = control.space,
			      .msg_controllen = sizeof(control.space) };
	struct cmsghdr *c;
	ssize_t n;

	do {
		n = recvmsg(sock, &msg, MSG_CMSG_CLOEXEC);
	} while (n < 0 && errno == EINTR);
	for (size_t i = 0; i < SPAWN_FDS; i++)
		fds[i] = -1;
	c = CMSG_FIRSTHDR(&msg);
	if (n > 0 && c && c->cmsg_type == SCM_RIGHTS &&
	    c->cmsg_len == CMSG_LEN(SPAWN_FDS * sizeof(int)))
		memcpy(fds, CMSG_DATA(c), SPAWN_FDS * sizeof(int));
	return n == (ssize_t)sizeof(*p);
}

/* The write cannot block: the record is the first thing in a fresh pipe. */
static void tell(int status, const char *what, int error)
{
	struct spawn_status st = { .why = { .code = ERR_NONE } };

	err_set(&st.why, ERR_IO, "%s: %s.", what,
		error ? strerror(error) : "the limit of this program");
	if (write(status, &st, sizeof(st)) < 0)
		return; /* the runner sees the end of the pipe */
}

/* As long as they are held, they stay mounted. */
static void close_mounts(struct spawner *s, size_t slot)
{
	if (s->child[slot].mounts >= 0)
		(void)close(s->child[slot].mounts);
	if (s->child[slot].own >= 0)
		(void)close(s->child[slot].own);
	s->child[slot].mounts = s->child[slot].own = -1;
}

static void run(struct spawner *s, uint64_t id, const int fds[SPAWN_FDS])
{
	size_t slot = 0;
	pid_t pid;

	while (slot < SPAWN_MAX && (s->child[slot].pid || s->child[slot].leaf))
		slot++;
	if (slot == SPAWN_MAX) {
		tell(fds[SPAWN_FD_STATUS], "Too many commands run at once", 0);
		return;
	}
	cgroup_make(&s->cgroup, id);
	s->child[slot].own = -1;
	pid = spawner_clone(s, id, fds, &s->child[slot].mounts);
	if (pid < 0) {
		close_mounts(s, slot);
		tell(fds[SPAWN_FD_STATUS], "No process for the command", errno);
		(void)cgroup_remove(&s->cgroup, id);
		return;
	}
	s->child[slot].id = id;
	s->child[slot].pid = pid;
	s->child[slot].leaf = true;
}

/* In a view killing pid 1 kills all. Without one the init must kill its descendants itself. */
static void end_child(const struct spawner *s, pid_t pid, uint64_t id)
{
	cgroup_kill(&s->cgroup, id);
	(void)kill(pid, s->mode == SANDBOX_VIEW ? SIGKILL : SIGTERM);
}

/* A packet without its descriptors is passed over: whoever sent it waits for nothing of ours. */
static bool serve(struct spawner *s)
{
	struct spawn_packet p = { .op = SPAWN_KILL };
	int fds[SPAWN_FDS];

	if (!receive(s->sock, &p, fds))
		return false;
	if (p.op == SPAWN_RUN && fds[0] >= 0)
		run(s, p.id, fds);
	if (p.op == SPAWN_KEEP && fds[2] >= 0)
		spawner_keep_file(s, p.id, fds[2]);
	if (p.op == SPAWN_HIDE && fds[2] >= 0 && s->mode == SANDBOX_VIEW)
		spawner_hide(s, p.id, fds[2]);
	if (p.op == SPAWN_NETWORK)
		spawner_listen(s);
	for (size_t i = 0; p.op == SPAWN_KILL && i < SPAWN_MAX; i++) {
		if (s->child[i].pid && s->child[i].id == p.id)
			end_child(s, s->child[i].pid, s->child[i].id);
	}
	for (size_t i = 0; i < SPAWN_FDS; i++) {
		if (fds[i] >= 0)
			(void)close(fds[i]);
	}
	return true;
}

static size_t running(const struct spawner *s)
{
	size_t n = 0;

	for (size_t i = 0; i < SPAWN_MAX; i++)
		n += s->child[i].pid != 0;
	return n;
}

/* Returns how many are left, with the cgroups that are not empty yet. */
static size_t reap(struct spawner *s)
{
	size_t left = 0;
	pid_t pid;

	while ((pid = waitpid(-1, NULL, WNOHANG)) > 0) {
		for (size_t i = 0; i < SPAWN_MAX; i++) {
			if (s->child[i].pid == pid) {
				s->child[i].pid = 0;
				close_mounts(s, i);
			}
		}
	}
	for (size_t i = 0; i < SPAWN_MAX; i++) {
		if (s->child[i].pid == 0 && s->child[i].leaf)
			s->child[i].leaf = !cgroup_remove(&s->cgroup, s->child[i].id);
		left += s->child[i].pid != 0 || s->child[i].leaf;
	}
	return left;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	(void)remove(path);
	return 0;
}

static void finish(struct spawner *s)
{
	for (size_t i = 0; i < SPAWN_MAX; i++) {
		if (s->child[i].pid)
			end_child(s, s->child[i].pid, s->child[i].id);
	}
	for (int ms = 0; reap(s) && ms < SWEEP_MS; ms += 2)
		(void)usleep(2000);
	if (s->mode == SANDBOX_VIEW) /* what commands left that ended with the runner */
		overlay_clean();
	if (*s->tmp)
		(void)nftw(s->tmp, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

int spawner_loop(struct spawner *s)
{
	struct signalfd_siginfo info;
	struct pollfd p[2];
	bool waiting = false;
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGCHLD);
	(void)sigaddset(
		&set, SIGTERM); /* somebody stops all our processes: the end of the runner counts */
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGHUP);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	p[0] = (struct pollfd){ .fd = s->sock, .events = POLLIN };
	p[1] = (struct pollfd){ .fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK),
				.events = POLLIN };
	for (;;) {
		if (poll(p, 2, waiting ? LEAF_MS : -1) < 0 && errno != EINTR)
			break;
		while (read(p[1].fd, &info, sizeof(info)) > 0)
			;
		waiting = reap(s) > running(s);
		if (p[0].revents && !serve(s))
			break;
	}
	finish(s);
	return 0;
}
