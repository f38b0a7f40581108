/* commit_log.c - see commit_own.h: what a command's changes leave in the session's log, and how they
 * go back by it. */
#include "agent/tool/commit_own.h"

void commit_take_image(struct commit *m, const struct view_image *v)
{
	const struct view_change *c = commit_current(m);

	m->before = v->before.ptr ? arena_dup(&m->arena, v->before) : v->before;
	m->after = v->after.ptr ? arena_dup(&m->arena, v->after) : v->after;
	m->folders = v->folders;
	if (v->before.ptr && !m->before.ptr)
		m->before = SLICE("");
	if (v->after.ptr && !m->after.ptr)
		m->after = SLICE("");
	if (c->open >= 0) {
		m->images = true;
	} else if (c->kind == VIEW_MODE) {
		m->images = true;
		m->entry.kind = RESTORE_MODE;
		m->before = m->after = (struct slice){ NULL, 0 };
	} else {
		m->images = (c->before.len > 0) == (v->was != ENTRY_NONE) &&
			    (c->after.len > 0) == (v->is != ENTRY_NONE);
		if (v->was == ENTRY_LINK || v->is == ENTRY_LINK)
			m->entry = (struct restore_entry){ RESTORE_LINK, v->was, v->is, 0 };
	}
}

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

/* Content alone keeps the permissions of the old file, but for the right to execute it: as the
 * runner does it (upper_apply.c). */
static uint32_t mode_after(const struct view_change *c)
{
	if (c->kind != VIEW_CHANGED || c->old_mode == 0)
		return c->mode & 0777;
	if (c->mode & 0100)
		return c->old_mode | (c->old_mode & 0444) >> 2;
	return c->old_mode & ~0111u;
}

/* The permissions that change with the content are a step of their own. */
static bool journal_mode(struct tool_run *r, const struct journal_edit *content)
{
	struct commit *m = r->commit;
	const struct view_change *c = commit_current(m);
	struct journal_edit e = { .path = content->path,
				  .id = content->id,
				  .via = content->via,
				  .mode = c->old_mode,
				  .entry = { .kind = RESTORE_MODE, .left_mode = mode_after(c) } };

	m->mode_step = 0;
	if (c->open >= 0 || c->kind != VIEW_CHANGED || m->entry.kind != RESTORE_TEXT ||
	    c->old_mode == 0 || e.entry.left_mode == c->old_mode)
		return true;
	return journal_edit(r, &e, &m->mode_step);
}

static bool journal(struct tool_run *r, const char *via)
{
	struct commit *m = r->commit;
	const struct view_change *c = commit_current(m);
	struct journal_edit e = { .path = c->path,
				  .via = via,
				  .before = m->before,
				  .after = m->after,
				  .folders = m->folders,
				  .entry = m->entry };

	if (m->id.len == 0 && !journal_begin(r, 0, &m->id))
		return false;
	e.id = m->id;
	e.mode = m->before.ptr || m->entry.kind == RESTORE_MODE ? c->old_mode : 0;
	e.entry.left_mode = c->open < 0 && c->kind != VIEW_REMOVED ? mode_after(c) : 0;
	return m->images ? journal_edit(r, &e, &m->step) && journal_mode(r, &e) : log_changed(r);
}

bool commit_journal(struct tool_run *r, const char *via, journal_cb *done)
{
	if (!journal(r, via))
		return false;
	journal_sync(r, done);
	return true;
}

void commit_roll_back(struct tool_run *r, const struct err *why, rollback_cb *done)
{
	r->commit->why = *why;
	r->commit->rollback = rollback_start(&r->env->workspace, r->env->log, done, r);
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
