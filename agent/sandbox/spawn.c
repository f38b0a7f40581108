/* spawn.c - see spawn.h: the runner's end, and the choice of how commands run here.
 *
 * Whether commands run, and how, is found by trying: a spawner is forked that tries to build the
 * view and says in a struct layers what it found.
 *
 *   start: fork --> it tries the view --ok-------------> it serves
 *                      | not possible: it exits
 *   started: layers_decide() --REDUCED or NONE--> a second one is forked, which needs no view
 *                      | REFUSED: no spawner; each command is answered with the reason
 *
 * Between start and started the runner does other things: to build the view takes some
 * milliseconds. */
#include "agent/sandbox/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/sandbox/spawner.h"

/* The one descriptor that the spawner keeps beside its standard ones. */
enum { FIRST_FD = 3 };

/* The receiver gets its own descriptor; the caller keeps fd and closes it. */
bool spawn_send_fd(int sock, const void *data, size_t size, int fd)
{
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(sizeof(int))];
	} control = { .space = { 0 } };
	struct iovec iov = { (void *)(uintptr_t)data, size }; /* only read */
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr *c = &control.align;

	if (fd >= 0) {
		msg.msg_control = control.space;
		msg.msg_controllen = sizeof(control.space);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &fd, sizeof(int));
	}
	return sendmsg(sock, &msg, MSG_NOSIGNAL) == (ssize_t)size;
}

bool spawn_receive_fd(int sock, void *data, size_t size, int *fd)
{
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(sizeof(int))];
	} control = { .space = { 0 } };
	struct iovec iov = { data, size };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = control.space,
			      .msg_controllen = sizeof(control.space) };
	bool ok = recvmsg(sock, &msg, MSG_CMSG_CLOEXEC) == (ssize_t)size;
	struct cmsghdr *c = ok ? CMSG_FIRSTHDR(&msg) : NULL;

	if (c && c->cmsg_type == SCM_RIGHTS && c->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(fd, CMSG_DATA(c), sizeof(int));
	return ok;
}

/* With the folder of the layers, if they lie in memory. */
static bool send_layers(int sock, const struct layers *l, int memory)
{
	return spawn_send_fd(sock, l, sizeof(*l),
			     l->of[LAYER_OVERLAY].state == LAYER_ON ? memory : -1);
}

/* False: the runner is gone. */
static bool told_to_begin(int sock)
{
	char word;

	return recv(sock, &word, 1, 0) == 1;
}

/* The child. It reports what it found as a struct layers (same program, same layout). */
static _Noreturn void spawner_main(const struct spawn_config *c, struct layers *l, int sock,
				   bool view)
{
	struct spawner s = { .config = c,
			     .layers = l,
			     .sock = -1,
			     .memory = -1,
			     .cgroup = { .own = -1 },
			     .as_root = getuid() == 0,
			     .mode = l->mode,
			     .tmp = "" };
	struct err err = { .code = ERR_NONE };
	bool ok = true;

	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	(void)signal(SIGPIPE, SIG_IGN);
	if (view && !told_to_begin(sock))
		_exit(1);
	if (pipe2(s.life, O_CLOEXEC) < 0)
		_exit(1);
	if (!(c->forbid & FORBID_CGROUP))
		cgroup_open(&s.cgroup);
	if (s.cgroup.own >= 0)
		layer_set(l, LAYER_CGROUP, LAYER_ON,
			  "one for each command, which ends all of it; the watchdog sets the limits");
	if (view) {
		ok = spawner_enter_view(&s, &err);
		l->mode = ok ? SANDBOX_VIEW : SANDBOX_REFUSED;
		l->why = err;
	} else {
		(void)snprintf(s.tmp, sizeof(s.tmp), "/tmp/emend-XXXXXX");
		if (!mkdtemp(s.tmp)) {
			l->mode = SANDBOX_REFUSED;
			err_set(&l->why, ERR_SANDBOX, "No private temporary folder in /tmp: %s.",
				strerror(errno));
			s.tmp[0] = 0;
		}
	}
	s.sock = sock;
	if (!send_layers(sock, l, s.memory) || !ok)
		_exit(1);
	_exit(spawner_loop(&s));
}

/* The child's socket takes the place of the server's: a spawner that held that one would keep the
 * connection to the server open after the runner's end. */
static bool fork_one(const struct spawn_config *c, struct layers *l, bool view,
		     struct spawner_end *s, struct err *err)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_set(err, ERR_IO, "No socket pair: %s.", strerror(errno));
	s->pid = fork();
	if (s->pid == 0) {
		if (dup3(pair[1], FIRST_FD, O_CLOEXEC) < 0) /* over the server's socket */
			_exit(1);
		harden_close_from(FIRST_FD + 1);
		spawner_main(c, l, FIRST_FD, view);
	}
	(void)close(pair[1]);
	s->sock = pair[0];
	if (s->pid > 0)
		return true;
	err_set(err, ERR_IO, "No process for commands: %s.", strerror(errno));
	(void)close(s->sock);
	s->sock = -1;
	return false;
}

