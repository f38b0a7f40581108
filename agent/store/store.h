/* store.h - the thread that writes the state folder: session logs, blobs, SQLite.
 *
 *   loop:    store_post() --> queue ------.                       .--> done()
 *   thread:                               '--> work(), in order --'
 *
 * A sync on a busy disk takes from one to some hundred milliseconds, and another process may hold
 * SQLite's lock for seconds. So nothing of that runs on the loop: it posts a job and hears when the
 * job is done. There is one thread and one queue: jobs run one after the other, in the order in which
 * they were posted, so what was posted later always sees what was posted earlier. The thread starts
 * with the first job. While nothing is under way the store does not keep the loop alive. */
#ifndef EMEND_STORE_H
#define EMEND_STORE_H

#include <uv.h>

#include "agent/base/runq.h"
#include "protocol/base/slice.h"

struct store;

/* Embedded in whatever the job works on; that lives until done() has been called. */
struct store_job {
	struct list link;
	void (*work)(struct store_job *j); /* on the thread; may block */
	void (*done)(struct store_job *j); /* on the loop, always, exactly once; may free the job */
};

/* loop, runq: borrowed until it is closed. state_dir: copied. Starts nothing yet. */
struct store *store_new(uv_loop_t *loop, struct runq *runq, struct slice state_dir);
/* Everything that was posted is done first, then `closed` is called (may be NULL) and the store is
 * gone. The logs that write to it are closed by then. Never calls back inside. */
void store_close(struct store *s, void (*closed)(void *payload), void *payload);
void store_post(struct store *s, struct store_job *j);
struct slice store_state_dir(const struct store *s);
struct runq *store_runq(const struct store *s);
/* For event_log.c: the session logs that are open in this process. */
struct list *store_logs(struct store *s);

#endif
