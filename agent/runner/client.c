/* client.c - see client.h: the process of the runner and the bytes to and from it.
 *
 * One socket carries everything. Its machine is in client.h; the ends are these:
 *
 *   the process ends, the socket ends, a frame is broken -> lose(): every call gets its error,
 *                                                           then the owner's lost(), once
 *   runner_stop()                                        -> calls are dropped, nobody is called
 *   memory goes when libuv has closed the pipe, the process, the timer and, if it was needed, the remover
 *
 * A callback may call runner_stop(), so r->state is looked at again after each of them. */
#include "agent/runner/client.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/base/sha256.h"
#include "agent/policy/secret_file.h"
#include "agent/runner/git_user.h"
#include "agent/sandbox/layer.h"
#include "agent/worker/toolchains.h"
#include "agent/worker/wire.h"
#include "protocol/base/log.h"
#include "protocol/base/mem.h"

/* PATIENCE_MS: a container that was told to end gets so long, then its engine is told to remove it.
 */
enum { PATIENCE_MS = 3000 };

/* `open` counts the handles that libuv still knows. The last one frees the runner, with the calls
 * that were dropped by runner_stop(). */
static void on_closed(uv_handle_t *h)
{
	struct runner *r = h->data;

	if (--r->open > 0)
		return;
	LIST_EACH (it, tmp, &r->calls) {
		struct runner_call *c = container_of(it, struct runner_call, link);

		job_drop(&c->late);
		client_pages_free(c->pages);
		free(c);
	}
	job_drop(&r->wake);
	conn_release(&r->conn);
	launch_release(&r->launch);
	free(r->views);
	free(r);
}

static void close_pipe(struct runner *r)
{
	if (!r->pipe_closing)
		uv_close((uv_handle_t *)&r->pipe, on_closed);
	r->pipe_closing = true;
}

/* The pipe closes at once, the process handle when the process was reaped. */
static void close_all(struct runner *r)
{
	close_pipe(r);
	if (r->exited && !uv_is_closing((uv_handle_t *)&r->process.watch)) {
		uv_close((uv_handle_t *)&r->process.watch, on_closed);
		uv_close((uv_handle_t *)&r->patience, on_closed);
	}
}

static void on_removed(uv_process_t *p, int64_t status, int sig)
{
	(void)status;
	(void)sig;
	uv_close((uv_handle_t *)p, on_closed);
}

/* It should have ended with its connection: its engine is told to make an end.
 * The remover is a second process of the engine; r stays until both have ended, as it counts in
 * r->open. */
static void on_impatient(uv_timer_t *t)
{
	struct runner *r = t->data;
	const char *argv[] = { r->launch.file, "rm", "-f", r->launch.name, NULL };
	uv_process_options_t po = { .exit_cb = on_removed,
				    .file = r->launch.file,
				    .args = (char **)(uintptr_t)argv,
				    .env = (char **)(uintptr_t)r->launch.env,
				    .cwd = "/",
				    .flags = UV_PROCESS_DETACHED };

	r->open++;
	r->remover.data = r;
	if (uv_spawn(t->loop, &r->remover, &po) < 0)
		uv_close((uv_handle_t *)&r->remover, on_closed);
	child_process_kill(&r->process, SIGKILL);
}

/* A container is not ended by killing the engine's client, but by the end of its stdin. */
static void make_end(struct runner *r, int sig)
{
	if (r->exited)
		return;
	if (!r->launch.engine) {
		child_process_kill(&r->process, sig);
		return;
	}
	close_pipe(r);
	(void)uv_timer_start(&r->patience, on_impatient, PATIENCE_MS, 0);
}

bool runner_is_lost(const struct runner *r)
{
	return r->state == RUNNER_LOST;
}

/* Calls that were begun after the end never reached the connection. They are answered before the owner
 * hears of the loss. A callback may drop any of them, or stop the runner, which frees those that are still there. */
static void answer_unsent(struct runner *r)
{
	struct list todo;

	list_init(&todo);
	list_move(&r->calls, &todo);
	while (r->state == RUNNER_LOST && !list_empty(&todo)) {
		struct runner_call *c = container_of(todo.next, struct runner_call, link);

		job_drop(&c->late);
		client_answer(c, NULL, &r->why);
	}
	list_move(&todo, &r->calls);
}

