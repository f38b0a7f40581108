/* git_cmd.c - see git_cmd.h */
#include "agent/cli/git/git_cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/cli/child.h"

extern char **environ;

enum { LIST_FD = 3 };

/* pread: the offset is shared with the child, which left it at the end. */
static bool read_back(struct arena *a, int fd, struct slice *out, struct err *err)
{
	struct stat st;
	char *text;
	ssize_t n;

	if (fstat(fd, &st) != 0)
		return err_set(err, ERR_IO, "Cannot read what git printed.");
	if (st.st_size > GIT_CMD_MAX_BYTES)
		return err_set(err, ERR_TOO_LARGE, "git printed more than %d MiB.",
			       GIT_CMD_MAX_BYTES >> 20);
	text = arena_alloc(a, (size_t)st.st_size + 1);
	n = pread(fd, text, (size_t)st.st_size, 0);
	if (n != st.st_size)
		return err_set(err, ERR_IO, "Cannot read what git printed.");
	*out = slice_make(text, (size_t)n);
	return true;
}

/* --- git --- */

/* A copy with one more variable: setenv() would change it for all that run later. */
static char **environment(struct arena *a, const char *index)
{
	static const char name[] = "GIT_INDEX_FILE=";
	size_t n = 0, kept = 0;
	char **env;

	if (!index)
		return environ;
	while (environ[n])
		n++;
	env = arena_array(a, n + 2, sizeof(*env));
	for (size_t i = 0; i < n; i++)
		if (strncmp(environ[i], name, strlen(name)) != 0)
			env[kept++] = environ[i];
	env[kept++] = arena_cstr(a, arena_printf(a, "%s%s", name, index));
	env[kept] = NULL;
	return env;
}

/* *failed: what posix_spawn() says, 0 if git runs. core.fsmonitor is a program that the
 * repository names, and git would start it for nearly every command. */
static pid_t spawn(struct arena *a, const struct git_cmd *g, int list, int out,
		   const struct child_signals *was, int *failed)
{
	const char *first[] = { "git", "-c", "core.fsmonitor=false", "-C", g->dir };
	char *argv[GIT_CMD_MAX_ARGS + ARRAY_LEN(first) + 1];
	posix_spawn_file_actions_t io;
	posix_spawnattr_t attr;
	size_t n = 0;
	pid_t pid = -1;

	for (; n < ARRAY_LEN(first); n++)
		argv[n] = arena_cstr(a, slice_of(first[n]));
	for (size_t i = 0; i < GIT_CMD_MAX_ARGS && g->args[i]; i++)
		argv[n++] = arena_cstr(a, slice_of(g->args[i]));
	argv[n] = NULL;
	*failed = posix_spawn_file_actions_init(&io);
	if (*failed == 0 && (*failed = posix_spawnattr_init(&attr)) != 0)
		(void)posix_spawn_file_actions_destroy(&io);
	if (*failed != 0)
		return -1;
	/* The list comes last: the other file could have the number that it is to have. */
	if ((g->captured &&
	     (posix_spawn_file_actions_addopen(&io, STDIN_FILENO, "/dev/null", O_RDONLY, 0) != 0 ||
	      posix_spawn_file_actions_adddup2(&io, out, STDOUT_FILENO) != 0 ||
	      posix_spawn_file_actions_addopen(&io, STDERR_FILENO, "/dev/null", O_WRONLY, 0) !=
		      0)) ||
	    posix_spawn_file_actions_adddup2(&io, list, LIST_FD) != 0 || !child_attr(&attr, was))
		*failed = ENOMEM;
	else
		*failed = posix_spawnp(&pid, "git", &io, &attr, argv, environment(a, g->index));
	(void)posix_spawnattr_destroy(&attr);
	(void)posix_spawn_file_actions_destroy(&io);
	return *failed ? -1 : pid;
}

/* Output goes to a file in memory, not a pipe: git can write all of it while nobody reads. */
bool git_cmd_run(struct arena *a, const struct git_cmd *g, int *status, struct slice *out,
		 struct err *err)
{
	int list = child_file(g->list), printed = child_file(SLICE("")), failed = 0, how = 0;
	struct child_signals was;
	pid_t pid = -1;
	bool ok = list >= 0 && printed >= 0;

	child_begin(&was);
	if (ok)
		pid = spawn(a, g, list, printed, &was, &failed);
	if (!ok)
		(void)err_set(err, ERR_IO, "Cannot make a file in memory.");
	else if (pid < 0)
		ok = err_set(err, failed == ENOENT ? ERR_NOT_FOUND : ERR_IO,
			     failed == ENOENT ? "git is not installed (Debian: apt install git)."
					      : "git cannot be started.");
	if (ok && !child_wait(pid, &how))
		ok = err_set(err, ERR_IO, "git got lost.");
	child_end(&was);
	if (ok) {
		*status = WIFEXITED(how) ? WEXITSTATUS(how) : GIT_CMD_SIGNAL + WTERMSIG(how);
		if (g->captured && *status == GIT_CMD_SIGNAL + SIGINT)
			ok = err_set(err, ERR_CANCELLED, "git was interrupted.");
		else
			ok = !out || read_back(a, printed, out, err);
	}
	if (list >= 0)
		(void)close(list);
	if (printed >= 0)
		(void)close(printed);
	return ok;
}
