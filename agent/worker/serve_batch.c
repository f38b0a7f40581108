/* serve_batch.c - `viewImages`, `viewCommitMany`, `sync`: many changes in one request.
 *
 *   COMMITTING --each slice of time: some files--> SYNCING --the child ended--> answered, freed
 *       '------------------cancel----------------------^
 *
 * A request for each file costs a round trip and a sync for each file; a command that changes two
 * thousand took forty seconds on a busy disk. Here the files are put in place in slices, so that
 * other requests and a cancel get through in between, and one syncfs() at the end makes all of them
 * durable. It may take seconds, so a child waits for it. What tools made in folders that the project's
 * rules leave out is as durable as if they had made it there themselves: they can make it again. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/worker/serve.h"
#include "agent/worker/wire.h"
#include "protocol/base/mem.h"

/* SLICE_MS: so long other requests wait at most. IMAGES_BYTES: of one answer, where the server names no
 * other limit. */
enum { SLICE_MS = 10, IMAGES_BYTES = 16 * 1024 * 1024 };

/* --- what stands in the requests --- */

/* What git's refs will point to: it is not listed, but must be on the disk before them. */
static struct upper_change **new_objects(struct upper *u, size_t *n)
{
	struct upper_change **out = xcalloc(u->n + 1, sizeof(struct upper_change *));

	for (size_t i = 0; i < u->n; i++)
		if (upper_is_new_object(&u->change[i]))
			out[(*n)++] = &u->change[i];
	return out;
}

/* The changes that are asked for; answers the request and returns NULL if one does not exist. */
static struct upper_change **changes_of(struct serve *s, struct rpc_request *req, struct upper **u,
					size_t *n)
{
	struct json list = json_get(req->params, "indexes");
	struct upper_change **out;

	*u = serve_view_find(s, req->params);
	*n = 0;
	if (*u && json_bool_or(json_get(req->params, "objects"), false))
		return new_objects(*u, n);
	out = xcalloc(json_len(list) + 1, sizeof(struct upper_change *));
	for (struct json_iter it = json_iter(list); *u && json_next(&it);) {
		int64_t index = json_i64_or(it.value, -1);

		if (index < 0 || (size_t)index >= (*u)->n) {
			*u = NULL;
			break;
		}
		out[(*n)++] = &(*u)->change[index];
	}
	if (*u)
		return out;
	free(out);
	conn_reply_error(req, RPC_INVALID_PARAMS, "There is no such change of a command.");
	return NULL;
}

/* Places instead of pointers, because the list may go between two slices. */
bool batch_begin(struct serve *s, struct rpc_request *req, struct upper **u, size_t **index,
		 size_t *n)
{
	struct upper_change **c;

	if (s->n_jobs >= SERVE_JOBS_MAX) {
		conn_reply_error(req, RPC_REQUEST_FAILED,
				 "Too many searches and commands run at once.");
		return false;
	}
	c = changes_of(s, req, u, n);
	if (!c)
		return false;
	*index = xcalloc(*n + 1, sizeof(**index));
	for (size_t i = 0; i < *n; i++)
		(*index)[i] = (size_t)(c[i] - (*u)->change);
	free(c);
	return true;
}

static void write_why(struct jw *w, const struct err *err)
{
	jw_kcstr(w, "code", err_name(err->code));
	jw_kcstr(w, "why", err->code == ERR_NONE ? "" : err->msg);
}

/* --- images --- */

/* The answer is written until it is large enough; what is over is taken back and asked for again by the
 * server. */
void serve_view_images(struct serve *s, struct rpc_request *req)
{
	int64_t max = json_i64_or(json_get(req->params, "maxBytes"), 0);
	size_t n, bytes = 0, room;
	struct upper *u;
	struct upper_change **c = changes_of(s, req, &u, &n);
	struct buf json;
	struct jw w;

	if (!c)
		return;
	room = max > 0 && max < IMAGES_BYTES ? (size_t)max : IMAGES_BYTES;
	/* The first may be larger than that: it has to fit by itself. */
	buf_init(&json, LIMIT_MESSAGE_BYTES);
	jw_init(&w, &json);
	jw_object(&w);
	jw_karray(&w, "images");
	for (size_t i = 0; i < n && (i == 0 || bytes < room); i++) {
		struct err why = { .code = ERR_NONE };
		size_t mark = json.len, size = 0;
		struct jw before = w;

		jw_object(&w);
		jw_ki64(&w, "index", c[i] - u->change);
		if (!serve_view_write_images(s, u, c[i], &w, &size, &why))
			size = 0;
		write_why(&w, &why);
		jw_end(&w);
		bytes += size;
		if (i > 0 && (bytes > room || json.full)) {
			buf_truncate(&json, mark);
			w = before;
			break;
		}
	}
	jw_end(&w);
	jw_end(&w);
	if (json.full)
		conn_reply_error(req, RPC_REQUEST_FAILED,
				 "The images are too large for a message.");
	else
		conn_reply_result(req, buf_slice(&json));
	buf_release(&json);
	free(c);
}

/* --- commit --- */

enum batch_state { BATCH_COMMITTING, BATCH_SYNCING };

struct batch_job {
	struct runner_job job;
	enum batch_state state;
	uint64_t view; /* it may be dropped between two slices */
	size_t *index, n, at;
	struct buf results; /* a JSON array, of what was not made */
	struct jw w;	    /* to it */
	bool durable;	    /* something has to be on the disk: more than bundles */
	int disk;	    /* opened before the first change, so that its errors are not missed */
	pid_t child;
	int ended; /* pipe: at its end when the child is gone */
};

