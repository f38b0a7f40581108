/* fleet_watch.h - what a worker knows of the tasks that others of its fleet have taken, so that none is lost without a word:
 * NATS gives a task to one worker, and forgets it; when that worker is killed, nobody would ever answer.
 *
 *   a task comes --> UNCLAIMED --a worker claims it--> CLAIMED --it is settled--> forgotten
 *                        | 10 s                           | its worker is lost, or has begun anew
 *                        '--------------> told as lost <--'
 *
 * Every worker sees every task, claim and settlement. A worker is lost that cannot be reached for 10 s on end, or is silent
 * for 30 s. Of those who saw the task from its start the one with the first name tells. Nothing is run again: the code may
 * have done its work. Pure: the time is passed in, in milliseconds. */
#ifndef EMEND_FLEET_WATCH_H
#define EMEND_FLEET_WATCH_H

#include "protocol/base/list.h"
#include "protocol/base/slice.h"

enum {
	WATCH_LOST_MS = 10 * 1000,
	WATCH_SILENT_MS = 30 * 1000,
	WATCH_NAME = 16, /* bytes of a worker's name */
	WATCH_TASKS = 20000,
	WATCH_PEERS = 1000,
};

struct fleet_watch {
	char self[WATCH_NAME + 1];
	uint64_t since; /* it sees tasks since then */
	struct list peers, tasks;
	size_t n_peers, n_tasks;
};

/* What is known of a worker, from its heartbeat. */
struct watch_beat {
	struct slice name;
	int64_t session; /* a higher one: what it had taken before is given up */
	uint64_t up_ms;	 /* for how long it has been seeing tasks; 0: it does not */
};

void fleet_watch_init(struct fleet_watch *w, struct slice self);
void fleet_watch_release(struct fleet_watch *w);

/* It is connected (again), and sees tasks from now on. */
void fleet_watch_begin(struct fleet_watch *w, uint64_t now);
/* It heard nothing for a while, by its own fault: nobody is lost for that, as what was told meanwhile may still come. */
void fleet_watch_excuse(struct fleet_watch *w, uint64_t now);
/* True: it is one that was not known. */
bool fleet_watch_beat(struct fleet_watch *w, const struct watch_beat *b, uint64_t now);
void fleet_watch_unreached(struct fleet_watch *w, struct slice name, uint64_t now);

/* reply and id together are the task. */
void fleet_watch_task(struct fleet_watch *w, struct slice reply, struct slice id, uint64_t now);
void fleet_watch_claim(struct fleet_watch *w, struct slice reply, struct slice id,
		       struct slice name, int64_t session, uint64_t now);
void fleet_watch_settled(struct fleet_watch *w, struct slice reply, struct slice id);

/* For each worker that has tasks: is it there? */
void fleet_watch_each_busy(struct fleet_watch *w, void (*fn)(void *payload, struct slice name),
			   void *payload);
/* Forgets what is lost, and calls fn for those that this worker is to tell. worker: "": nobody took it. */
typedef void watch_lost_fn(void *payload, struct slice reply, struct slice id, struct slice worker);
void fleet_watch_tick(struct fleet_watch *w, uint64_t now, watch_lost_fn *fn, void *payload);
bool fleet_watch_alone(const struct fleet_watch *w);

#endif
