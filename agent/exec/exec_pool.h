/* exec_pool.h - sandboxed workers that have run code and wait for more.
 *
 * To start a worker costs more than most code. So one whose execution has ended, with all its processes, may have another:
 * the worker makes for each what code can touch (processes, /tmp, home folder, network, terminals; sandbox/view.h), and says
 * itself whether it can (`again` of struct command_result). A worker has one execution at a time. None gets old, since
 * what the machine has may change. */
#ifndef EMEND_EXEC_EXEC_POOL_H
#define EMEND_EXEC_EXEC_POOL_H

#include <uv.h>

struct exec_pool;
struct runner;

struct exec_worker {
	struct runner *runner; /* NULL: none */
	int64_t memory_mb;     /* what its code may have; of one worker always the same */
	uint64_t started;      /* ms of the loop */
};

/* most: so many may live, at work or waiting. */
struct exec_pool *exec_pool_new(uv_loop_t *loop, size_t most);
/* Ends those that wait; NULL is fine. */
void exec_pool_free(struct exec_pool *p);
/* One that waits; runner NULL: there is none of that memory. busy: jobs that run, the one that asks
 * too. */
struct exec_worker exec_pool_take(struct exec_pool *p, int64_t memory_mb, size_t busy);
/* The worker is the pool's, which may end it at once. */
void exec_pool_give(struct exec_pool *p, struct exec_worker w);

#endif
