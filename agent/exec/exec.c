/* exec.c - see exec.h and the machine in exec_own.h: the queue, and one execution from its request to
 * its answer.
 *
 * A job is in exactly one of the two lists until its answer is told, and its place counts as long:
 * so `at_once` bounds the workers that live, those in the pool too. What a job waits for is at most one of
 * these: its turn (QUEUED), the version of its language, the cache, its command, and at last
 * `late`, the answer. Whichever comes calls end() or refuse(), and both only post `late`; so done()
 * comes from the loop, once. */
#include "agent/exec/exec.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "agent/base/sha256.h"
#include "agent/exec/exec_cache.h"
#include "agent/exec/exec_history.h"
#include "agent/exec/exec_own.h"
#include "agent/exec/exec_validate.h"
#include "agent/store/store_path.h"
#include "protocol/base/limits.h"
#include "protocol/base/log.h"
#include "protocol/base/mem.h"

/* VERSION_MS is generous: the first start of a language on a busy machine reads it from a slow
 * disk. */
enum {
	ARGV_MAX = EXEC_ARGS_MAX,
	VERSION_MS = 20 * 1000,
	VERSION_FRESH_MS = 60 * 1000, /* then a language may have been upgraded */
};

static void start_next(struct exec *e);

/* The empty folder is what a bare runner is given as its workspace; nothing is ever written there.
 */
bool exec_new(const struct exec_options *o, struct exec **out, struct err *err)
{
	struct exec *e = xcalloc(1, sizeof(*e));

	e->options = *o;
	if (!e->options.at_once)
		e->options.at_once = EXEC_AT_ONCE;
	if (!e->options.queue)
		e->options.queue = EXEC_QUEUE;
	arena_init(&e->arena);
	list_init(&e->queued);
	list_init(&e->running);
	list_init(&e->probes);
	list_init(&e->validations);
	e->empty = arena_printf(&e->arena, "%.*s/exec", SLICE_ARG(o->state_dir));
	if (!make_folder(e->empty, err)) {
		arena_release(&e->arena);
		free(e);
		return false;
	}
	e->pool = exec_pool_new(o->loop, e->options.at_once);
	*out = e;
	return true;
}

/* Out of its list, with its place in it. */
static void take_out(struct exec_job *j)
{
	if (j->state == JOB_QUEUED)
		j->exec->n_queued--;
	if (j->state == JOB_RUNNING)
		j->exec->n_running--;
	list_remove(&j->link);
}

/* The job may be dropped in any state: each of these is harmless where there is nothing to end. */
static void job_free(struct exec_job *j)
{
	take_out(j);
	job_drop(&j->late);
	if (j->lookup)
		j->exec->options.cache->drop(j->lookup);
	runner_stop(j->worker.runner); /* with all that it runs */
	buf_release(&j->stream[0]);
	buf_release(&j->stream[1]);
	arena_release(&j->arena);
	free(j);
}

/* Probes and validations do not own their jobs then: these were freed with the lists. */
void exec_free(struct exec *e)
{
	if (!e)
		return;
	e->closing = true;
	LIST_EACH (it, tmp, &e->queued)
		job_free(container_of(it, struct exec_job, link));
	LIST_EACH (it, tmp, &e->running)
		job_free(container_of(it, struct exec_job, link));
	exec_probes_drop(e);
	exec_validations_drop(e);
	exec_pool_free(e->pool);
	arena_release(&e->arena);
	free(e);
}

size_t exec_running(const struct exec *e)
{
	return e->n_running;
}

size_t exec_queued(const struct exec *e)
{
	return e->n_queued;
}

/* The code itself is not kept, only its hash: it may hold what its sender would not want on our
 * disk. */
