/* serve_command.c - `command`: the runner's part of one command: its output, its time, its end.
 *
 *   COPYING (copy.h; else at once) --the copy is made--> RUNNING
 *   RUNNING --timeout, no output for too long, kill, cancel--> KILLING
 *      | status read and output at its end                       | the same
 *      +-------------------------> answered, freed <-------------+
 *      '--it removed objects of git--> CHECKING --cancel, or the check has ended--^
 *
 * What became of the processes is the spawner's business; here two pipes are read until both end,
 * which they do only when every process of the command is dead. */
#include "agent/worker/serve_command.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "agent/worker/wire.h"
#include "protocol/base/mem.h"

/* Output goes to the server in batches: a command that prints byte by byte would else cost a message each. */
enum { PIECE_BYTES = 64 * 1024, BATCH_BYTES = 32 * 1024, BATCH_MS = 50 };
enum { KILL_AGAIN_MS = 1000, REQUEST_BYTES = 8 * 1024 * 1024 + 2 * LIMIT_STDIN_BYTES };

/* The spawner kills the whole tree of the command. */
static void send_kill(struct command_job *c)
{
	struct spawn_packet p = { .op = SPAWN_KILL, .id = c->id };
	struct err gone; /* then its commands are dead, and the pipes end by themselves */

	if (!spawner_send(c->job.serve->spawner.sock, &p, NULL, &gone))
		return;
}

/* A kill is sent again every second: a process can be in the kernel, or be starting while the first one
 * comes. */
static void command_goto(struct command_job *c, enum command_state next, uint64_t now)
{
	c->state = next;
	if (next != COMMAND_KILLING)
		return;
	c->stopped = true;
	c->kill_again = now + KILL_AGAIN_MS;
	send_kill(c);
}

static void flush_stream(struct command_job *c, struct stream *st)
{
	struct jw *w;

	if (st->batch.len == 0)
		return;
	w = conn_notify_begin(&c->job.serve->conn, "output");
	jw_object(w);
	jw_ki64(w, "tag", c->tag);
	jw_kbool(w, "error", st == &c->stream[1]);
	wire_bytes(w, buf_slice(&st->batch));
	jw_end(w);
	conn_notify_end(&c->job.serve->conn);
	buf_clear(&st->batch);
}

static void flush(struct command_job *c)
{
	flush_stream(c, &c->stream[0]);
	flush_stream(c, &c->stream[1]);
}

static bool batched(const struct command_job *c)
{
	return c->stream[0].batch.len || c->stream[1].batch.len;
}

static void keep(struct command_job *c, struct stream *st, struct slice s)
{
	if (st->logged < LIMIT_OUTPUT_LOG_BYTES) {
		struct slice part = slice_sub(s, 0, LIMIT_OUTPUT_LOG_BYTES - st->logged);

		st->logged += part.len;
		buf_append(&st->batch, part);
	}
	output_add(&c->printed, s);
}

static void read_output(struct command_job *c, struct stream *st, uint64_t now)
{
	char piece[PIECE_BYTES];
	ssize_t n = read(st->fd, piece, sizeof(piece));

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n <= 0) {
		(void)close(st->fd);
		st->fd = -1;
		return;
	}
	c->last_output = now;
	if (!batched(c))
		c->flush_at = now + BATCH_MS;
	keep(c, st, slice_make(piece, (size_t)n));
	if (st->batch.len >= BATCH_BYTES)
		flush(c);
}

static void read_status(struct command_job *c)
{
	ssize_t n = read(c->status, (char *)&c->end + c->end_bytes, sizeof(c->end) - c->end_bytes);

	if (n < 0 && errno == EINTR)
		return;
	if (n > 0)
		c->end_bytes += (size_t)n;
	if (n <= 0 || c->end_bytes == sizeof(c->end)) {
		(void)close(c->status);
		c->status = -1;
	}
}

/* All its processes are dead. False: its layer cannot be read; true with c->upper->check under way: it has to
 * be waited for. */
