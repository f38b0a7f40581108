/* runq.c - see runq.h
 *
 * A prepare handle runs the jobs before each poll of the loop, and an idle handle, which does
 * nothing, keeps that poll from waiting while there are some. Both are stopped when there are none:
 * an idle server does not wake. */
#include "agent/base/runq.h"

static void run(uv_prepare_t *h)
{
	struct runq *q = h->data;
	struct list batch;

	/* Only what waits now: a job that posts itself again runs in the next round. */
	list_init(&batch);
	list_move(&q->jobs, &batch);
	while (!list_empty(&batch)) {
		struct job *j = container_of(batch.next, struct job, link);

		list_remove(&j->link);
		j->fn(j);
	}
	if (list_empty(&q->jobs) && q->active) {
		q->active = false;
		(void)uv_idle_stop(&q->idle);
		(void)uv_prepare_stop(&q->prepare);
	}
}

static void nothing(uv_idle_t *h)
{
	(void)h;
}

void runq_init(struct runq *q, uv_loop_t *loop)
{
	list_init(&q->jobs);
	q->active = false;
	(void)uv_idle_init(loop, &q->idle);
	(void)uv_prepare_init(loop, &q->prepare);
	q->prepare.data = q;
}

void runq_close(struct runq *q)
{
	uv_close((uv_handle_t *)&q->idle, NULL);
	uv_close((uv_handle_t *)&q->prepare, NULL);
}

void job_init(struct job *j, job_fn *fn)
{
	list_init(&j->link);
	j->fn = fn;
}

void runq_post(struct runq *q, struct job *j)
{
	if (!list_empty(&j->link))
		return;
	list_append(&q->jobs, &j->link);
	if (q->active)
		return;
	q->active = true;
	(void)uv_idle_start(&q->idle, nothing);
	(void)uv_prepare_start(&q->prepare, run);
}

void job_drop(struct job *j)
{
	list_remove(&j->link);
}