static void keep_in_history(struct exec_job *j)
{
	const struct exec_history *h = j->exec->options.history;
	const struct exec_answer *a = &j->answer;
	struct sha256_hex code;
	struct timespec now;

	if (!h || j->probe)
		return;
	code = sha256(j->request.code);
	(void)clock_gettime(CLOCK_REALTIME, &now);
	h->add(h->self,
	       &(struct exec_row){ .id = a->execution_id,
				   .language = slice_of(a->language->name),
				   .status = slice_of(exec_status_name(a->status)),
				   .correlation = a->correlation_id,
				   .code_sha256 = slice_of(code.s),
				   .time_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000,
				   .exit_code = a->exit_code,
				   .ms = a->execution_time_ms,
				   .memory_mb = a->memory_used_mb,
				   .cached = a->cached });
}

/* The only way to JOB_ENDED; the answer is told from the loop. */
static void end(struct exec_job *j)
{
	j->call = NULL;
	j->answer.execution_id = exec_new_id(&j->arena, 32);
	j->answer.correlation_id =
		j->request.correlation_id.len ? j->request.correlation_id : j->answer.execution_id;
	j->answer.traceparent = exec_trace(&j->arena, j->request.traceparent);
	log_info("execution %.*s: %s, %s, %.0f ms, correlation %.*s, trace %.*s",
		 SLICE_ARG(j->answer.execution_id), j->request.language->name,
		 exec_status_name(j->answer.status), j->answer.execution_time_ms,
		 SLICE_ARG(j->answer.correlation_id), SLICE_ARG(j->answer.traceparent));
	keep_in_history(j);
	runq_post(j->exec->options.runq, &j->late);
}

/* The next one starts before the answer is told, as done() may end the service. After done()
 * nothing of it is used. */
static void on_late(struct job *job)
{
	struct exec_job *j = container_of(job, struct exec_job, late);
	struct exec *e = j->exec;

	take_out(j);
	j->state = JOB_ENDED;
	list_init(&j->link);
	start_next(e);
	if (j->on.done)
		j->on.done(j->payload, &j->answer);
	job_free(j);
}

/* From the queue into the list of those that run. */
static void take_place(struct exec_job *j)
{
	take_out(j);
	j->state = JOB_RUNNING;
	list_append(&j->exec->running, &j->link);
	j->exec->n_running++;
}

/* It never runs; until its answer is told it holds a place all the same, so that it is nowhere twice. */
static void refuse(struct exec_job *j, const struct err *why)
{
	if (j->state == JOB_QUEUED)
		take_place(j);
	exec_judge(j, NULL, why);
	if (why->code == ERR_DENIED)
		j->answer.status = EXEC_VIOLATION;
	end(j);
}

/* Each stream has its own limit; what is beyond it is not passed on either, so that a door sees
 * what the answer holds. */
static void on_output(void *payload, struct slice bytes, bool is_stderr)
{
	struct exec_job *j = payload;
	struct buf *b = &j->stream[is_stderr];
	struct slice part = slice_sub(bytes, 0, b->max - b->len);

	if (part.len < bytes.len)
		j->truncated = true;
	buf_append(b, part);
	if (part.len > 0 && j->on.output)
		j->on.output(j->payload, part, is_stderr);
}

/* Only what went well: an error may be one of the moment, as a limit on a busy machine is. */
static void keep_in_cache(const struct exec_job *j)
{
	const struct exec_cache *c = j->exec->options.cache;
	const struct exec_answer *a = &j->answer;

	if (*j->key.s && a->status == EXEC_SUCCESS)
		c->put(c->self, slice_of(j->key.s),
		       &(struct exec_cached){ .out = a->out,
					      .err_out = a->err_out,
					      .ms = a->execution_time_ms,
					      .cpu_ms = a->cpu_time_ms,
					      .memory_mb = a->memory_used_mb,
					      .truncated = a->output_truncated });
}

static void on_done(void *payload, const struct command_result *r, const struct err *err)
{
	struct exec_job *j = payload;

	exec_judge(j, r, err);
	if (!err && r->again) {
		exec_pool_give(j->exec->pool, j->worker);
		j->worker.runner = NULL;
	}
	keep_in_cache(j);
	end(j);
}

/* To start a worker costs more than most code does, so one that waits in the pool is taken first. What code can reach is new
 * for each job in any case (exec_pool.h). */
