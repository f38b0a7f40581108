/* closer.c - see closer.h.
 *
 *   closer_close() --> waiting --half full, or at the end--> the thread takes all that wait, and closes them
 *        '-- full --> closed by who came with it: then the thread is no help
 *
 * The thread is woken for many at once, as to wake it costs more than to close one. */
#include "agent/worker/file/closer.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/second_thread.h"
#include "protocol/base/mem.h"

enum { WAITING_MAX = 64 };

struct closer {
	pthread_t id;
	pthread_mutex_t lock; /* for all that follows */
	pthread_cond_t moved;
	int fd[WAITING_MAX];
	int n;
	bool end;
};

static void *work(void *payload)
{
	struct closer *c = payload;
	int fd[WAITING_MAX], n;

	(void)pthread_mutex_lock(&c->lock);
	while (!c->end || c->n > 0) {
		if (c->n < WAITING_MAX / 2 && !c->end) {
			(void)pthread_cond_wait(&c->moved, &c->lock);
			continue;
		}
		n = c->n;
		memcpy(fd, c->fd, sizeof(fd));
		c->n = 0;
		(void)pthread_mutex_unlock(&c->lock);
		while (n > 0)
			(void)close(fd[--n]);
		(void)pthread_mutex_lock(&c->lock);
	}
	(void)pthread_mutex_unlock(&c->lock);
	return NULL;
}

static void closer_free(struct closer *c)
{
	(void)pthread_cond_destroy(&c->moved);
	(void)pthread_mutex_destroy(&c->lock);
	free(c);
}

struct closer *closer_start(void)
{
	struct closer *c = xcalloc(1, sizeof(*c));

	(void)pthread_mutex_init(&c->lock, NULL);
	(void)pthread_cond_init(&c->moved, NULL);
	if (second_thread_start(&c->id, work, c))
		return c;
	closer_free(c);
	return NULL;
}

void closer_close(struct closer *c, int fd)
{
	bool taken = false;

	if (c) {
		(void)pthread_mutex_lock(&c->lock);
		taken = c->n < WAITING_MAX;
		if (taken)
			c->fd[c->n++] = fd;
		if (c->n == WAITING_MAX / 2)
			(void)pthread_cond_signal(&c->moved);
		(void)pthread_mutex_unlock(&c->lock);
	}
	if (!taken)
		(void)close(fd);
}

void closer_end(struct closer *c)
{
	if (!c)
		return;
	(void)pthread_mutex_lock(&c->lock);
	c->end = true;
	(void)pthread_cond_signal(&c->moved);
	(void)pthread_mutex_unlock(&c->lock);
	(void)pthread_join(c->id, NULL);
	closer_free(c);
}
