/* undo.c - put back what a task changed, or one step of it, or make it again: what an agent adds to
 * the engine (agent/change/undo.h), which is a runner, a log that is open, and a place to cancel.
 *
 *   WAITING (for rejections, which may have its log) --> RECOVERING (what a crash left) --> READING (the log)
 *   --> TURNING --> ENDED: done(), freed
 *
 * A preview begins with READING and never opens the log. A rewind comes before TURNING through CHECKING, which is a
 * preview: where something is in the way, nothing is done, for the conversation cannot go back to half of a step. */
#include "agent/session/agent.h"
#include "agent/session/rewind.h"
#include "agent/session/task_own.h"

#include <stdlib.h>

#include "agent/change/recover.h"
#include "agent/change/undo.h"
#include "protocol/base/log.h"
#include "protocol/base/mem.h"

enum undo_state {
	UNDO_WAITING,
	UNDO_RECOVERING,
	UNDO_READING,
	UNDO_CHECKING,
	UNDO_TURNING,
	UNDO_ENDED
};

/* Freed by end(), or by undo_start() where it fails. Each child (recover, turning) is NULL
 * unless it runs. */
struct undo {
	enum undo_state state;
	struct list link; /* of the agent's undos */
	struct agent *agent;
	struct arena arena;
	struct job step;
	struct workspace workspace;
	struct runner *runner;
	struct event_log *log;
	struct policy *policy;
	/* Read anew in READING if the log has grown since: another task may have written it
	 * while this one waited. */
	struct history history;
	struct slice task;
	int64_t only; /* a step, or -1 */
	bool redo;
	bool rewinds, previews;
	int64_t to;
	struct past_rewind rewind;
	struct change_preview preview;
	struct recover *recover;
	struct change_undo *turning;
	struct buf report;
	size_t restored, refused;
	struct err why;
	undo_done_cb *done;
	void *payload;
};

static void undo_free(struct undo *u)
{
	list_remove(&u->link);
	agent_task_gone(u->agent);
	job_drop(&u->step);
	recover_drop(u->recover);
	change_undo_drop(u->turning);
	workspace_release(&u->workspace);
	agent_runner_put(u->agent, u->runner);
	event_log_close(u->log);
	policy_free(u->policy);
	buf_release(&u->report);
	arena_release(&u->arena);
	free(u);
}

/* The only writer of u->state. It starts nothing: what a state does is started by whoever leads
 * there. */
static void undo_goto(struct undo *u, enum undo_state next)
{
	static const char *const name[] = { "WAITING",	"RECOVERING", "READING",
					    "CHECKING", "TURNING",    "ENDED" };

	log_debug("undo: %s -> %s", name[u->state], name[next]);
	u->state = next;
}

static void turn(struct undo *u, enum undo_state next);

/* Nothing is in the way: now for good. */
static void checked(struct undo *u, const struct change_undo_result *r, const struct err *err)
{
	if (!err && r->refused == 0) {
		turn(u, UNDO_TURNING);
		return;
	}
	buf_append(&u->report, r->report);
	u->refused += r->refused;
	if (err)
		u->why = *err;
	else
		(void)err_set(
			&u->why, ERR_STALE,
			"%zu file%s changed since in a way that does not let them go back, so "
			"nothing was done",
			r->refused, r->refused == 1 ? "" : "s");
	undo_goto(u, UNDO_ENDED);
	runq_post(agent_runq(u->agent), &u->step);
}

static void turned(void *payload, const struct change_undo_result *r, const struct err *err)
{
	struct undo *u = payload;

	u->turning = NULL;
	if (u->state == UNDO_CHECKING) {
		checked(u, r, err);
		return;
	}
	buf_append(&u->report, r->report);
	u->restored += r->restored;
	u->refused += r->refused;
	if (err)
		u->why = *err;
	undo_goto(u, UNDO_ENDED);
	runq_post(agent_runq(u->agent), &u->step);
}

/* What a crash left half done is put right first; then the history is another. */
static void recovered(void *payload, struct slice report, size_t n)
{
	struct undo *u = payload;

	u->recover = NULL;
	buf_append(&u->report, report);
	u->restored += n;
	undo_goto(u, UNDO_READING);
	runq_post(agent_runq(u->agent), &u->step);
}

/* Starts the engine: as a preview in CHECKING, and as what was asked for in TURNING. */
static void turn(struct undo *u, enum undo_state next)
{
	struct change_env env = { &u->workspace, u->log,
				  u->rewinds ? SLICE("Emend: rewind")
				  : u->redo  ? SLICE("Emend: redo")
					     : SLICE("Emend: undo") };
	struct change_preview check = { .state_dir = agent_state_dir(u->agent) };
	struct change_undo_spec s = { .history = &u->history,
				      .task = u->task,
				      .only = u->only,
				      .redo = u->redo,
				      .rewind = u->rewinds ? &u->rewind : NULL };

	undo_goto(u, next);
	if (next == UNDO_CHECKING)
		s.preview = &check;
	else if (u->previews)
		s.preview = &u->preview;
	u->turning = change_undo_start(&env, &s, turned, u);
}

/* A rewind to a step without edits changes no file and has gone well: the conversation is what
 * went back. */
