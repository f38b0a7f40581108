/* serve.h - the runner program: one process, one thread, one poll loop.
 *
 *   WAITING for `initialize` --> STARTING: reads only --sandbox entered--> SERVING --the server's end
 *   closed--> exit
 *
 * Jobs are what takes time: commands (in processes of the spawner) and queries (in forked
 * children). Each job owns the request that it answers. */
#ifndef EMEND_WORKER_SERVE_H
#define EMEND_WORKER_SERVE_H

#include "agent/sandbox/spawn.h"
#include "agent/worker/guard/guard.h"
#include "agent/worker/guard/guard_through.h"
#include "agent/worker/query/query.h"
#include "agent/worker/view/places.h"
#include "agent/worker/view/upper.h"
#include "protocol/rpc/conn.h"

enum { RUNNER_FD = 3, SERVE_JOBS_MAX = 48, JOB_FDS_MAX = 3, SERVE_PASS_MAX = 16 };

struct runner_job;
struct job_class {
	/* Sets the descriptors to poll for reading (they come as -1: none); returns the time of the next step (0:
	 * now, UINT64_MAX: none). */
	uint64_t (*wait)(struct runner_job *j, int fds[JOB_FDS_MAX]);
	/* Something is readable, or the time came. False: the job is done and was freed. */
	bool (*step)(struct runner_job *j, const bool ready[JOB_FDS_MAX], uint64_t now_ms);
	void (*cancel)(struct runner_job *j);
};
/* Embedded first in each kind of job, which owns the request (conn_keep) and frees itself after its answer.
 * A job is only stepped from the loop in serve.c; a cancel only notes, or ends a process, and the next step
 * answers. */
struct runner_job {
	const struct job_class *cls;
	struct list link;
	struct serve *serve;
	struct rpc_request *req;
};

/* All of the runner. On the stack of serve_on(), and everything ends with it. */
struct serve {
	int in, out; /* the server; the same socket, or two pipes */
	struct conn conn;
	bool initialized, ended;
	struct arena arena; /* of the configuration */
	struct root root;
	struct layers layers;
	struct spawn_config config;
	struct places places;
	struct guard guard;
	unsigned direct; /* commands without a layer that run */
	struct timespec direct_since;
	struct guard_through through; /* what they use directly, past a layer */
	struct spawner_end spawner;   /* no socket: commands are refused */
	struct views views;
	struct list uppers; /* layers of commands that ended, until they are dropped */
	struct list jobs;
	size_t n_jobs;
	struct runner_job starting;    /* its request is `initialize`, while that has no answer */
	bool locked; /* behind our own walls; nothing of the project is read before */
	int tried;   /* tried.h, until the trial has ended; -1: none */
	struct err no_views;
	uint64_t next_id;
	int pass[SERVE_PASS_MAX]; /* descriptors that go with the next bytes to the server */
	size_t n_pass;
};

uint64_t serve_now(void); /* ms */
/* Takes the request over: its cancellation reaches the job. */
void serve_add(struct serve *s, struct runner_job *j, const struct job_class *cls,
	       struct rpc_request *req);
void serve_remove(struct runner_job *j);

/* Handlers, one file each; every one answers or keeps the request. */
void serve_initialize(struct serve *s, struct rpc_request *req);
void serve_started(struct serve *s); /* waits for the end of it */
void serve_flush(struct serve *s);   /* what the server takes of the answers now */
void serve_read(struct serve *s, struct rpc_request *req);
void serve_glance(struct serve *s, struct rpc_request *req);
void serve_shown(struct serve *s, struct rpc_request *req);
void serve_write(struct serve *s, struct rpc_request *req);
void serve_write_many(struct serve *s, struct rpc_request *req); /* serve_many.c */
struct file_info;
/* v: the members of a `write`; near, info: see files.h. */
NODISCARD bool serve_write_one(struct serve *s, struct json v, struct arena *a, struct near *near,
			       struct file_info *info, struct err *err);
