/* agent.c - what the tasks of a process share: see agent.h and task.h.
 *
 * Everything is made when the first task needs it, and a runner lives only as long as a task uses
 * it: an idle server has no child process, no timer and no connection. */
#include "agent/session/agent.h"

#include <stdlib.h>

#include "agent/exec/exec_history.h"
#include "agent/model/call/gate.h"
#include "agent/model/http/http.h"
#include "agent/policy/granted.h"
#include "agent/runner/runner.h"
#include "agent/session/task_own.h"
#include "agent/store/ledger_post.h"
#include "agent/store/store.h"
#include "protocol/base/log.h"
#include "protocol/base/mem.h"

/* One worker process for each workspace in which something runs. Counted by its users; the
 * settings that it was started with are those of the first of them. */
struct shared_runner {
	struct list link;
	struct runner *runner;
	char *workspace;
	int users;
	bool lost; /* its process ended: the next task starts another */
};

/* http, gates, ledger and executions are made when they are first needed. The three lists hold
 * what runs and belongs to the runs themselves, which leave the list in their own free(). */
struct agent {
	uv_loop_t *loop;
	struct runq *runq;
	char *program, *state_dir;
	bool no_sandbox, waits;
	struct http *http;
	struct gates *gates;
	struct store *store;
	struct ledger *ledger;
	struct granted *granted;
	struct exec_sqlite executions; /* the history of code that ran; store NULL: none ran yet */
	struct budget_pool pool;
	struct list runners, tasks, undos, rejects;
	bool closing;
	struct job close_job;
	void (*closed)(void *payload);
	void *payload;
};

static void close_step(struct job *j);
static void stored(void *payload);

struct agent *agent_new(const struct agent_options *o)
{
	struct agent *a = xcalloc(1, sizeof(*a));
	struct arena scratch;

	arena_init(&scratch);
	a->loop = o->loop;
	a->runq = o->runq;
	a->program = xslicedup(o->program);
	a->state_dir = xslicedup(o->state_dir);
	a->no_sandbox = o->no_sandbox;
	a->store = store_new(o->loop, o->runq, o->state_dir);
	a->granted = granted_new(
		arena_printf(&scratch, "%.*s/allowed.jsonl", SLICE_ARG(o->state_dir)).ptr);
	list_init(&a->runners);
	list_init(&a->tasks);
	list_init(&a->undos);
	list_init(&a->rejects);
	job_init(&a->close_job, close_step);
	arena_release(&scratch);
	return a;
}

/* Closing goes in three steps, each of which must be over before the next: tasks, undos and
 * rejections end and leave their lists; then the store writes what they logged, on its own
 * thread; then stored() frees what they all used. */
static void close_step(struct job *j)
{
	struct agent *a = container_of(j, struct agent, close_job);
	struct store *store = a->store;

	if (!list_empty(&a->tasks) || !list_empty(&a->undos) || !list_empty(&a->rejects))
		return; /* the last one posts again */
	/* it is being closed already: a second post of this job must not close it again */
	if (!store)
		return;
	a->store = NULL;
	ledger_post_free(store, a->ledger);
	store_close(store, stored, a); /* what they logged is written first */
}

/* The last callback of all. `closed` is called when nothing of the agent is left, so that it may
 * free the loop's owner. */
static void stored(void *payload)
{
	struct agent *a = payload;
	void (*closed)(void *payload) = a->closed;

	payload = a->payload;
	if (a->http)
		http_free(a->http);
	gates_free(a->gates);
	granted_free(a->granted);
	free(a->program);
	free(a->state_dir);
	free(a);
	if (closed)
		closed(payload);
}

/* Cancelling only takes note of the reason (task_fail), so no list changes while it is walked. */
void agent_close(struct agent *a, void (*closed)(void *payload), void *payload)
{
	a->closing = true;
	a->closed = closed;
	a->payload = payload;
	LIST_EACH (it, tmp, &a->tasks)
		task_cancel(container_of(it, struct task, link));
	LIST_EACH (it, tmp, &a->undos)
		undo_cancel(it);
	LIST_EACH (it, tmp, &a->rejects)
		reject_cancel(it);
	runq_post(a->runq, &a->close_job);
}

void agent_task_gone(struct agent *a)
{
	if (a->closing)
		runq_post(a->runq, &a->close_job);
}

struct gates *agent_gates(struct agent *a)
{
	if (!a->gates)
		a->gates = gates_new();
	return a->gates;
}

struct http *agent_http(struct agent *a)
{
	if (!a->http)
		a->http = http_new(a->loop);
	return a->http;
}

struct store *agent_store(struct agent *a)
{
	return a->store;
}

struct ledger *agent_ledger(struct agent *a)
{
	if (!a->ledger)
		a->ledger = ledger_new(slice_of(a->state_dir));
	return a->ledger;
}

