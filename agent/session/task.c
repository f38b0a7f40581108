/* task.c - the machine of one agent task.
 *
 *   LOADING --all read--> ASKING --calls--> TOOLS
 *                         ^ ^ |               |
 *        LIMIT --answer---' | | the last word | all done
 *          ^                +-|---------------+
 *          '- instead of ASKING, where the budget has no room for a call: spend.c
 *             ASKING <--> PLANNED: in the mode plan the person accepts what was answered: plan.c
 *                             v
 *          any --error, cancel, cap--> ENDING --model, rollback, timer gone--> LOGGING
 *                                                 ENDED: done(), free <--on the disk--'
 *
 * Children only record facts and post a step; every condition to move on stands in task_step(). */
#include "agent/session/task_own.h"

#include <stdlib.h>

#include "agent/session/code_action.h"
#include "agent/tool/command/background.h"
#include "protocol/base/log.h"

const char *task_spec_name(const struct task_spec *s)
{
	return s->action ? s->action->name : s->own ? "action" : s->guest ? "mcp" : "do";
}

struct slice task_id(const struct task *t)
{
	return slice_of(t->id);
}

struct slice task_session(const struct task *t)
{
	return t->session;
}

struct slice task_title(const struct task *t)
{
	return t->title;
}

struct slice task_workspace(const struct task *t)
{
	return t->workspace;
}

bool task_reports(const struct task *t)
{
	return (t->action && t->action->reports) || (t->has_own && !t->own.edits);
}

void task_post(struct task *t)
{
	runq_post(agent_runq(t->agent), &t->step);
}

/* Only a note of the reason: the end itself begins with the next step, so that the caller may be
 * in the middle of anything, also in a callback of what the end will drop. */
void task_fail(struct task *t, const struct err *why)
{
	if (t->why.code == ERR_NONE)
		t->why = *why;
	task_post(t);
}

void task_emit(struct task *t, struct task_event *ev)
{
	ev->task = task_id(t);
	t->host.ops->event(t->host.self, t, ev);
}

struct jw *task_log(struct task *t, const char *type)
{
	struct jw *w = event_log_begin(t->env.log, type);

	jw_kcstr(w, "task", t->id);
	return w;
}

/* A log that cannot be written ends the task: undo, resume and audit all read it, and what was
 * not written there could not be taken back. */
bool task_log_end(struct task *t)
{
	struct err err = { 0 };

	if (event_log_end(t->env.log, &err))
		return true;
	task_fail(t, &err);
	return false;
}

void task_notice(struct task *t, struct slice text)
{
	struct jw *w = task_log(t, "notice");

	jw_kstr(w, "text", text);
	(void)task_log_end(t);
	task_emit(t, &(struct task_event){ .kind = TASK_NOTICE, .text = text });
}

static void on_deadline(uv_timer_t *h)
{
	struct task *t = h->data;
	struct err why;

	(void)err_set(&why, ERR_BUDGET,
		      "the task's time is used up (%.0f s); raise budget.seconds or --max-time to "
		      "allow more",
		      t->config.budget.seconds);
	task_fail(t, &why);
}

/* The timer's handle is a member of the task. libuv uses it until this callback, so that the
 * task must not be freed before. */
static void on_timer_closed(uv_handle_t *h)
{
	struct task *t = h->data;

	t->timer_closed = true;
	task_post(t);
}

static void kept_back(void *payload, struct slice placeholder, const char *kind)
{
	struct task *t = payload;

	task_notice(t, arena_printf(
			       &t->arena,
			       "what looks like a secret (%s) is kept from the model; it gets %.*s "
			       "instead",
			       kind, SLICE_ARG(placeholder)));
}

/* What `emend sessions`, undo and audit know of a task comes from this event and the last one. */
static void log_start(struct task *t)
{
	struct jw *w = task_log(t, "task");

	jw_kstr(w, "kind", task_kind(t));
	jw_kstr(w, "title", t->title);
	jw_kstr(w, "model", model_name(t->model));
	jw_kcstr(w, "mode", mode_name(t->config.mode));
	jw_kstr(w, "prompt", t->instruction);
	if (t->path.len > 0)
		jw_kstr(w, "path", t->path);
	jw_kobject(w, "limits");
	jw_kf64(w, "usd", t->budget.limits.task_usd);
	jw_ki64(w, "tokens", (int64_t)t->budget.limits.tokens);
	jw_ki64(w, "turns", t->config.budget.turns);
	jw_kf64(w, "seconds", t->config.budget.seconds);
	jw_end(w);
	(void)task_log_end(t);
	task_note(t, SLICE("unfinished")); /* until its end: of one that is killed this stays */
	task_emit(t, &(struct task_event){ .kind = TASK_STARTED,
					   .session = t->session,
					   .model = model_name(t->model),
					   .mode = slice_of(mode_name(t->config.mode)),
					   .text = t->title });
	secret_mask_tell(&t->secrets, kept_back, t);
}

