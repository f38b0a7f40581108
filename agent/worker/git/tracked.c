/* tracked.c - see tracked.h. An index is kept per repository and read again when its file has changed (size,
 * times, inode). A repository whose index cannot be read counts as one that tracks everything, or nothing,
 * by what is safe for the question. */
#include "agent/worker/git/tracked.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/regular.h"
#include "agent/worker/file/files.h"
#include "protocol/base/mem.h"

enum { REPOSITORIES_MAX = 64, INDEX_BYTES = 256 * 1024 * 1024, POINTER_BYTES = 4096 };

struct tracked_index {
	char *repository; /* its work tree, relative; "": the workspace */
	struct stat st;	  /* of the file that was read; st_ino 0: there was none */
	struct git_tracked paths;
};

void tracked_init(struct tracked *t)
{
	*t = (struct tracked){ .n = 0 };
}

void tracked_release(struct tracked *t)
{
	for (size_t i = 0; i < t->n; i++) {
		free(t->of[i].repository);
		git_tracked_release(&t->of[i].paths);
	}
	free(t->of);
	tracked_init(t);
}

/* The innermost folder around `folder`, but not itself, that has a `.git`: its path gets into `out`. */
static bool repository_of(const struct root *r, const char *folder, char *out)
{
	char git[LIMIT_PATH_BYTES + 8];
	size_t len = strlen(folder);

	for (;;) {
		int fd;

		while (len > 0 && folder[len - 1] != '/')
			len--;
		(void)snprintf(git, sizeof(git), "%.*s.git", (int)len, folder);
		fd = root_openat(r, git, O_PATH | O_NOFOLLOW, true);
		if (fd >= 0) {
			(void)close(fd);
			(void)snprintf(out, LIMIT_PATH_BYTES, "%.*s", len > 0 ? (int)len - 1 : 0,
				       folder);
			return true;
		}
		if (len == 0)
			return false;
		len--;
	}
}

/* Of a work tree or a submodule, whose `.git` is a file that names the place. */
static int open_elsewhere(const struct root *r, const char *repository, const char *git,
			  struct stat *st)
{
	char path[2 * LIMIT_PATH_BYTES];
	int fd = root_open_file(r, git, true, NULL);
	struct buf text;
	struct slice line, rest;

	if (fd < 0)
		return -1;
	buf_init(&text, POINTER_BYTES);
	if (!file_slurp(fd, git, &text, NULL))
		buf_clear(&text);
	(void)close(fd);
	rest = buf_slice(&text);
	fd = -1;
	errno = EINVAL;
	if (slice_next_line(&rest, &line) && slice_starts(line, SLICE("gitdir: "))) {
		line = slice_trim(slice_sub(line, 8, line.len));
		if (slice_starts(line, SLICE("/")))
			(void)snprintf(path, sizeof(path), "%.*s/index", SLICE_ARG(line));
		else
			(void)snprintf(path, sizeof(path), "%s/%s/%.*s/index", r->path, repository,
				       SLICE_ARG(line));
		/* The worker's own walls decide what it may read. */
		fd = regular_open(AT_FDCWD, path, 0, st);
	}
	buf_release(&text);
	return fd;
}

/* -1: errno is ENOENT if there is a repository that has none yet. */
static int open_index(const struct root *r, const char *repository, struct stat *st)
{
	char git[LIMIT_PATH_BYTES + 8], index[LIMIT_PATH_BYTES + 16];
	const char *slash = *repository ? "/" : "";
	int fd;

	(void)snprintf(git, sizeof(git), "%s%s.git", repository, slash);
	(void)snprintf(index, sizeof(index), "%s/index", git);
	fd = root_open_file(r, index, true, st);
	return fd >= 0 || errno != ENOTDIR ? fd : open_elsewhere(r, repository, git, st);
}

/* The file that was read last, unchanged. */
static bool same(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_dev == b->st_dev && a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
	       a->st_ctim.tv_sec == b->st_ctim.tv_sec && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

/* `all` is set where the index cannot be read: see tracked_below() and tracked_surely(), which take it in
 * opposite ways. */
static void read_index(struct tracked_index *x, const struct root *r)
{
	struct stat st = { .st_ino = 0 };
	int fd = open_index(r, x->repository, &st);
	bool none = fd < 0 && errno == ENOENT;
	struct buf text;

	if (fd >= 0 && same(&st, &x->st)) {
		(void)close(fd);
		return;
	}
	x->st = st;
	git_tracked_release(&x->paths);
	git_tracked_init(&x->paths);
	if (fd < 0) {
		x->st.st_ino = 0;
		x->paths.all = !none;
		return;
	}
	buf_init(&text, INDEX_BYTES);
	if (file_slurp(fd, x->repository, &text, NULL))
		git_tracked_read(&x->paths, buf_slice(&text));
	else
		x->paths.all = true;
	buf_release(&text);
	(void)close(fd);
}

static struct tracked_index *index_of(struct tracked *t, const char *repository)
{
	for (size_t i = 0; i < t->n; i++)
		if (strcmp(t->of[i].repository, repository) == 0)
			return &t->of[i];
	if (t->n == REPOSITORIES_MAX)
		return NULL;
	t->of = xrealloc(t->of, (t->n + 1) * sizeof(*t->of));
	t->of[t->n] = (struct tracked_index){ .repository = xstrdup(repository) };
	git_tracked_init(&t->of[t->n].paths);
	return &t->of[t->n++];
}

/* The index that says it, NULL: there are too many; *path: where in its repository. False: there is none. */
static bool find_index(struct tracked *t, const struct root *r, const char **path,
		       struct tracked_index **x)
{
	char repository[LIMIT_PATH_BYTES];
	size_t len;

	if (!repository_of(r, *path, repository))
		return false;
	*x = index_of(t, repository);
	if (*x)
		read_index(*x, r);
	len = strlen(repository);
	*path += len + (len > 0);
	return true;
}

bool tracked_below(struct tracked *t, const struct root *r, const char *folder)
{
	struct tracked_index *x;

	return find_index(t, r, &folder, &x) && (!x || git_tracks_below(&x->paths, folder));
}

bool tracked_surely(struct tracked *t, const struct root *r, const char *rel, bool folder)
{
	struct tracked_index *x;

	if (!find_index(t, r, &rel, &x) || !x)
		return false;
	return folder ? !x->paths.all && git_tracks_below(&x->paths, rel)
		      : git_tracks_surely(&x->paths, rel);
}
