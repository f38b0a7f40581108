/* journal.c - see journal.h. `unfinished` of the environment is the task's own mark, beside that of the
 * store: as long as it is set, a rollback comes before the next change. */
#include "agent/tool/journal.h"

static struct change_log log_of(const struct tool_run *r, struct slice id)
{
	const struct tool_env *e = r->env;

	return (struct change_log){ .log = e->log,
				    .workspace = e->workspace.root,
				    .task = e->task_id,
				    .call = r->id,
				    .id = id };
}

bool journal_begin(struct tool_run *r, size_t files, struct slice *id)
{
	struct tool_env *e = r->env;
	struct change_log c;

	*id = arena_printf(&r->arena, "%.*s.%lld", SLICE_ARG(e->task_id), (long long)e->next_step);
	c = log_of(r, *id);
	e->unfinished = true;
	return change_log_begin(&c, files, &e->fatal);
}

bool journal_edit(struct tool_run *r, const struct journal_edit *j, int64_t *step)
{
	struct change_log c = log_of(r, j->id);
	struct change_edit e = { .path = j->path,
				 .step = r->env->next_step++,
				 .via = j->via,
				 .before = j->before,
				 .after = j->after,
				 .stored = j->stored,
				 .mode = j->mode,
				 .folders = j->folders,
				 .entry = j->entry };

	*step = e.step;
	return change_log_edit(&c, &e, &r->env->fatal);
}

/* The callback is taken from the run, as it may begin the next wait. */
static void synced(void *payload, const struct err *err)
{
	struct tool_run *r = payload;
	journal_cb *done = r->journaled;

	r->sync = NULL;
	if (err)
		r->env->fatal = *err;
	done(r, !err);
}

void journal_sync(struct tool_run *r, journal_cb *done)
{
	r->journaled = done;
	r->sync = event_log_sync(r->env->log, synced, r);
}

bool journal_edited(struct tool_run *r, int64_t step, const struct err *err)
{
	struct change_log c = log_of(r, SLICE(""));

	return change_log_edited(&c, step, err, &r->env->fatal);
}

bool journal_end(struct tool_run *r, struct slice id, const struct err *err)
{
	struct change_log c = log_of(r, id);

	if (!change_log_end(&c, err, &r->env->fatal))
		return false;
	r->env->unfinished = false;
	return true;
}