/* Everything is read: the first question. */
static void begin(struct task *t)
{
	double seconds = t->config.budget.seconds;
	struct err err = { 0 };

	/* Once more: the project may have set limits of its own. */
	if (!budget_check(&t->config.budget, model_priced(t->model), model_name(t->model), &err))
		task_fail(t, &err);
	budget_init(&t->budget, &t->config.budget, model_priced(t->model),
		    t->budget.session_spent_usd, agent_pool(t->agent), t->started_ms);
	if (seconds > 0)
		(void)uv_timer_start(&t->deadline, on_deadline, (uint64_t)(seconds * 1000), 0);
	log_start(t);
	if (t->recovered.len > 0)
		task_notice(t, t->recovered);
	t->system = prompt_system(t);
}

/* Also the way out of a task_start() that failed: each part may be missing. What reads the arena
 * (workspace, exec, secrets) goes before it, and the runner after the workspace that uses it. */
void task_free(struct task *t)
{
	list_remove(&t->link);
	job_drop(&t->step);
	agent_task_gone(t->agent);
	exec_free(t->env.exec);
	workspace_release(&t->env.workspace);
	map_release(&t->env.known_files);
	map_release(&t->folders_known);
	agent_runner_put(t->agent, t->runner);
	model_close(t->model);
	secret_mask_release(&t->secrets);
	event_log_close(t->env.log);
	policy_free(t->env.policy);
	if (t->config_own)
		config_release(&t->config);
	buf_release(&t->instructions);
	arena_release(&t->arena);
	free(t);
}

void task_goto(struct task *t, enum task_state next)
{
	static const char *const name[] = { "LOADING", "LIMIT",	 "ASKING",  "TOOLS",
					    "PLANNED", "ENDING", "LOGGING", "ENDED" };

	log_debug("task %s: %s -> %s", t->id, name[t->state], name[next]);
	t->state = next;
	switch (next) {
	case TASK_LOADING:
		load_start(t);
		break;
	case TASK_LIMIT:
		spend_ask(t);
		break;
	case TASK_ASKING:
		turn_start(t);
		break;
	case TASK_TOOLS:
		calls_step(t);
		break;
	case TASK_PLANNED:
		plan_ask(t);
		break;
	case TASK_ENDING:
		/* Everything that could still call back is dropped here, whatever state the task
		 * was in. Two things answer later and are waited for in the step: the call of
		 * the model, as what it cost is only known when it has closed, and the rollback. */
		load_abort(t);
		spend_drop(t);
		plan_drop(t);
		turn_abort(t);
		calls_abort(t);
		folders_abort(t);
		end_change(t);
		background_stop(&t->env);
		uv_close((uv_handle_t *)&t->deadline, on_timer_closed);
		break;
	case TASK_LOGGING:
		end_decide(t);
		break;
	case TASK_ENDED:
		end_report(t);
		break;
	}
}

/* One step of the machine. Every case looks at what its state waits for, and does nothing where
 * that has not come. */
void task_step(struct job *j)
{
	struct task *t = container_of(j, struct task, step);

	if (t->env.fatal.code != ERR_NONE && t->why.code == ERR_NONE)
		t->why = t->env.fatal;
	if (t->why.code != ERR_NONE && t->state < TASK_ENDING) {
		task_goto(t, TASK_ENDING);
		return;
	}
	switch (t->state) {
	case TASK_LOADING:
		if (load_finished(t)) {
			begin(t);
			if (t->why.code == ERR_NONE)
				task_first_turn(t);
		}
		break;
	case TASK_LIMIT:
		if (!t->limit_ask)
			task_next_turn(t);
		break;
	case TASK_ASKING:
		if (t->answered)
			task_after_turn(t);
		else if (t->anew)
			task_next_turn(t);
		else if (t->day_over)
			task_goto(t, TASK_LIMIT);
		else if (t->unanswered.code != ERR_NONE && choose_next(t))
			task_next_turn(t);
		else if (t->unanswered.code != ERR_NONE)
			task_fail(t, &t->unanswered);
		break;
	case TASK_TOOLS:
		calls_step(t);
		/* Results first, then the instructions: the model reads them behind what made
		 * them necessary. */
		if (calls_finished(t) && folders_read(t)) {
			calls_collect(t);
			folders_tell(t);
			task_next_turn(t);
		}
		break;
	case TASK_PLANNED:
		if (!t->plan_question)
			plan_answered(t);
		break;
	case TASK_ENDING:
		if (!t->call && !t->rollback && t->timer_closed)
			task_goto(t, TASK_LOGGING);
		break;
	case TASK_LOGGING:
		if (!t->sync)
			task_goto(t, TASK_ENDED); /* t is gone now */
		break;
	case TASK_ENDED:
		break;
	}
}

void task_cancel(struct task *t)
{
	struct err why;

	(void)err_set(&why, ERR_CANCELLED, "cancelled by the user");
	task_fail(t, &why); /* from the loop: the caller may be in a callback of the very child that
			       goes */
}