struct budget_pool *agent_pool(struct agent *a)
{
	return &a->pool;
}

struct granted *agent_granted(struct agent *a)
{
	return a->granted;
}

struct runq *agent_runq(struct agent *a)
{
	return a->runq;
}

uv_loop_t *agent_loop(struct agent *a)
{
	return a->loop;
}

struct slice agent_state_dir(const struct agent *a)
{
	return slice_of(a->state_dir);
}

struct exec_options agent_exec_options(struct agent *a, const struct config *c)
{
	if (!a->executions.store)
		exec_sqlite_init(&a->executions, a->store, agent_ledger(a));
	return (struct exec_options){ .loop = a->loop,
				      .runq = a->runq,
				      .program = slice_of(a->program),
				      .state_dir = slice_of(a->state_dir),
				      .where = c->runner,
				      .image = c->container_image,
				      .cpus = c->container_cpus,
				      .reduced = slice_eq_cstr(c->sandbox, "reduced"),
				      .toolchains = slice_eq_cstr(c->toolchains, "on"),
				      .dependencies = c->exec_dependencies,
				      .n_dependencies = c->n_exec_dependencies,
				      .history = &a->executions.history };
}

struct list *agent_tasks(struct agent *a)
{
	return &a->tasks;
}

struct list *agent_undos(struct agent *a)
{
	return &a->undos;
}

struct list *agent_rejects(struct agent *a)
{
	return &a->rejects;
}

/* The runner itself has told those who waited for an answer. The entry stays until its users
 * have given it back, and is not handed out again. */
static void runner_lost(void *payload, const struct err *why)
{
	struct shared_runner *s = payload;

	log_warn("runner of %s ended: %s", s->workspace, why->msg);
	s->lost = true;
}

/* The project's own settings are no secret of the project: the server itself must read them through
 * the runner. */
static size_t secret_patterns(const struct policy *p, struct arena *a, struct slice **out,
			      size_t *n_builtin)
{
	const struct slice *all;
	size_t builtin, n = policy_denied_files(p, &all, &builtin), kept = 0;

	*out = arena_array(a, n + 1, sizeof(**out));
	*n_builtin = 0;
	for (size_t i = 0; i < n; i++) {
		if (policy_is_own_pattern(all[i]))
			continue;
		(*out)[kept++] = all[i];
		*n_builtin += i < builtin;
	}
	return kept;
}

static bool start(struct agent *a, struct shared_runner *s, const struct config *c,
		  const struct policy *p, struct err *err)
{
	struct runner_options o = {
		.loop = a->loop,
		.runq = a->runq,
		.program = slice_of(a->program),
		.workspace = slice_of(s->workspace),
		.where = c->runner,
		.image = c->container_image,
		.cpus = c->container_cpus,
		.read_dirs = c->read_dirs,
		.n_read_dirs = c->n_read_dirs,
		.write_dirs = c->write_dirs,
		.n_write_dirs = c->n_write_dirs,
		.toolchains = slice_eq_cstr(c->toolchains, "on"),
		.memory_bytes = c->command_memory_bytes,
		.processes = c->command_processes,
		.reduced = slice_eq_cstr(c->sandbox, "reduced"),
		.no_sandbox = a->no_sandbox,
		.reads_first = true,
		.lost = runner_lost,
		.payload = s,
	};
	struct slice *denied;
	struct arena tmp;
	bool ok;

	arena_init(&tmp);
	o.views = arena_printf(&tmp, "%s/views", a->state_dir);
	o.n_denied = secret_patterns(p, &tmp, &denied, &o.n_denied_builtin);
	o.denied = denied;
	ok = runner_start(&o, &s->runner, err);
	arena_release(&tmp);
	return ok;
}

bool agent_runner_get(struct agent *a, struct slice workspace, const struct config *c,
		      const struct policy *p, struct runner **out, struct err *err)
{
	struct shared_runner *s;

	LIST_EACH (it, tmp, &a->runners) {
		s = container_of(it, struct shared_runner, link);
		if (!s->lost && slice_eq_cstr(workspace, s->workspace)) {
			s->users++;
			*out = s->runner;
			return true;
		}
	}
	s = xcalloc(1, sizeof(*s));
	s->workspace = xslicedup(workspace);
	s->users = 1;
	if (!start(a, s, c, p, err)) {
		free(s->workspace);
		free(s);
		return false;
	}
	list_append(&a->runners, &s->link);
	*out = s->runner;
	return true;
}

/* The worker dies with its last user, and commands that it started in the background die with
 * it. */
void agent_runner_put(struct agent *a, struct runner *r)
{
	LIST_EACH (it, tmp, &a->runners) {
		struct shared_runner *s = container_of(it, struct shared_runner, link);

		if (s->runner != r || --s->users > 0)
			continue;
		list_remove(&s->link);
		runner_stop(s->runner);
		free(s->workspace);
		free(s);
		return;
	}
}