static bool look(struct command_job *c, uint64_t now, struct err *err)
{
	struct serve *s = c->job.serve;

	c->ended = now;
	flush(c);
	if (c->in_view ? s->places.n_bound > 0 : c->guarded)
		serve_guard_through(s, !c->in_view,
				    c->in_view ? &c->upper->mark : &s->direct_since);
	outside_watch_end(&c->outside, s);
	if (c->end_bytes < sizeof(c->end)) /* killed before it could tell */
		c->end = (struct spawn_status){ .term_signal = 9 };
	c->stopped = c->stopped || c->end.limit != SPAWN_LIMIT_NONE;
	if (!c->upper || c->job.req->cancelled || c->end.why.code != ERR_NONE)
		return true;
	return upper_walk(c->upper, &s->root, err);
}

/* broken: its layer cannot be read; NULL: it can. */
static void finish(struct command_job *c, const struct err *broken)
{
	struct buf changes;
	struct err err;

	buf_init(&changes, LIMIT_MESSAGE_BYTES / 2);
	if (c->job.req->cancelled)
		conn_reply_cancelled(c->job.req);
	else if (c->end.why.code != ERR_NONE)
		conn_reply_err(c->job.req, &c->end.why);
	else if (broken)
		conn_reply_err(c->job.req, broken);
	else if (c->upper && !command_report(c, &changes, &err))
		conn_reply_err(c->job.req, &err);
	else
		command_write_result(c, buf_slice(&changes));
	if (c->guarded)
		serve_guard_direct(c->job.serve, false);
	if (!c->in_view)
		places_forget(&c->job.serve->places); /* it may have moved a secret */
	upper_free(&c->job.serve->views, c->upper);
	buf_release(&changes);
	output_release(&c->printed);
	buf_release(&c->outside.before);
	buf_release(&c->request);
	buf_release(&c->stream[0].batch);
	buf_release(&c->stream[1].batch);
	serve_remove(&c->job);
	free(c);
}

/* While the server does not take what there is, the pipes are not read: the command then waits, and memory
 * stays bounded. */
static uint64_t command_wait(struct runner_job *j, int fds[JOB_FDS_MAX])
{
	struct command_job *c = container_of(j, struct command_job, job);
	uint64_t due = c->deadline;

	if (c->state == COMMAND_COPYING || c->state == COMMAND_CHECKING) {
		fds[2] = c->state == COMMAND_COPYING ? c->upper->copy.ended : c->upper->check.ended;
		return j->req->cancelled || c->stopped ? 0 : UINT64_MAX;
	}
	if (conn_unsent(&j->serve->conn) < LIMIT_OUT_HIGH_BYTES) {
		fds[0] = c->stream[0].fd;
		fds[1] = c->stream[1].fd;
	}
	fds[2] = c->status;
	if (c->state == COMMAND_RUNNING && c->secrets.due < due)
		due = c->secrets.due;
	if (c->state == COMMAND_KILLING)
		due = c->kill_again;
	else if (c->idle_ms && c->last_output + c->idle_ms < due)
		due = c->last_output + c->idle_ms;
	return batched(c) && c->flush_at < due ? c->flush_at : due;
}

static bool ended_step(struct command_job *c, uint64_t now)
{
	struct err err;
	bool ok = look(c, now, &err);

	if (ok && c->upper && c->upper->check.ended >= 0) {
		command_goto(c, COMMAND_CHECKING, now);
		return true;
	}
	finish(c, ok ? NULL : &err);
	return false;
}

static bool start(struct command_job *c, struct err *err);

/* One that is stopped by then ends as if it had been killed at once. */
static bool copying_step(struct command_job *c, bool made, uint64_t now)
{
	struct err err;

	if (c->stopped || c->job.req->cancelled) {
		c->end = (struct spawn_status){ .term_signal = SIGKILL };
		c->ended = now;
		finish(c, NULL);
		return false;
	}
	if (!made)
		return true;
	if (!copy_end(&c->upper->copy, &err) || !start(c, &err)) {
		finish(c, &err);
		return false;
	}
	return true;
}

