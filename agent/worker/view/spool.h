/* spool.h - a file that fills while contents are looked at: the images of a command's changes, for undo.
 *
 * A changed file is read to hash it, and its bytes are wanted again a moment later, for what undo keeps. So those
 * of small files are put here by the same read; opening and reading each a second time took as long as the
 * rest of the walk. Whatever is in doubt is left out, and read again then. */
#ifndef EMEND_WORKER_SPOOL_H
#define EMEND_WORKER_SPOOL_H

#include "agent/base/sha256.h"
#include "protocol/base/err.h"

enum {
	SPOOL_SMALL_BYTES = 16 * 1024, /* a file up to this size is put here when it is hashed */
	SPOOL_FILES = 24 * 1000,       /* more than a pack takes: then nothing is */
};

/* Where bytes lie in it. */
struct spool_place {
	bool is; /* false: they do not */
	uint64_t at;
	size_t len;
};

/* The bytes are gathered in `piece` and written when that is full; the file is made with the first. */
struct spool {
	int dir; /* where it lies, borrowed */
	char name[16];
	int fd;	     /* -1: not made yet */
	char *piece; /* not yet written; NULL: nothing ever came */
	size_t len;
	uint64_t bytes; /* of the file, with the piece */
	size_t files;	/* that lie in it */
	bool off;	/* nothing is put here by spool_hash() any more */
	struct err why; /* it could not be written: nothing comes after it, and it cannot be kept */
};

/* It takes no room until something comes. */
void spool_init(struct spool *s, int dir, size_t number);
/* Room for n bytes, at most SPOOL_READ_BYTES, behind what came; spool_add() says how many were put there. */
enum { SPOOL_READ_BYTES = 64 * 1024 };
char *spool_room(struct spool *s);
void spool_add(struct spool *s, size_t n);
/* All of it is in the file. ERR_IO. */
NODISCARD bool spool_flush(struct spool *s, struct err *err);
/* The hash of an open file of this size; *at: where its bytes are now. False: it is not a small one, or not
 * of this size, and nothing was put here. */
NODISCARD bool spool_hash(struct spool *s, int fd, uint64_t size, struct sha256_hex *out,
			  struct spool_place *at);
/* What came last is not wanted after all. */
void spool_take_back(struct spool *s, struct spool_place *at);
void spool_release(struct spool *s); /* the file stays */

#endif
