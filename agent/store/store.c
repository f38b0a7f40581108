/* store.c - see store.h
 *
 * What both sides touch is the two lists and the flag, under the lock; work() and done() run without
 * it. All else belongs to the loop. */
#include "agent/store/store.h"

#include <assert.h>
#include <stdlib.h>

#include "protocol/base/log.h"
#include "protocol/base/mem.h"

struct store {
	uv_loop_t *loop;
	struct runq *runq;
	char *state_dir;
	struct list logs;

	/* both sides, under the lock */
	uv_mutex_t lock;
	uv_cond_t wake;
	struct list queue, finished;
	bool stop;

	/* the loop's */
	uv_async_t async; /* "something is finished" */
	uv_thread_t thread;
	bool started, closing;
	size_t under_way; /* posted, and done() not called yet */
	void (*closed)(void *payload);
	void *payload;
};

/* The lock is held only to take a job and to give it back, never during work(): the loop takes the same lock
 * to post. */
static void thread_main(void *arg)
{
	struct store *s = arg;

	uv_mutex_lock(&s->lock);
	for (;;) {
		struct store_job *j;

		while (list_empty(&s->queue) && !s->stop)
			uv_cond_wait(&s->wake, &s->lock);
		if (list_empty(&s->queue))
			break;
		j = container_of(s->queue.next, struct store_job, link);
		list_remove(&j->link);
		uv_mutex_unlock(&s->lock);
		j->work(j);
		uv_mutex_lock(&s->lock);
		list_append(&s->finished, &j->link);
		(void)uv_async_send(&s->async);
	}
	uv_mutex_unlock(&s->lock);
}

static void on_closed(uv_handle_t *h)
{
	struct store *s = h->data;
	void (*closed)(void *payload) = s->closed;
	void *payload = s->payload;

	uv_cond_destroy(&s->wake);
	uv_mutex_destroy(&s->lock);
	free(s->state_dir);
	free(s);
	if (closed)
		closed(payload);
}

/* Nothing is under way: the thread waits for its end, so joining it takes no time. */
static void end(struct store *s)
{
	assert(list_empty(&s->logs));
	if (s->started) {
		uv_mutex_lock(&s->lock);
		s->stop = true;
		uv_cond_signal(&s->wake);
		uv_mutex_unlock(&s->lock);
		(void)uv_thread_join(&s->thread);
	}
	uv_close((uv_handle_t *)&s->async, on_closed);
}

static struct store_job *next_finished(struct store *s)
{
	struct store_job *j = NULL;

	uv_mutex_lock(&s->lock);
	if (!list_empty(&s->finished)) {
		j = container_of(s->finished.next, struct store_job, link);
		list_remove(&j->link);
	}
	uv_mutex_unlock(&s->lock);
	return j;
}

/* Several sends may come as one call, so all that is finished is taken. done() may post again, and may close
 * the store: it ends here when the last job is done. */
static void on_async(uv_async_t *h)
{
	struct store *s = h->data;
	struct store_job *j;

	while ((j = next_finished(s))) {
		j->done(j);
		if (--s->under_way == 0)
			uv_unref((uv_handle_t *)&s->async);
	}
	if (s->closing && s->under_way == 0 && !uv_is_closing((uv_handle_t *)&s->async))
		end(s);
}

struct store *store_new(uv_loop_t *loop, struct runq *runq, struct slice state_dir)
{
	struct store *s = xcalloc(1, sizeof(*s));

	s->loop = loop;
	s->runq = runq;
	s->state_dir = xslicedup(state_dir);
	list_init(&s->logs);
	list_init(&s->queue);
	list_init(&s->finished);
	if (uv_mutex_init(&s->lock) < 0 || uv_cond_init(&s->wake) < 0 ||
	    uv_async_init(loop, &s->async, on_async) < 0)
		abort(); /* out of memory or descriptors at the very start */
	s->async.data = s;
	uv_unref((uv_handle_t *)&s->async);
	return s;
}

void store_close(struct store *s, void (*closed)(void *payload), void *payload)
{
	s->closing = true;
	s->closed = closed;
	s->payload = payload;
	if (s->under_way == 0)
		end(s);
}

/* A small stack is enough: no job recurses, and SQLite needs some ten kilobytes. */
static void start_thread(struct store *s)
{
	const uv_thread_options_t o = { .flags = UV_THREAD_HAS_STACK_SIZE,
					.stack_size = (size_t)512 * 1024 };
	int rc = uv_thread_create_ex(&s->thread, &o, thread_main, s);

	if (rc < 0) {
		log_error("cannot start the thread that writes the session logs: %s",
			  uv_strerror(rc));
		abort();
	}
	s->started = true;
}

void store_post(struct store *s, struct store_job *j)
{
	if (!s->started)
		start_thread(s);
	if (s->under_way++ == 0)
		uv_ref((uv_handle_t *)&s->async);
	uv_mutex_lock(&s->lock);
	list_append(&s->queue, &j->link);
	uv_cond_signal(&s->wake);
	uv_mutex_unlock(&s->lock);
}

struct slice store_state_dir(const struct store *s)
{
	return slice_of(s->state_dir);
}

struct runq *store_runq(const struct store *s)
{
	return s->runq;
}

struct list *store_logs(struct store *s)
{
	return &s->logs;
}