/* Every event that ends the runner leads here. */
static void lose(struct runner *r, const struct err *why)
{
	if (r->state != RUNNER_UP)
		return;
	r->state = RUNNER_LOST;
	if (r->why.code == ERR_NONE)
		r->why = *why;
	log_warn("runner lost: %s", r->why.msg);
	(void)uv_read_stop((uv_stream_t *)&r->pipe);
	make_end(r, SIGKILL);
	conn_close(&r->conn, &r->why);
	answer_unsent(r);
	if (r->state == RUNNER_LOST && r->lost)
		r->lost(r->payload, &r->why);
}

static void on_child_exit(struct child_process *p, int status, int sig)
{
	struct runner *r = container_of(p, struct runner, process);
	struct err why;

	r->exited = true;
	(void)uv_timer_stop(&r->patience);
	if (r->launch.engine)
		launch_explain(&r->launch, status, sig, r->started, &why);
	else
		err_set(&why, ERR_IO,
			sig ? "The sandboxed worker process was killed by signal %d."
			    : "The sandboxed worker process ended with status %d.",
			sig ? sig : status);
	if (r->state == RUNNER_STOPPED)
		close_all(r);
	else
		lose(r, &why);
}

static void start_write(struct runner *r);

/* An error is not handled here: the read side hears of the same end, and says why. */
static void on_written(uv_write_t *w, int status)
{
	struct runner *r = w->data;
	size_t n = r->writing;

	r->writing = 0;
	if (r->state != RUNNER_UP || status < 0)
		return;
	conn_sent(&r->conn, n);
	start_write(r);
}

static void start_write(struct runner *r)
{
	struct slice out = conn_output(&r->conn);
	uv_buf_t b;

	if (r->writing || out.len == 0 || r->state != RUNNER_UP)
		return;
	b.base = (char *)(uintptr_t)out.ptr; /* libuv only reads it */
	b.len = out.len;
	r->write.data = r;
	if (uv_write(&r->write, (uv_stream_t *)&r->pipe, &b, 1, on_written) == 0)
		r->writing = out.len;
}

/* Calls that the connection refused (too large, too many) wait in it with a deadline of 0:
 * conn_tick() answers them. */
static void on_wake(struct job *j)
{
	struct runner *r = container_of(j, struct runner, wake);

	if (conn_next_deadline(&r->conn) == 0) /* calls that could not even be sent */
		conn_tick(&r->conn, 0);
	start_write(r);
}

static void wake(void *owner)
{
	struct runner *r = owner;

	if (r->state == RUNNER_UP)
		runq_post(r->runq, &r->wake);
}

static void on_alloc(uv_handle_t *h, size_t suggested, uv_buf_t *b)
{
	struct runner *r = h->data;

	(void)suggested;
	*b = uv_buf_init(r->input, sizeof(r->input));
}

/* The buffer is the runner's own and is given again with the next read: conn_feed() has copied what
 * it keeps. */
static void on_read(uv_stream_t *s, ssize_t n, const uv_buf_t *b)
{
	struct runner *r = s->data;
	struct err why;

	if (n == 0 || r->state != RUNNER_UP)
		return;
	if (n < 0 && r->launch.engine) {
		make_end(r, SIGKILL); /* and then it can be said why */
	} else if (n < 0) {
		err_set(&why, ERR_IO, "The sandboxed worker process closed its connection.");
		lose(r, &why);
	} else if (client_too_many(r)) {
		err_set(&why, ERR_IO, "The sandboxed worker process sent what nobody asked for.");
		lose(r, &why);
	} else if (!conn_feed(&r->conn, slice_make(b->base, (size_t)n), &why)) {
		lose(r, &why);
	} else {
		r->started = true; /* what an engine says by itself has no frame */
	}
	start_write(r);
}

static void on_request(void *owner, struct rpc_request *req)
{
	(void)owner;
	conn_reply_error(req, RPC_METHOD_NOT_FOUND, "The server has no methods for its runner.");
}

/* "output" of a command, in pieces; the tag says of which. Other notifications are of no known
 * kind, and those of a command that was dropped meanwhile find nobody. */
