/* guard_store.c - see guard.h: taking protected files out of where they stand.
 *
 * What is taken lies in BASE/held/TIME-ID, a file each, named by its path with '%' for '/', not
 * executable; the file "index" there says which is which, and why. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "agent/base/sha256.h"
#include "agent/sandbox/tree.h"
#include "agent/worker/file/files.h"
#include "agent/worker/file/put.h"
#include "agent/worker/guard/guard.h"
#include "agent/worker/view/upper.h"
#include "protocol/base/log.h"
#include "protocol/base/mem.h"

enum {
	FOUND_MAX = 200,
	HELD_MAX = 100,
	PIECE_BYTES = 64 * 1024,
	TRIES = 100,
};
#define KEEP_BYTES ((off_t)16 * 1024 * 1024)

void guard_init(struct guard *g)
{
	*g = (struct guard){ .held_fd = -1, .folder_fd = -1 };
}

/* Of more than FOUND_MAX only the number is told. */
void guard_tell(struct guard *g, const char *rel, enum guard_deed deed, const char *reason)
{
	if (g->n_found == FOUND_MAX) {
		g->more++;
		return;
	}
	if (g->n_found == g->cap_found) {
		g->cap_found = g->cap_found ? g->cap_found * 2 : 16;
		g->found = xrealloc(g->found, g->cap_found * sizeof(*g->found));
	}
	g->found[g->n_found++] =
		(struct guard_finding){ .rel = xstrdup(rel), .deed = deed, .reason = reason };
}

void guard_forget(struct guard *g)
{
	for (size_t i = 0; i < g->n_found; i++)
		free(g->found[i].rel);
	g->n_found = g->more = 0;
}

/* --- the place --- */

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void guard_place(struct guard *g, const char *base)
{
	char path[LIMIT_PATH_BYTES];
	int n = snprintf(path, sizeof(path), "%s/held", base);

	(void)mkdir(base, 0700);
	if (n < 0 || n >= (int)sizeof(path) || (mkdir(path, 0700) < 0 && errno != EEXIST))
		return;
	g->held_fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (g->held_fd >= 0)
		g->held = xstrdup(path);
}

