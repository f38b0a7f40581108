/* transaction_journal.c - the log's side of a transaction: see transaction_own.h */
#include "agent/tool/transaction_own.h"

#include "agent/store/unfinished.h"

static bool put_blob(struct tool_run *r, struct slice bytes, struct sha256_hex *out)
{
	out->s[0] = '\0';
	return !bytes.ptr || blob_put(r->env->log, bytes, out, &r->env->fatal);
}

static bool log_edit(struct tool_run *r, struct transaction *t, struct change *c)
{
	struct tool_env *e = r->env;
	struct sha256_hex before, after;
	struct jw *w;

	if (!put_blob(r, c->before_bytes, &before) || !put_blob(r, c->after_bytes, &after))
		return false;
	c->step = e->next_step++;
	w = event_log_begin(e->log, "edit");
	jw_kstr(w, "task", e->task_id);
	jw_kstr(w, "call", r->id);
	jw_ki64(w, "step", c->step);
	jw_kstr(w, "path", c->spec->path);
	jw_kcstr(w, "via", c->is_buffer ? "buffer" : "file");
	jw_kcstr(w, "before", before.s);
	jw_kcstr(w, "after", after.s);
	jw_kstr(w, "transaction", t->id);
	if (c->mode != 0)
		jw_ki64(w, "mode", c->mode);
	return event_log_end(e->log, &e->fatal);
}

static size_t to_change(const struct transaction *t)
{
	size_t n = 0;

	for (size_t i = 0; i < t->n; i++)
		n += !t->changes[i].same;
	return n;
}

bool transaction_begin(struct tool_run *r, struct transaction *t)
{
	struct tool_env *e = r->env;
	struct jw *w;

	t->id = arena_printf(&r->arena, "%.*s.%lld", SLICE_ARG(e->task_id),
			     (long long)e->next_step);
	if (!unfinished_mark(event_log_state_dir(e->log), e->view.root, event_log_session(e->log),
			     &e->fatal))
		return false;
	e->unfinished = true;
	t->begun = true;
	w = event_log_begin(e->log, "begin");
	jw_kstr(w, "task", e->task_id);
	jw_kstr(w, "call", r->id);
	jw_kstr(w, "transaction", t->id);
	jw_ki64(w, "files", (int64_t)to_change(t));
	if (!event_log_end(e->log, &e->fatal))
		return false;
	for (size_t i = 0; i < t->n; i++)
		if (!t->changes[i].same && !log_edit(r, t, &t->changes[i]))
			return false;
	return event_log_sync(e->log, &e->fatal);
}

bool transaction_edited(struct tool_run *r, const struct change *c, const struct err *err)
{
	struct jw *w = event_log_begin(r->env->log, "edited");

	jw_kstr(w, "task", r->env->task_id);
	jw_ki64(w, "step", c->step);
	jw_kbool(w, "ok", !err);
	if (err)
		jw_kcstr(w, "error", err->msg);
	return event_log_end(r->env->log, &r->env->fatal);
}

bool transaction_commit(struct tool_run *r, struct transaction *t, const struct err *err)
{
	struct tool_env *e = r->env;
	struct jw *w = event_log_begin(e->log, "commit");

	jw_kstr(w, "task", e->task_id);
	jw_kstr(w, "transaction", t->id);
	jw_kbool(w, "ok", !err);
	if (err)
		jw_kcstr(w, "error", err->msg);
	if (!event_log_end(e->log, &e->fatal) || !event_log_sync(e->log, &e->fatal))
		return false;
	unfinished_clear(event_log_state_dir(e->log), e->view.root, event_log_session(e->log));
	e->unfinished = false;
	t->begun = false;
	return true;
}