static bool hear_one(struct layers *l, struct spawner_end *s, int *memory, struct err *err)
{
	if (spawn_receive_fd(s->sock, l, sizeof(*l), memory))
		return true;
	(void)close(s->sock);
	s->sock = -1;
	return err_set(err, ERR_IO, "The process that starts commands ended at once.");
}

bool spawner_start(const struct spawn_config *c, struct layers *layers, struct spawner_end *s,
		   struct err *err)
{
	*s = (struct spawner_end){ .sock = -1 };
	layers_probe(layers, c->forbid, c->container);
	layers->mode = SANDBOX_REFUSED;
	return c->no_sandbox || fork_one(c, layers, true, s, err);
}

void spawner_begin(struct spawner_end *s)
{
	if (s->sock >= 0 && !s->begun)
		s->begun = send(s->sock, "", 1, MSG_NOSIGNAL) == 1;
}

bool spawner_started(const struct spawn_config *c, struct layers *layers, struct spawner_end *s,
		     int *memory, struct err *err)
{
	*memory = -1;
	spawner_begin(s);
	if (s->sock >= 0) {
		if (!hear_one(layers, s, memory, err))
			return false;
		if (layers->mode == SANDBOX_REFUSED) {
			(void)close(s->sock);
			s->sock = -1;
			(void)waitpid(s->pid, NULL, 0);
		}
	}
	layers_decide(layers, c->no_sandbox, c->reduced, getuid() == 0);
	if (c->container) /* no descriptor gets out of it: serve_network.c */
		layer_set(layers, LAYER_BROKER, LAYER_MISSING,
			  "commands in a container have no network at all");
	if (layers->mode != SANDBOX_REDUCED && layers->mode != SANDBOX_NONE)
		return true;
	return fork_one(c, layers, false, s, err) && hear_one(layers, s, memory, err);
}

bool spawner_send(int sock, const struct spawn_packet *p, const int *fds, struct err *err)
{
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(SPAWN_FDS * sizeof(int))];
	} control = { .space = { 0 } };
	struct spawn_packet copy = *p;
	struct iovec iov = { &copy, sizeof(copy) };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (fds) {
		struct cmsghdr *c = &control.align;

		msg.msg_control = control.space;
		msg.msg_controllen = sizeof(control.space);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(SPAWN_FDS * sizeof(int));
		memcpy(CMSG_DATA(c), fds, SPAWN_FDS * sizeof(int));
	}
	if (sendmsg(sock, &msg, MSG_NOSIGNAL) != (ssize_t)sizeof(copy))
		return err_set(err, ERR_SANDBOX,
			       "The process that starts commands has ended: %s. "
			       "Start the task again, which starts another.",
			       strerror(errno));
	return true;
}

bool spawner_keep(int sock, uint64_t id, int fd, char path[SPAWN_PATH_BYTES], struct err *err)
{
	struct spawn_packet p = { .op = SPAWN_KEEP, .id = id };
	struct spawn_kept kept = { .why = { .code = ERR_NONE } };
	int none = -1;

	if (!spawner_send(sock, &p, (const int[SPAWN_FDS]){ fd, fd, fd, fd }, err))
		return false;
	/* It answers at once, and says nothing else on this socket. */
	if (!spawn_receive_fd(sock, &kept, sizeof(kept), &none))
		return err_set(err, ERR_SANDBOX, "The process that starts commands has ended.");
	*err = kept.why;
	kept.path[sizeof(kept.path) - 1] = 0;
	(void)snprintf(path, SPAWN_PATH_BYTES, "%s", kept.path);
	return kept.why.code == ERR_NONE;
}

bool spawner_listener(int sock, int *fd, struct err *err)
{
	struct spawn_packet p = { .op = SPAWN_NETWORK };
	struct spawn_status st = { .why = { .code = ERR_NONE } };

	*fd = -1;
	if (!spawner_send(sock, &p, NULL, err))
		return false;
	/* It answers at once, and says nothing else on this socket. */
	if (!spawn_receive_fd(sock, &st, sizeof(st), fd))
		return err_set(err, ERR_SANDBOX, "The process that starts commands has ended.");
	if (st.why.code != ERR_NONE)
		*err = st.why;
	else if (*fd < 0)
		err_set(err, ERR_SANDBOX, "The commands' network gave no socket.");
	return st.why.code == ERR_NONE && *fd >= 0;
}
