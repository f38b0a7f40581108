/* spool.c - see spool.h. */
#include "agent/worker/view/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "protocol/base/log.h"
#include "protocol/base/mem.h"

enum { PIECE_BYTES = 1024 * 1024 };

void spool_init(struct spool *s, int dir, size_t number)
{
	*s = (struct spool){ .dir = dir, .fd = -1 };
	(void)snprintf(s->name, sizeof(s->name), "pack%zu", number);
}

static bool fail(struct spool *s)
{
	s->off = true;
	return err_set(&s->why, ERR_IO, "What the files held before cannot be kept: %s.",
		       strerror(errno));
}

static bool write_piece(struct spool *s)
{
	struct slice left = slice_make(s->piece, s->len);
	off_t at = (off_t)(s->bytes - s->len), size = (off_t)s->len;

	s->len = 0;
	if (s->why.code != ERR_NONE)
		return false;
	if (s->fd < 0)
		s->fd = openat(s->dir, s->name,
			       O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (s->fd < 0)
		return fail(s);
	while (left.len > 0) {
		ssize_t n = write(s->fd, left.ptr, left.len);

		if (n < 0 && errno != EINTR)
			return fail(s);
		if (n > 0)
			left = slice_sub(left, (size_t)n, left.len);
	}
	/* On its way to the disk from now on: the server waits for all of it before a file is changed. */
	(void)sync_file_range(s->fd, at, size, SYNC_FILE_RANGE_WRITE);
	return true;
}

/* A full piece is written only now, so that what came last can always be taken back. */
char *spool_room(struct spool *s)
{
	if (!s->piece)
		s->piece = xmalloc(PIECE_BYTES + SPOOL_READ_BYTES);
	if (s->len >= PIECE_BYTES && !write_piece(s))
		log_warn("%s", s->why.msg); /* said at the end */
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

/* One byte more is asked for, which shows that the file has grown. */
bool spool_hash(struct spool *s, int fd, uint64_t size, struct sha256_hex *out,
		struct spool_place *at)
{
	char *room;
	ssize_t n;

	*at = (struct spool_place){ .is = false };
	if (s->off || size > SPOOL_SMALL_BYTES)
		return false;
	room = spool_room(s);
	n = pread(fd, room, (size_t)size + 1, 0);
	if (n < 0 || (uint64_t)n != size)
		return false;
	*out = sha256(slice_make(room, (size_t)n));
	*at = (struct spool_place){ true, s->bytes, (size_t)n };
	s->off = ++s->files >= SPOOL_FILES * 2;
	spool_add(s, (size_t)n);
	return true;
}

void spool_take_back(struct spool *s, struct spool_place *at)
{
	/* Nothing but the last, and that lies in the piece. */
	if (!at->is || at->at + at->len != s->bytes)
		return;
	s->len -= at->len;
	s->bytes -= at->len;
	s->files--;
	at->is = false;
}

void spool_release(struct spool *s)
{
	if (s->fd >= 0)
		(void)close(s->fd);
	free(s->piece);
	spool_init(s, -1, 0);
}