static bool command_step(struct runner_job *j, const bool ready[JOB_FDS_MAX], uint64_t now)
{
	struct command_job *c = container_of(j, struct command_job, job);

	if (c->state == COMMAND_COPYING)
		return copying_step(c, ready[2], now);
	if (c->state == COMMAND_CHECKING) {
		if (!ready[2] && !j->req->cancelled)
			return true;
		finish(c, NULL);
		return false;
	}

	for (size_t i = 0; i < 2; i++) {
		if (ready[i])
			read_output(c, &c->stream[i], now);
	}
	if (ready[2])
		read_status(c);
	if (c->status < 0 && c->stream[0].fd < 0 && c->stream[1].fd < 0)
		return ended_step(c, now);
	if (batched(c) && now >= c->flush_at)
		flush(c);
	if (c->state == COMMAND_RUNNING)
		secret_watch_step(&c->secrets, j->serve, c->id, now);
	if (c->state == COMMAND_RUNNING && now >= c->deadline) {
		c->timed_out = true;
		command_goto(c, COMMAND_KILLING, now);
	} else if (c->state == COMMAND_RUNNING && c->idle_ms &&
		   now >= c->last_output + c->idle_ms) {
		c->idle_timed_out = true;
		command_goto(c, COMMAND_KILLING, now);
	} else if (c->state == COMMAND_KILLING && now >= c->kill_again) {
		command_goto(c, COMMAND_KILLING, now);
	}
	return true;
}

/* One that has ended is left to the next step. */
static void command_cancel(struct runner_job *j)
{
	struct command_job *c = container_of(j, struct command_job, job);

	if (c->state == COMMAND_COPYING)
		c->stopped = true;
	else if (c->state != COMMAND_CHECKING)
		command_goto(c, COMMAND_KILLING, serve_now());
}

static const struct job_class command_class = { command_wait, command_step, command_cancel };

void serve_kill(struct serve *s, struct json params)
{
	int64_t tag = json_i64_or(json_get(params, "tag"), -1);

	LIST_EACH (it, tmp, &s->jobs) {
		struct runner_job *j = container_of(it, struct runner_job, link);

		if (j->cls == &command_class &&
		    container_of(j, struct command_job, job)->tag == tag)
			command_cancel(j);
	}
}

static int in_memory(struct slice data)
{
	int fd = memfd_create("command", MFD_CLOEXEC);

	if (fd >= 0 && write(fd, data.ptr, data.len) != (ssize_t)data.len) {
		(void)close(fd);
		return -1;
	}
	return fd;
}

static void close_fd(int fd)
{
	if (fd >= 0)
		(void)close(fd);
}

/* All pipes are made here and their other ends given away: they are at their end when the last process of
 * the command is. */
static bool spawn(struct command_job *c, struct err *err)
{
	struct serve *s = c->job.serve;
	struct spawn_packet p = { .op = SPAWN_RUN, .id = c->id };
	int out[2] = { -1, -1 }, errors[2] = { -1, -1 }, status[2] = { -1, -1 }, fds[SPAWN_FDS];
	int memory = in_memory(buf_slice(&c->request));
	bool ok = memory >= 0 && pipe2(out, O_CLOEXEC) == 0 && pipe2(status, O_CLOEXEC) == 0 &&
		  (!c->apart || pipe2(errors, O_CLOEXEC) == 0);

	if (ok) {
		fds[SPAWN_FD_OUTPUT] = out[1];
		fds[SPAWN_FD_STATUS] = status[1];
		fds[SPAWN_FD_REQUEST] = memory;
		fds[SPAWN_FD_ERRORS] = c->apart ? errors[1] : out[1];
		ok = spawner_send(s->spawner.sock, &p, fds, err);
	} else {
		err_set(err, ERR_IO, "No descriptors for the command: %s.", strerror(errno));
	}
	close_fd(memory);
	close_fd(out[1]);
	close_fd(errors[1]);
	close_fd(status[1]);
	if (!ok) {
		close_fd(out[0]);
		close_fd(errors[0]);
		close_fd(status[0]);
	}
	c->stream[0].fd = out[0];
	c->stream[1].fd = errors[0];
	c->status = status[0];
	return ok;
}

/* From now on its time counts. */
static bool start(struct command_job *c, struct err *err)
{
	uint64_t now = serve_now();

	if (!spawn(c, err))
		return false;
	buf_release(&c->request);
	c->started = c->last_output = now;
	c->deadline = now + c->timeout_ms;
	command_goto(c, COMMAND_RUNNING, now);
	return true;
}

