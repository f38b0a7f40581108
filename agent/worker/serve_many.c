/* serve_many.c - `writeMany`: many files in one request.
 *
 *   WRITING --each slice of time: some files--> answered, freed
 *
 * For undo, which puts back what twenty thousand files held: a request for each would cost more than
 * the file. Other requests and a cancel get through between two slices. */
#include <stdlib.h>

#include "agent/worker/file/closer.h"
#include "agent/worker/file/files.h"
#include "agent/worker/serve.h"
#include "protocol/base/mem.h"

/* THREAD_FROM: files, from which on a thread that closes the old ones is worth its start. */
enum { SLICE_MS = 10, THREAD_FROM = 64 };

/* The folder in hand (`near`) is forgotten after each slice, since the user may move it in between. */
struct many_job {
	struct runner_job job;
	struct json_iter it; /* in the request, which lives as long */
	int64_t at;
	struct buf results; /* a JSON array, of what was not written */
	struct jw w;	    /* to it */
	struct near near;   /* of this slice */
};

static void write_next(struct many_job *m)
{
	struct rpc_request *req = m->job.req;
	struct err err = { .code = ERR_NONE };
	int64_t index = m->at++;

	if (serve_write_one(m->job.serve, m->it.value, &req->arena, &m->near, NULL, &err))
		return;
	jw_object(&m->w);
	jw_ki64(&m->w, "index", index);
	jw_kcstr(&m->w, "code", err_name(err.code));
	jw_kcstr(&m->w, "why", err.msg);
	jw_end(&m->w);
}

static void answer(struct many_job *m)
{
	struct jw *w;

	if (m->job.req->cancelled) {
		conn_reply_cancelled(m->job.req);
	} else {
		w = conn_result_begin(m->job.req);
		jw_object(w);
		jw_end(&m->w);
		jw_kraw(w, "results", buf_slice(&m->results));
		jw_end(w);
		conn_result_end(m->job.req);
	}
	closer_end(m->near.closer);
	buf_release(&m->results);
	serve_remove(&m->job);
	free(m);
}

static uint64_t many_wait(struct runner_job *j, int fds[JOB_FDS_MAX])
{
	(void)j;
	fds[0] = fds[1] = -1;
	return 0;
}

static bool many_step(struct runner_job *j, const bool ready[JOB_FDS_MAX], uint64_t now)
{
	struct many_job *m = container_of(j, struct many_job, job);
	bool more = true;

	(void)ready;
	while (more && !j->req->cancelled && serve_now() < now + SLICE_MS) {
		more = json_next(&m->it);
		if (more)
			write_next(m);
	}
	near_forget(&m->near);
	if (more && !j->req->cancelled)
		return true;
	answer(m);
	return false;
}

/* The next step sees it. */
static void many_cancel(struct runner_job *j)
{
	(void)j;
}

static const struct job_class many_class = { many_wait, many_step, many_cancel };

void serve_write_many(struct serve *s, struct rpc_request *req)
{
	struct many_job *m;

	if (s->n_jobs >= SERVE_JOBS_MAX) {
		conn_reply_error(req, RPC_REQUEST_FAILED,
				 "Too many searches and commands run at once.");
		return;
	}
	m = xcalloc(1, sizeof(*m));
	near_init(&m->near, s->root.fd);
	if (json_len(json_get(req->params, "files")) >= THREAD_FROM)
		m->near.closer = closer_start();
	m->it = json_iter(json_get(req->params, "files"));
	buf_init(&m->results, LIMIT_MESSAGE_BYTES - 4096);
	jw_init(&m->w, &m->results);
	jw_array(&m->w);
	serve_add(s, &m->job, &many_class, req);
}