static bool take_worker(struct exec_job *j, struct err *err)
{
	const struct exec_options *o = &j->exec->options;
	int64_t mb = j->request.max_memory_mb ? j->request.max_memory_mb : EXEC_MEMORY_MB;
	struct runner_options ro = { .loop = o->loop,
				     .runq = o->runq,
				     .program = o->program,
				     .where = o->where,
				     .image = o->image,
				     .cpus = o->cpus,
				     .workspace = j->exec->empty,
				     .bare = true,
				     .reduced = o->reduced,
				     .toolchains = o->toolchains,
				     .memory_bytes = (uint64_t)mb << 20,
				     .processes = EXEC_PROCESSES,
				     .cpu_seconds = EXEC_CPU_SECONDS };

	j->worker = exec_pool_take(j->exec->pool, mb, j->exec->n_running);
	if (j->worker.runner)
		return true;
	j->worker.started = uv_now(o->loop);
	return runner_start(&ro, &j->worker.runner, err);
}

static void run_code(struct exec_job *j)
{
	const struct exec_request *r = &j->request;
	struct slice argv[ARGV_MAX];
	struct command_callbacks cb = { on_output, on_done };
	double seconds = r->timeout_seconds > 0 ? r->timeout_seconds : EXEC_SECONDS;
	struct command_spec s = { .argv = argv,
				  .timeout_ms = (uint64_t)(seconds * 1000),
				  .apart = true,
				  .own_env = true,
				  .env = r->env,
				  .n_env = r->n_env,
				  .stdin_data = r->stdin_data };

	if (s.timeout_ms == 0)
		s.timeout_ms = 1;
	while (s.n_argv < ARGV_MAX && j->argv[s.n_argv]) {
		argv[s.n_argv] = slice_of(j->argv[s.n_argv]);
		s.n_argv++;
	}
	if (r->language->file) {
		s.file_name = slice_of(r->language->file);
		s.file = r->code;
	} else {
		s.stdin_data = r->code;
	}
	j->call = runner_command(j->worker.runner, &s, &cb, j);
}

static void start_code(struct exec_job *j)
{
	struct err err;

	if (j->worker.runner || take_worker(j, &err)) /* or it told the version already */
		run_code(j);
	else
		refuse(j, &err);
}

/* --- with the cache --- */

static size_t index_of(const struct exec_job *j)
{
	return (size_t)(j->request.language - exec_language_at(0));
}

/* A cancel that came while the cache was asked had nothing to end; it is heard here. */
static void on_cached(void *payload, const struct exec_cached *c)
{
	struct exec_job *j = payload;
	struct command_result same = { .limit_hit = { "", 0 } };
	struct err why;

	j->lookup = NULL;
	if (j->cancelled) {
		err_set(&why, ERR_CANCELLED, "The execution was cancelled before it began.");
		refuse(j, &why);
	} else if (c) {
		j->key.s[0] = '\0'; /* it stays as old as it is */
		j->truncated = c->truncated;
		on_output(j, c->out, false);
		on_output(j, c->err_out, true);
		same.seconds = c->ms / 1000.0;
		same.cpu_seconds = c->cpu_ms / 1000.0;
		exec_judge(j, &same, NULL);
		j->answer.memory_used_mb = c->memory_mb;
		j->answer.cached = true;
		end(j);
	} else {
		start_code(j);
	}
}

static void look_up(struct exec_job *j)
{
	const struct exec_cache *c = j->exec->options.cache;

	j->key = exec_cache_key(&j->request, slice_of(j->exec->version[index_of(j)].text));
	j->lookup = c->get(c->self, slice_of(j->key.s), on_cached, j);
}

static void on_version_text(void *payload, struct slice bytes, bool is_stderr)
{
	struct exec_job *j = payload;

	if (!is_stderr)
		buf_append(&j->stream[0], slice_sub(bytes, 0, j->stream[0].max - j->stream[0].len));
}

