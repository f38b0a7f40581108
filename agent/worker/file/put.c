/* put.c - see put.h. One idea carries all of it: renameat2(RENAME_EXCHANGE) brings the new file to its place
 * and the old one under the temporary name in one step; then nobody can reach the old one by its name, and
 * it can be looked at in peace. If it is not the one that was expected, the two are exchanged again. Where a
 * file system cannot exchange (EINVAL, ENOSYS), the look just before the rename has to do. */
#include "agent/worker/file/put.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "agent/base/sha256.h"
#include "protocol/base/log.h"
#include "protocol/base/mem.h"

enum { PIECE_BYTES = 256 * 1024, XATTR_LIST_BYTES = 64 * 1024, XATTR_VALUE_BYTES = 64 * 1024 };
enum { TRIES = 8 };

/* --- the temporary file --- */

/* Random, so that no program can have a file there, or put a link in its place. */
static void temporary_name(struct put *p, int dir)
{
	char id[25];

	random_id(id, sizeof(id) - 1);
	p->dir = dir;
	p->fd = -1;
	(void)snprintf(p->name, sizeof(p->name), ".emend-%s.tmp", id);
}

bool put_open(struct put *p, int dir, mode_t mode)
{
	temporary_name(p, dir);
	p->fd = openat(dir, p->name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
	if (p->fd >= 0)
		(void)flock(p->fd, LOCK_EX | LOCK_NB); /* see file_sweep.c */
	return p->fd >= 0;
}

bool put_link(struct put *p, int dir, const char *target)
{
	temporary_name(p, dir);
	return symlinkat(target, dir, p->name) == 0;
}

static bool write_all(int fd, struct slice data)
{
	while (data.len > 0) {
		ssize_t n = write(fd, data.ptr, data.len);

		if (n < 0 && errno != EINTR)
			return false;
		if (n > 0)
			data = slice_sub(data, (size_t)n, data.len);
	}
	return true;
}

bool put_bytes(const struct put *p, struct slice data)
{
	return write_all(p->fd, data);
}

/* The bytes of [at, end), which holds data. */
static bool copy_piece(int to, int from, char *piece, off_t at, off_t end)
{
	if (lseek(to, at, SEEK_SET) < 0)
		return false;
	while (at < end) {
		size_t want = end - at < PIECE_BYTES ? (size_t)(end - at) : PIECE_BYTES;
		ssize_t n = pread(from, piece, want, at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) /* 0: it became shorter, which is not what was listed */
			return n < 0 || ((errno = EIO) && false);
		if (!write_all(to, slice_make(piece, (size_t)n)))
			return false;
		at += n;
	}
	return true;
}

/* By SEEK_DATA and SEEK_HOLE, so that a sparse file does not become a full one. */
static bool copy_data(int to, int from, off_t size)
{
	char *piece = xmalloc(PIECE_BYTES);
	off_t at = 0;
	bool ok = ftruncate(to, size) == 0;

	while (ok && at < size) {
		off_t data = lseek(from, at, SEEK_DATA), hole;

		if (data < 0 && errno == ENXIO) /* only a hole is left */
			break;
		if (data < 0) /* a file system that does not tell */
			data = at;
		hole = lseek(from, data, SEEK_HOLE);
		if (hole <= data)
			hole = size;
		ok = copy_piece(to, from, piece, data, hole);
		at = hole;
	}
	free(piece);
	return ok;
}

bool put_copy(const struct put *p, int from)
{
	struct stat st;

	if (ioctl(p->fd, FICLONE, from) == 0)
		return true;
	return fstat(from, &st) == 0 && copy_data(p->fd, from, st.st_size);
}

void put_end(struct put *p)
{
	int saved = errno;

	(void)unlinkat(p->dir, p->name, 0);
	if (p->fd >= 0)
		(void)close(p->fd);
	p->fd = -1;
	errno = saved;
}

/* Attributes by which an overlay keeps its own notes, in the user's name space. */
static bool is_mark(const char *name)
{
	return strncmp(name, "user.overlay.", 13) == 0;
}

/* The names, each with its NUL; the caller frees them. */
static char *names_of(int fd, ssize_t *len)
{
	char *names;

	*len = flistxattr(fd, NULL, 0);
	if (*len <= 0)
		return NULL;
	names = xmalloc(XATTR_LIST_BYTES);
	*len = flistxattr(fd, names, XATTR_LIST_BYTES);
	return names;
}

void put_attributes(int to, int from)
{
	ssize_t len, n;
	char *names = names_of(from, &len), *value = len > 0 ? xmalloc(XATTR_VALUE_BYTES) : NULL;

	for (char *p = names; len > 0 && p < names + len; p += strlen(p) + 1) {
		if (is_mark(p) || strncmp(p, "security.", 9) == 0)
			continue;
		n = fgetxattr(from, p, value, XATTR_VALUE_BYTES);
		if (n >= 0 && fsetxattr(to, p, value, (size_t)n, 0) < 0)
			log_debug("put: the attribute %s could not be kept", p);
	}
	free(value);
	free(names);
}

void put_strip(int fd)
{
	ssize_t len;
	char *names = names_of(fd, &len);

	for (char *p = names; len > 0 && p < names + len; p += strlen(p) + 1) {
		if (is_mark(p))
			(void)fremovexattr(fd, p);
	}
	free(names);
}

void put_owner(int fd, const struct stat *is, const struct stat *like)
{
	if (is->st_uid == like->st_uid && is->st_gid == like->st_gid)
		return;
	if (fchown(fd, like->st_uid, like->st_gid) < 0 && fchown(fd, (uid_t)-1, like->st_gid) < 0)
		log_debug("put: neither owner nor group of a file could be kept");
}

/* --- the rename --- */

struct put_was put_was_of(const struct stat *st)
{
	if (!st)
		return (struct put_was){ .exists = false };
	return (struct put_was){ .exists = true,
				 .dev = st->st_dev,
				 .ino = st->st_ino,
				 .size = st->st_size,
				 .changed = st->st_ctim,
				 .modified = st->st_mtim };
}

static bool same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

/* But for the ctime, which a rename changes. */
static bool same_content(const struct put_was *a, const struct put_was *b)
{
	return a->exists == b->exists &&
	       (!a->exists || (a->dev == b->dev && a->ino == b->ino && a->size == b->size &&
			       same_time(&a->modified, &b->modified)));
}

bool put_was_same(const struct put_was *a, const struct put_was *b)
{
	return same_content(a, b) && (!a->exists || same_time(&a->changed, &b->changed));
}

static struct put_was look(int dir, const char *base)
{
	struct stat st;

	return put_was_of(fstatat(dir, base, &st, AT_SYMLINK_NOFOLLOW) == 0 ? &st : NULL);
}

/* A read lease is given only on a file that nobody has open for writing, and who opens it for that waits
 * until it is given up: so it is held for the look and the rename, and nobody can be about to save in place.
 * Where the file system has none, the other checks have to do. */
enum lease {
	LEASE_NONE,
	LEASE_HELD,
	LEASE_REFUSED, /* somebody has it open for writing */
};

static enum lease lease_take(int fd)
{
	if (fd < 0)
		return LEASE_NONE;
	if (fcntl(fd, F_SETLEASE, F_RDLCK) == 0)
		return LEASE_HELD;
	return errno == EAGAIN ? LEASE_REFUSED : LEASE_NONE;
}

/* Nobody waits to write. */
static bool lease_intact(int fd, enum lease l)
{
	return l == LEASE_NONE || (l == LEASE_HELD && fcntl(fd, F_GETLEASE) == F_RDLCK);
}

/* Of a file that the caller keeps open; else the lease goes with the descriptor. */
static void lease_give_up(int fd, enum lease l)
{
	if (l == LEASE_HELD)
		(void)fcntl(fd, F_SETLEASE, F_UNLCK);
}

static int open_file(int dir, const char *base, struct stat *st)
{
	int fd = openat(dir, base, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd >= 0 && (fstat(fd, st) < 0 || !S_ISREG(st->st_mode))) {
		(void)close(fd);
		fd = -1;
	}
	return fd;
}

/* Is what came away from its place what was expected there? */
static bool expected(int dir, const char *name, const struct put_was *was, int fd, enum lease l)
{
	struct put_was is = look(dir, name);

	return same_content(&is, was) && lease_intact(fd, l);
}

/* The file system or the kernel has no such rename. */
static bool cannot(int error)
{
	return error == EINVAL || error == ENOSYS;
}

/* For a place that must be free. */
static enum put_result new_place(int from_dir, const char *from, int dir, const char *base)
{
	if (renameat2(from_dir, from, dir, base, RENAME_NOREPLACE) == 0)
		return PUT_DONE;
	if (errno == EEXIST)
		return PUT_STALE;
	if (!cannot(errno))
		return PUT_FAILED;
	if (look(dir, base).exists)
		return PUT_STALE;
	return renameat(from_dir, from, dir, base) == 0 ? PUT_DONE : PUT_FAILED;
}

/* What must not go is put back. Should somebody have saved a third text in that moment, theirs is
 * the newest, and comes away in place of ours: then it goes back in turn. */
static void swap_back(const struct put_name *from, const struct put_name *to,
		      const struct put_was *ours)
{
	for (int i = 0; i < TRIES; i++) {
		struct put_was came;

		if (renameat2(from->dir, from->name, to->dir, to->name, RENAME_EXCHANGE) < 0) {
			/* They removed it: then the place is free for theirs. */
			if (errno != ENOENT || renameat2(from->dir, from->name, to->dir, to->name,
							 RENAME_NOREPLACE) == 0)
				return;
			continue;
		}
		came = look(from->dir, from->name);
		if (same_content(&came, ours) || i % 2 == 1)
			return;
	}
}

/* old: what stands there, open to read, and l its lease; -1: it is no file. */
static enum put_result exchange(const struct put_name *from, const struct put_name *to,
				const struct put_was *was, int old, enum lease l)
{
	struct put_was ours = { .exists = false };
	struct stat st;

	if (from->is)
		ours = *from->is;
	else if (from->fd <
		 0) /* else it is looked at where that is wanted, whatever its name is then */
		ours = look(from->dir, from->name);
	if (renameat2(from->dir, from->name, to->dir, to->name, RENAME_EXCHANGE) == 0) {
		if (expected(from->dir, from->name, was, old, l))
			return PUT_DONE;
		if (from->fd >= 0 && fstat(from->fd, &st) == 0)
			ours = put_was_of(&st);
		swap_back(from, to, &ours);
		return PUT_STALE;
	}
	if (errno == ENOENT)
		return PUT_STALE;
	if (!cannot(errno))
		return PUT_FAILED;
	return renameat(from->dir, from->name, to->dir, to->name) == 0 ? PUT_DONE : PUT_FAILED;
}

enum put_result put_swap(const struct put_name *from, const struct put_name *to,
			 const struct put_was *was)
{
	enum put_result result = PUT_STALE;
	enum lease lease;
	struct put_was is;
	struct stat st;
	int old, saved;

	if (!was->exists)
		return new_place(from->dir, from->name, to->dir, to->name);
	old = to->fd >= 0 ? to->fd : open_file(to->dir, to->name, &st);
	if (to->is)
		is = *to->is;
	else
		is = old >= 0 && to->fd < 0 ? put_was_of(&st) : look(to->dir, to->name);
	if (old >= 0 && !from->is) /* under a temporary name for a moment: not to be swept away */
		(void)flock(old, LOCK_SH | LOCK_NB);
	lease = lease_take(old);
	if (same_content(&is, was) && lease != LEASE_REFUSED)
		result = exchange(from, to, was, old, lease);
	saved = errno;
	if (to->fd >= 0)
		lease_give_up(old, lease);
	else if (old >= 0)
		(void)close(old);
	errno = saved;
	return result;
}

/* As put_swap(), where nothing comes into the place. */
enum put_result put_away(int dir, const char *base, int to_dir, const char *to,
			 const struct put_was *was)
{
	struct stat st;
	int old = open_file(dir, base, &st), saved;
	struct put_was is = old >= 0 ? put_was_of(&st) : look(dir, base);
	enum put_result result = PUT_STALE;
	enum lease lease = lease_take(old);

	if (old >= 0)
		(void)flock(old, LOCK_SH | LOCK_NB);
	if (same_content(&is, was) && lease != LEASE_REFUSED) {
		result = new_place(dir, base, to_dir, to);
		if (result == PUT_DONE && !expected(to_dir, to, was, old, lease)) {
			/* If they made another meanwhile, that is the newest. */
			(void)renameat2(to_dir, to, dir, base, RENAME_NOREPLACE);
			result = PUT_STALE;
		} else if (result == PUT_FAILED && errno == ENOENT) {
			result = PUT_STALE;
		}
	}
	saved = errno;
	if (old >= 0)
		(void)close(old);
	errno = saved;
	return result;
}

enum put_result put_remove(int dir, const char *base, const struct put_was *was)
{
	struct put p;
	enum put_result result;

	temporary_name(&p, dir);
	result = put_away(dir, base, dir, p.name, was);
	if (result == PUT_DONE)
		put_end(&p);
	return result;
}
