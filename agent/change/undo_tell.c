/* undo_tell.c - see undo_own.h: the events `undoing`, `undo` (one for each step) and `undone`, and the lines
 * of the report. history.c reads them back: an `undoing` without `undone` is an undo that a crash has cut
 * off. */
#include "agent/change/undo_own.h"

/* --- the whole, in the log --- */

/* The session may be marked already, for a transaction of its own that is unfinished: then the mark is not
 * ours to take away (undo_log_over). */
bool undo_log_begin(struct change_undo *u)
{
	struct event_log *log = u->env.log;
	struct jw *w;

	u->marked = event_log_marked(log, u->env.workspace->root);
	event_log_mark(log, u->env.workspace->root);
	u->begun = true;
	w = event_log_begin(log, "undoing");
	jw_kstr(w, "task", u->spec.task);
	jw_ki64(w, "only", u->spec.only);
	jw_kbool(w, "redo", u->spec.redo);
	if (u->spec.rewind) {
		jw_kobject(w, "rewind");
		jw_ki64(w, "to", u->rewind.to);
		jw_ki64(w, "above", u->rewind.above);
		jw_ki64(w, "upto", u->rewind.upto);
		jw_end(w);
	}
	return event_log_end(log, &u->why);
}

bool undo_log_end(struct change_undo *u, bool ok, struct err *err)
{
	struct jw *w = event_log_begin(u->env.log, "undone");

	jw_kstr(w, "task", u->spec.task);
	jw_kbool(w, "ok", ok);
	return event_log_end(u->env.log, err);
}

void undo_log_over(struct change_undo *u)
{
	u->begun = false;
	if (!u->marked)
		event_log_unmark(u->env.log, u->env.workspace->root);
}

/* --- one path --- */

static bool log_turn(struct change_undo *u, const struct turn *t, struct slice after)
{
	const struct past_edit *e = t->edit;
	struct jw *w = event_log_begin(u->env.log, "undo");

	jw_kstr(w, "task", e->task);
	jw_ki64(w, "step", e->step);
	jw_kstr(w, "path", e->path);
	jw_kbool(w, "ok", t->went);
	if (!t->went)
		jw_kcstr(w, "error", t->why.msg);
	jw_kstr(w, "before", u->spec.redo ? e->before : e->after);
	jw_kstr(w, "after", t->went ? after : SLICE(""));
	if (u->spec.redo)
		jw_kbool(w, "redo", true);
	if (u->spec.rewind)
		jw_kbool(w, "rewind", true);
	if (t->went && t->absent)
		jw_kbool(w, "absent", true);
	return event_log_end(u->env.log, &u->why);
}

/* Each reason once: several steps may be held up by the same line. from: the report of this path. */
static void report_refused(struct change_undo *u, const struct turn *t, size_t from)
{
	struct slice line;
	struct arena a;

	arena_init(&a);
	line = arena_printf(&a, "%s: %.*s: %s\n", u->spec.redo ? "not made again" : "not undone",
			    SLICE_ARG(t->edit->path), t->why.msg);
	if (slice_find(buf_slice(&u->report), line, from) == SIZE_MAX)
		buf_append(&u->report, line);
	arena_release(&a);
}

/* Files of git's own are one line together, whatever their number: a commit changes a dozen. */
static void report_git(struct change_undo *u, struct slice path, size_t went, size_t refused)
{
	size_t i = u->first;
	bool told = false;

	if (went > 0)
		u->out.restored += undo_git_went(&u->git, path);
	while (refused > 0 && (u->turns[i].went || u->turns[i].left_out))
		i = u->turns[i].next;
	if (refused > 0 && undo_git_refused(&u->git, path, u->spec.redo, &u->report, &told))
		report_refused(u, &u->turns[i], 0);
	u->out.refused += told;
}

/* A text is shown by its lines instead. */
static void report_preview(struct change_undo *u, const struct past_edit *e, bool there)
{
	if (e->entry.kind != RESTORE_TEXT || !u->preview.file)
		buf_printf(&u->report, "%s %.*s\n",
			   e->entry.kind == RESTORE_MODE ? "to be restored: permissions of"
			   : there			 ? "to be restored:"
							 : "to be removed:",
			   SLICE_ARG(e->path));
}

static void report(struct change_undo *u, const struct apply_result *r, size_t went, size_t refused)
{
	const struct past_edit *e = u->turns[u->first].edit;
	bool there = r->now.ptr || (e->entry.kind == RESTORE_FOLDER &&
				    (u->spec.redo ? e->entry.left : e->entry.before) != ENTRY_NONE);
	size_t from = u->report.len;

	if (undo_git_is(e->path)) {
		report_git(u, e->path, went, refused);
		return;
	}
	if (went > 0 && u->spec.preview)
		report_preview(u, e, there);
	else if (went > 0 &&
		 u->turns[u->first].why.code != ERR_NONE) /* of a bundle the rest is gone */
		buf_printf(&u->report, "%.*s: %s\n", SLICE_ARG(e->path),
			   u->turns[u->first].why.msg);
	else if (went > 0)
		buf_printf(&u->report, "%s %.*s\n",
			   e->entry.kind == RESTORE_MODE ? "permissions restored:"
			   : there			 ? "restored"
							 : "removed",
			   SLICE_ARG(e->path));
	for (size_t i = u->first; refused > 0 && i != u->end; i = u->turns[i].next)
		if (!u->turns[i].left_out && !u->turns[i].went)
			report_refused(u, &u->turns[i], from);
	u->out.restored += went > 0;
	u->out.refused += refused > 0;
}

/* hash: of what is there now, for the audit. A preview logs nothing. */
bool undo_settle(struct change_undo *u, const struct apply_result *r)
{
	struct sha256_hex hash = { "" };
	size_t went = 0, refused = 0;
	bool ok = true;

	if (r->now.ptr)
		hash = sha256(r->now);
	for (size_t i = u->first; i != u->end; i = u->turns[i].next) {
		const struct turn *t = &u->turns[i];

		if (t->left_out)
			continue;
		went += t->went;
		refused += !t->went;
		ok = ok && (u->spec.preview || log_turn(u, t, slice_of(hash.s)));
	}
	report(u, r, went, refused);
	return ok;
}
