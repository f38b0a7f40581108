/* put.h - how the worker gives a file its place: a temporary file beside it, then one rename that
 * loses nothing.
 *
 * Another program may save the same file at any moment, by rename or in place. So the old file is
 * exchanged with the new one, looked at when nobody can reach it by its name any more, and put back
 * at once if it is not the one that was expected, or if somebody has it open for writing. That is known by a
 * lease, so SIGIO must not end the process. */
#ifndef EMEND_WORKER_PUT_H
#define EMEND_WORKER_PUT_H

#include <sys/stat.h>

#include "protocol/base/slice.h"

/* --- a temporary file: `.emend-ID.tmp`, locked so that nobody sweeps it away --- */
struct put {
	int dir; /* borrowed */
	int fd;	 /* -1: there is none, or a link */
	char name[48];
};
/* All of them: false, errno says why. After put_open() or put_link(), put_end() must follow: it
 * removes what is still under the temporary name. */
NODISCARD bool put_open(struct put *p, int dir, mode_t mode);
NODISCARD bool put_link(struct put *p, int dir, const char *target);
NODISCARD bool put_bytes(const struct put *p, struct slice data);
/* Shares the blocks where the file system can; else copies, and holes stay holes. */
NODISCARD bool put_copy(const struct put *p, int from);
void put_end(struct put *p);

/* Extended attributes and ACLs of an open file, as far as we may. Marks of an overlay, and what only
 * the system gives (security.*), stay behind. */
void put_attributes(int to, int from);
/* An overlay's marks go. */
void put_strip(int fd);
/* Owner and group, of an open file that is seen as `is`; where we may not, another owner's file becomes ours, in its
 * group if we are in it. */
void put_owner(int fd, const struct stat *is, const struct stat *like);

/* --- the rename --- */

/* What is expected at a place; the file was looked at with stat. */
struct put_was {
	bool exists;
	dev_t dev;
	ino_t ino;
	off_t size;
	struct timespec changed, modified; /* ctime, mtime */
};
struct put_was put_was_of(const struct stat *st); /* NULL: nothing is there */
bool put_was_same(const struct put_was *a, const struct put_was *b);

enum put_result {
	PUT_DONE,
	PUT_STALE,  /* something else is there; it was left, or put back */
	PUT_FAILED, /* errno */
};
/* A name in a folder. All of it is borrowed. */
struct put_name {
	int dir;
	const char *name;
	int fd; /* what has it, open to read; -1: the caller has not */
	/* What has it, if that is known; else NULL. Of `from`: it lies in a layer, where nobody else can
	 * reach it; of `to`: as the open fd was seen just now. */
	const struct put_was *is;
};
/* `from` gets the place `to`. What stood there is under the name `from` afterwards, for the caller to keep or
 * remove; where the file system cannot exchange, it is gone. */
enum put_result put_swap(const struct put_name *from, const struct put_name *to,
			 const struct put_was *was);
/* base goes to the name `to` in to_dir, which must be free. */
enum put_result put_away(int dir, const char *base, int to_dir, const char *to,
			 const struct put_was *was);
enum put_result put_remove(int dir, const char *base, const struct put_was *was);

#endif
