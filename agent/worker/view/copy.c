/* copy.c - see copy.h
 *
 * The copy is made by a child, as it can take seconds, and the runner serves others meanwhile. Folders get their
 * permissions and times when all is in them. */
#include "agent/worker/view/copy.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/sandbox/harden.h"
#include "agent/worker/file/put.h"
#include "agent/worker/view/upper.h"
#include "protocol/base/mem.h"

/* In the list, one behind the other; size is a multiple of 8. */
struct copied {
	uint64_t size; /* of this record, bytes */
	uint64_t ino;  /* 0: it was there before, with other content */
	int64_t seconds, nanoseconds;
	uint64_t folder; /* 1: it is one */
	char rel[];
};

enum copy_met {
	NOT_MET,
	MET,
	MET_ANOTHER, /* another folder, or a folder in place of a file, or the other way round */
};

struct copy_told {
	bool ok;
	struct err err;
};

/* The child's. */
struct copying {
	const struct root *root;
	const struct places *places;
	int to;
	dev_t dev;
	FILE *list;
	char **stack, **folders; /* to go into; all that were made */
	size_t n, cap, n_folders, cap_folders;
	size_t files;
	uint64_t bytes;
	struct err *err;
};

static void push(char ***list, size_t *n, size_t *cap, const char *rel)
{
	if (*n == *cap) {
		*cap = *cap ? *cap * 2 : 64;
		*list = xrealloc(*list, *cap * sizeof(**list));
	}
	(*list)[(*n)++] = xstrdup(rel);
}

static bool fail(const struct copying *c, const char *rel)
{
	return err_set(c->err, ERR_SANDBOX,
		       "Commands are not run here: without an overlay file system they work on a "
		       "copy, and %s cannot be copied: %s.",
		       rel, strerror(errno));
}

/* st: NULL, or of the copy. */
static bool note(struct copying *c, const char *rel, const struct stat *st, bool folder)
{
	static const char zeros[8];
	size_t len = strlen(rel) + 1, pad = (8 - len % 8) % 8;
	struct copied head = { .size = sizeof(head) + len + pad, .folder = folder };

	if (st) {
		head.ino = st->st_ino;
		head.seconds = st->st_ctim.tv_sec;
		head.nanoseconds = st->st_ctim.tv_nsec;
	}
	return (fwrite(&head, sizeof(head), 1, c->list) == 1 && fwrite(rel, len, 1, c->list) == 1 &&
		(pad == 0 || fwrite(zeros, pad, 1, c->list) == 1)) ||
	       fail(c, rel);
}

static bool within_limits(struct copying *c, const struct stat *st)
{
	c->files++;
	c->bytes += (uint64_t)st->st_blocks * 512;
	if (c->files <= LIMIT_COPY_FILES && c->bytes >> 20 <= LIMIT_COPY_MIB)
		return true;
	return err_set(c->err, ERR_SANDBOX,
		       "Commands are not run here: without an overlay file system they work on a "
		       "copy, and this folder has more than %d files, or more than %d MiB. What to "
		       "do: start in a smaller folder, or see `emend doctor` for the overlay.",
		       LIMIT_COPY_FILES, LIMIT_COPY_MIB);
}

