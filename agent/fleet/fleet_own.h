/* fleet_own.h - inside of a worker of the fleet: its tasks, and what it tells. */
#ifndef EMEND_FLEET_OWN_H
#define EMEND_FLEET_OWN_H

#include "agent/exec/exec_task.h"
#include "agent/fleet/fleet.h"
#include "agent/fleet/fleet_watch.h"

/*  RUNNING --answer--> ANSWERED --the server has it--> freed
 *     |                   ^  '--lost on the way: sent again with the next connection
 *     '---- refused ------'
 * In both it is dropped when the worker was away for so long that the others have told it as lost. */
enum fleet_task_state { FLEET_RUNNING, FLEET_ANSWERED };

/* In fleet.tasks from its message until the server has its answer. */
struct fleet_task {
	struct list link;
	struct fleet *fleet;
	enum fleet_task_state state;
	struct arena arena;
	struct slice reply, id, correlation, trace;
	struct exec_task *task; /* of RUNNING */
	struct buf answer;	/* of ANSWERED */
	uint64_t mark;		/* of ANSWERED: nats_mark() when it was sent; 0: not yet */
	uint64_t began;		/* ms of the loop */
};

struct fleet {
	struct fleet_options o;
	char id[WATCH_NAME + 1];
	int64_t session; /* a new one after it was away for long */
	struct nats *nats;
	struct list tasks;
	struct fleet_watch watch;
	uint64_t sid_queue, sid_all; /* its subscriptions to tasks; 0: it takes none */
	uv_timer_t tick;
	uint64_t began, last_tick, away, next_beat, next_status, next_probe; /* ms of the loop */
	bool joined, draining;
	uint64_t completed, failed, lost, dropped, total_ms;
	char *subject[8]; /* by enum fleet_subject */
	void (*drained)(void *payload);
	void *payload;
	struct job late; /* tells it */
};

enum fleet_subject {
	FLEET_TASK,
	FLEET_CANCEL,
	FLEET_STATUS,
	FLEET_HEALTH,
	FLEET_HEARTBEAT,
	FLEET_NOTE,
	FLEET_WORKER, /* this one alone */
	FLEET_REPORT, /* the status, unasked */
};

struct slice fleet_subject(const struct fleet *f, enum fleet_subject s);
/* Looks whether a drain is at its end. */
void fleet_settle(struct fleet *f);

/* --- fleet_task.c --- */

/* A message with a task, as one of the queue group. */
void fleet_task_take(void *payload, const struct nats_msg *m);
/* Every worker's message with a task. */
void fleet_task_seen(void *payload, const struct nats_msg *m);
void fleet_task_cancel(void *payload, const struct nats_msg *m);
void fleet_task_note(void *payload, const struct nats_msg *m);
/* Of a task that another worker took, or nobody did. */
void fleet_task_lost(void *payload, struct slice reply, struct slice id, struct slice worker);
/* Connected again: answers that may be lost are sent once more. */
void fleet_tasks_again(struct fleet *f);
void fleet_tasks_reached(struct fleet *f, uint64_t mark);
void fleet_tasks_drop(struct fleet *f);

#endif
