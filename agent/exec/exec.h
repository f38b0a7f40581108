/* exec.h - the execution service: code that somebody sends runs in the sandbox, and its answer tells
 * what came of it. The terminal, the model, MCP clients and the network all come through here.
 *
 * Each execution has a sandboxed worker for itself while it runs (a bare runner, runner.h; exec_pool.h), which makes all
 * that code can touch anew, so nothing of one reaches another: no file, no process, no loopback. It sees no file of the
 * user's, no variable but those that its request gives, and no network. What it leaves is gone with it. */
#ifndef EMEND_EXEC_H
#define EMEND_EXEC_H

#include <uv.h>

#include "protocol/base/arena.h"
#include "protocol/base/err.h"

struct exec;
struct exec_job;
struct exec_history;
struct exec_cache;
struct runq;

/* --- languages: one table, exec_language.c --- */

enum { EXEC_LANGUAGES = 4, EXEC_ARGS_MAX = 6 };

/* All texts are static. */
struct exec_language {
	const char *name, *aliases;	     /* aliases: words with a space between two */
	const char *argv[EXEC_ARGS_MAX + 1]; /* the program and its arguments, NULL-terminated */
	const char *file;		     /* where its code lies; NULL: the code is its stdin */
	const char *version[3];		     /* a command that prints the version */
	const char *package;		     /* of Debian, where the program is missing */
};

const struct exec_language *exec_language_at(size_t i); /* i < EXEC_LANGUAGES */
/* By name or alias, in any case; NULL: there is none. */
const struct exec_language *exec_language_find(struct slice name);
/* By the suffix of a file's name; NULL: it has none that says so. */
const struct exec_language *exec_language_of_file(struct slice path);

/* --- request and answer --- */

enum exec_status { EXEC_SUCCESS, EXEC_ERROR, EXEC_TIMEOUT, EXEC_VIOLATION };
const char *exec_status_name(enum exec_status s); /* "success", ..., "security_violation" */

enum {
	EXEC_CODE_MAX = 1024 * 1024, /* bytes */
	EXEC_SECONDS = 30,
	EXEC_SECONDS_MAX = 300,
	EXEC_MEMORY_MB = 512,
	EXEC_MEMORY_MB_MAX = 2048,
	EXEC_OUTPUT = 1024 * 1024, /* bytes, of each stream */
	EXEC_OUTPUT_MAX = 10 * 1000 * 1000,
	EXEC_CPU_SECONDS = 60, /* of each process; at twice as many it is killed for sure */
	EXEC_PROCESSES = 10,
	EXEC_ENV_MAX = 128,    /* variables */
	EXEC_ID_MAX = 128,     /* bytes of a correlation id */
	EXEC_PRIORITY_MAX = 9, /* and -EXEC_PRIORITY_MAX */
	EXEC_PRIORITY_MS = 10 * 1000,
};

/* Borrowed for the call of exec_submit(), which copies what it needs. */
struct exec_request {
	struct slice code;
	const struct exec_language *language;
	double timeout_seconds;	 /* 0: EXEC_SECONDS */
	int64_t max_memory_mb;	 /* 0: EXEC_MEMORY_MB */
	int64_t max_output_size; /* 0: EXEC_OUTPUT */
	bool allow_network, allow_filesystem;
	bool use_cache; /* an answer to the very same request, at most an hour old, will do */
	const struct slice *env; /* "NAME=value" */
	size_t n_env;
	struct slice stdin_data;
	const struct slice *dependencies;
	size_t n_dependencies;
	struct slice correlation_id; /* the sender's own, comes back as it is; "": one is made */
	struct slice traceparent;    /* W3C trace context; "": a trace of its own */
	int priority;		     /* where it waits: see exec_turn() */
};

/* Texts live until done() returns. execution_time_ms is wall time, cpu_time_ms of all its
 * processes, memory of the largest moment that was seen, in MiB. */