/* It ran in the worker in which the code will run, so the code meets this very version. */
static void on_version(void *payload, const struct command_result *r, const struct err *err)
{
	struct exec_job *j = payload;
	struct exec *e = j->exec;
	size_t i = index_of(j);

	j->call = NULL;
	if (err || j->cancelled) {
		on_done(j, r, err);
		return;
	}
	(void)snprintf(e->version[i].text, sizeof(e->version[i].text), "%.*s",
		       SLICE_ARG(exec_version_in(buf_slice(&j->stream[0]))));
	e->version[i].at = uv_now(e->options.loop);
	buf_clear(&j->stream[0]);
	if (*e->version[i].text)
		look_up(j);
	else
		start_code(j); /* which will say what is wrong with it */
}

/* Only for the cache's key; the same worker then runs the code, so it costs one command and not one
 * worker more. */
static void find_version(struct exec_job *j)
{
	const struct command_callbacks cb = { on_version_text, on_version };
	const char *const *argv = j->request.language->version;
	struct slice words[2] = { slice_of(argv[0]), slice_of(argv[1]) };
	struct command_spec s = { .argv = words,
				  .n_argv = ARRAY_LEN(words),
				  .timeout_ms = VERSION_MS,
				  .apart = true,
				  .own_env = true };
	struct err err;

	if (take_worker(j, &err))
		j->call = runner_command(j->worker.runner, &s, &cb, j);
	else
		refuse(j, &err);
}

static void start_one(struct exec_job *j)
{
	const struct exec *e = j->exec;
	uint64_t now = uv_now(e->options.loop);

	take_place(j);
	if (!j->request.use_cache || !e->options.cache || j->probe)
		start_code(j);
	else if (*e->version[index_of(j)].text &&
		 now - e->version[index_of(j)].at < VERSION_FRESH_MS)
		look_up(j);
	else
		find_version(j);
}

/* Nothing starts while the service ends: exec_free() drops those that wait. */
static void start_next(struct exec *e)
{
	while (!e->closing && e->n_running < e->options.at_once && !list_empty(&e->queued))
		start_one(container_of(e->queued.next, struct exec_job, link));
}

/* What the request may not have is answered like an execution, with a place in history and log:
 * somebody tried. */
bool exec_enqueue(struct exec *e, const struct exec_request *r, const char *const *argv,
		  const struct exec_callbacks *cb, void *payload, struct exec_job **out,
		  struct err *err)
{
	size_t most = (size_t)(r->max_output_size ? r->max_output_size : EXEC_OUTPUT);
	struct exec_job *j;
	struct err why;

	if (e->n_queued >= e->options.queue)
		return err_set(err, ERR_TOO_LARGE,
			       "overloaded: %zu executions run and %zu wait. Try again later.",
			       e->n_running, e->n_queued);
	j = xcalloc(1, sizeof(*j));
	j->exec = e;
	j->argv = argv;
	j->probe = argv != r->language->argv;
	j->on = *cb;
	j->payload = payload;
	arena_init(&j->arena);
	buf_init(&j->stream[0], most);
	buf_init(&j->stream[1], most);
	job_init(&j->late, on_late);
	exec_copy_request(j, r);
	exec_take_turn(j);
	*out = j;
	if (!exec_may(&e->options, r, &why))
		refuse(j, &why);
	else
		start_next(e);
	return true;
}

bool exec_submit(struct exec *e, const struct exec_request *r, const struct exec_callbacks *cb,
		 void *payload, struct exec_job **out, struct err *err)
{
	return exec_check(r, err) && exec_enqueue(e, r, r->language->argv, cb, payload, out, err);
}

/* With a cache or a version asked for, `cancelled` alone is set: their callbacks look at it. */
void exec_cancel(struct exec_job *j)
{
	struct err why;

	if (j->cancelled || j->state == JOB_ENDED)
		return;
	j->cancelled = true;
	if (j->call) {
		runner_kill(j->call);
	} else if (j->state == JOB_QUEUED) {
		err_set(&why, ERR_CANCELLED, "The execution was cancelled before it began.");
		refuse(j, &why);
	}
}

/* Its place is free at once, so the next one starts. */
void exec_drop(struct exec_job *j)
{
	struct exec *e;

	if (!j)
		return;
	e = j->exec;
	job_free(j);
	start_next(e);
}
