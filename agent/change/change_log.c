/* change_log.c - writes the events `begin`, `edit`, `edited` and `commit`: see change_log.h. Readers are
 * history.c (what was changed), rollback.c (what a crash left unfinished) and `emend audit`; older logs have
 * to stay readable, so a new field is optional for all of them. */
#include "agent/change/change_log.h"

/* Marked before the event: where emend is killed between the two, the next start reads the log once for
 * nothing. The other way round nobody would look into it. */
bool change_log_begin(const struct change_log *c, size_t files, struct err *err)
{
	struct jw *w;

	event_log_mark(c->log, c->workspace);
	w = event_log_begin(c->log, "begin");
	jw_kstr(w, "task", c->task);
	jw_kstr(w, "call", c->call);
	jw_kstr(w, "transaction", c->id);
	jw_ki64(w, "files", (int64_t)files);
	return event_log_end(c->log, err);
}

static bool put_blob(struct event_log *l, struct slice bytes, struct sha256_hex *out,
		     struct err *err)
{
	out->s[0] = '\0';
	return !bytes.ptr || blob_put(l, bytes, out, err);
}

bool change_log_edit(const struct change_log *c, const struct change_edit *e, struct err *err)
{
	struct sha256_hex before = { "" }, after = { "" };
	struct jw *w;

	if (!e->stored && (!put_blob(c->log, e->before, &before, err) ||
			   !put_blob(c->log, e->after, &after, err)))
		return false;
	w = event_log_begin(c->log, "edit");
	jw_kstr(w, "task", c->task);
	jw_kstr(w, "call", c->call);
	jw_ki64(w, "step", e->step);
	jw_kstr(w, "path", e->path);
	jw_kcstr(w, "via", e->via);
	jw_kstr(w, "before", e->stored ? e->before : slice_of(before.s));
	jw_kstr(w, "after", e->stored ? e->after : slice_of(after.s));
	jw_kstr(w, "transaction", c->id);
	if (e->mode != 0)
		jw_ki64(w, "mode", e->mode);
	if (e->folders != 0)
		jw_ki64(w, "folders", e->folders);
	restore_entry_write(w, &e->entry);
	if (e->n_hunks > 0)
		jw_karray(w, "hunks");
	for (size_t i = 0; i < e->n_hunks; i++)
		jw_str(w, e->hunks[i]);
	if (e->n_hunks > 0)
		jw_end(w);
	return event_log_end(c->log, err);
}

bool change_log_edited(const struct change_log *c, int64_t step, const struct err *failed,
		       struct err *err)
{
	struct jw *w = event_log_begin(c->log, "edited");

	jw_kstr(w, "task", c->task);
	jw_ki64(w, "step", step);
	jw_kbool(w, "ok", !failed);
	if (failed)
		jw_kcstr(w, "error", failed->msg);
	if (failed && !change_untouched(failed))
		jw_kbool(w, "unknown", true);
	return event_log_end(c->log, err);
}

bool change_log_end(const struct change_log *c, const struct err *failed, struct err *err)
{
	struct jw *w = event_log_begin(c->log, "commit");

	jw_kstr(w, "task", c->task);
	jw_kstr(w, "transaction", c->id);
	jw_kbool(w, "ok", !failed);
	if (failed)
		jw_kcstr(w, "error", failed->msg);
	if (!event_log_end(c->log, err))
		return false;
	event_log_unmark(c->log, c->workspace);
	return true;
}

/* These are given before anything is written: the text was another one, it is not allowed, it cannot be
 * encoded, or it is too long. An error of the disk or no answer in time says nothing about what is there. */
bool change_untouched(const struct err *err)
{
	return err->code == ERR_STALE || err->code == ERR_DENIED || err->code == ERR_INVALID ||
	       err->code == ERR_TOO_LARGE;
}
