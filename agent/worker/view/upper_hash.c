/* upper_hash.c - see upper.h: what files hold, on both sides of a layer.
 *
 * Each is opened once: its hash, its bytes for undo, and what the rename of it will want to know. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/base/regular.h"
#include "agent/worker/file/files.h"
#include "agent/worker/view/upper_own.h"

static bool hash_link(int dir, const char *base, struct sha256_hex *out)
{
	char target[LIMIT_PATH_BYTES];
	ssize_t n = readlinkat(dir, base, target, sizeof(target));

	if (n >= 0)
		*out = sha256_two(SLICE("link\n"), slice_make(target, (size_t)n));
	return true;
}

/* Of an ordinary file; *fd -1: it vanished meanwhile. */
static bool open_to_read(int dir, const char *base, const char *rel, int *fd, struct err *err)
{
	*fd = regular_open_unseen(dir, base, O_NOFOLLOW);
	return *fd >= 0 || errno == ENOENT || errno == ELOOP ||
	       err_set(err, ERR_IO, "%s cannot be read: %s.", rel, strerror(errno));
}

static const char *name_of(const char *rel)
{
	const char *slash = strrchr(rel, '/');

	return slash ? slash + 1 : rel;
}

/* What is neither a file nor a link has no hash. A file that vanished meanwhile counts as none. */
bool upper_hash_at(int dir, const char *base, const struct stat *st, const char *rel,
		   struct sha256_hex *out, struct err *err)
{
	bool ok;
	int fd;

	out->s[0] = 0;
	if (S_ISLNK(st->st_mode))
		return hash_link(dir, base, out);
	if (!S_ISREG(st->st_mode))
		return true;
	if (!open_to_read(dir, base, rel, &fd, err))
		return false;
	if (fd < 0)
		return true;
	ok = file_hash(fd, rel, (uint64_t)st->st_size, out, err);
	(void)close(fd);
	return ok;
}

bool upper_hash(int top, const char *rel, struct sha256_hex *out, struct err *err)
{
	const char *base;
	int dir = upper_parent(top, rel, &base);
	struct stat st;
	bool ok = true;

	out->s[0] = 0;
	if (dir >= 0 && fstatat(dir, base, &st, AT_SYMLINK_NOFOLLOW) == 0)
		ok = upper_hash_at(dir, base, &st, rel, out, err);
	if (dir >= 0)
		(void)close(dir);
	return ok;
}

/* Nobody but us can change the file any more. Where it had to be made readable, its permissions are not those
 * that were seen: then a rename looks for itself. */
bool upper_look_after(struct upper *u, struct upper_change *c, int dir, const struct stat *st,
		      struct err *err)
{
	const char *base = name_of(c->rel);
	bool ok;
	int fd;

	if (!S_ISREG(st->st_mode))
		return upper_hash_at(dir, base, st, c->rel, &c->after, err);
	if (!open_to_read(dir, base, c->rel, &fd, err))
		return false;
	if (fd < 0)
		return true;
	ok = spool_take(&u->spool, fd, (uint64_t)st->st_size, &c->kept_after) ||
	     file_hash(fd, c->rel, (uint64_t)st->st_size, &c->after, err);
	put_strip(fd);
	if (st->st_mode & 0400) {
		c->made = put_was_of(st);
		c->made_mode = st->st_mode & 07777;
		c->made_uid = st->st_uid;
		c->made_gid = st->st_gid;
	}
	(void)close(fd);
	return ok;
}

/* A save between the look at the file and this is theirs. Of an open file its own stat tells: whatever takes
 * its name away or writes to it gives it another time. */
static struct put_was seen_now(int dir, const char *base, int fd, struct stat *st)
{
	int failed = fd >= 0 ? fstat(fd, st) : fstatat(dir, base, st, AT_SYMLINK_NOFOLLOW);

	return put_was_of(dir >= 0 && failed == 0 ? st : NULL);
}

/* What was removed is wanted at once: it may be a secret that was moved. */
static bool keep_before(struct upper *u, struct upper_change *c, int fd, uint64_t size)
{
	return c->kind == UPPER_REMOVED
		       ? spool_hash(&u->spool, fd, size, &c->before, &c->kept_before)
		       : spool_take(&u->spool, fd, size, &c->kept_before);
}

bool upper_look_before(struct upper *u, struct upper_change *c, const char *rel, int dir,
		       const struct stat *st, struct err *err)
{
	const char *base = name_of(rel);
	struct put_was now;
	struct stat is;
	bool ok = true;
	int fd = -1;

	if (st && S_ISREG(st->st_mode))
		ok = open_to_read(dir, base, rel, &fd, err);
	else if (st)
		ok = upper_hash_at(dir, base, st, rel, &c->before, err);
	if (fd >= 0)
		ok = keep_before(u, c, fd, (uint64_t)st->st_size) ||
		     file_hash(fd, rel, (uint64_t)st->st_size, &c->before, err);
	now = seen_now(dir, base, fd, &is);
	if (fd >= 0)
		(void)close(fd);
	if (!c->was.exists && now.exists && S_ISDIR(is.st_mode))
		return ok; /* a folder in the way */
	c->stale = c->stale || !put_was_same(&now, &c->was);
	return ok;
}

/* Small files are compared as they lie in the spool; their hashes come later. */
bool upper_is_same(const struct upper *u, struct upper_change *c)
{
	if (c->kept_before.is && c->kept_after.is)
		return spool_same(&u->spool, &c->kept_before, &c->kept_after);
	if (c->kept_before.is)
		c->before = spool_hash_now(&u->spool, &c->kept_before);
	if (c->kept_after.is)
		c->after = spool_hash_now(&u->spool, &c->kept_after);
	return strcmp(c->before.s, c->after.s) == 0;
}

void upper_take_hashes(struct upper *u)
{
	spool_settle(&u->spool);
	for (size_t i = 0; i < u->n; i++) {
		struct upper_change *c = &u->change[i];

		if (c->kept_before.is && !c->before.s[0])
			c->before = spool_hash_of(&u->spool, &c->kept_before);
		if (c->kept_after.is && !c->after.s[0])
			c->after = spool_hash_of(&u->spool, &c->kept_after);
	}
	spool_forget_hashes(&u->spool);
}