/* Only what was not made is named: a batch may have thousands of changes. */
static void answer(struct batch_job *b)
{
	struct jw *w;
	int status = 0;
	bool synced = true;

	if (b->child > 0)
		synced = waitpid(b->child, &status, 0) == b->child && WIFEXITED(status) &&
			 WEXITSTATUS(status) == 0;
	if (b->job.req->cancelled) {
		conn_reply_cancelled(b->job.req);
	} else if (!synced) {
		conn_reply_error(b->job.req, RPC_REQUEST_FAILED,
				 "The disk did not take what the command changed: %s.",
				 strerror(WIFEXITED(status) ? WEXITSTATUS(status) : EIO));
	} else {
		w = conn_result_begin(b->job.req);
		jw_object(w);
		jw_end(&b->w);
		jw_kraw(w, "results", buf_slice(&b->results));
		jw_end(w);
		conn_result_end(b->job.req);
	}
	if (b->ended >= 0)
		(void)close(b->ended);
	if (b->disk >= 0)
		(void)close(b->disk);
	buf_release(&b->results);
	serve_remove(&b->job);
	free(b->index);
	free(b);
}

/* It keeps no descriptor of the server or the spawner: their other ends would not see us end. */
static _Noreturn void sync_child(const struct serve *s, int disk)
{
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	(void)close(s->in);
	if (s->out != s->in)
		(void)close(s->out);
	if (s->spawner.sock >= 0)
		(void)close(s->spawner.sock);
	_exit(syncfs(disk) < 0 ? errno : 0);
}

/* False: there is no child to wait for. */
static bool start_sync(struct batch_job *b)
{
	int p[2];

	if (b->disk < 0)
		return false;
	if (pipe2(p, O_CLOEXEC) == 0) {
		b->child = fork();
		if (b->child == 0) {
			(void)close(p[0]);
			sync_child(b->job.serve, b->disk);
		}
		(void)close(p[1]);
		if (b->child > 0) {
			b->ended = p[0];
			return true;
		}
		(void)close(p[0]);
	}
	(void)syncfs(b->disk); /* it must be durable, even if everything waits for it */
	return false;
}

static void batch_goto(struct batch_job *b, enum batch_state next)
{
	b->state = next;
}

/* A change that fails leaves the others alone; the server decides what that means. */
static void commit_one(struct batch_job *b, struct upper *u, size_t index)
{
	struct serve *s = b->job.serve;
	struct err err;
	bool ok = u ? upper_apply(u, &s->root, &u->change[index], &err)
		    : err_set(&err, ERR_NOT_FOUND, "The changes of the command are gone.");

	b->durable = b->durable || !u || u->change[index].type != UPPER_BUNDLE;
	if (ok)
		return; /* there may be very many */
	jw_object(&b->w);
	jw_ki64(&b->w, "index", (int64_t)index);
	write_why(&b->w, &err);
	jw_end(&b->w);
}

struct upper *batch_layer(struct serve *s, uint64_t view)
{
	LIST_EACH (it, tmp, &s->uppers) {
		struct upper *u = container_of(it, struct upper, link);

		if (u->id == view)
			return u;
	}
	return NULL;
}

static uint64_t batch_wait(struct runner_job *j, int fds[JOB_FDS_MAX])
{
	struct batch_job *b = container_of(j, struct batch_job, job);

	fds[0] = b->ended;
	fds[1] = -1;
	return b->state == BATCH_COMMITTING ? 0 : UINT64_MAX;
}

/* A layer that was dropped meanwhile gives an error for each change that is left. */
static bool batch_step(struct runner_job *j, const bool ready[JOB_FDS_MAX], uint64_t now)
{
	struct batch_job *b = container_of(j, struct batch_job, job);
	struct upper *u = batch_layer(j->serve, b->view);

	if (b->state == BATCH_SYNCING) {
		if (!ready[0])
			return true;
		answer(b);
		return false;
	}
	places_forget(&j->serve->places);
	while (b->at < b->n && !j->req->cancelled && serve_now() < now + SLICE_MS)
		commit_one(b, u, b->index[b->at++]);
	if (u)
		upper_apply_pause(u);
	if (b->at < b->n && !j->req->cancelled)
		return true;
	batch_goto(b, BATCH_SYNCING);
	if (b->durable && start_sync(b))
		return true;
	answer(b);
	return false;
}

/* The next step sees it. What was made real by then is made durable as well. */
static void batch_cancel(struct runner_job *j)
{
	(void)j;
}

static const struct job_class batch_class = { batch_wait, batch_step, batch_cancel };

static void batch_start(struct serve *s, struct rpc_request *req, uint64_t view, size_t *index,
			size_t n)
{
	struct batch_job *b = xcalloc(1, sizeof(*b));

	b->view = view;
	b->n = n;
	b->durable = n == 0;
	b->index = index;
	b->ended = -1;
	b->disk = root_openat(&s->root, "", O_RDONLY | O_DIRECTORY, true);
	buf_init(&b->results, LIMIT_MESSAGE_BYTES - 4096);
	jw_init(&b->w, &b->results);
	jw_array(&b->w);
	serve_add(s, &b->job, &batch_class, req);
}

void serve_view_commit_many(struct serve *s, struct rpc_request *req)
{
	struct upper *u;
	size_t *index, n;

	if (batch_begin(s, req, &u, &index, &n))
		batch_start(s, req, u->id, index, n);
}

/* No change of a command, only the sync at its end: for what was written with `lazy`. */
void serve_sync(struct serve *s, struct rpc_request *req)
{
	if (s->n_jobs >= SERVE_JOBS_MAX)
		conn_reply_error(req, RPC_REQUEST_FAILED,
				 "Too many searches and commands run at once.");
	else
		batch_start(s, req, 0, NULL, 0);
}
