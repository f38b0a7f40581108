/* runner.h - the server's side of the sandboxed worker process.
 *
 * `emend runner` is a second process of this program that locks itself into the sandbox once, at
 * start, and then reads, writes, lists, searches and runs commands in one workspace on request, as
 * JSON-RPC over a socketpair (agent/runner/README in protocol.h). The server itself never opens a
 * file of the workspace. All paths here are relative to the workspace, '/'-separated. */
#ifndef EMEND_RUNNER_H
#define EMEND_RUNNER_H

#include <uv.h>

#include "protocol/base/err.h"
#include "protocol/base/slice.h"

struct runner;
struct runner_call;
struct runq;

struct runner_options {
	uv_loop_t *loop;
	struct runq *runq;
	struct slice program;	/* absolute path of this binary, run as `PROGRAM runner` */
	struct slice workspace; /* absolute, resolved */
	const struct slice *denied; /* names whose files are never read or written (secrets) */
	size_t n_denied;
	const struct slice *read_dirs; /* absolute: what commands may read beside the system's */
	size_t n_read_dirs;
	const struct slice *write_dirs; /* absolute: more places that commands may write */
	size_t n_write_dirs;
	uint64_t memory_bytes, file_bytes; /* of a command; 0: the defaults */
	uint32_t processes;
	bool no_sandbox; /* typed by the user; everything else is as inside */
	/* The runner ended although nobody asked it to. All its calls were answered with an error
	 * first. */
	void (*lost)(void *payload, const struct err *why);
	void *payload;
};

/* Starts the process; it is usable at once (requests queue). ERR_IO, ERR_NOT_FOUND (workspace). */
NODISCARD bool runner_start(const struct runner_options *o, struct runner **out, struct err *err);
/* Kills it and everything it runs; memory goes when the loop has closed its handles. NULL is fine.
 * Calls under way are dropped without an answer. */
void runner_stop(struct runner *r);
/* Forgets a call: its callback is never made. A command is killed with its whole tree. */
void runner_drop(struct runner_call *c);

/* --- files --- */
struct file_content {
	struct slice data; /* the bytes, maybe not UTF-8 */
	char sha256[65];   /* hex of the bytes */
	uint64_t size;
	uint32_t mode; /* permission bits */
	bool exists;
};
typedef void runner_read_cb(void *payload, const struct file_content *f, const struct err *err);
/* ERR_NOT_FOUND, ERR_DENIED (outside, secret, not a regular file), ERR_TOO_LARGE. max_bytes 0:
 * LIMIT_READ_BYTES. */
struct runner_call *runner_read(struct runner *r, struct slice path, size_t max_bytes,
				runner_read_cb *done, void *payload);

struct file_write {
	struct slice path, data;
	struct slice expect_sha256; /* hex of what must stand there now; "" = must not exist; "*" =
				       whatever */
	bool remove;		    /* delete the file instead (for undo) */
	uint32_t mode;		    /* for a new file; 0: 0644 masked by umask */
	bool make_parents;
};
typedef void runner_write_cb(void *payload, struct slice sha256, const struct err *err);
/* Atomic (temporary file, fsync, rename), keeps the mode. ERR_STALE if expect_sha256 does not hold.
 */
struct runner_call *runner_write(struct runner *r, const struct file_write *w,
				 runner_write_cb *done, void *payload);

typedef void runner_json_cb(void *payload, struct slice json, const struct err *err);
/* Removes what writes that were killed left in the folder of this file. */
struct runner_call *runner_sweep(struct runner *r, struct slice path, runner_json_cb *done,
				 void *payload);

/* json: {"entries":[{"path","kind":"file"|"dir"|"symlink","size"}],"truncated":bool}; sorted by
 * path */
struct list_query {
	struct slice path, glob; /* "" = whole workspace / no filter; glob: **, *, ?, [..], {a,b} on
				    the path */
	uint32_t depth, limit;	 /* 0: default 2 / LIMIT_LIST_ENTRIES */
	bool files_only;	 /* with unlimited depth: every file that is not ignored */
};
struct runner_call *runner_list(struct runner *r, const struct list_query *q, runner_json_cb *done,
				void *payload);

/* json: {"hits":[{"path","line","text","before":[..],"after":[..]}],"files":N,"truncated":bool} */
struct search_query {
	struct slice pattern, path, glob;
	bool literal, ignore_case;
	uint32_t context, limit;
	const struct slice *skip; /* paths that the caller searches itself (open buffers) */
	size_t n_skip;
};
struct runner_call *runner_search(struct runner *r, const struct search_query *q,
				  runner_json_cb *done, void *payload);

/* --- commands --- */
struct command_spec {
	struct slice command; /* for `sh -c`; or */
	const struct slice *argv;
	size_t n_argv;
	struct slice cwd;    /* relative; "" = workspace */
	uint64_t timeout_ms; /* 0: LIMIT_COMMAND_MS */
	uint64_t idle_ms;    /* without output; 0: none */
};
struct command_result {
	int exit_status; /* valid if term_signal is 0 */
	int term_signal;
	bool timed_out, idle_timed_out;
	struct slice output;   /* stdout and stderr as they came: head and tail within
				  LIMIT_OUTPUT_BYTES */
	uint64_t output_bytes; /* all that was printed */
	bool truncated;
	double seconds;
	struct slice limit_hit; /* "", "memory", "processes", "disk": what a watchdog stopped */
};
struct command_callbacks {
	void (*output)(
		void *payload, struct slice bytes,
		bool is_stderr); /* may be NULL; whole stream within LIMIT_OUTPUT_LOG_BYTES */
	void (*done)(void *payload, const struct command_result *r,
		     const struct err *err); /* exactly once */
};
/* ERR_SANDBOX if a required layer is missing: says which, why, and the remedy. */
struct runner_call *runner_command(struct runner *r, const struct command_spec *c,
				   const struct command_callbacks *cb, void *payload);
/* Kills the whole tree; done follows with what was printed so far. */
void runner_kill(struct runner_call *c);

/* What this machine offers, as found by the running sandbox itself:
 * {"layers":[{"name","state":"on"|"missing"|"off","detail","remedy","required":bool}],"ok":bool} */
struct runner_call *runner_layers(struct runner *r, runner_json_cb *done, void *payload);

/* --- the other side: `emend runner`. Speaks on fd 3; returns the exit status. --- */
int runner_main(void);

#endif