/* What we may not read, a command could not either. */
static bool file(struct copying *c, int from_dir, int to_dir, const char *name, const char *rel)
{
	int from = openat(from_dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct put p = { .dir = -1 };
	struct stat st;
	bool ok;
	int to;

	if (from < 0)
		return errno == EACCES || errno == ENOENT || errno == ELOOP || fail(c, rel);
	to = openat(to_dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (to < 0) {
		ok = errno == EEXIST ? note(c, rel, NULL, false) : fail(c, rel);
		(void)close(from);
		return ok;
	}
	p.fd = to;
	ok = fstat(from, &st) == 0 && put_copy(&p, from);
	if (ok) {
		put_attributes(to, from);
		ok = fchmod(to, st.st_mode & 0777) == 0 &&
		     futimens(to, (struct timespec[2]){ st.st_atim, st.st_mtim }) == 0 &&
		     fstat(to, &st) == 0;
	}
	ok = ok ? note(c, rel, &st, false) : fail(c, rel);
	(void)close(to);
	(void)close(from);
	return ok;
}

static bool symbolic(struct copying *c, int from_dir, int to_dir, const char *name, const char *rel,
		     struct stat *st)
{
	const struct timespec times[2] = { st->st_atim, st->st_mtim };
	char target[LIMIT_PATH_BYTES];
	ssize_t n = readlinkat(from_dir, name, target, sizeof(target) - 1);

	if (n < 0)
		return errno == ENOENT || errno == EINVAL || fail(c, rel);
	target[n] = 0;
	if (symlinkat(target, to_dir, name) < 0)
		return errno == EEXIST ? note(c, rel, NULL, false) : fail(c, rel);
	(void)utimensat(to_dir, name, times, AT_SYMLINK_NOFOLLOW);
	return fstatat(to_dir, name, st, AT_SYMLINK_NOFOLLOW) == 0 ? note(c, rel, st, false)
								   : fail(c, rel);
}

/* One that cannot hold what it had, as it is used directly or lies elsewhere, is only a place. */
static bool subfolder(struct copying *c, int to_dir, const char *name, const char *rel,
		      const struct stat *st)
{
	struct stat made;

	if (mkdirat(to_dir, name, 0700) < 0 && errno != EEXIST)
		return fail(c, rel);
	push(&c->folders, &c->n_folders, &c->cap_folders, rel);
	if (st->st_dev == c->dev && !places_bound(c->places, rel))
		push(&c->stack, &c->n, &c->cap, rel);
	return fstatat(to_dir, name, &made, AT_SYMLINK_NOFOLLOW) == 0 ? note(c, rel, &made, true)
								      : fail(c, rel);
}

static bool entry(struct copying *c, int from, int to, const char *name, const char *rel)
{
	struct stat st;

	if (places_hide(c->places, rel) || fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return true;
	if (S_ISDIR(st.st_mode))
		return within_limits(c, &st) && subfolder(c, to, name, rel, &st);
	if (S_ISREG(st.st_mode))
		return within_limits(c, &st) && file(c, from, to, name, rel);
	if (S_ISLNK(st.st_mode))
		return within_limits(c, &st) && symbolic(c, from, to, name, rel, &st);
	return true;
}

/* One that is gone, or closed to us, is empty in the copy. */
static bool folder(struct copying *c, const char *rel)
{
	int fd = upper_openat(c->root->fd, rel, O_RDONLY | O_DIRECTORY);
	int to = upper_openat(c->to, rel, O_RDONLY | O_DIRECTORY);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	char child[LIMIT_PATH_BYTES];
	struct dirent *e;
	bool ok = to >= 0 || fail(c, rel);

	while (ok && d && (e = readdir(d)) != NULL) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		errno = ENAMETOOLONG;
		ok = snprintf(child, sizeof(child), "%s%s%s", rel, *rel ? "/" : "", e->d_name) <
				     (int)sizeof(child)
			     ? entry(c, fd, to, e->d_name, child)
			     : fail(c, rel);
	}
	if (d)
		(void)closedir(d);
	else if (fd >= 0)
		(void)close(fd);
	if (to >= 0)
		(void)close(to);
	return ok;
}

/* The deepest first, as one that is closed cannot be gone through. */
static bool settle_folders(struct copying *c)
{
	bool ok = true;

	for (size_t i = c->n_folders; i-- > 0 && ok;) {
		const char *rel = c->folders[i];
		int from = upper_openat(c->root->fd, rel, O_PATH | O_DIRECTORY), fd;
		struct stat st;

		if (from < 0)
			continue; /* it went meanwhile */
		fd = upper_openat(c->to, rel, O_RDONLY | O_DIRECTORY);
		ok = fd >= 0 && fstat(from, &st) == 0 && fchmod(fd, st.st_mode & 0777) == 0 &&
		     futimens(fd, (struct timespec[2]){ st.st_atim, st.st_mtim }) == 0;
		ok = ok || fail(c, rel);
		if (fd >= 0)
			(void)close(fd);
		(void)close(from);
	}
	return ok;
}

/* The last step lets the clock of the file system go on: what the command changes has another ctime. */
static bool copy_all(struct copying *c, int dir)
{
	struct timespec mark;
	struct stat st;
	bool ok = fstat(c->root->fd, &st) == 0 || fail(c, ".");

	c->dev = st.st_dev;
	push(&c->stack, &c->n, &c->cap, "");
	while (ok && c->n > 0) {
		char *rel = c->stack[--c->n];

		ok = folder(c, rel);
		free(rel);
	}
	return ok && settle_folders(c) && (fflush(c->list) == 0 || fail(c, ".")) &&
	       ((fchmod(dir, 0700) == 0 && upper_mark(dir, &mark)) || fail(c, "."));
}

void copy_init(struct copy *c)
{
	*c = (struct copy){ .ended = -1, .list = -1 };
	map_init(&c->by_path, 0);
}

/* The child has ended, or nobody wants to know. */
static void end_child(struct copy *c)
{
	if (c->child <= 0)
		return;
	(void)kill(c->child, SIGKILL);
	(void)waitpid(c->child, NULL, 0);
	(void)close(c->ended);
	c->child = 0;
	c->ended = -1;
}

void copy_release(struct copy *c)
{
	end_child(c);
	if (c->told)
		(void)munmap(c->told, sizeof(*c->told));
	if (c->map)
		(void)munmap((void *)(uintptr_t)c->map, c->bytes);
	if (c->list >= 0)
		(void)close(c->list);
	free(c->of);
	free(c->met);
	map_release(&c->by_path);
	copy_init(c);
}

static _Noreturn void child(const struct copy *c, struct copying *work, int dir)
{
	(void)harden_die_with_parent(0);
	work->list = fdopen(c->list, "w");
	if (!work->list)
		_exit(1);
	c->told->ok = copy_all(work, dir);
	_exit(0);
}

bool copy_begin(struct copy *c, const struct root *r, const struct places *p, int to, int dir,
		struct err *err)
{
	struct copying work = { .root = r, .places = p, .to = to };
	void *told;
	int end[2];

	c->list = memfd_create("copied", MFD_CLOEXEC);
	/* cppcheck-suppress invalidFunctionArg ; what is in no file has -1 for its descriptor */
	told = mmap(NULL, sizeof(*c->told), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		    0);
	if (told != MAP_FAILED)
		c->told = told;
	if (c->list >= 0 && c->told && pipe2(end, O_CLOEXEC) == 0) {
		*c->told = (struct copy_told){ .ok = false };
		err_set(&c->told->err, ERR_IO, "The copy of the workspace was not finished.");
		work.err = &c->told->err;
		c->child = fork();
		if (c->child == 0)
			child(c, &work, dir);
		(void)close(end[1]);
		c->ended = end[0];
		if (c->child > 0)
			return true;
		c->child = 0;
		(void)close(end[0]);
		c->ended = -1;
	}
	return err_set(err, ERR_IO, "The workspace cannot be copied: %s.", strerror(errno));
}

/* The records lie as the child wrote them, which is a part of the runner. */
static void index_list(struct copy *c)
{
	size_t cap = 0;

	for (size_t at = 0; at + sizeof(struct copied) < c->bytes;) {
		const struct copied *one = (const void *)(c->map + at);

		if (c->n == cap) {
			cap = cap ? cap * 2 : 1024;
			c->of = xrealloc(c->of, cap * sizeof(const struct copied *));
		}
		c->of[c->n++] = one;
		(void)map_put(&c->by_path, slice_of(one->rel), (void *)(uintptr_t)c->n);
		at += one->size;
	}
	c->met = xcalloc(c->n + 1, sizeof(*c->met));
}

bool copy_end(struct copy *c, struct err *err)
{
	struct stat st;
	void *map;

	end_child(c);
	if (!c->told->ok) {
		*err = c->told->err;
		return false;
	}
	if (fstat(c->list, &st) < 0)
		return err_set(err, ERR_IO, "The workspace cannot be copied: %s.", strerror(errno));
	c->bytes = (size_t)st.st_size;
	map = c->bytes > 0 ? mmap(NULL, c->bytes, PROT_READ, MAP_PRIVATE, c->list, 0) : NULL;
	if (map == MAP_FAILED)
		return err_set(err, ERR_IO, "The workspace cannot be copied: %s.", strerror(errno));
	c->map = map;
	index_list(c);
	return true;
}

bool copy_same(struct copy *c, const char *rel, const struct stat *st)
{
	uintptr_t at = (uintptr_t)map_get(&c->by_path, slice_of(rel));
	const struct copied *one = at > 0 ? c->of[at - 1] : NULL;

	if (!one)
		return false;
	if ((one->folder != 0) != S_ISDIR(st->st_mode) || (one->folder && one->ino != st->st_ino)) {
		c->met[at - 1] = MET_ANOTHER;
		return false;
	}
	c->met[at - 1] = MET;
	return one->ino == st->st_ino && one->seconds == st->st_ctim.tv_sec &&
	       one->nanoseconds == st->st_ctim.tv_nsec;
}

bool copy_replaced(const struct copy *c, const char *rel)
{
	uintptr_t at = (uintptr_t)map_get(&c->by_path, slice_of(rel));

	return at > 0 && c->of[at - 1]->folder && c->met[at - 1] == MET_ANOTHER;
}

/* Only the topmost: its folder was met. */
const char *copy_gone(const struct copy *c, size_t *at)
{
	while (*at < c->n) {
		const char *rel = c->of[*at]->rel, *slash = strrchr(rel, '/');
		struct slice up = slice_make(rel, slash ? (size_t)(slash - rel) : 0);
		uintptr_t folder = slash ? (uintptr_t)map_get(&c->by_path, up) : 0;

		if (c->met[(*at)++] == NOT_MET && (folder == 0 || c->met[folder - 1] == MET))
			return rel;
	}
	return NULL;
}
