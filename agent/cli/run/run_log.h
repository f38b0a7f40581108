/* run_log.h - `emend run`: what a command changes stands in a session log of its own, so that `emend undo` takes it
 * back and `emend audit` knows of it. A command that changes nothing leaves none.
 *
 *   keep --images and intent are on the disk--> [the files are made] --> made, for each --> end
 *
 * A crash in between is rolled back by the next start, as with a task's command. */
#ifndef EMEND_RUN_LOG_H
#define EMEND_RUN_LOG_H

#include "agent/base/runq.h"
#include "agent/runner/runner.h"

struct run_log;

/* All of it is borrowed until run_log_close() has called back. */
struct run_log_options {
	uv_loop_t *loop;
	struct runq *runq;
	struct slice state_dir, workspace;
	struct slice command; /* for people; secrets are not in it any more */
};
struct run_log *run_log_new(const struct run_log_options *o);
/* Each from the loop. err: the files must not be touched, or, after the end, the log is not whole. */
typedef void run_log_cb(void *payload, const struct err *err);
/* changes: n of those of v, borrowed until the end. Once. */
void run_log_keep(struct run_log *l, struct runner *r, const struct view_result *v,
		  const struct view_change *const *changes, size_t n, run_log_cb *done,
		  void *payload);
/* The i-th of them was made; err: it was not. */
void run_log_made(struct run_log *l, size_t i, const struct err *err);
/* Why undo does not cover the i-th; "": it does. */
struct slice run_log_gap(const struct run_log *l, size_t i);
void run_log_end(struct run_log *l, run_log_cb *done, void *payload);
/* NULL is fine: then closed() is called at once. */
void run_log_close(struct run_log *l, void (*closed)(void *payload), void *payload);

#endif
