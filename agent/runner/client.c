/* client.c - see client.h: the process of the runner and the bytes to and from it. */
#include "agent/runner/client.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "agent/runner/layer.h"
#include "agent/runner/toolchains.h"
#include "agent/runner/wire.h"
#include "agent/store/sha256.h"
#include "protocol/base/log.h"
#include "protocol/base/mem.h"

enum { ENV_MAX = 24, ENV_BYTES = 256, RUNNER_STDIO = 4 };

static void on_closed(uv_handle_t *h)
{
	struct runner *r = h->data;

	if (--r->open > 0)
		return;
	LIST_EACH (it, tmp, &r->calls) {
		struct runner_call *c = container_of(it, struct runner_call, link);

		job_drop(&c->late);
		free(c);
	}
	job_drop(&r->wake);
	conn_release(&r->conn);
	free(r);
}

/* The pipe closes at once, the process handle when the process was reaped. */
static void close_all(struct runner *r)
{
	if (!r->pipe_closing) {
		r->pipe_closing = true;
		uv_close((uv_handle_t *)&r->pipe, on_closed);
	}
	if (r->exited && !uv_is_closing((uv_handle_t *)&r->process))
		uv_close((uv_handle_t *)&r->process, on_closed);
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
	if (!r->exited)
		(void)uv_process_kill(&r->process, SIGKILL);
	conn_close(&r->conn, &r->why);
	LIST_EACH (it, tmp, &r->calls) { /* those that never reached the connection */
		struct runner_call *c = container_of(it, struct runner_call, link);

		if (r->state == RUNNER_LOST && !c->rpc) {
			job_drop(&c->late);
			client_answer(c, NULL, &r->why);
		}
	}
	if (r->state == RUNNER_LOST && r->lost)
		r->lost(r->payload, &r->why);
}

static void on_child_exit(uv_process_t *p, int64_t status, int sig)
{
	struct runner *r = p->data;
	struct err why;

	r->exited = true;
	err_set(&why, ERR_IO,
		sig ? "The sandboxed worker process was killed by signal %d."
		    : "The sandboxed worker process ended with status %d.",
		sig ? sig : (int)status);
	if (r->state == RUNNER_STOPPED)
		close_all(r);
	else
		lose(r, &why);
}

static void start_write(struct runner *r);

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

static void on_read(uv_stream_t *s, ssize_t n, const uv_buf_t *b)
{
	struct runner *r = s->data;
	struct err why;

	if (n == 0 || r->state != RUNNER_UP)
		return;
	if (n < 0) {
		err_set(&why, ERR_IO, "The sandboxed worker process closed its connection.");
		lose(r, &why);
	} else if (!conn_feed(&r->conn, slice_make(b->base, (size_t)n), &why)) {
		lose(r, &why);
	}
	start_write(r);
}

static void on_request(void *owner, struct rpc_request *req)
{
	(void)owner;
	conn_reply_error(req, RPC_METHOD_NOT_FOUND, "The server has no methods for its runner.");
}

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
			c->on_command.output(c->payload, bytes, false);
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

struct child_env {
	char text[ENV_MAX][ENV_BYTES];
	char *var[ENV_MAX + 1];
	size_t n;
};

/* What the runner gets of our environment: nothing that could hold a key. */
static void scrub(struct child_env *e)
{
	static const char *const pass[] = { "LANG",	  "LC_ALL",	 "LC_CTYPE",
					    "LC_COLLATE", "LC_MESSAGES", "LC_NUMERIC",
					    "LC_TIME",	  "LC_MONETARY", "TZ" };

	(void)snprintf(e->text[0], ENV_BYTES,
		       "PATH=/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin");
	(void)snprintf(e->text[1], ENV_BYTES, "TERM=dumb");
	e->n = 2;
	for (size_t i = 0; i < ARRAY_LEN(pass); i++) {
		const char *value = getenv(pass[i]);

		if (value && strlen(value) < ENV_BYTES - 16)
			(void)snprintf(e->text[e->n++], ENV_BYTES, "%s=%s", pass[i], value);
	}
	for (size_t i = 0; i < e->n; i++)
		e->var[i] = e->text[i];
	e->var[e->n] = NULL;
}

