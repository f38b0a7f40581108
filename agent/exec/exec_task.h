/* exec_task.h - the four tasks of the service as every door offers them: a name and arguments go in as JSON, one answer
 * comes out as JSON. What a door adds is only how both travel. */
#ifndef EMEND_EXEC_TASK_H
#define EMEND_EXEC_TASK_H

#include "agent/exec/exec.h"
#include "protocol/json/json.h"

struct exec_task;

/* execute_code, validate_code, list_languages, get_execution_history */
bool exec_task_known(struct slice name);

struct exec_task_call {
	struct slice name; /* one that is known */
	struct json arguments;
	/* For a request that says none itself: what the door's own way of sending said. */
	struct slice correlation_id, traceparent;
	int priority; /* of struct exec_request */
};

/* The task is gone when done() returns; exec_task_drop() must not be called from inside of it. */
struct exec_task_callbacks {
	/* What the code prints, as it comes; may be NULL. */
	void (*output)(void *payload, struct slice bytes, bool is_stderr);
	/* Exactly once, from the loop, never inside exec_task_start(). Borrowed for the call; err: there is no
	 * answer, and why. */
	void (*done)(void *payload, struct slice json, const struct err *err);
};

/* ERR_INVALID: an argument is wrong. ERR_TOO_LARGE: overloaded. ERR_NOT_FOUND: no history is kept. What is needed of the
 * arguments is copied. */
NODISCARD bool exec_task_start(struct exec *e, const struct exec_task_call *c,
			       const struct exec_task_callbacks *cb, void *payload,
			       struct exec_task **out, struct err *err);
/* What every door calls the reason for which there is no answer: "overloaded", or err_name(). */
const char *exec_error_name(enum err_code code);
/* The name of its execution for logs; "" for the other tasks. */
struct slice exec_task_correlation(const struct exec_task *t);
/* Ends the code that runs; done() follows with what was printed so far. The other tasks just end. */
void exec_task_cancel(struct exec_task *t);
/* Ends it, and done() is never called; NULL is fine. */
void exec_task_drop(struct exec_task *t);

#endif
