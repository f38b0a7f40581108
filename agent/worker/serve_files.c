/* serve_files.c - `read`, `write`, `sweep`, `list`, `search`: requests about files of the workspace itself.
 * Reads and writes are done at once, as they take little; a query is a child of its own (query.h), which is
 * killed by a cancel. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/policy/protect.h"
#include "agent/worker/file/files.h"
#include "agent/worker/serve.h"
#include "agent/worker/wire.h"
#include "protocol/base/mem.h"

enum { PIECE_BYTES = 64 * 1024 };

/* That a file is not there is an answer like another: it says what else would have to be made. */
static void reply_missing(struct rpc_request *req, const struct err *err, uint32_t folders)
{
	struct jw *w = conn_result_begin(req);

	jw_object(w);
	jw_kcstr(w, "missing", err->msg);
	jw_ki64(w, "folders", folders);
	jw_end(w);
	conn_result_end(req);
}

/* An undo may put back what has the name of a secret: it was there before. */
static struct root root_for(const struct serve *s, struct json params)
{
	return json_bool_or(json_get(params, "undo"), false) ? root_for_undo(&s->root) : s->root;
}

/* maxBytes 0 means LIMIT_READ_BYTES; more than LIMIT_DOC_BYTES is never read. */
void serve_read(struct serve *s, struct rpc_request *req)
{
	struct slice path = json_str_or(json_get(req->params, "path"), &req->arena, "");
	int64_t max = json_i64_or(json_get(req->params, "maxBytes"), 0);
	struct root root = root_for(s, req->params);
	struct file_info info;
	struct buf data;
	struct err err;
	struct jw *w;

	buf_init(&data, max > 0 && max < LIMIT_DOC_BYTES ? (size_t)max
			: max > 0			 ? LIMIT_DOC_BYTES
							 : LIMIT_READ_BYTES);
	if (!file_read(&root, path, &data, &info, &err)) {
		if (err.code == ERR_NOT_FOUND)
			reply_missing(req, &err, file_missing_folders(&root, path));
		else
			conn_reply_err(req, &err);
	} else {
		w = conn_result_begin(req);
		jw_object(w);
		wire_bytes(w, buf_slice(&data));
		jw_kcstr(w, "sha256", info.sha256.s);
		jw_ki64(w, "size", (int64_t)info.size);
		jw_ki64(w, "mode", info.mode);
		jw_end(w);
		conn_result_end(req);
	}
	buf_release(&data);
}

struct planned {
	const struct root *root;
	const char *rel; /* the file that is to be written, with the folders above it */
};

/* For protect.h. */
static bool would_exist(void *payload, const char *rel, bool before)
{
	const struct planned *p = payload;
	size_t n = strlen(rel);
	int fd = root_openat(p->root, rel, O_PATH, false);

	if (fd >= 0)
		(void)close(fd);
	return fd >= 0 ||
	       (!before && strncmp(p->rel, rel, n) == 0 && (p->rel[n] == 0 || p->rel[n] == '/'));
}

/* A few harmless files can make a folder a repository, and then git runs what its configuration names as
 * soon as the user looks at it. Names do not show that, so it is judged here, by what is there. */
static bool plants_nothing(const struct serve *s, struct slice path, struct err *err)
{
	char rel[LIMIT_PATH_BYTES];
	struct planned planned = { &s->root, rel };
	const struct protect_tree tree = { would_exist, &planned };

	return !root_clean(&s->root, path, rel, err) || !protect_bare(&tree, rel) ||
	       err_set(err, ERR_DENIED,
		       "%s: with it the folder is a git repository in which git executes something. "
		       "Make it with a command: the user is then asked about it.",
		       rel);
}

static bool read_change(struct json v, struct arena *a, struct near *near, struct file_change *c)
{
	*c = (struct file_change){
		.path = json_str_or(json_get(v, "path"), a, ""),
		.data = { "", 0 },
		.expect_sha256 = json_str_or(json_get(v, "expect"), a, ""),
		.remove = json_bool_or(json_get(v, "remove"), false),
		.make_parents = json_bool_or(json_get(v, "makeParents"), false),
		.lazy = json_bool_or(json_get(v, "lazy"), false),
		.folders = (uint32_t)json_i64_or(json_get(v, "folders"), 0),
		.mode = (uint32_t)json_i64_or(json_get(v, "mode"), 0),
		.near = near,
	};
	return c->remove || wire_bytes_read(v, a, &c->data);
}

/* judged: the write comes from a tool. What an undo puts back has been there before, and is not judged
 * again. */
bool serve_write_one(struct serve *s, struct json v, struct arena *a, struct near *near,
		     struct file_info *info, struct err *err)
{
	bool judged = json_bool_or(json_get(v, "judged"), false);
	bool sweep = json_bool_or(json_get(v, "sweep"), false);
	struct root root = root_for(s, v);
	struct file_change c;

	if (!read_change(v, a, near, &c))
		return err_set(err, ERR_INVALID, "write needs text or base64.");
	if ((judged && !c.remove && !plants_nothing(s, c.path, err)) ||
	    (sweep && !file_sweep(&root, c.path, err)) || !file_write(&root, &c, info, err))
		return false;
	places_forget(&s->places);
	return true;
}