static int spawn(struct runner *r, const struct runner_options *o)
{
	char *program = xslicedup(o->program), name[] = "runner";
	char *argv[] = { program, name, NULL };
	uv_stdio_container_t io[RUNNER_STDIO] = { { .flags = UV_IGNORE }, { .flags = UV_IGNORE } };
	uv_process_options_t po = { .exit_cb = on_child_exit,
				    .file = program,
				    .args = argv,
				    .stdio = io,
				    .stdio_count = RUNNER_STDIO,
				    .flags = UV_PROCESS_DETACHED };
	struct child_env *env = xcalloc(1, sizeof(*env));
	int e;

	scrub(env);
	po.env = env->var;
	po.cwd = "/";
	io[2].flags = log_enabled(LOG_DEBUG) ? UV_INHERIT_FD : UV_IGNORE;
	io[2].data.fd = STDERR_FILENO;
	io[3].flags = (uv_stdio_flags)(UV_CREATE_PIPE | UV_READABLE_PIPE | UV_WRITABLE_PIPE);
	io[3].data.stream = (uv_stream_t *)&r->pipe;
	e = uv_spawn(o->loop, &r->process, &po);
	free(env);
	free(program);
	return e;
}

static int forbidden(void)
{
	const char *list = getenv("EMEND_TEST_FORBID");

	if (!list)
		return 0;
	return (strstr(list, "userns") ? FORBID_USERNS : 0) |
	       (strstr(list, "landlock") ? FORBID_LANDLOCK : 0) |
	       (strstr(list, "seccomp") ? FORBID_SECCOMP : 0) |
	       (strstr(list, "overlay") ? FORBID_OVERLAY : 0) |
	       (strstr(list, "disk") ? FORBID_DISK : 0);
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

static void initialize(struct runner *r, const struct runner_options *o)
{
	struct jw *w = conn_call_begin(&r->conn, "initialize");

	jw_object(w);
	jw_kstr(w, "workspace", o->workspace);
	jw_kstr(w, "views", o->views);
	write_list(w, "denied", o->denied, o->n_denied);
	write_list(w, "readDirs", o->read_dirs, o->n_read_dirs);
	write_list(w, "writeDirs", o->write_dirs, o->n_write_dirs);
	if (o->toolchains)
		write_toolchains(w, o);
	jw_ki64(w, "memoryBytes", (int64_t)o->memory_bytes);
	jw_ki64(w, "fileBytes", (int64_t)o->file_bytes);
	jw_ki64(w, "processes", o->processes);
	jw_kbool(w, "noSandbox", o->no_sandbox);
	jw_ki64(w, "forbid", forbidden());
	jw_end(w);
	(void)conn_call_end(&r->conn, UINT64_MAX, on_initialized, r);
}

bool runner_start(const struct runner_options *o, struct runner **out, struct err *err)
{
	static const struct conn_handlers handlers = { .request = on_request,
						       .notification = on_notification,
						       .wake = wake };
	struct runner *r = xcalloc(1, sizeof(*r));
	struct conn_options co = { .handlers = &handlers, .owner = r, .mode = FRAME_HEADERS };
	int e;

	random_bytes(&co.seed, sizeof(co.seed));
	r->runq = o->runq;
	r->lost = o->lost;
	r->payload = o->payload;
	list_init(&r->calls);
	job_init(&r->wake, on_wake);
	conn_init(&r->conn, &co);
	r->process.data = r->pipe.data = r;
	(void)uv_pipe_init(o->loop, &r->pipe, 0);
	r->open = 2;
	e = spawn(r, o);
	if (e < 0) {
		/* Even a failed uv_spawn() leaves a handle to close. */
		err_set(err, ERR_IO, "The sandboxed worker %.*s cannot be started: %s.",
			SLICE_ARG(o->program), uv_strerror(e));
		r->state = RUNNER_STOPPED;
		r->exited = true;
		close_all(r);
		return false;
	}
	(void)uv_read_start((uv_stream_t *)&r->pipe, on_alloc, on_read);
	initialize(r, o);
	*out = r;
	return true;
}

void runner_stop(struct runner *r)
{
	if (!r || r->state == RUNNER_STOPPED)
		return;
	r->state = RUNNER_STOPPED;
	if (!r->exited)
		(void)uv_process_kill(&r->process, SIGKILL);
	close_all(r);
}