struct exec_answer {
	enum exec_status status;
	struct slice out, err_out; /* stdout and stderr, each within max_output_size */
	int exit_code; /* 128 and the signal's number where one ended it; -1: it did not run */
	double execution_time_ms, memory_used_mb, cpu_time_ms;
	bool output_truncated, cached, cancelled;
	const char *error_message; /* a sentence; "" for EXEC_SUCCESS */
	struct slice execution_id, correlation_id, traceparent;
	const struct exec_language *language;
	enum err_code
		failed; /* ERR_NONE: it ran. Else why it could not, ERR_SANDBOX, ERR_DENIED, ... */
};

/* --- the service --- */

struct exec_options { /* borrowed for as long as the service lives */
	uv_loop_t *loop;
	struct runq *runq;
	struct slice program;	   /* this binary */
	struct slice state_dir;	   /* an empty folder is made in it */
	struct slice where, image; /* as in struct runner_options */
	double cpus;
	bool reduced;	       /* the reduced sandbox does */
	bool toolchains;       /* the user's own programs below the home folder are found */
	const struct slice *dependencies; /* that a request may name: this machine has them */
	size_t n_dependencies;
	const struct exec_history *history; /* NULL: none is kept */
	const struct exec_cache *cache;	    /* NULL: there is none */
	size_t at_once, queue; /* 0: EXEC_AT_ONCE, EXEC_QUEUE */
};
enum { EXEC_AT_ONCE = 50, EXEC_QUEUE = 1000 };

/* Neither may end the service from inside output(); done() may. */
struct exec_callbacks {
	/* What it prints, as it comes; may be NULL. */
	void (*output)(void *payload, struct slice bytes, bool is_stderr);
	/* Exactly once, from the loop, never inside exec_submit(). The answer is borrowed for the call. */
	void (*done)(void *payload, const struct exec_answer *a);
};

/* ERR_IO: the empty folder cannot be made. */
NODISCARD bool exec_new(const struct exec_options *o, struct exec **out, struct err *err);
/* Ends every execution, without an answer; NULL is fine. The loop then closes what is left. */
void exec_free(struct exec *e);

/* Checks the request, copies it, and runs it when it is its turn. ERR_INVALID: a member is out of its
 * limits; ERR_TOO_LARGE: the queue is full ("overloaded"). Only what the request may not have is
 * answered by done(), as EXEC_VIOLATION. */
NODISCARD bool exec_submit(struct exec *e, const struct exec_request *r,
			   const struct exec_callbacks *cb, void *payload, struct exec_job **out,
			   struct err *err);
/* Kills all that it started; done() follows with what was printed so far. */
void exec_cancel(struct exec_job *j);
/* The same, and done() is never called. */
void exec_drop(struct exec_job *j);

/* Those that wait have their turn in this order: each step of priority is worth EXEC_PRIORITY_MS of waiting. So what is urgent
 * passes the others, and nothing waits for ever. */
uint64_t exec_turn(uint64_t now_ms, int priority);

size_t exec_running(const struct exec *e), exec_queued(const struct exec *e);

/* What this machine has of a language, as found by running its version command in the sandbox. */
struct exec_found {
	bool available;
	struct slice version, reason; /* reason: a sentence, where it is not available */
	enum err_code failed;	      /* as in struct exec_answer */
};
typedef void exec_found_cb(void *payload, const struct exec_found found[EXEC_LANGUAGES]);
struct exec_probe;
/* done once, from the loop; found is borrowed for the call, and the probe is gone after it. */
NODISCARD bool exec_probe(struct exec *e, exec_found_cb *done, void *payload,
			  struct exec_probe **out, struct err *err);
void exec_probe_drop(struct exec_probe *p); /* done is never called; NULL is fine */

/* --- as JSON, exec_json.c --- */

struct json;
struct jw;

/* The members of execute_code as in docs/execution-service.md. ERR_INVALID names the member that is
 * unknown, of another type, or out of its limits. Texts are in the arena. */
NODISCARD bool exec_request_read(struct json v, struct arena *a, struct exec_request *out,
				 struct err *err);
/* The members, into the open object. */
void exec_answer_write(struct jw *w, const struct exec_answer *a);
void exec_found_write(struct jw *w, const struct exec_found found[EXEC_LANGUAGES]);

#endif
