/* serve_command.h - internal to the job of a command: its state.
 *
 *   serve_command.c         the machine: from the request to the death of all its processes
 *   serve_command_answer.c  what the server hears of it then */
#ifndef EMEND_WORKER_SERVE_COMMAND_H
#define EMEND_WORKER_SERVE_COMMAND_H

#include "agent/worker/output.h"
#include "agent/worker/serve.h"

/* One of its output streams. */
struct stream {
	int fd;		  /* -1: at its end */
	struct buf batch; /* not yet told */
	uint64_t logged;  /* bytes told, with the batch; no more than LIMIT_OUTPUT_LOG_BYTES */
};

/* COPYING: it has not begun, as its copy of the workspace is being made. RUNNING: its output is read. KILLING: it
 * was told to end, and is told again until it is dead. CHECKING: all its processes are dead, and a child looks whether
 * git's objects that it removed exist elsewhere. */
enum command_state { COMMAND_COPYING, COMMAND_RUNNING, COMMAND_KILLING, COMMAND_CHECKING };

/* One command, from its request to its answer. Owns its pipes and its layer, until the server has to decide about that. */
struct command_job {
	struct runner_job job;
	enum command_state state;
	uint64_t id;
	int64_t tag;
	int status;		 /* -1: at its end */
	struct stream stream[2]; /* stdout, or both; stderr where it is apart */
	uint64_t started, ended, deadline, timeout_ms, idle_ms, last_output, flush_at, kill_again;
	bool timed_out, idle_timed_out;
	bool stopped; /* what it was stopped for, it did not finish: nothing of it is kept */
	struct spawn_status end;
	size_t end_bytes;
	struct output printed; /* of both streams */
	struct buf request;    /* for its init, until it begins */
	struct upper *upper;   /* where it writes; NULL: the workspace itself */
	struct secret_watch secrets;
	struct outside_watch outside;
	bool in_view, apart;
	bool guarded; /* it counts in serve.direct */
};

/* serve_command_answer.c. The members about its changes, as JSON; false: they cannot be read. Where the server is to
 * decide about them, the layer goes over to s->uppers. */
NODISCARD bool command_report(struct command_job *c, struct buf *json, struct err *err);
/* The answer; changes: what command_report() wrote, may be empty. */
void command_write_result(struct command_job *c, struct slice changes);

#endif