static void end(struct undo *u)
{
	if (u->restored + u->refused == 0 && u->why.code == ERR_NONE && !u->rewinds)
		(void)err_set(&u->why, ERR_NOT_FOUND, "there is nothing to %s in task %.*s%s",
			      u->redo ? "redo" : "undo", SLICE_ARG(u->task),
			      u->redo ? "" : "; `emend undo --list` shows what there is");
	u->done(u->payload, buf_slice(&u->report), u->restored, u->refused,
		u->why.code == ERR_NONE ? NULL : &u->why);
	undo_free(u);
}

/* A preview reads a log that others may be writing, which is why it must not open it: opening
 * takes the lock. */
static bool begin(struct undo *u, struct err *err)
{
	if (u->previews) {
		undo_goto(u, UNDO_READING);
		runq_post(agent_runq(u->agent), &u->step);
		return true;
	}
	if (!event_log_open(agent_store(u->agent), u->history.session, &u->log, err))
		return false;
	undo_goto(u, UNDO_RECOVERING);
	u->recover = recover_start(&u->workspace, agent_store(u->agent), u->log, recovered, u);
	if (!u->recover) {
		undo_goto(u, UNDO_READING);
		runq_post(agent_runq(u->agent), &u->step);
	}
	return true;
}

/* The log only grows, and is ours since it was opened. */
static bool is_current(const struct undo *u)
{
	return u->log && event_log_lines(u->log) == u->history.lines;
}

static bool read_log(struct undo *u, struct err *err)
{
	struct slice dir = agent_state_dir(u->agent);
	struct rewind_steps steps;

	return (is_current(u) ||
		history_read(&u->arena, dir, u->history.session, &u->history, err)) &&
	       (!u->rewinds ||
		(rewind_steps_read(&u->arena, dir, u->history.session, &steps, err) &&
		 rewind_plan(&steps, u->to, &u->rewind, &u->redo, err)));
}

static void undo_step(struct job *j)
{
	struct undo *u = container_of(j, struct undo, step);

	if (u->state == UNDO_WAITING && u->why.code == ERR_NONE) {
		if (!list_empty(agent_rejects(u->agent)) || begin(u, &u->why))
			return;
	}
	if (u->state == UNDO_READING && u->why.code == ERR_NONE && read_log(u, &u->why))
		turn(u, u->rewinds && !u->previews ? UNDO_CHECKING : UNDO_TURNING);
	else if (u->state == UNDO_ENDED || u->why.code != ERR_NONE)
		end(u);
}

/* Which session: the one that is named, else that of the task, else the newest of the workspace. */
static bool find(struct undo *u, const struct undo_spec *s, struct err *err)
{
	struct slice dir = agent_state_dir(u->agent);

	if (s->known) {
		u->history = *s->known;
	} else if (s->session.len > 0) {
		if (!history_read(&u->arena, dir, s->session, &u->history, err))
			return false;
		if (s->rewinds && !slice_eq(u->history.workspace, s->workspace))
			return err_set(err, ERR_USAGE,
				       "session %.*s belongs to the folder %.*s: run emend there",
				       SLICE_ARG(s->session), SLICE_ARG(u->history.workspace));
	} else if (!history_find(&u->arena, dir, s->workspace, s->task, &u->history, err)) {
		return false;
	}
	u->task = s->rewinds	    ? u->history.session
		  : s->task.len > 0 ? arena_dup(&u->arena, s->task)
				    : u->history.last_task;
	return true;
}

bool undo_start(struct agent *a, const struct undo_spec *s, const struct host *h,
		undo_done_cb *done, void *payload, struct err *err)
{
	struct undo *u = xcalloc(1, sizeof(*u));

	u->agent = a;
	list_init(&u->link);
	u->only = s->step;
	u->redo = s->redo;
	u->rewinds = s->rewinds;
	u->to = s->to;
	u->previews = s->preview != NULL;
	if (s->preview) {
		u->preview = *s->preview;
		u->preview.state_dir = agent_state_dir(a);
	}
	u->done = done;
	u->payload = payload;
	arena_init(&u->arena);
	buf_init(&u->report, LIMIT_MESSAGE_BYTES);
	job_init(&u->step, undo_step);
	workspace_init(&u->workspace, agent_runq(a), h, NULL, arena_dup(&u->arena, s->workspace));
	if (!find(u, s, err) || !config_policy(s->config, &u->policy, err) ||
	    !agent_runner_get(a, u->workspace.root, s->config, u->policy, &u->runner, err)) {
		undo_free(u);
		return false;
	}
	u->workspace.runner = u->runner;
	u->workspace.undo = true;
	list_append(agent_undos(a), &u->link);
	if ((u->previews || list_empty(agent_rejects(a))) && !begin(u, err)) {
		undo_free(u);
		return false;
	}
	return true;
}

void undo_wake_all(struct agent *a)
{
	LIST_EACH (it, tmp, agent_undos(a)) {
		struct undo *u = container_of(it, struct undo, link);

		if (u->state == UNDO_WAITING)
			runq_post(agent_runq(a), &u->step);
	}
}

/* From agent_close(). The step frees it, so that the list is not changed while it is walked. */
void undo_cancel(struct list *link)
{
	struct undo *u = container_of(link, struct undo, link);

	recover_drop(u->recover);
	u->recover = NULL;
	change_undo_drop(u->turning); /* what was being written may stand: its step is not logged */
	u->turning = NULL;
	(void)err_set(&u->why, ERR_CANCELLED, "the undo was cancelled");
	runq_post(agent_runq(u->agent), &u->step);
}
