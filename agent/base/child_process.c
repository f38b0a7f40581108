/* child_process.c - see child_process.h
 *
 * The signal is watched from before the start, so that no end is missed. Several ends may come as one signal, and it
 * comes for other children too: each asks for its own process. */
#include "agent/base/child_process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

static void on_signal(uv_signal_t *h, int number)
{
	struct child_process *c = container_of(h, struct child_process, watch);
	int how;
	pid_t got;

	(void)number;
	if (c->pid == 0)
		return;
	do
		got = waitpid(c->pid, &how, WNOHANG);
	while (got < 0 && errno == EINTR);
	if (got == 0)
		return;
	c->pid = 0;
	(void)uv_signal_stop(h);
	if (got < 0) /* somebody else has waited for it: how it ended is not known */
		c->ended(c, 0, SIGKILL);
	else
		c->ended(c, WIFEXITED(how) ? WEXITSTATUS(how) : 0,
			 WIFSIGNALED(how) ? WTERMSIG(how) : 0);
}

/* What stands at 0 to 3 in us may be what another of them shall be: so all are moved out of the way first. */
static int place(posix_spawn_file_actions_t *a, const int fds[CHILD_FDS], int above)
{
	int e = 0;

	for (int i = 0; i < CHILD_FDS && e == 0; i++)
		if (fds[i] >= 0)
			e = posix_spawn_file_actions_adddup2(a, fds[i], above + i);
	for (int i = 0; i < CHILD_FDS && e == 0; i++) {
		if (fds[i] >= 0)
			e = posix_spawn_file_actions_adddup2(a, above + i, i);
		else if (i <= 2)
			e = posix_spawn_file_actions_addopen(a, i, "/dev/null",
							     i == 0 ? O_RDONLY : O_RDWR, 0);
		if (e == 0 && fds[i] >= 0)
			e = posix_spawn_file_actions_addclose(a, above + i);
	}
	return e ? e : posix_spawn_file_actions_addchdir_np(a, "/");
}

static int set_up(posix_spawnattr_t *attr)
{
	const short flags = POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK;
	sigset_t all, none;
	int e;

	(void)sigfillset(&all);
	(void)sigemptyset(&none);
	e = posix_spawnattr_setflags(attr, flags);
	if (e == 0)
		e = posix_spawnattr_setsigdefault(attr, &all);
	return e ? e : posix_spawnattr_setsigmask(attr, &none);
}

static int start(struct child_process *c, const char *file, const char *const *argv,
		 const char *const *env, const int fds[CHILD_FDS])
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	int above = CHILD_FDS, e;

	for (int i = 0; i < CHILD_FDS; i++)
		if (fds[i] >= above)
			above = fds[i] + 1;
	if ((e = posix_spawn_file_actions_init(&actions)) != 0)
		return e;
	if ((e = posix_spawnattr_init(&attr)) == 0) {
		e = place(&actions, fds, above);
		if (e == 0)
			e = set_up(&attr);
		if (e == 0) /* both lists are only read */
			e = posix_spawn(&c->pid, file, &actions, &attr, (char **)(uintptr_t)argv,
					(char **)(uintptr_t)env);
		(void)posix_spawnattr_destroy(&attr);
	}
	(void)posix_spawn_file_actions_destroy(&actions);
	return e;
}

int child_process_start(struct child_process *c, uv_loop_t *loop, const char *file,
			const char *const *argv, const char *const *env, const int fds[CHILD_FDS])
{
	int e = uv_signal_init(loop, &c->watch);

	c->pid = 0;
	if (e == 0)
		e = uv_signal_start(&c->watch, on_signal, SIGCHLD);
	if (e == 0 && (e = -start(c, file, argv, env, fds)) != 0) {
		c->pid = 0;
		(void)uv_signal_stop(&c->watch);
	}
	return e;
}

void child_process_kill(const struct child_process *c, int sig)
{
	if (c->pid > 0)
		(void)kill(c->pid, sig);
}
