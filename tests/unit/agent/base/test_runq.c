/* test_runq.c - jobs run later, once, in order; a dropped one never; an idle queue leaves the loop alone. */
#include "agent/base/runq.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

struct counter {
	struct job job;
	struct runq *q;
	int runs, order, again;
	int *clock;
};

static void count(struct job *j)
{
	struct counter *c = container_of(j, struct counter, job);

	c->runs++;
	c->order = ++*c->clock;
	if (c->again-- > 0)
		runq_post(c->q, &c->job);
}

static void finish(struct runq *q, uv_loop_t *loop)
{
	runq_close(q);
	assert_int_equal(uv_run(loop, UV_RUN_DEFAULT), 0);
	assert_int_equal(uv_loop_close(loop), 0);
}

static void later_once_in_order(void **state)
{
	struct counter a = { 0 }, b = { 0 }, dropped = { 0 };
	int clock = 0;
	uv_loop_t loop;
	struct runq q;

	(void)state;
	assert_int_equal(uv_loop_init(&loop), 0);
	runq_init(&q, &loop);
	a.clock = b.clock = dropped.clock = &clock;
	a.q = b.q = dropped.q = &q;
	job_init(&a.job, count);
	job_init(&b.job, count);
	job_init(&dropped.job, count);
	runq_post(&q, &a.job);
	runq_post(&q, &dropped.job);
	runq_post(&q, &b.job);
	runq_post(&q, &a.job);
	job_drop(&dropped.job);
	assert_int_equal(a.runs, 0);
	assert_int_equal(uv_run(&loop, UV_RUN_DEFAULT),
			 0); /* ends: the idle queue keeps nothing alive */
	assert_int_equal(a.runs, 1);
	assert_int_equal(b.runs, 1);
	assert_int_equal(dropped.runs, 0);
	assert_true(a.order < b.order);
	finish(&q, &loop);
}

static void posts_itself(void **state)
{
	struct counter a = { .again = 3 };
	int clock = 0;
	uv_loop_t loop;
	struct runq q;

	(void)state;
	assert_int_equal(uv_loop_init(&loop), 0);
	runq_init(&q, &loop);
	a.clock = &clock;
	a.q = &q;
	job_init(&a.job, count);
	runq_post(&q, &a.job);
	assert_int_equal(uv_run(&loop, UV_RUN_DEFAULT), 0);
	assert_int_equal(a.runs, 4);
	finish(&q, &loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(later_once_in_order),
					    cmocka_unit_test(posts_itself) };

	return cmocka_run_group_tests_name("loop/runq", tests, NULL, NULL);
}