/* The oldest go: their names begin with the time. */
static void keep_few(int held)
{
	char *name[2 * HELD_MAX] = { NULL };
	int copy = openat(held, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = copy >= 0 ? fdopendir(copy) : NULL;
	struct dirent *e;
	size_t n = 0;

	while (d && n < ARRAY_LEN(name) && (e = readdir(d)) != NULL) {
		if (e->d_name[0] != '.')
			name[n++] = xstrdup(e->d_name);
	}
	if (d)
		(void)closedir(d);
	else if (copy >= 0)
		(void)close(copy);
	qsort(name, n, sizeof(*name), by_name);
	for (size_t i = 0; i < n; i++) {
		if (i + HELD_MAX < n)
			(void)tree_remove(held, name[i]);
		free(name[i]);
	}
}

/* The runner's own folder there, once there is something to put into it. */
static bool open_folder(struct guard *g)
{
	char name[64], id[9];
	time_t now = time(NULL);
	struct tm t;
	size_t size;

	if (g->folder_fd >= 0 || g->held_fd < 0)
		return g->folder_fd >= 0;
	keep_few(g->held_fd);
	random_id(id, sizeof(id) - 1);
	(void)gmtime_r(&now, &t);
	(void)snprintf(name, sizeof(name), "%04d%02d%02d-%02d%02d%02d-%s", t.tm_year + 1900,
		       t.tm_mon + 1, t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec, id);
	if (mkdirat(g->held_fd, name, 0700) < 0)
		return false;
	g->folder_fd = openat(g->held_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	size = strlen(g->held) + sizeof(name) + 1;
	g->folder = xmalloc(size);
	(void)snprintf(g->folder, size, "%s/%s", g->held, name);
	return g->folder_fd >= 0;
}

void guard_release(struct guard *g)
{
	guard_forget(g);
	free(g->found);
	if (g->folder_fd >= 0)
		(void)close(g->folder_fd);
	if (g->held_fd >= 0)
		(void)close(g->held_fd);
	free(g->folder);
	free(g->held);
	guard_init(g);
}

/* For the person who looks for a file that is gone. */
static void write_index(const struct guard *g, const char *name, const char *rel,
			const char *reason)
{
	int fd = openat(g->folder_fd, "index",
			O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
	struct buf line;

	buf_init(&line, 2 * LIMIT_PATH_BYTES);
	buf_printf(&line, "%s: %s: %s\n", name, rel, reason);
	if (fd >= 0 && write(fd, line.data, line.len) < 0)
		buf_clear(&line); /* the file itself is there all the same */
	if (fd >= 0)
		(void)close(fd);
	buf_release(&line);
}

/* --- taking away --- */

static void flat_name(const char *rel, unsigned turn, char *out, size_t size)
{
	size_t n = strlen(rel);
	int at = turn ? snprintf(out, size, "%u,", turn) : 0;

	/* The end says most. */
	(void)snprintf(out + at, size - (size_t)at, "%s", n > 200 ? rel + n - 200 : rel);
	for (char *p = out; *p; p++) {
		if (*p == '/')
			*p = '%';
	}
}

/* Across file systems; of a large file only the beginning is kept. */
static bool copy_out(const struct guard *g, int dir, const char *base, const char *name)
{
	int from = openat(dir, base, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	int to = from < 0 ? -1
			  : openat(g->folder_fd, name,
				   O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	char *piece = xmalloc(PIECE_BYTES);
	bool ok = to >= 0;
	off_t left = KEEP_BYTES;
	ssize_t n;

	while (ok && left > 0 && (n = read(from, piece, PIECE_BYTES)) > 0) {
		ok = write(to, piece, (size_t)n) == n;
		left -= n;
	}
	free(piece);
	if (from >= 0)
		(void)close(from);
	if (to >= 0)
		(void)close(to);
	return ok;
}

/* Into the folder; false: it is still where it was. */
static bool move_out(const struct guard *g, int dir, const char *base, const char *rel,
		     const struct stat *st, const char *reason)
{
	char name[256];
	bool moved = false;

	for (unsigned i = 0; i < TRIES; i++) {
		flat_name(rel, i, name, sizeof(name));
		moved = renameat2(dir, base, g->folder_fd, name, RENAME_NOREPLACE) == 0;
		if (moved || errno != EEXIST)
			break;
	}
	if (!moved && errno == EXDEV && S_ISREG(st->st_mode))
		moved = copy_out(g, dir, base, name) && unlinkat(dir, base, 0) == 0;
	if (!moved)
		return false;
	if (S_ISREG(st->st_mode) && !tree_chmod(g->folder_fd, name, 0600))
		log_debug("%s keeps its permissions", name);
	write_index(g, name, rel, reason);
	return true;
}

/* The folder of rel, in which we may write. */
static int own_parent(const struct root *r, const char *rel, const char **base)
{
	char up[LIMIT_PATH_BYTES];
	const char *slash = strrchr(rel, '/'), *name;
	int dir = upper_parent(r->fd, rel, base), above;
	struct stat st;

	if (dir < 0 || !slash || fstat(dir, &st) < 0 || (st.st_mode & 0700) == 0700 ||
	    st.st_uid != geteuid())
		return dir;
	(void)snprintf(up, sizeof(up), "%.*s", (int)(slash - rel), rel);
	above = upper_parent(r->fd, up, &name);
	if (above >= 0) {
		if (!tree_chmod(above, name, 0700))
			log_debug("%s cannot be opened up", up);
		(void)close(above);
	}
	return dir;
}

/* Moved if possible, else removed: what somebody may execute must not stay. */
void guard_take(struct guard *g, const struct root *r, const char *rel, const char *reason)
{
	enum guard_deed deed = GUARD_LEFT;
	const char *base;
	int dir = own_parent(r, rel, &base);
	struct stat st;

	if (dir < 0 || fstatat(dir, base, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		if (dir >= 0)
			(void)close(dir);
		return; /* gone already */
	}
	if ((S_ISREG(st.st_mode) || S_ISDIR(st.st_mode)) && open_folder(g) &&
	    move_out(g, dir, base, rel, &st, reason))
		deed = GUARD_MOVED;
	else if (tree_remove(dir, base))
		deed = GUARD_REMOVED;
	(void)close(dir);
	guard_tell(g, rel, deed, deed == GUARD_LEFT ? "it cannot be moved away" : reason);
}
