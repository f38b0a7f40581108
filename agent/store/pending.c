/* pending.c - see pending.h */
#include "agent/store/pending.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "agent/base/sha256.h"
#include "agent/store/store_path.h"
#include "protocol/base/log.h"

static struct slice folder(struct arena *a, struct slice state_dir, struct slice workspace)
{
	struct sha256_hex h = sha256(workspace);

	return arena_printf(a, "%.*s/pending/%.32s", SLICE_ARG(state_dir), h.s);
}

static void add(struct slice dir, struct slice path)
{
	struct err err = { 0 };
	int fd;

	if (!make_folder(dir, &err)) {
		log_warn("pending changes: %s", err.msg);
		return;
	}
	fd = open(path.ptr, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		log_warn("pending changes: %s: %s", path.ptr, strerror(errno));
	else
		(void)close(fd);
}

void pending_mark(struct slice state_dir, struct slice workspace, struct slice session, bool waits)
{
	struct slice dir, path;
	struct arena a;

	if (!session_name_ok(session))
		return;
	arena_init(&a);
	dir = folder(&a, state_dir, workspace);
	path = arena_printf(&a, "%.*s/%.*s", SLICE_ARG(dir), SLICE_ARG(session));
	if (waits)
		add(dir, path);
	else if (unlink(path.ptr) == 0)
		(void)rmdir(dir.ptr); /* if it was the last one */
	arena_release(&a);
}

static int newest_first(const void *a, const void *b)
{
	return -slice_cmp(*(const struct slice *)a, *(const struct slice *)b);
}

size_t pending_sessions(struct slice state_dir, struct slice workspace, struct arena *a,
			struct slice *ids, size_t max)
{
	enum { SCANNED = 4096 };
	DIR *d = opendir(folder(a, state_dir, workspace).ptr);
	struct slice *all;
	size_t n = 0;

	if (!d)
		return 0;
	all = arena_array(a, SCANNED, sizeof(*all));
	for (struct dirent *e; n < SCANNED && (e = readdir(d));)
		if (session_name_ok(slice_of(e->d_name)))
			all[n++] = arena_dup(a, slice_of(e->d_name));
	(void)closedir(d);
	qsort(all, n, sizeof(*all), newest_first);
	n = n < max ? n : max;
	for (size_t i = 0; i < n; i++)
		ids[n - 1 - i] = all[i];
	return n;
}
