/* commit_log.c - see commit_own.h: what a command's changes leave in the session's log, and how they
 * go back by it. */
#include "agent/tool/commit_own.h"

#include "agent/tool/journal.h"

/* Without images: for the audit only. */
static bool log_changed(struct tool_run *r)
{
	static const char *const kinds[] = { "created", "changed", "removed", "mode" };
	const struct view_change *c = commit_current(r->commit);
	struct jw *w = event_log_begin(r->env->log, "changed");

	jw_kstr(w, "task", r->env->task_id);
	jw_kstr(w, "call", r->id);
	jw_kstr(w, "path", c->path);
	jw_kcstr(w, "kind", kinds[c->kind]);
	jw_kstr(w, "before", c->before);
	jw_kstr(w, "after", c->after);
	return event_log_end(r->env->log, &r->env->fatal);
}

bool commit_journal(struct tool_run *r, const char *via)
{
	struct commit *m = r->commit;
	const struct view_change *c = commit_current(m);
	struct journal_edit e = {
		.path = c->path, .via = via, .before = m->before, .after = m->after
	};

	if (m->id.len == 0 && !journal_begin(r, 0, &m->id))
		return false;
	e.id = m->id;
	e.mode = m->before.ptr ? c->old_mode : 0;
	return (m->images ? journal_edit(r, &e, &m->step) : log_changed(r)) && journal_sync(r);
}

void commit_roll_back(struct tool_run *r, const struct err *why, rollback_cb *done)
{
	r->commit->why = *why;
	r->commit->rollback = rollback_start(&r->env->view, r->env->log, done, r);
}

void commit_unmade(struct tool_run *r)
{
	struct commit *m = r->commit;

	for (size_t i = 0; i < m->n; i++) {
		const struct view_change *c = &m->changes[i];

		if (m->made[i])
			tool_emit(r, &(struct task_event){ .kind = TASK_FILE_CHANGED,
							   .path = c->path,
							   .before = c->after,
							   .after = c->before,
							   .diff = SLICE("") });
	}
}
