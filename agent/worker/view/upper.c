/* upper.c - see upper.h: the folders, and the unsaved text in them. */
#include "agent/worker/view/upper.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "agent/base/path.h"
#include "agent/edit/edit.h"
#include "agent/sandbox/harden.h"
#include "agent/sandbox/tree.h"
#include "agent/worker/file/files.h"
#include "agent/worker/view/upper_own.h"
#include "protocol/base/mem.h"

/* Documents that an editor has open; with more the command is refused, since it would see old text of some. */
enum { OPEN_MAX_FILES = 4096, NICE = 10 };

/* No links at all: what lies in a layer was made by the command, and could lead anywhere. */
int upper_openat(int top, const char *rel, int flags)
{
	struct open_how how = { .flags = (uint64_t)(unsigned)(flags | O_CLOEXEC),
				.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS |
					   RESOLVE_NO_SYMLINKS };

	if (!(flags & O_PATH))
		how.flags |= O_NOCTTY | O_NONBLOCK;
	if (flags & O_CREAT)
		how.mode = 0600;
	return (int)syscall(SYS_openat2, top, *rel ? rel : ".", &how, sizeof(how));
}

int upper_parent(int top, const char *rel, const char **base)
{
	char dir[LIMIT_PATH_BYTES];
	const char *slash = strrchr(rel, '/');

	*base = slash ? slash + 1 : rel;
	if (!slash)
		return upper_openat(top, "", O_PATH | O_DIRECTORY);
	(void)snprintf(dir, sizeof(dir), "%.*s", (int)(slash - rel), rel);
	return upper_openat(top, dir, O_PATH | O_DIRECTORY);
}

/* --- the folders --- */

