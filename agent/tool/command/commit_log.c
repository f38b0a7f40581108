/* commit_log.c - see commit_own.h: what a command's changes leave in the session's log. */
#include "agent/tool/command/commit_own.h"

/* Copies, as the worker's answer is gone after the call; an empty file is not no file. */
static struct slice keep(struct arena *a, struct slice bytes)
{
	struct slice copy = bytes.ptr ? arena_dup(a, bytes) : bytes;

	return bytes.ptr && !copy.ptr ? SLICE("") : copy;
}

void commit_take_images(struct commit *m, struct commit_item *it, const struct view_image *v)
{
	const struct view_change *c = it->change;

	it->folders = v->folders;
	it->before = it->was = keep(&m->arena, v->before);
	it->after = it->left = keep(&m->arena, v->after);
	if (c->open >= 0) {
		it->images = true;
	} else if (v->is == ENTRY_BUNDLE) {
		it->images = true;
		it->entry = (struct restore_entry){ RESTORE_BUNDLE, ENTRY_NONE, ENTRY_BUNDLE, 0 };
	} else if (c->kind == VIEW_MODE) {
		it->images = true;
		it->entry.kind = RESTORE_MODE;
		it->before = it->after = (struct slice){ NULL, 0 };
	} else {
		it->images = (c->before.len > 0) == (v->was != ENTRY_NONE) &&
			     (c->after.len > 0) == (v->is != ENTRY_NONE);
		if (v->was == ENTRY_LINK || v->is == ENTRY_LINK)
			it->entry = (struct restore_entry){ RESTORE_LINK, v->was, v->is, 0 };
	}
}

void commit_take_packed(struct commit *m, struct commit_item *it, const struct view_packed *v)
{
	const struct view_change *c = it->change;
	bool link = v->was == ENTRY_LINK || v->is == ENTRY_LINK;

	it->packed = true;
	it->folders = v->folders;
	it->before = it->after = SLICE("");
	it->images = c->kind == VIEW_MODE || ((c->before.len > 0) == (v->was != ENTRY_NONE) &&
					      (c->after.len > 0) == (v->is != ENTRY_NONE));
	if (c->kind == VIEW_MODE) {
		it->entry.kind = RESTORE_MODE;
		return;
	}
	if (link)
		it->entry = (struct restore_entry){ RESTORE_LINK, v->was, v->is, 0 };
	it->before = v->was == ENTRY_LINK ? arena_dup(&m->arena, v->before.link_hash) : c->before;
	it->after = v->is == ENTRY_LINK ? arena_dup(&m->arena, v->after.link_hash) : c->after;
}

/* Without images: for the audit only. */
static bool log_changed(struct tool_run *r, const struct view_change *c)
{
	static const char *const kinds[] = { "created", "changed", "removed", "mode" };
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
 * worker does it (upper_apply.c). */
static uint32_t mode_after(const struct view_change *c)
{
	if (c->kind != VIEW_CHANGED || c->old_mode == 0)
		return c->mode & 0777;
	if (c->mode & 0100)
		return c->old_mode | (c->old_mode & 0444) >> 2;
	return c->old_mode & ~0111u;
}

/* The permissions that change with the content are a step of their own. */
static bool journal_mode(struct tool_run *r, struct commit_item *it,
			 const struct journal_edit *content)
{
	const struct view_change *c = it->change;
	struct journal_edit e = { .path = content->path,
				  .id = content->id,
				  .via = content->via,
				  .mode = c->old_mode,
				  .entry = { .kind = RESTORE_MODE, .left_mode = mode_after(c) } };

	it->mode_step = 0;
	if (c->open >= 0 || it->opened || c->kind != VIEW_CHANGED ||
	    it->entry.kind != RESTORE_TEXT || c->old_mode == 0 || e.entry.left_mode == c->old_mode)
		return true;
	return journal_edit(r, &e, &it->mode_step);
}

/* The set begins with its first change. Without images there is only a note for the audit, and undo leaves
 * it alone. */
bool commit_journal(struct tool_run *r, struct commit_item *it, const char *via)
{
	struct commit *m = r->commit;
	const struct view_change *c = it->change;
	struct journal_edit e = { .path = c->path,
				  .via = via,
				  .before = it->before,
				  .after = it->after,
				  .stored = it->packed,
				  .folders = it->folders,
				  .entry = it->entry };

	bool had = it->packed ? it->before.len > 0 : it->before.ptr != NULL;

	if (m->id.len == 0 && !journal_begin(r, 0, &m->id))
		return false;
	if (!it->images)
		return log_changed(r, c);
	e.id = m->id;
	e.mode = had || it->entry.kind == RESTORE_MODE ? c->old_mode : 0;
	e.entry.left_mode =
		c->open < 0 && !it->opened && c->kind != VIEW_REMOVED ? mode_after(c) : 0;
	return journal_edit(r, &e, &it->step) && journal_mode(r, it, &e);
}

/* Permissions that changed with the content are a step of their own, which ends the same way. */
bool commit_journal_result(struct tool_run *r, const struct commit_item *it, const struct err *err)
{
	return !it->images || (journal_edited(r, it->step, err) &&
			       (it->mode_step == 0 || journal_edited(r, it->mode_step, err)));
}

/* The faces were told of each change, so they are told the opposite of each. */
void commit_unmade(struct tool_run *r)
{
	struct commit *m = r->commit;

	for (size_t i = 0; i < m->n; i++) {
		const struct view_change *c = &m->changes[i];

		if (m->made[i] && !c->git)
			tool_emit(r, &(struct task_event){ .kind = TASK_FILE_CHANGED,
							   .path = c->path,
							   .before = c->after,
							   .after = c->before,
							   .diff = SLICE("") });
	}
}
