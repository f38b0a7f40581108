/* exec_pool.c - see exec_pool.h */
#include "agent/exec/exec_pool.h"

#include <stdlib.h>

#include "agent/runner/runner.h"
#include "protocol/base/list.h"
#include "protocol/base/mem.h"

enum { OLD_MS = 60 * 1000, IDLE_MS = 10 * 1000, LOOK_MS = 2 * 1000 };

struct waiting {
	struct list link;
	struct exec_worker worker;
	uint64_t since;
};

struct exec_pool {
	uv_loop_t *loop;
	uv_timer_t timer;    /* runs while one waits */
	struct list waiting; /* who came last is the last: it is the one that memory still knows */
	size_t n, most;
};

static void end_one(struct exec_pool *p, struct waiting *w)
{
	list_remove(&w->link);
	p->n--;
	runner_stop(w->worker.runner);
	free(w);
}

static void on_look(uv_timer_t *t)
{
	struct exec_pool *p = t->data;
	uint64_t now = uv_now(p->loop);

	LIST_EACH (it, tmp, &p->waiting) {
		struct waiting *w = container_of(it, struct waiting, link);

		if (now - w->since >= IDLE_MS || now - w->worker.started >= OLD_MS ||
		    runner_is_lost(w->worker.runner))
			end_one(p, w);
	}
	if (p->n == 0)
		(void)uv_timer_stop(t);
}

struct exec_pool *exec_pool_new(uv_loop_t *loop, size_t most)
{
	struct exec_pool *p = xcalloc(1, sizeof(*p));

	p->loop = loop;
	p->most = most;
	list_init(&p->waiting);
	(void)uv_timer_init(loop, &p->timer);
	uv_unref((uv_handle_t *)&p->timer);
	p->timer.data = p;
	return p;
}

static void on_closed(uv_handle_t *h)
{
	free(h->data);
}

void exec_pool_free(struct exec_pool *p)
{
	if (!p)
		return;
	LIST_EACH (it, tmp, &p->waiting)
		end_one(p, container_of(it, struct waiting, link));
	uv_close((uv_handle_t *)&p->timer, on_closed);
}

struct exec_worker exec_pool_take(struct exec_pool *p, int64_t memory_mb, size_t busy)
{
	struct exec_worker found = { .memory_mb = memory_mb };
	struct list *it = p->waiting.prev;

	while (it != &p->waiting && !found.runner) {
		struct waiting *w = container_of(it, struct waiting, link);

		it = it->prev;
		if (w->worker.memory_mb != memory_mb || runner_is_lost(w->worker.runner))
			continue;
		found = w->worker;
		w->worker.runner = NULL;
		end_one(p, w);
	}
	/* A new one will be started: those that have waited longest make room for it. */
	while (!found.runner && p->n > 0 && p->n + busy > p->most)
		end_one(p, container_of(p->waiting.next, struct waiting, link));
	return found;
}

void exec_pool_give(struct exec_pool *p, struct exec_worker worker)
{
	struct waiting *w;

	if (p->n >= p->most || uv_now(p->loop) - worker.started >= OLD_MS ||
	    runner_is_lost(worker.runner)) {
		runner_stop(worker.runner);
		return;
	}
	w = xcalloc(1, sizeof(*w));
	w->worker = worker;
	w->since = uv_now(p->loop);
	list_append(&p->waiting, &w->link);
	p->n++;
	if (!uv_is_active((uv_handle_t *)&p->timer))
		(void)uv_timer_start(&p->timer, on_look, LOOK_MS, LOOK_MS);
}
