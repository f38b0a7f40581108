/* end.c - how a task ends: what becomes of a change that it was in the middle of, which of several reasons it ended
 * for, the last event of the log, and the word to the face. Only the machine in task.c calls these, in the states
 * ENDING, LOGGING and ENDED. */
#include "agent/session/task_own.h"

#include "agent/change/rollback.h"
#include "agent/session/report.h"
#include "agent/store/ledger_post.h"
#include "protocol/base/log.h"

struct slice task_status(enum err_code code)
{
	switch (code) {
	case ERR_NONE:
		return SLICE("done");
	case ERR_CANCELLED:
		return SLICE("cancelled");
	case ERR_BUDGET:
		return SLICE("budget");
	case ERR_DENIED:
		return SLICE("denied");
	case ERR_PROVIDER:
		return SLICE("provider");
	case ERR_SANDBOX:
		return SLICE("sandbox");
	case ERR_INVALID:
	case ERR_USAGE:
	case ERR_TOO_LARGE:
	case ERR_NOT_FOUND:
	case ERR_STALE:
	case ERR_TIMEOUT:
	case ERR_IO:
	case ERR_INTERNAL:
		break;
	}
	return SLICE("failed");
}

void task_note(struct task *t, struct slice status)
{
	ledger_post_task(agent_store(t->agent), agent_ledger(t->agent),
			 &(struct ledger_row){ .session = t->session,
					       .task = task_id(t),
					       .workspace = t->workspace,
					       .title = t->title,
					       .status = status,
					       .usd = t->budget.used.usd });
}

/* Whoever hears of the end may read the log, or lock it in another process. */
static void logged(void *payload, const struct err *err)
{
	struct task *t = payload;

	t->sync = NULL;
	if (err)
		log_error("log: %s", err->msg);
	task_post(t);
}

static void log_finish(struct task *t, struct slice status, struct slice summary, double seconds)
{
	struct usage *u = &t->budget.used;
	struct jw *w = task_log(t, "finished");
	struct err err = { 0 };

	jw_kstr(w, "status", status);
	jw_kstr(w, "summary", summary);
	jw_kf64(w, "usd", u->usd);
	jw_kf64(w, "seconds", seconds);
	jw_karray(w, "files");
	for (size_t i = 0; i < t->env.n_files; i++)
		jw_str(w, t->env.files[i]);
	jw_end(w);
	if (!event_log_end(t->env.log, &err))
		log_error("log: %s", err.msg);
	task_note(t, status);
	t->sync = event_log_sync(t->env.log, logged, t);
}

/* Decides how the task ended, in this order: the first error; work that could not be kept
 * (env.unkept); something denied and no word of the model; done. The outcome is made before the
 * log is synced, and reported after it. */
void end_decide(struct task *t)
{
	struct task_outcome o = { .usage = t->budget.used };

	if (t->why.code == ERR_NONE)
		t->why = t->env.unkept;
	o.code = t->why.code;
	/* A model that has something to say at the end has gone on without what was denied. */
	if (o.code == ERR_NONE && t->env.n_denied > 0 && slice_trim(t->said).len == 0)
		o.code = ERR_DENIED;
	if (t->why.code != ERR_NONE)
		o.summary = slice_of(t->why.msg);
	else if (o.code == ERR_DENIED)
		o.summary = arena_printf(&t->arena, "the task could not go on without: %.*s",
					 SLICE_ARG(t->env.denied[t->env.n_denied - 1]));
	else
		o.summary = t->said;
	if (t->why.code == ERR_BUDGET && t->over.code != ERR_NONE && t->said.len > 0)
		o.summary = arena_printf(&t->arena, "%s\n%.*s", t->why.msg, SLICE_ARG(t->said));
	o.n_denied = t->env.n_denied;
	o.calls = t->calls;
	o.mode = t->config.mode;
	o.seconds = (double)(uv_now(agent_loop(t->agent)) - t->started_ms) / 1000.0;
	o.files = t->env.files;
	o.n_files = t->env.n_files;
	t->outcome = o;
	t->status = task_status(o.code);
	if (o.code == ERR_NONE && task_reports(t))
		report_show(t, o.summary);
	log_finish(t, t->status, o.summary, o.seconds);
}

/* The event comes before done(): a face that frees what belongs to the task in done() has had
 * all its events then. */
void end_report(struct task *t)
{
	struct task_outcome o = t->outcome;

	task_emit(t, &(struct task_event){ .kind = TASK_FINISHED,
					   .session = t->session,
					   .status = t->status,
					   .text = o.summary,
					   .usage = o.usage,
					   .seconds = o.seconds,
					   .files = o.files,
					   .n_files = o.n_files,
					   .denied = t->env.denied,
					   .n_denied = t->env.n_denied });
	t->done(t->payload, t, &o);
	task_free(t);
}

static void rolled_back(void *payload, const struct rollback_result *b, const struct err *err)
{
	struct task *t = payload;

	t->rollback = NULL;
	if (err)
		task_notice(t, slice_of(err->msg));
	else if (b->report.len > 0)
		task_notice(t, b->report);
	task_post(t);
}

/* A task that ends in the middle of a change takes back what it had done of it, also where the log
 * can be written no more. */
void end_change(struct task *t)
{
	if (t->env.unfinished)
		t->rollback = rollback_start(&t->env.workspace, t->env.log, rolled_back, t);
}
