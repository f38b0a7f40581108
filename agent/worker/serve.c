/* serve.c - see serve.h: the loop, the requests by name, and the start of the program.
 *
 * A round: poll the server and the descriptors of all jobs; step the jobs that have something; read
 * requests; write answers. Nothing in a round may block for long: what takes time is a child or goes in
 * slices of some milliseconds. The runner ends when the server's end is closed, whatever is under way. */
#include "agent/worker/serve.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "agent/base/sha256.h"
#include "agent/worker/wire.h"

enum { READ_BYTES = 64 * 1024, LAYERS_BYTES = 64 * 1024 };

uint64_t serve_now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void on_cancel(void *payload, struct rpc_request *req)
{
	struct runner_job *j = payload;

	(void)req;
	j->cls->cancel(j);
}

/* The job hears of a cancel; the request is answered by the job. */
void serve_add(struct serve *s, struct runner_job *j, const struct job_class *cls,
	       struct rpc_request *req)
{
	j->cls = cls;
	j->serve = s;
	j->req = req;
	list_append(&s->jobs, &j->link);
	s->n_jobs++;
	conn_keep(req, on_cancel, j);
}

void serve_remove(struct runner_job *j)
{
	list_remove(&j->link);
	j->serve->n_jobs--;
}

static void reply_layers(struct serve *s, struct rpc_request *req)
{
	struct buf json;

	buf_init(&json, LAYERS_BYTES);
	layers_write(&s->layers, &json);
	conn_reply_result(req, buf_slice(&json));
	buf_release(&json);
}

/* As much as the server takes now; the rest waits for POLLOUT. */
void serve_flush(struct serve *s)
{
	for (;;) {
		struct slice out = conn_output(&s->conn);
		ssize_t n;

		if (out.len == 0)
			return;
		n = s->in == s->out ? serve_send(s, out) : write(s->out, out.ptr, out.len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			s->ended =
				s->ended || errno != EAGAIN; /* EWOULDBLOCK is the same on Linux */
			return;
		}
		conn_sent(&s->conn, (size_t)n);
	}
}

/* Where we are behind our walls already, files are read before the sandbox is tried. The first other request waits here
 * for that.
 * From then on each looks first whether the workspace is still where it was: a moved folder must not be
 * written to by its old path. */
static void on_request(void *owner, struct rpc_request *req)
{
	struct serve *s = owner;
	struct err err;

	if (slice_eq_cstr(req->method, "initialize")) {
		serve_initialize(s, req);
		return;
	}
	if (!s->initialized) {
		conn_reply_error(req, RPC_SERVER_NOT_INITIALIZED, "initialize must come first.");
		return;
	}
	if (s->starting.req && !(s->locked && (slice_eq_cstr(req->method, "read") ||
					       slice_eq_cstr(req->method, "glance")))) {
		serve_flush(s); /* nobody waits for what was read already */
		serve_started(s);
	}
	if (s->ended) {
		conn_reply_error(req, RPC_INTERNAL_ERROR, "The runner did not start.");
		return;
	}
	if (slice_eq_cstr(req->method, "layers")) {
		reply_layers(s, req);
		return;
	}
	if (!root_check(&s->root, &err)) {
		conn_reply_err(req, &err);
		return;
	}
	if (slice_eq_cstr(req->method, "read"))
		serve_read(s, req);
	else if (slice_eq_cstr(req->method, "glance"))
		serve_glance(s, req);
	else if (slice_eq_cstr(req->method, "shown"))
		serve_shown(s, req);
	else if (slice_eq_cstr(req->method, "write"))
		serve_write(s, req);
	else if (slice_eq_cstr(req->method, "writeMany"))
		serve_write_many(s, req);
	else if (slice_eq_cstr(req->method, "sweep"))
		serve_sweep(s, req);
	else if (slice_eq_cstr(req->method, "put"))
		serve_put(s, req);
	else if (slice_eq_cstr(req->method, "mode"))
		serve_mode(s, req);
	else if (slice_eq_cstr(req->method, "list"))
		serve_query(s, req, query_list);
	else if (slice_eq_cstr(req->method, "search"))
		serve_query(s, req, query_search);
	else if (slice_eq_cstr(req->method, "command"))
		serve_command(s, req);
	else if (slice_eq_cstr(req->method, "network"))
		serve_network(s, req);
	else if (slice_eq_cstr(req->method, "viewChanges"))
		serve_view_changes(s, req);
	else if (slice_eq_cstr(req->method, "viewImages"))
		serve_view_images(s, req);
	else if (slice_eq_cstr(req->method, "viewPack"))
		serve_view_pack(s, req);
	else if (slice_eq_cstr(req->method, "viewCommitMany"))
		serve_view_commit_many(s, req);
	else if (slice_eq_cstr(req->method, "sync"))
		serve_sync(s, req);
	else if (slice_eq_cstr(req->method, "viewFinish"))
		serve_view_finish(s, req);
	else
		conn_reply_error(req, RPC_METHOD_NOT_FOUND, "The runner has no method %.*s.",
				 SLICE_ARG(req->method));
}

static void on_notification(void *owner, struct slice method, struct json params, struct arena *a)
{
	(void)a;
	if (slice_eq_cstr(method, "kill"))
		serve_kill(owner, params);
	else if (slice_eq_cstr(method, "viewDrop"))
		serve_view_drop(owner, params);
}

static void read_in(struct serve *s)
{
	static const struct slice none = { "", 0 };
	char bytes[READ_BYTES];
	ssize_t n = read(s->in, bytes, sizeof(bytes));

	if (n < 0 && (errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK))
		return;
	if (n <= 0 || !conn_feed(&s->conn, n > 0 ? slice_make(bytes, (size_t)n) : none, NULL))
		s->ended = true;
}