/* The lock of a folder is held by its runner as long as that lives, so only what can be locked is dead. */
static void remove_dead(int base)
{
	int copy = openat(base, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = copy >= 0 ? fdopendir(copy) : NULL;
	struct dirent *e;

	while (d && (e = readdir(d)) != NULL) {
		int fd;

		if (strncmp(e->d_name, "r-", 2) != 0)
			continue;
		fd = openat(base, e->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
			(void)tree_remove(base, e->d_name);
		if (fd >= 0)
			(void)close(fd);
	}
	if (d)
		(void)closedir(d);
	else if (copy >= 0)
		(void)close(copy);
}

/* The base is locked while our folder is made and locked in turn: between the two it would look like a dead
 * one. */
bool views_open(struct views *v, struct slice base, struct err *err)
{
	char *dir = xslicedup(base), name[16] = "r-";
	int at;

	*v = (struct views){ .fd = -1 };
	for (char *slash = strchr(dir + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = 0;
		(void)mkdir(dir, 0700);
		*slash = '/';
	}
	if (mkdir(dir, 0700) < 0 && errno != EEXIST)
		goto fail;
	at = open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (at < 0 || flock(at, LOCK_EX) < 0) { /* so that nobody takes ours for a dead one */
		if (at >= 0)
			(void)close(at);
		goto fail;
	}
	random_id(name + 2, 10);
	if (mkdirat(at, name, 0700) == 0)
		v->fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (v->fd >= 0 && flock(v->fd, LOCK_EX | LOCK_NB) == 0) {
		size_t size = strlen(dir) + sizeof(name) + 1;

		v->path = xmalloc(size);
		(void)snprintf(v->path, size, "%s/%s", dir, name);
	}
	(void)close(at);
	if (!v->path)
		goto fail;
	free(dir);
	return true;
fail:
	err_set(err, ERR_IO, "%s cannot be used: %s.", dir, strerror(errno));
	free(dir);
	return false;
}

void views_clean(const struct views *v)
{
	char *base = v->path ? xslicedup(path_dir(slice_of(v->path))) : NULL;
	int at = base ? open(base, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : -1;

	if (at >= 0 && flock(at, LOCK_EX) == 0)
		remove_dead(at);
	if (at >= 0)
		(void)close(at);
	free(base);
}

void views_release(struct views *v)
{
	/* Of the overlay that was tried at the start. Right after it, while the kernel still unmounts it, its removal
	 * would take milliseconds, for which everybody waits. */
	if (v->fd >= 0)
		(void)tree_remove(v->fd, "trial");
	if (v->path)
		(void)rmdir(v->path);
	if (v->fd >= 0)
		(void)close(v->fd);
	free(v->path);
	*v = (struct views){ .fd = -1 };
}

/* The clock of a file system may stand still for 4 ms. What somebody saved in the same tick, before or
 * after the command saw it, could not be told apart: so the tick must have begun just now. Kernels from
 * 6.13 on give another, fine time to a file that was looked at; then nothing is waited for. */
bool upper_mark(int dir, struct timespec *mark)
{
	enum { TRIES = 40, PAUSE_NS = 250 * 1000 };
	struct timespec pause = { .tv_nsec = PAUSE_NS };
	struct stat first, now;

	if (fstat(dir, &first) < 0)
		return false;
	for (int i = 0; i < TRIES; i++) {
		if (fchmod(dir, 0700) < 0 || fstat(dir, &now) < 0)
			return false;
		*mark = now.st_ctim;
		if (now.st_ctim.tv_sec != first.st_ctim.tv_sec ||
		    now.st_ctim.tv_nsec != first.st_ctim.tv_nsec)
			return true;
		(void)nanosleep(&pause, NULL);
	}
	return true; /* a clock of seconds: then the content has to do */
}

/* mark is taken last: what is changed from then on is the command's doing, or that of others meanwhile. */
bool upper_new(const struct views *v, uint64_t id, struct upper **out, struct err *err)
{
	struct upper *u = xcalloc(1, sizeof(*u));
	char name[24];

	u->id = id;
	u->dir = u->fd = -1;
	u->check.ended = -1;
	copy_init(&u->copy);
	near_init(&u->real, -1);
	near_init(&u->layer, -1);
	spool_init(&u->spool, -1, 0);
	list_init(&u->link);
	(void)snprintf(name, sizeof(name), "%llu", (unsigned long long)id);
	if (mkdirat(v->fd, name, 0700) == 0)
		u->dir = openat(v->fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (u->dir >= 0 && mkdirat(u->dir, "u", 0755) == 0 && mkdirat(u->dir, "w", 0755) == 0 &&
	    mkdirat(u->dir, "old", 0700) == 0 && upper_mark(u->dir, &u->mark))
		u->fd = openat(u->dir, "u", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (u->fd >= 0) {
		near_init(&u->layer, u->fd);
		spool_init(&u->spool, u->dir, u->packs++);
		*out = u;
		return true;
	}
	err_set(err, ERR_IO, "No folder for the changes of a command: %s.", strerror(errno));
	upper_free(v, u);
	return false;
}

void upper_sync_early(struct upper *u)
{
	if (u->early > 0)
		return;
	u->early = fork();
	if (u->early != 0)
		return;
	(void)harden_die_with_parent(0);
	(void)dup2(u->fd, 0);
	harden_close_from(1);
	_exit(syncfs(0) < 0 ? 1 : 0);
}

/* Nobody waits for it. It is a child of nobody's, so that it can be forgotten, and may outlive us: it
 * holds the lock of the folder, and whatever ends it leaves the rest to the next start. In a container we are who
 * gets such children: then it is done at once. */
static bool remove_later(const struct views *v, const char *name)
{
	pid_t pid = getpid() == 1 ? -1 : fork();

	if (pid == 0) {
		if (fork() != 0)
			_exit(0);
		(void)dup2(v->fd, 0);
		harden_close_from(1);
		(void)!nice(NICE);
		_exit(tree_remove(0, name) ? 0 : 1);
	}
	if (pid > 0)
		(void)waitpid(pid, NULL, 0);
	return pid > 0;
}

/* A child that still looks at it is ended first. Many files are removed behind the runner's back. */
void upper_free(const struct views *v, struct upper *u)
{
	char name[24];
	bool many;

	if (!u)
		return;
	many = u->n >= UPPER_MANY || copy_is_one(&u->copy);
	copy_release(&u->copy);
	list_remove(&u->link);
	upper_apply_pause(u);
	git_check_end(&u->check, NULL);
	spool_release(&u->spool);
	if (u->early > 0) {
		(void)kill(u->early, SIGKILL);
		(void)waitpid(u->early, NULL, 0);
	}
	if (u->fd >= 0)
		(void)close(u->fd);
	if (u->dir >= 0)
		(void)close(u->dir);
	(void)snprintf(name, sizeof(name), "%llu", (unsigned long long)u->id);
	if (!many || !remove_later(v, name))
		(void)tree_remove(v->fd, name);
	for (size_t i = 0; i < u->n; i++)
		free(u->change[i].rel);
	for (size_t i = 0; i < u->n_open; i++)
		free(u->open[i].rel);
	free(u->change);
	free(u->open);
	free(u);
}

/* --- unsaved text --- */

/* The folders of rel in the layer, with the permissions of the real ones. */
static bool make_dirs(const struct upper *u, const struct root *r, const char *rel, struct err *err)
{
	char dir[LIMIT_PATH_BYTES];
	struct stat st;
	bool ok = true;

	for (const char *slash = strchr(rel, '/'); ok && slash; slash = strchr(slash + 1, '/')) {
		int fd;

		(void)snprintf(dir, sizeof(dir), "%.*s", (int)(slash - rel), rel);
		if (mkdirat(u->fd, dir, 0755) < 0) {
			if (errno == EEXIST)
				continue;
			return err_set(err, ERR_IO, "%s cannot be prepared: %s.", rel,
				       strerror(errno));
		}
		fd = upper_openat(r->fd, dir, O_PATH | O_DIRECTORY);
		if (fd >= 0 && fstat(fd, &st) == 0)
			ok = fchmodat(u->fd, dir, st.st_mode & 0777, 0) == 0;
		if (fd >= 0)
			(void)close(fd);
	}
	return ok || err_set(err, ERR_IO, "%s cannot be prepared: %s.", rel, strerror(errno));
}

/* As a new file of the layer: the overlay shows it in place of the real one. */
static bool put(const struct upper *u, const char *rel, struct slice text, uint32_t mode,
		struct err *err)
{
	int fd = upper_openat(u->fd, rel, O_WRONLY | O_CREAT | O_EXCL);
	bool ok = fd >= 0 && fchmod(fd, mode) == 0;

	while (ok && text.len > 0) {
		ssize_t n = write(fd, text.ptr, text.len);

		ok = n > 0 || (n < 0 && errno == EINTR);
		if (n > 0)
			text = slice_sub(text, (size_t)n, text.len);
	}
	if (!ok)
		err_set(err, ERR_IO, "The unsaved text of %s cannot be put in place: %s.", rel,
			strerror(errno));
	if (fd >= 0)
		(void)close(fd);
	return ok;
}

/* Where the path leads in the workspace now; false: it is none of the command's business. */
static bool real_place(const struct root *r, const struct places *p, struct slice path, char *rel)
{
	char place[LIMIT_PATH_BYTES];
	struct err ignored;
	int fd;

	if (!root_clean(r, path, rel, &ignored) || !*rel)
		return false;
	fd = root_openat(r, rel, O_PATH, false);
	if (fd < 0)
		return errno == ENOENT && !places_bound(p, rel);
	if (!root_place(r, fd, place, &ignored)) {
		(void)close(fd);
		return false;
	}
	(void)close(fd);
	(void)snprintf(rel, LIMIT_PATH_BYTES, "%s", place);
	return !places_bound(p, rel);
}

/* Editors report CRLF files with LF. */
static struct slice with_ends_of(struct arena *a, struct slice text, struct slice file)
{
	struct text_style style;

	if (slice_find_byte(text, '\r', 0) != SIZE_MAX)
		return text;
	text_style(file, &style);
	return style.eol == EOL_CRLF && !style.mixed_eol ? text_with_eol(a, text, EOL_CRLF) : text;
}

/* Texts that are as their files are not written; that they are open is noted all the same. */
bool upper_place(struct upper *u, const struct root *r, const struct places *p, struct slice path,
		 struct slice text, struct err *err)
{
	char rel[LIMIT_PATH_BYTES];
	struct file_info info = { .mode = 0644 };
	struct upper_open *o;
	struct arena a;
	struct buf file;
	struct err why = { .code = ERR_NONE };
	bool ok = true, there;

	if (u->n_open == OPEN_MAX_FILES)
		return err_set(err, ERR_TOO_LARGE, "More than %d open files.", OPEN_MAX_FILES);
	u->open = xrealloc(u->open, (u->n_open + 1) * sizeof(*u->open));
	o = &u->open[u->n_open++];
	*o = (struct upper_open){ .rel = NULL };
	if (!real_place(r, p, path, rel))
		return true;
	for (size_t i = 0; i + 1 < u->n_open; i++) {
		if (u->open[i].rel && strcmp(u->open[i].rel, rel) == 0)
			return true; /* the same file under two names: the first counts */
	}
	arena_init(&a);
	buf_init(&file, LIMIT_DOC_BYTES);
	there = file_read(r, slice_of(rel), &file, &info, &why);
	if (there || why.code == ERR_NOT_FOUND) {
		o->rel = xstrdup(rel);
		text = with_ends_of(&a, text, buf_slice(&file));
		o->sha256 = sha256(text);
		o->placed = !there || !slice_eq(text, buf_slice(&file));
		if (o->placed)
			ok = make_dirs(u, r, rel, err) && put(u, rel, text, info.mode & 0777, err);
	}
	buf_release(&file);
	arena_release(&a);
	return ok;
}