void serve_sweep(struct serve *s, struct rpc_request *req);
void serve_query(struct serve *s, struct rpc_request *req, query_fn *fn);
void serve_command(struct serve *s, struct rpc_request *req);
/* serve_encode.c: the request of a command as the init will read it; view: the number of its layer, 0: it
 * has none. False: it is not a valid one. */
NODISCARD bool serve_encode(struct serve *s, struct rpc_request *req, uint64_t view,
			    struct buf *out, struct err *err);
void serve_kill(struct serve *s, struct json params);
void serve_network(struct serve *s, struct rpc_request *req);
/* Like send(), with the descriptors that wait, each in a message of its own. */
ssize_t serve_send(struct serve *s, struct slice out);

/* serve_watch.c: secrets that appear while a command runs. */
struct secret_watch {
	uint64_t due; /* of the next look; UINT64_MAX: none */
	size_t seen;  /* bytes of places.hidden that the command does not see */
};
void secret_watch_begin(struct secret_watch *w, const struct serve *s, uint64_t now);
void secret_watch_step(struct secret_watch *w, struct serve *s, uint64_t id, uint64_t now);

/* serve_guard.c: folders outside of the workspace that a command writes. What git, editors and agents execute is
 * read-only where it stood (places.h); what is new is moved away when the command has ended. */
struct outside_watch {
	bool on;
	struct timespec mark; /* when it began */
	struct buf before;    /* what stood there, as in places.list */
};
void outside_watch_begin(struct outside_watch *o, const struct serve *s);
/* What it held is freed. What was moved away is told with the rest. */
void outside_watch_end(struct outside_watch *o, struct serve *s);

/* A command without a layer begins, or is dead; meanwhile the runner does not end before it has looked. */
void serve_guard_direct(struct serve *s, bool begins);
/* The server is gone: such commands are ended, and what they left is looked at. */
void serve_guard_last(struct serve *s);
/* A command is dead: what it left in the folders that it used directly; all_tools: those were all of build tools. */
void serve_guard_through(struct serve *s, bool all_tools, const struct timespec *mark);
/* The member "held", if there is something to tell. */
void serve_guard_tell(struct serve *s, struct jw *w);

/* serve_view.c: the layers of commands. */
bool serve_has_views(const struct serve *s);
/* The layer of a new command, with the unsaved text in it. */
NODISCARD bool serve_view_new(struct serve *s, struct json params, struct arena *a, uint64_t id,
			      struct upper **out, struct err *err);
/* Writes what a command changed, once the layer was walked, as members of its result. *keep: the server shall decide. */
NODISCARD bool serve_view_report(struct upper *u, bool drop, struct jw *w, bool *keep,
				 struct err *err);
void serve_view_changes(struct serve *s, struct rpc_request *req);
/* The layer that a request is about; NULL: there is none. */
struct upper *serve_view_find(struct serve *s, struct json params);
/* Writes the members "before" and "after" into the open object. ERR_TOO_LARGE, ERR_DENIED, ERR_IO:
 * then nothing was written. *bytes: what they hold together. */
NODISCARD bool serve_view_write_images(const struct serve *s, const struct upper *u,
				       const struct upper_change *c, struct jw *w, size_t *bytes,
				       struct err *err);
/* serve_batch.c: the same for many changes at once. */
void serve_view_images(struct serve *s, struct rpc_request *req);
void serve_view_commit_many(struct serve *s, struct rpc_request *req);
void serve_view_pack(struct serve *s, struct rpc_request *req); /* serve_pack.c */
/* The changes that a request asks for, as places in u->change; the caller frees them. False: the
 * request was answered, as one does not exist, or as too much is under way. */
NODISCARD bool batch_begin(struct serve *s, struct rpc_request *req, struct upper **u,
			   size_t **index, size_t *n);
/* NULL: it was dropped meanwhile. */
struct upper *batch_layer(struct serve *s, uint64_t view);
void serve_sync(struct serve *s, struct rpc_request *req);
void serve_put(struct serve *s, struct rpc_request *req); /* serve_entry.c */
void serve_mode(struct serve *s, struct rpc_request *req);
void serve_view_finish(struct serve *s, struct rpc_request *req);
void serve_view_drop(struct serve *s, struct json params);

#endif