static void on_notification(void *owner, struct slice method, struct json params, struct arena *a)
{
	struct runner *r = owner;
	int64_t tag = json_i64_or(json_get(params, "tag"), -1);
	struct slice bytes;

	if (!slice_eq_cstr(method, "output") || !wire_bytes_read(params, a, &bytes))
		return;
	LIST_EACH (it, tmp, &r->calls) {
		struct runner_call *c = container_of(it, struct runner_call, link);

		if (c->tag == tag && c->on_command.output) {
			c->on_command.output(c->payload, bytes,
					     json_bool_or(json_get(params, "error"), false));
			return;
		}
	}
}

static void on_initialized(void *payload, const struct rpc_reply *reply, const struct err *err)
{
	struct runner *r = payload;

	(void)reply;
	if (err && r->why.code == ERR_NONE && r->state == RUNNER_UP)
		r->why = *err; /* the process ends now, and this is the reason */
}

/* --- starting --- */

/* One socket: as descriptor 3, or as both ends of what an engine passes on.
 * Descriptor 2 is the server's in a native runner only while debugging: what the worker prints is
 * not trusted, and would stand in the middle of the terminal. A session of its own: Ctrl-C in the
 * terminal goes to the whole group, and the runner must live until the server has ended its
 * commands. */
static int spawn(struct runner *r, const struct runner_options *o)
{
	const struct launch *l = &r->launch;
	int fds[CHILD_FDS] = { -1, -1, -1, -1 };
	int pair[2], e;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	if (l->engine) {
		fds[0] = fds[1] = pair[1];
		fds[2] = l->errors;
	} else {
		fds[2] = log_enabled(LOG_DEBUG) ? STDERR_FILENO : -1;
		fds[3] = pair[1];
	}
	e = child_process_start(&r->process, o->loop, l->file, l->argv, l->env, fds);
	(void)close(pair[1]);
	if (e < 0 || (e = uv_pipe_open(&r->pipe, pair[0])) < 0)
		(void)close(pair[0]);
	return e;
}

/* For tests only: layers that are to look as if this machine lacked them. */
static int forbidden(void)
{
	const char *list = getenv("EMEND_TEST_FORBID");

	if (!list)
		return 0;
	return (strstr(list, "userns") ? FORBID_USERNS : 0) |
	       (strstr(list, "landlock") ? FORBID_LANDLOCK : 0) |
	       (strstr(list, "seccomp") ? FORBID_SECCOMP : 0) |
	       (strstr(list, "overlay") ? FORBID_OVERLAY : 0) |
	       (strstr(list, "disk") ? FORBID_DISK : 0) |
	       (strstr(list, "cgroup") ? FORBID_CGROUP : 0);
}

/* Names of secrets; and of files that are one or not by what they hold, which the user may have exempted. */
static void write_denied(struct jw *w, const struct runner_options *o)
{
	jw_karray(w, "denied");
	for (size_t i = 0; i < o->n_denied; i++)
		if (i >= o->n_denied_builtin || !secret_file_named(o->denied[i]))
			jw_str(w, o->denied[i]);
	jw_end(w);
	jw_karray(w, "lookInto");
	for (size_t i = 0; i < o->n_denied; i++)
		if (i < o->n_denied_builtin ? secret_file_named(o->denied[i])
					    : slice_starts(o->denied[i], SLICE("!")))
			jw_str(w, o->denied[i]);
	jw_end(w);
}

static void write_list(struct jw *w, const char *key, const struct slice *list, size_t n)
{
	jw_karray(w, key);
	for (size_t i = 0; i < n; i++)
		jw_str(w, list[i]);
	jw_end(w);
}

static void write_toolchains(struct jw *w, const struct runner_options *o)
{
	struct toolchains *t = xcalloc(1, sizeof(*t));
	struct arena a;

	arena_init(&a);
	toolchains_find(&a, getenv("HOME"), getenv("PATH"), o->workspace, t);
	jw_kobject(w, "toolchains");
	write_list(w, "dirs", t->dirs, t->n_dirs);
	write_list(w, "path", t->path, t->n_path);
	write_list(w, "env", t->env, t->n_env);
	write_list(w, "links", t->links, t->n_links);
	jw_end(w);
	arena_release(&a);
	free(t);
}