/* What comes from the server, and what goes to it: one socket, or two pipes. */
enum { FD_IN, FD_OUT, FIXED_FDS };
struct polled {
	struct pollfd fds[FIXED_FDS + SERVE_JOBS_MAX * JOB_FDS_MAX];
	struct runner_job *jobs[SERVE_JOBS_MAX];
	uint64_t due[SERVE_JOBS_MAX];
	size_t n;
};

/* What poll() has to wait for. A job that has something to do now gives 0, and poll() does not wait at all. */
static int collect(struct serve *s, struct polled *p)
{
	uint64_t now = serve_now(), due = UINT64_MAX;
	bool waiting = conn_output(&s->conn).len > 0;

	p->n = 0;
	p->fds[FD_IN].fd = s->in;
	p->fds[FD_IN].events = conn_wants_read(&s->conn) ? POLLIN : 0;
	p->fds[FD_OUT].fd = s->out;
	p->fds[FD_OUT].events = waiting ? POLLOUT : 0;
	LIST_EACH (it, tmp, &s->jobs) {
		struct runner_job *j = container_of(it, struct runner_job, link);
		int fds[JOB_FDS_MAX];

		for (size_t i = 0; i < JOB_FDS_MAX; i++)
			fds[i] = -1;
		p->due[p->n] = j->cls->wait(j, fds);
		if (p->due[p->n] < due)
			due = p->due[p->n];
		for (size_t i = 0; i < JOB_FDS_MAX; i++)
			p->fds[FIXED_FDS + p->n * JOB_FDS_MAX + i] =
				(struct pollfd){ .fd = fds[i], .events = POLLIN };
		p->jobs[p->n++] = j;
	}
	if (due == UINT64_MAX)
		return -1;
	return due <= now ? 0 : due - now > 60000 ? 60000 : (int)(due - now);
}

/* One round of the loop. */
static void round_trip(struct serve *s, struct polled *p)
{
	int timeout = collect(s, p);
	uint64_t now;

	if (poll(p->fds, (nfds_t)(FIXED_FDS + p->n * JOB_FDS_MAX), timeout) < 0)
		return;
	now = serve_now();
	/* Jobs first: a request that is handled below may not free one of them, but add some. */
	for (size_t i = 0; i < p->n; i++) {
		bool ready[JOB_FDS_MAX], any = p->due[i] <= now;

		for (size_t k = 0; k < JOB_FDS_MAX; k++) {
			const struct pollfd *f = &p->fds[FIXED_FDS + i * JOB_FDS_MAX + k];

			ready[k] = f->fd >= 0 && f->revents != 0;
			any = any || ready[k];
		}
		if (any)
			(void)p->jobs[i]->cls->step(p->jobs[i], ready, now);
	}
	if (s->in != s->out && p->fds[FD_OUT].revents & (POLLHUP | POLLERR))
		s->ended = true; /* nobody reads the answers */
	if (p->fds[FD_IN].revents & (POLLIN | POLLHUP | POLLERR))
		read_in(s);
	serve_flush(s);
}

static bool nonblocking(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	return flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0 &&
	       fcntl(fd, F_SETFD, FD_CLOEXEC) == 0;
}

/* At the end the commands go first, since all else is what they work on; then the layers, and then the
 * folder in which these lie. */
static int serve_on(int in, int out)
{
	static const struct conn_handlers handlers = { .request = on_request,
						       .notification = on_notification };
	struct serve s = { .in = in,
			   .out = out,
			   .spawner = { .sock = -1 },
			   .root = { .fd = -1 },
			   .views = { .fd = -1 },
			   .tried = -1 };
	struct polled *p = calloc(1, sizeof(*p));
	uint64_t seed;

	if (!p || !nonblocking(in) || !nonblocking(out)) {
		free(p);
		return 2; /* started by hand */
	}
	(void)harden_die_with_parent(0);
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGIO, SIG_IGN); /* somebody opens a file of which put.c has a lease */
	harden_close_from(out + 1);
	arena_init(&s.arena);
	list_init(&s.jobs);
	list_init(&s.uppers);
	places_init(&s.places);
	guard_init(&s.guard);
	guard_through_init(&s.through);
	random_bytes(&seed, sizeof(seed));
	conn_init(&s.conn, &(struct conn_options){ .handlers = &handlers,
						   .owner = &s,
						   .mode = FRAME_HEADERS,
						   .seed = seed });
	while (!s.ended)
		round_trip(&s, p);
	/* The spawner sees its socket close and ends every command; queries die with us. */
	serve_guard_last(&s);
	conn_release(&s.conn);
	LIST_EACH(it, tmp, &s.uppers)
		upper_free(&s.views, container_of(it, struct upper, link));
	views_release(&s.views);
	guard_release(&s.guard);
	guard_through_release(&s.through);
	places_release(&s.places);
	root_release(&s.root);
	arena_release(&s.arena);
	free(p);
	return 0;
}

int runner_main(void)
{
	if (fcntl(RUNNER_FD, F_GETFD) < 0) {
		(void)fputs("emend runner: only Emend itself starts it, where it is needed.\n",
			    stderr);
		return 2;
	}
	return serve_on(RUNNER_FD, RUNNER_FD);
}

/* The two move up, where the other form has its socket: 0 and 1 are then nothing, as there. */
int runner_main_stdio(void)
{
	int null;

	for (int fd = 0; fd < 2; fd++) {
		if (dup3(fd, RUNNER_FD + fd, O_CLOEXEC) < 0)
			return 2;
	}
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0)
		return 2;
	return serve_on(RUNNER_FD, RUNNER_FD + 1);
}
