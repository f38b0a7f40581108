/* near.c - see near.h. One folder, one lock: both go when a path in another folder is asked for. */
#include "agent/worker/file/near.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/worker/file/root.h"

void near_init(struct near *n, int top)
{
	*n = (struct near){ .top = top, .fd = -1, .lock = -1 };
}

int near_parent(struct near *n, const char *rel, const char **base)
{
	const struct root top = { .fd = n->top };
	const char *slash = strrchr(rel, '/');
	size_t len = slash ? (size_t)(slash - rel) : 0;

	*base = slash ? slash + 1 : rel;
	if (n->fd >= 0 && strncmp(n->dir, rel, len) == 0 && n->dir[len] == 0)
		return n->fd;
	near_forget(n);
	(void)snprintf(n->dir, sizeof(n->dir), "%.*s", (int)len, rel);
	n->fd = root_openat(&top, n->dir, O_PATH | O_DIRECTORY, true);
	return n->fd;
}

void near_lock(struct near *n)
{
	if (n->lock < 0)
		n->lock = root_lock(n->fd);
}

void near_forget(struct near *n)
{
	if (n->lock >= 0)
		(void)close(n->lock);
	if (n->fd >= 0)
		(void)close(n->fd);
	n->fd = n->lock = -1;
}
