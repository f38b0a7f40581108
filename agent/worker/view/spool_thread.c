/* spool_thread.c - see spool.h: a second thread that hashes and writes what the walk has read.
 *
 *   the walk: give --> ring of pieces --> the thread: hash, write --> its buffer is free again
 *
 * The walk itself stays on one thread: it opens, reads and compares. To hash the bytes and to copy them to the
 * file is nearly half of the work, and is done here. The thread touches nothing but the pieces that it was given,
 * and their marks, and ends with the walk. What the worker forks meanwhile (upper_sync_early()) takes no lock. */
#include <errno.h>
#include <stdlib.h>

#include "agent/base/second_thread.h"
#include "agent/worker/view/spool.h"
#include "protocol/base/mem.h"

enum { RING = 3 /* pieces that wait or are in work: bounds the memory */ };

struct spool_thread {
	pthread_t id;
	int dir;
	const char *name; /* of the spool, which outlives it */

	pthread_mutex_t lock; /* for all that follows */
	pthread_cond_t moved;
	struct spool_piece ring[RING];
	size_t given, done; /* pieces */
	char *spare[RING];
	size_t n_spare;
	int fd, error; /* error: errno of the first write that failed; nothing is written after it */
	bool end;
};

static void *work(void *payload)
{
	struct spool_thread *t = payload;

	(void)pthread_mutex_lock(&t->lock);
	for (;;) {
		struct spool_piece p;
		int fd = t->fd, error = t->error;

		if (t->done == t->given && t->end)
			break;
		if (t->done == t->given) {
			(void)pthread_cond_wait(&t->moved, &t->lock);
			continue;
		}
		p = t->ring[t->done % RING];
		(void)pthread_mutex_unlock(&t->lock);
		spool_piece_hash(&p);
		if (!error && !spool_piece_write(&fd, t->dir, t->name, &p))
			error = errno;
		(void)pthread_mutex_lock(&t->lock);
		t->fd = fd;
		t->error = error;
		t->spare[t->n_spare++] = p.bytes;
		t->done++;
		(void)pthread_cond_signal(&t->moved);
	}
	(void)pthread_mutex_unlock(&t->lock);
	return NULL;
}

struct spool_thread *spool_thread_start(int dir, const char *name, int fd)
{
	struct spool_thread *t = xcalloc(1, sizeof(*t));

	t->dir = dir;
	t->name = name;
	t->fd = fd;
	(void)pthread_mutex_init(&t->lock, NULL);
	(void)pthread_cond_init(&t->moved, NULL);
	if (second_thread_start(&t->id, work, t))
		return t;
	(void)pthread_cond_destroy(&t->moved);
	(void)pthread_mutex_destroy(&t->lock);
	free(t);
	return NULL;
}

char *spool_thread_give(struct spool_thread *t, const struct spool_piece *p, size_t size)
{
	char *buffer = NULL;

	(void)pthread_mutex_lock(&t->lock);
	while (t->given - t->done == RING)
		(void)pthread_cond_wait(&t->moved, &t->lock);
	t->ring[t->given++ % RING] = *p;
	if (t->n_spare > 0)
		buffer = t->spare[--t->n_spare];
	(void)pthread_cond_signal(&t->moved);
	(void)pthread_mutex_unlock(&t->lock);
	return buffer ? buffer : xmalloc(size);
}

int spool_thread_end(struct spool_thread *t, int *fd)
{
	int error;

	(void)pthread_mutex_lock(&t->lock);
	t->end = true;
	(void)pthread_cond_signal(&t->moved);
	(void)pthread_mutex_unlock(&t->lock);
	(void)pthread_join(t->id, NULL);
	error = t->error;
	*fd = t->fd;
	for (size_t i = 0; i < t->n_spare; i++)
		free(t->spare[i]);
	(void)pthread_cond_destroy(&t->moved);
	(void)pthread_mutex_destroy(&t->lock);
	free(t);
	return error;
}
