/* journal.c - see journal.h */
#include "agent/tool/journal.h"

bool journal_begin(struct tool_run *r, size_t files, struct slice *id)
{
	struct tool_env *e = r->env;
	struct jw *w;

	*id = arena_printf(&r->arena, "%.*s.%lld", SLICE_ARG(e->task_id), (long long)e->next_step);
	event_log_mark(e->log, e->workspace.root);
	e->unfinished = true;
	w = event_log_begin(e->log, "begin");
	jw_kstr(w, "task", e->task_id);
	jw_kstr(w, "call", r->id);
	jw_kstr(w, "transaction", *id);
	jw_ki64(w, "files", (int64_t)files);
	return event_log_end(e->log, &e->fatal);
}

static bool put_blob(struct tool_run *r, struct slice bytes, struct sha256_hex *out)
{
	out->s[0] = '\0';
	return !bytes.ptr || blob_put(r->env->log, bytes, out, &r->env->fatal);
}

bool journal_edit(struct tool_run *r, const struct journal_edit *j, int64_t *step)
{
	struct tool_env *e = r->env;
	struct sha256_hex before, after;
	struct jw *w;

	if (!put_blob(r, j->before, &before) || !put_blob(r, j->after, &after))
		return false;
	*step = e->next_step++;
	w = event_log_begin(e->log, "edit");
	jw_kstr(w, "task", e->task_id);
	jw_kstr(w, "call", r->id);
	jw_ki64(w, "step", *step);
	jw_kstr(w, "path", j->path);
	jw_kcstr(w, "via", j->via);
	jw_kcstr(w, "before", before.s);
	jw_kcstr(w, "after", after.s);
	jw_kstr(w, "transaction", j->id);
	if (j->mode != 0)
		jw_ki64(w, "mode", j->mode);
	if (j->folders != 0)
		jw_ki64(w, "folders", j->folders);
	restore_entry_write(w, &j->entry);
	return event_log_end(e->log, &e->fatal);
}

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
	struct jw *w = event_log_begin(r->env->log, "edited");

	jw_kstr(w, "task", r->env->task_id);
	jw_ki64(w, "step", step);
	jw_kbool(w, "ok", !err);
	if (err)
		jw_kcstr(w, "error", err->msg);
	return event_log_end(r->env->log, &r->env->fatal);
}

bool journal_end(struct tool_run *r, struct slice id, const struct err *err)
{
	struct tool_env *e = r->env;
	struct jw *w = event_log_begin(e->log, "commit");

	jw_kstr(w, "task", e->task_id);
	jw_kstr(w, "transaction", id);
	jw_kbool(w, "ok", !err);
	if (err)
		jw_kcstr(w, "error", err->msg);
	if (!event_log_end(e->log, &e->fatal))
		return false;
	event_log_unmark(e->log, e->workspace.root);
	e->unfinished = false;
	return true;
}

bool journal_untouched(const struct err *err)
{
	return err->code == ERR_STALE || err->code == ERR_DENIED || err->code == ERR_INVALID ||
	       err->code == ERR_TOO_LARGE;
}