void serve_write(struct serve *s, struct rpc_request *req)
{
	struct file_info info;
	struct err err;
	struct jw *w;

	if (!serve_write_one(s, req->params, &req->arena, NULL, &info, &err)) {
		conn_reply_err(req, &err);
		return;
	}
	w = conn_result_begin(req);
	jw_object(w);
	jw_kcstr(w, "sha256", info.sha256.s);
	jw_end(w);
	conn_result_end(req);
}

void serve_sweep(struct serve *s, struct rpc_request *req)
{
	struct slice path = json_str_or(json_get(req->params, "path"), &req->arena, "");
	struct root root = root_for_undo(&s->root);
	struct err err;

	if (file_sweep(&root, path, &err))
		conn_reply_result(req, SLICE("{}"));
	else
		conn_reply_err(req, &err);
}

/* A query: the child writes one byte, 'R' or 'E', and then the JSON, or a struct err. */
struct query_job {
	struct runner_job job;
	pid_t pid;
	int fd;
	struct buf got;
};

/* The child is killed in any case: it has ended, or nobody wants its answer. */
static void finish(struct query_job *q)
{
	struct slice got = buf_slice(&q->got);
	struct err err;

	(void)kill(q->pid, SIGKILL);
	(void)waitpid(q->pid, NULL, 0);
	err_set(&err, q->got.full ? ERR_TOO_LARGE : ERR_INTERNAL,
		q->got.full ? "The result is too large. Narrow it down."
			    : "The search ended without a result.");
	if (q->job.req->cancelled) {
		conn_reply_cancelled(q->job.req);
	} else if (got.len > 1 && got.ptr[0] == 'R' && !q->got.full) {
		conn_reply_result(q->job.req, slice_sub(got, 1, got.len));
	} else {
		if (got.len == 1 + sizeof(err) && got.ptr[0] == 'E')
			memcpy(&err, got.ptr + 1, sizeof(err));
		conn_reply_err(q->job.req, &err);
	}
	(void)close(q->fd);
	buf_release(&q->got);
	serve_remove(&q->job);
	free(q);
}

static uint64_t query_wait(struct runner_job *j, int fds[JOB_FDS_MAX])
{
	fds[0] = container_of(j, struct query_job, job)->fd;
	fds[1] = -1;
	return j->req->cancelled ? 0 : UINT64_MAX;
}

static bool query_step(struct runner_job *j, const bool ready[JOB_FDS_MAX], uint64_t now_ms)
{
	struct query_job *q = container_of(j, struct query_job, job);
	char piece[PIECE_BYTES];
	ssize_t n = 1;

	(void)now_ms;
	if (ready[0]) {
		n = read(q->fd, piece, sizeof(piece));
		if (n > 0)
			buf_append(&q->got, slice_make(piece, (size_t)n));
		else if (n < 0 && errno == EINTR)
			n = 1;
	}
	if (n > 0 && !q->got.full && !j->req->cancelled)
		return true;
	finish(q);
	return false;
}

static void query_cancel(struct runner_job *j)
{
	(void)kill(container_of(j, struct query_job, job)->pid, SIGKILL);
}

static const struct job_class query_class = { query_wait, query_step, query_cancel };

static void put(int fd, const char *p, size_t len)
{
	while (len) {
		ssize_t n = write(fd, p, len);

		if (n <= 0 && errno != EINTR)
			_exit(1);
		if (n > 0) {
			p += n;
			len -= (size_t)n;
		}
	}
}

/* It dies with the runner. The error travels as bytes of the struct: both ends are the same program. */
static _Noreturn void child(const struct serve *s, struct json params, query_fn *fn, int fd)
{
	struct buf out;
	struct err err = { .code = ERR_NONE };
	bool ok;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	(void)close(s->in);
	if (s->out != s->in)
		(void)close(s->out);
	if (s->spawner.sock >= 0)
		(void)close(s->spawner.sock);
	buf_init(&out, LIMIT_MESSAGE_BYTES - 4096);
	ok = fn(&s->root, params, &out, &err);
	if (ok && out.full)
		ok = err_set(&err, ERR_TOO_LARGE, "The result is too large. Narrow it down.");
	put(fd, ok ? "R" : "E", 1);
	if (ok)
		put(fd, out.data, out.len);
	else
		put(fd, (const char *)&err, sizeof(err));
	_exit(0);
}

/* The child has a copy of everything; the pipe is the only way back. */
void serve_query(struct serve *s, struct rpc_request *req, query_fn *fn)
{
	struct query_job *q;
	int p[2];
	pid_t pid;

	if (s->n_jobs >= SERVE_JOBS_MAX || pipe2(p, O_CLOEXEC) < 0) {
		conn_reply_error(req, RPC_REQUEST_FAILED,
				 "Too many searches and commands run at once.");
		return;
	}
	pid = fork();
	if (pid == 0) {
		(void)close(p[0]);
		child(s, req->params, fn, p[1]);
	}
	(void)close(p[1]);
	if (pid < 0) {
		(void)close(p[0]);
		conn_reply_error(req, RPC_REQUEST_FAILED, "No process for the search: %s.",
				 strerror(errno));
		return;
	}
	q = xcalloc(1, sizeof(*q));
	q->pid = pid;
	q->fd = p[0];
	buf_init(&q->got, LIMIT_MESSAGE_BYTES - 4096);
	serve_add(s, &q->job, &query_class, req);
}