/* Read here and not in the worker, which must not see the user's home folder. */
static void write_git_user(struct jw *w)
{
	struct git_user user;
	struct arena a;

	arena_init(&a);
	git_user_find(&a, getenv("HOME"), getenv("XDG_CONFIG_HOME"), &user);
	jw_kstr(w, "gitConfig", user.config);
	jw_kstr(w, "gitIgnore", user.ignore);
	arena_release(&a);
}

static void initialize(struct runner *r, const struct runner_options *o)
{
	struct jw *w = conn_call_begin(&r->conn, "initialize");

	jw_object(w);
	jw_kstr(w, "workspace", o->workspace);
	jw_kstr(w, "views", o->views);
	write_denied(w, o);
	write_list(w, "deniedAlways", o->denied + o->n_denied_builtin,
		   o->n_denied - o->n_denied_builtin);
	write_list(w, "readDirs", o->read_dirs, o->n_read_dirs);
	write_list(w, "writeDirs", o->write_dirs, o->n_write_dirs);
	if (!o->bare) /* code that stands by itself learns nobody's name */
		write_git_user(w);
	if (o->toolchains && !r->launch.engine) /* an image has its own */
		write_toolchains(w, o);
	jw_ki64(w, "memoryBytes", (int64_t)o->memory_bytes);
	jw_ki64(w, "fileBytes", (int64_t)o->file_bytes);
	jw_ki64(w, "processes", o->processes);
	jw_ki64(w, "cpuSeconds", o->cpu_seconds);
	jw_kbool(w, "bare", o->bare);
	jw_kbool(w, "reduced", o->reduced);
	jw_kbool(w, "noSandbox", o->no_sandbox);
	jw_kbool(w, "readsFirst", o->reads_first);
	jw_kbool(w, "container", r->launch.engine != NULL);
	jw_ki64(w, "forbid", forbidden());
	jw_end(w);
	(void)conn_call_end(&r->conn, UINT64_MAX, on_initialized, r);
}

/* The first message is written before the process exists: it waits in the socket until the worker
 * reads it. */
bool runner_start(const struct runner_options *o, struct runner **out, struct err *err)
{
	static const struct conn_handlers handlers = { .request = on_request,
						       .notification = on_notification,
						       .wake = wake };
	struct runner *r = xcalloc(1, sizeof(*r));
	struct conn_options co = { .handlers = &handlers, .owner = r, .mode = FRAME_HEADERS };
	int e;

	if (!launch_prepare(o, &r->launch, err)) {
		free(r);
		return false;
	}
	random_bytes(&co.seed, sizeof(co.seed));
	r->runq = o->runq;
	r->lost = o->lost;
	r->payload = o->payload;
	r->views = r->launch.engine || o->views.len == 0 ? NULL : xslicedup(o->views);
	list_init(&r->calls);
	job_init(&r->wake, on_wake);
	conn_init(&r->conn, &co);
	r->process.ended = on_child_exit;
	r->process.watch.data = r->pipe.data = r->patience.data = r;
	(void)uv_pipe_init(o->loop, &r->pipe, 1); /* descriptors may come: `network` */
	(void)uv_timer_init(o->loop, &r->patience);
	r->open = 3;
	initialize(r, o);
	e = spawn(r, o);
	if (e < 0) {
		err_set(err, ERR_IO, "The sandboxed worker %s cannot be started: %s.",
			r->launch.file, uv_strerror(e));
		r->state = RUNNER_STOPPED;
		r->exited = true;
		close_all(r);
		return false;
	}
	(void)uv_read_start((uv_stream_t *)&r->pipe, on_alloc, on_read);
	start_write(r); /* now, not when the loop comes to it: it finds it when it is up */
	*out = r;
	return true;
}

void runner_stop(struct runner *r)
{
	if (!r || r->state == RUNNER_STOPPED)
		return;
	r->state = RUNNER_STOPPED;
	make_end(r, SIGTERM); /* it may have to clean up after commands first; see serve_guard.c */
	close_all(r);
}

bool runner_packs(const struct runner *r)
{
	return r->views;
}
