/* child.c - see child.h */
#include "agent/cli/child.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* For what a child reads or prints: a pipe would have to be served while it runs. */
int child_file(struct slice content)
{
	int fd = memfd_create("emend", MFD_CLOEXEC);
	size_t at = 0;

	while (fd >= 0 && at < content.len) {
		ssize_t n = write(fd, content.ptr + at, content.len - at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			(void)close(fd);
			return -1;
		}
		at += (size_t)n;
	}
	if (fd >= 0)
		(void)lseek(fd, 0, SEEK_SET);
	return fd;
}

void child_begin(struct child_signals *was)
{
	struct sigaction ign = { .sa_handler = SIG_IGN };

	(void)sigaction(SIGINT, &ign, &was->interrupt);
	(void)sigaction(SIGQUIT, &ign, &was->quit);
}

void child_end(const struct child_signals *was)
{
	(void)sigaction(SIGINT, &was->interrupt, NULL);
	(void)sigaction(SIGQUIT, &was->quit, NULL);
}

bool child_attr(posix_spawnattr_t *attr, const struct child_signals *was)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGPIPE);
	if (was->interrupt.sa_handler != SIG_IGN)
		(void)sigaddset(&set, SIGINT);
	if (was->quit.sa_handler != SIG_IGN)
		(void)sigaddset(&set, SIGQUIT);
	return posix_spawnattr_setsigdefault(attr, &set) == 0 &&
	       posix_spawnattr_setflags(attr, POSIX_SPAWN_SETSIGDEF) == 0;
}

bool child_wait(pid_t pid, int *how)
{
	while (waitpid(pid, how, 0) < 0)
		if (errno != EINTR)
			return false;
	return true;
}