/* Secrets are looked for before every command; where that cannot be done completely nothing runs. */
static bool may_run(struct serve *s, bool direct, struct err *err)
{
	if (s->layers.mode == SANDBOX_REFUSED) {
		*err = s->layers.why;
		return false;
	}
	if (s->n_jobs >= SERVE_JOBS_MAX)
		return err_set(err, ERR_TOO_LARGE, "Too many searches and commands run at once.");
	if (s->layers.mode == SANDBOX_NONE)
		return true;
	if (s->config.bare) /* there is nothing to hide in it */
		return true;
	if (!places_refresh(&s->places, &s->root, serve_now(), err))
		return false;
	if (s->layers.mode == SANDBOX_REDUCED && direct)
		return err_set(
			err, ERR_SANDBOX,
			"Commands do not run in the background here: without user namespaces (%s) "
			"they cannot see the workspace and leave it as it is. What to do: %s",
			s->layers.of[LAYER_USERNS].detail, s->layers.of[LAYER_USERNS].remedy);
	if (s->layers.mode == SANDBOX_REDUCED && s->places.secrets)
		return err_set(
			err, ERR_SANDBOX,
			"Commands are not run here: the workspace holds denied files, and "
			"without user namespaces (%s) they cannot be hidden from a command. "
			"What to do: %s",
			s->layers.of[LAYER_USERNS].detail, s->layers.of[LAYER_USERNS].remedy);
	return true;
}

/* With a layer, the copy is begun, which takes a while; else it starts. */
static bool prepare(struct command_job *c, struct err *err)
{
	struct serve *s = c->job.serve;
	struct upper *u;

	if (c->in_view &&
	    !serve_view_new(s, c->job.req->params, &c->job.req->arena, c->id, &c->upper, err))
		return false;
	if (!serve_encode(s, c->job.req, c->in_view ? c->id : 0, &c->request, err))
		return false;
	/* What appears while the copy is made may be in it. */
	secret_watch_begin(&c->secrets, s, serve_now());
	u = c->upper;
	c->guarded = !c->in_view && s->layers.mode == SANDBOX_VIEW && !s->config.bare;
	if (c->guarded)
		serve_guard_direct(s, true);
	if (!c->in_view || !s->layers.copies)
		return start(c, err);
	return copy_begin(&u->copy, &s->root, &s->places, u->fd, u->dir, err);
}

/* What was begun is undone in the opposite order if a later step fails. */
void serve_command(struct serve *s, struct rpc_request *req)
{
	int64_t timeout = json_i64_or(json_get(req->params, "timeoutMs"), 0);
	int64_t idle = json_i64_or(json_get(req->params, "idleMs"), 0);
	bool direct = json_bool_or(json_get(req->params, "direct"), false);
	struct command_job *c;
	struct err err;

	if (!may_run(s, direct, &err)) {
		conn_reply_err(req, &err);
		return;
	}
	c = xcalloc(1, sizeof(*c));
	c->id = ++s->next_id;
	c->tag = json_i64_or(json_get(req->params, "tag"), -1);
	c->in_view = serve_has_views(s) && !direct;
	c->apart = json_bool_or(json_get(req->params, "apart"), false);
	c->status = c->stream[0].fd = c->stream[1].fd = -1;
	if (timeout <= 0)
		timeout = LIMIT_COMMAND_MS;
	c->timeout_ms = (uint64_t)(timeout < LIMIT_COMMAND_MAX_MS ? timeout : LIMIT_COMMAND_MAX_MS);
	c->idle_ms = idle > 0 ? (uint64_t)idle : 0;
	c->started = serve_now();
	buf_init(&c->request, REQUEST_BYTES);
	output_init(&c->printed, json_bool_or(json_get(req->params, "keepOutput"), false));
	buf_init(&c->stream[0].batch, BATCH_BYTES + PIECE_BYTES);
	buf_init(&c->stream[1].batch, BATCH_BYTES + PIECE_BYTES);
	outside_watch_begin(&c->outside, s);
	serve_add(s, &c->job, &command_class, req);
	if (prepare(c, &err))
		return;
	finish(c, &err);
}
