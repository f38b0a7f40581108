/* spawner_hide.c - see spawner.h: files that appeared while a command runs are closed to it.
 *
 * A child enters the command's mounts and covers each. It removes nothing: where the view is a mere chroot,
 * the mounts that it enters begin above it. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "agent/sandbox/spawner.h"
#include "agent/sandbox/view.h"

static void cover(int workspace, int top, const char *name)
{
	struct err none;

	if (name[0] == '/' ? !view_place(top, PLACE_MASK, name + 1, &none)
			   : !view_place(workspace, PLACE_MASK, name, &none))
		return; /* it is looked for again with the next command */
}

/* A process of its own, because a mount namespace once entered is not left again. */
static _Noreturn void cover_all(const struct spawner *s, int own, int list)
{
	int workspace, top;
	const char *at, *end;
	struct stat st;

	if (setns(own, CLONE_NEWNS) < 0 || fstat(list, &st) < 0 || st.st_size <= 0)
		_exit(1);
	workspace = open(s->config->workspace, O_PATH | O_DIRECTORY | O_CLOEXEC);
	top = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	at = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, list, 0);
	if (workspace < 0 || top < 0 || at == MAP_FAILED)
		_exit(1);
	for (end = at + st.st_size; at < end && memchr(at, 0, (size_t)(end - at));
	     at += strlen(at) + 1)
		cover(workspace, top, at);
	_exit(0);
}

void spawner_hide(struct spawner *s, uint64_t id, int list)
{
	for (size_t i = 0; i < SPAWN_MAX; i++) {
		int *own = &s->child[i].own;
		char one;

		if (!s->child[i].pid || s->child[i].id != id || s->child[i].mounts < 0)
			continue;
		if (*own < 0 && !spawn_receive_fd(s->child[i].mounts, &one, sizeof(one), own))
			continue;	      /* it has none, or is not ready */
		if (*own >= 0 && fork() == 0) /* reaped like the others */
			cover_all(s, *own, list);
	}
}
