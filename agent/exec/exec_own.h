/* exec_own.h - inside of the service: one execution, and the machine that it goes through. */
#ifndef EMEND_EXEC_OWN_H
#define EMEND_EXEC_OWN_H

#include "agent/base/runq.h"
#include "agent/base/sha256.h"
#include "agent/exec/exec.h"
#include "agent/exec/exec_pool.h"
#include "agent/runner/runner.h"
#include "protocol/base/buf.h"
#include "protocol/base/list.h"

/* Owned by whoever called exec_new(). `options` holds borrowed pointers, which outlive it. */
struct exec {
	struct exec_options options;
	struct arena arena;
	struct slice empty; /* the folder that bare runners hold on to */
	struct exec_pool *pool;
	struct list queued, running;
	size_t n_queued, n_running;
	struct list probes, validations;
	bool closing;
	/* Of the cache's keys: what the version commands said, "" not known; and when, in ms of the loop. */
	struct {
		char text[32];
		uint64_t at;
	} version[EXEC_LANGUAGES];
};

/*  QUEUED --a place is free--> RUNNING --result, or the runner is lost--> ENDED --from the loop--> freed
 *    |                            |  exec_cancel(): the tree is killed, and the result follows      ^
 *    +--refused, or cancelled-----+-----------------------------------------------------------------+ */
/* While it is RUNNING with use_cache: the version of its language is found out, if it is not known; the cache is asked;
 * and only if that has no answer the code runs. */
enum exec_state { JOB_QUEUED, JOB_RUNNING, JOB_ENDED };

/* Owned by the service. Whoever submitted it may use it until done() has returned, or it was
 * dropped. */
struct exec_job {
	struct list link; /* in queued, by turn, or in running */
	uint64_t turn;
	struct exec *exec;
	enum exec_state state;
	struct arena arena; /* of the copies of the request */
	struct exec_request request;
	const char *const *argv; /* NULL-terminated */
	struct exec_callbacks on;
	void *payload;
	struct exec_worker worker;
	struct runner_call *call;
	struct exec_lookup *lookup; /* in the cache; NULL: none under way */
	struct sha256_hex key;	    /* of the cache; "": it is not asked */
	struct buf stream[2];
	bool truncated, cancelled, probe; /* probe: it runs no code of anybody */
	struct exec_answer answer; /* of JOB_ENDED */
	struct err why;		   /* its error_message */
	struct job late;
};

/* A job of its own program, for the probe: r->code is not used. */
NODISCARD bool exec_enqueue(struct exec *e, const struct exec_request *r, const char *const *argv,
			    const struct exec_callbacks *cb, void *payload, struct exec_job **out,
			    struct err *err);

struct slice exec_version_in(
	struct slice text); /* "GNU bash, version 5.2.15(1)-release" -> "5.2.15" */

/* exec_turn.c: into the job's own arena; into the queue, behind those whose turn is the same or comes before. */
void exec_copy_request(struct exec_job *j, const struct exec_request *r);
void exec_take_turn(struct exec_job *j);

/* exec_check.c */
NODISCARD bool exec_check(const struct exec_request *r, struct err *err);
/* What it may not have, as a sentence in *why; true: nothing. */
NODISCARD bool exec_may(const struct exec_options *o, const struct exec_request *r,
			 struct err *why);
/* A new id of n hexadecimal digits. */
struct slice exec_new_id(struct arena *a, size_t digits);
/* The trace context of the execution itself: the trace of `in`, or a new one, and a span of its own. */
struct slice exec_trace(struct arena *a, struct slice in);

/* exec_judge.c: what the result of the command says about the code. */
void exec_judge(struct exec_job *j, const struct command_result *r, const struct err *err);
void exec_probes_drop(struct exec *e);

#endif
