/* spool.h - a file that fills while contents are looked at: the images of a command's changes, for undo.
 *
 * A changed file is read to hash it, and its bytes are wanted again a moment later, for what undo keeps. So those
 * of small files are put here by the same read; opening and reading each a second time took as long as the
 * rest of the walk. Whatever is in doubt is left out, and read again then.
 *
 *   room, take --> piece in hand --full--> second thread: hashes, writes (spool_thread.c)
 *                        '-----at the end--> hashed by spool_settle(), written by spool_flush() */
#ifndef EMEND_WORKER_SPOOL_H
#define EMEND_WORKER_SPOOL_H

#include <sys/types.h>

#include "agent/base/sha256.h"
#include "protocol/base/err.h"

enum {
	SPOOL_SMALL_BYTES = 16 * 1024, /* a file up to this size is put here when it is hashed */
	SPOOL_FILES = 24 * 1000,       /* more than a pack takes: then nothing is */
	SPOOL_MARKS = SPOOL_FILES * 2,
};

/* Where bytes lie in it. */
struct spool_place {
	bool is; /* false: they do not */
	uint64_t at;
	size_t len;
	size_t mark; /* of spool_take() */
};

/* Bytes of which the hash is made later. */
struct spool_mark {
	size_t at, len; /* at: in the piece */
	struct sha256_hex hash;
};

struct spool_thread;

/* The bytes are gathered in `piece` and written when that is full; the file is made with the first. */
struct spool {
	int dir; /* where it lies, borrowed */
	char name[16];
	int fd;	     /* -1: not made yet */
	char *piece; /* not yet written; NULL: nothing ever came */
	size_t len;
	uint64_t bytes; /* of the file, with the piece */
	size_t files;	/* that lie in it */
	bool off;	/* nothing is put here of itself any more */
	struct err why; /* it could not be written: nothing comes after it, and it cannot be kept */
	struct spool_mark *mark;     /* SPOOL_MARKS of them; NULL: none was ever made */
	size_t n_marks, n_marked;    /* n_marked: those before the piece in hand */
	struct spool_thread *second; /* NULL: not started */
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

/* --- the same, hashed later: half of the time of a walk, and another processor may have it --- */
/* Before each pair of files: what came is handed over if it is much. */
void spool_turn(struct spool *s);
/* As spool_hash(), but for the hash. At most two after each spool_turn(). */
NODISCARD bool spool_take(struct spool *s, int fd, uint64_t size, struct spool_place *at);
/* Of what was taken since spool_turn(). */
bool spool_same(const struct spool *s, const struct spool_place *a, const struct spool_place *b);
struct sha256_hex spool_hash_now(const struct spool *s, const struct spool_place *at);
/* Waits until all are hashed; then the hash of each can be had, until spool_forget_hashes(). */
void spool_settle(struct spool *s);
struct sha256_hex spool_hash_of(const struct spool *s, const struct spool_place *at);
void spool_forget_hashes(struct spool *s);

/* --- spool_thread.c --- */
/* A piece that goes its way; `marks` of the spool lie in it, from `mark` on. */
struct spool_piece {
	char *bytes;
	size_t len;
	off_t at; /* in the file */
	struct spool_mark *mark;
	size_t marks;
};
/* spool.c: what becomes of it. False: errno. */
void spool_piece_hash(const struct spool_piece *p);
NODISCARD bool spool_piece_write(int *fd, int dir, const char *name, const struct spool_piece *p);
/* NULL: there is one processor, or no thread is to be had. */
struct spool_thread *spool_thread_start(int dir, const char *name, int fd);
/* The piece's bytes are its own from now on; another buffer of `size` bytes comes for them. */
char *spool_thread_give(struct spool_thread *t, const struct spool_piece *p, size_t size);
/* Waits for what it was given. *fd: the file; the result is an errno, 0: all was written. */
int spool_thread_end(struct spool_thread *t, int *fd);

#endif
