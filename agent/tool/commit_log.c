/* commit_log.c - see commit_own.h: what a command's changes leave in the session's log. */
#include "agent/tool/commit_own.h"

static bool put_blob(struct tool_run *r, struct slice text, struct sha256_hex *out)
{
	out->s[0] = '\0';
	return !text.ptr || blob_put(r->env->log, text, out, &r->env->fatal);
}

bool commit_journal(struct tool_run *r, const char *via)
{
	struct commit *m = r->commit;
	const struct view_change *c = commit_current(m);
	struct tool_env *e = r->env;
	struct sha256_hex before, after;
	struct jw *w;

	if (!put_blob(r, m->before, &before) || !put_blob(r, m->after, &after))
		return false;
	m->step = e->next_step++;
	w = event_log_begin(e->log, "edit");
	jw_kstr(w, "task", e->task_id);
	jw_kstr(w, "call", r->id);
	jw_ki64(w, "step", m->step);
	jw_kstr(w, "path", c->path);
	jw_kcstr(w, "via", via);
	jw_kcstr(w, "before", before.s);
	jw_kcstr(w, "after", after.s);
	if (m->before.ptr && c->old_mode)
		jw_ki64(w, "mode", c->old_mode);
	return event_log_end(e->log, &e->fatal) && event_log_sync(e->log, &e->fatal);
}

bool commit_log_edited(struct tool_run *r, const struct err *err)
{
	struct jw *w = event_log_begin(r->env->log, "edited");

	jw_kstr(w, "task", r->env->task_id);
	jw_ki64(w, "step", r->commit->step);
	jw_kbool(w, "ok", !err);
	if (err)
		jw_kcstr(w, "error", err->msg);
	return event_log_end(r->env->log, &r->env->fatal);
}

bool commit_log_changed(struct tool_run *r)
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
	return event_log_end(r->env->log, &r->env->fatal) &&
	       event_log_sync(r->env->log, &r->env->fatal);
}
