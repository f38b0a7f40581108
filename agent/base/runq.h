/* runq.h - call a function from the loop soon: not now, not inside the caller.
 *
 * So a `done` callback never runs inside the call that started or cancelled its job, and many
 * posts of the same job are one call. A job is embedded in its owner; dropping it is O(1).
 * While no job waits, the loop is not woken. */
#ifndef EMEND_BASE_RUNQ_H
#define EMEND_BASE_RUNQ_H

#include <uv.h>

#include "protocol/base/list.h"

struct job;
typedef void job_fn(struct job *j);

struct job {
	struct list link;
	job_fn *fn;
};

struct runq {
	struct list jobs;
	uv_idle_t idle; /* keeps the poll from blocking while jobs wait */
	uv_prepare_t prepare;
	bool active;
};

void runq_init(struct runq *q, uv_loop_t *loop);
void runq_close(
	struct runq
		*q); /* the two handles close asynchronously; q must live until the loop has run */
void job_init(struct job *j, job_fn *fn);
void runq_post(struct runq *q, struct job *j); /* posted already: nothing more happens */
void job_drop(struct job *j);		       /* not posted: harmless */

#endif
