/* pager.c - see pager.h */
#include "agent/cli/screen/pager.h"

#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/cli/child.h"
#include "protocol/base/limits.h"

extern char **environ;

enum { NAME_BYTES = 4096 };

/* False: none is wanted. */
static bool is_wanted(char name[NAME_BYTES])
{
	const char *kind = getenv("TERM"), *program = getenv("GIT_PAGER");

	program = program ? program : getenv("PAGER");
	(void)snprintf(name, NAME_BYTES, "%s", program ? program : "less");
	return kind && *kind && strcmp(kind, "dumb") != 0 && *name && strcmp(name, "cat") != 0;
}

static bool fits(const struct term *t, struct slice text)
{
	struct winsize w = { .ws_row = 0 };
	size_t rows = 1; /* the prompt that follows */

	if (ioctl(fileno(t->file), TIOCGWINSZ, &w) != 0 || w.ws_row == 0)
		return true;
	for (size_t at = 0; at < text.len && rows <= w.ws_row; at++)
		rows += text.ptr[at] == '\n';
	return rows <= w.ws_row;
}

/* False: it could not be started, and nothing was shown. */
static bool run(struct slice text)
{
	char sh[] = "sh", command[] = "-c", name[NAME_BYTES];
	char *argv[] = { sh, command, name, NULL };
	posix_spawn_file_actions_t io;
	struct child_signals was;
	posix_spawnattr_t attr;
	int fd = is_wanted(name) ? child_file(text) : -1, how = 0;
	bool ok = false;
	pid_t pid;

	if (fd < 0)
		return false;
	/* Colours as they are, and the text stays on the screen: as git has it. */
	(void)setenv("LESS", "FRX", 0);
	(void)setenv("LV", "-c", 0);
	child_begin(&was);
	if (posix_spawn_file_actions_init(&io) == 0) {
		if (posix_spawnattr_init(&attr) == 0) {
			ok = posix_spawn_file_actions_adddup2(&io, fd, STDIN_FILENO) == 0 &&
			     child_attr(&attr, &was) &&
			     posix_spawnp(&pid, sh, &io, &attr, argv, environ) == 0 &&
			     child_wait(pid, &how);
			(void)posix_spawnattr_destroy(&attr);
		}
		(void)posix_spawn_file_actions_destroy(&io);
	}
	child_end(&was);
	(void)close(fd);
	return ok &&
	       !(WIFEXITED(how) && WEXITSTATUS(how) == 127); /* of sh: there is no such program */
}

bool pager_begin(struct term *t, struct buf *b)
{
	char name[NAME_BYTES];

	if (!t->tty || !is_wanted(name))
		return false;
	buf_init(b, LIMIT_OUT_MAX_BYTES);
	t->into = b;
	return true;
}

bool pager_end(struct term *t, struct buf *b)
{
	bool all = !b->full;

	t->into = NULL;
	(void)term_flush(t);
	if (all && b->len > 0 && (fits(t, buf_slice(b)) || !run(buf_slice(b))))
		term_raw(t, buf_slice(b));
	t->mid_line = false;
	buf_release(b);
	return all;
}
