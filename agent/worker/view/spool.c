/* spool.c - see spool.h. */
#include "agent/worker/view/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "protocol/base/log.h"
#include "protocol/base/mem.h"

/* Beyond PIECE_BYTES there is room for one read, or for two small files. */
enum { PIECE_BYTES = 1024 * 1024, BUFFER_BYTES = PIECE_BYTES + SPOOL_READ_BYTES };
_Static_assert(2 * (SPOOL_SMALL_BYTES + 1) <= SPOOL_READ_BYTES, "two small files");

void spool_init(struct spool *s, int dir, size_t number)
{
	*s = (struct spool){ .dir = dir, .fd = -1 };
	(void)snprintf(s->name, sizeof(s->name), "pack%zu", number);
}

/* --- a piece --- */

void spool_piece_hash(const struct spool_piece *p)
{
	for (size_t i = 0; i < p->marks; i++)
		p->mark[i].hash = sha256(slice_make(p->bytes + p->mark[i].at, p->mark[i].len));
}

/* On its way to the disk from then on: the server waits for all of it before a file is changed. */
bool spool_piece_write(int *fd, int dir, const char *name, const struct spool_piece *p)
{
	struct slice left = slice_make(p->bytes, p->len);

	if (*fd < 0)
		*fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (*fd < 0)
		return false;
	while (left.len > 0) {
		ssize_t n = write(*fd, left.ptr, left.len);

		if (n < 0 && errno != EINTR)
			return false;
		if (n > 0)
			left = slice_sub(left, (size_t)n, left.len);
	}
	(void)sync_file_range(*fd, p->at, (off_t)p->len, SYNC_FILE_RANGE_WRITE);
	return true;
}

static struct spool_piece in_hand(const struct spool *s)
{
	return (struct spool_piece){ .bytes = s->piece,
				     .len = s->len,
				     .at = (off_t)(s->bytes - s->len),
				     .mark = s->mark ? s->mark + s->n_marked : NULL,
				     .marks = s->n_marks - s->n_marked };
}

static void fail(struct spool *s, int error)
{
	s->off = true;
	(void)err_set(&s->why, ERR_IO, "What the files held before cannot be kept: %s.",
		      strerror(error));
}

static bool write_piece(struct spool *s)
{
	struct spool_piece p = in_hand(s);

	spool_piece_hash(&p);
	s->n_marked = s->n_marks;
	s->len = 0;
	if (s->why.code == ERR_NONE && !spool_piece_write(&s->fd, s->dir, s->name, &p))
		fail(s, errno);
	return s->why.code == ERR_NONE;
}

/* A piece without hashes that are to be made is not worth a thread. */
void spool_turn(struct spool *s)
{
	struct spool_piece p = in_hand(s);

	if (s->len < PIECE_BYTES)
		return;
	if (!s->second && p.marks > 0 && s->why.code == ERR_NONE)
		s->second = spool_thread_start(s->dir, s->name, s->fd);
	if (!s->second) {
		if (!write_piece(s))
			log_warn("%s", s->why.msg); /* said at the end */
		return;
	}
	s->piece = spool_thread_give(s->second, &p, BUFFER_BYTES);
	s->n_marked = s->n_marks;
	s->len = 0;
}

/* A full piece goes only now, so that what came last can always be taken back. */
char *spool_room(struct spool *s)
{
	if (!s->piece)
		s->piece = xmalloc(BUFFER_BYTES);
	spool_turn(s);
	return s->piece + s->len;
}

void spool_add(struct spool *s, size_t n)
{
	s->len += n;
	s->bytes += n;
}

bool spool_flush(struct spool *s, struct err *err)
{
	if (s->why.code == ERR_NONE && (s->fd < 0 || s->len > 0))
		(void)write_piece(s);
	if (s->why.code != ERR_NONE)
		*err = s->why;
	return s->why.code == ERR_NONE;
}

/* --- files --- */

/* One byte more is asked for, which shows that the file has grown. */
static bool take(struct spool *s, int fd, uint64_t size, struct spool_place *at)
{
	ssize_t n = pread(fd, s->piece + s->len, (size_t)size + 1, 0);

	if (n < 0 || (uint64_t)n != size)
		return false;
	*at = (struct spool_place){ .is = true, .at = s->bytes, .len = (size_t)n };
	s->off = ++s->files >= SPOOL_MARKS;
	spool_add(s, (size_t)n);
	return true;
}

bool spool_hash(struct spool *s, int fd, uint64_t size, struct sha256_hex *out,
		struct spool_place *at)
{
	*at = (struct spool_place){ .is = false };
	if (s->off || size > SPOOL_SMALL_BYTES)
		return false;
	(void)spool_room(s);
	if (!take(s, fd, size, at))
		return false;
	*out = spool_hash_now(s, at);
	return true;
}

/* As many marks as files at most, as each has one of its own. */
bool spool_take(struct spool *s, int fd, uint64_t size, struct spool_place *at)
{
	*at = (struct spool_place){ .is = false };
	if (s->off || size > SPOOL_SMALL_BYTES || s->n_marks == SPOOL_MARKS)
		return false;
	if (!s->piece)
		s->piece = xmalloc(BUFFER_BYTES);
	if (!s->mark)
		s->mark = xcalloc(SPOOL_MARKS, sizeof(*s->mark));
	if (!take(s, fd, size, at))
		return false;
	at->mark = s->n_marks++;
	s->mark[at->mark].at = s->len - at->len;
	s->mark[at->mark].len = at->len;
	return true;
}

static struct slice bytes_of(const struct spool *s, const struct spool_place *at)
{
	return slice_make(s->piece + (at->at - (s->bytes - s->len)), at->len);
}

bool spool_same(const struct spool *s, const struct spool_place *a, const struct spool_place *b)
{
	return slice_eq(bytes_of(s, a), bytes_of(s, b));
}

struct sha256_hex spool_hash_now(const struct spool *s, const struct spool_place *at)
{
	return sha256(bytes_of(s, at));
}

void spool_take_back(struct spool *s, struct spool_place *at)
{
	/* Nothing but the last, and that lies in the piece. */
	if (!at->is || at->at + at->len != s->bytes || at->len > s->len)
		return;
	s->len -= at->len;
	s->bytes -= at->len;
	s->files--;
	if (s->n_marks > s->n_marked && at->mark == s->n_marks - 1)
		s->n_marks--;
	at->is = false;
}

/* The piece in hand stays, as more may come to it. */
void spool_settle(struct spool *s)
{
	struct spool_piece p = in_hand(s);
	int error;

	spool_piece_hash(&p);
	s->n_marked = s->n_marks;
	if (!s->second)
		return;
	error = spool_thread_end(s->second, &s->fd);
	s->second = NULL;
	if (error && s->why.code == ERR_NONE)
		fail(s, error);
}

struct sha256_hex spool_hash_of(const struct spool *s, const struct spool_place *at)
{
	return s->mark[at->mark].hash;
}

void spool_forget_hashes(struct spool *s)
{
	free(s->mark);
	s->mark = NULL;
	s->n_marks = s->n_marked = 0;
}

void spool_release(struct spool *s)
{
	spool_settle(s);
	spool_forget_hashes(s);
	if (s->fd >= 0)
		(void)close(s->fd);
	free(s->piece);
	spool_init(s, -1, 0);
}
