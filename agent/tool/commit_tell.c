/* commit_tell.c - see commit_own.h: what the model and the faces are told of a command's changes. */
#include "agent/tool/commit_own.h"

#include <stdarg.h>
#include <stdio.h>

#include "agent/edit/edit.h"
#include "agent/edit/later.h"
#include "protocol/base/limits.h"
#include "protocol/base/utf8.h"

enum { REPORT_LINES = 60 };

static void note(struct commit *m, const char *what, struct slice path, const char *fmt, ...)
	PRINTF(4, 5);

static void note(struct commit *m, const char *what, struct slice path, const char *fmt, ...)
{
	char text[600];
	va_list ap;

	if (m->lines++ >= REPORT_LINES)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	buf_printf(&m->report, "  %s %.*s%s\n", what, SLICE_ARG(path), text);
}

void commit_not_kept(struct commit *m, const struct view_change *c, struct slice why)
{
	note(m, "not kept:", c->path, ": %.*s", SLICE_ARG(why));
}

bool commit_is_text(struct slice s)
{
	return s.len <= LIMIT_VIEW_DIFF_BYTES && slice_find_byte(s, '\0', 0) == SIZE_MAX &&
	       utf8_valid(s);
}

void commit_made(struct tool_run *r, const struct commit_item *it, bool in_buffer)
{
	static const char *const letters[] = { "A", "M", "D", "mode" };
	struct commit *m = r->commit;
	const struct view_change *c = it->change;
	struct slice diff = SLICE("");
	size_t added = 0, removed = 0;

	if (it->entry.kind == RESTORE_TEXT && it->images && commit_is_text(it->before) &&
	    commit_is_text(it->after)) {
		diff = later_diff(&m->arena, c->path, it->before, it->after);
		edit_diff_stat(diff, &added, &removed);
	}
	m->made[c - m->changes] = true;
	env_file_changed(r->env, c->path);
	tool_emit(r, &(struct task_event){ .kind = TASK_FILE_CHANGED,
					   .path = c->path,
					   .before = c->before,
					   .after = c->after,
					   .diff = diff });
	note(m, letters[c->kind], c->path, "%s%s%s%s%s",
	     diff.len ? arena_printf(&m->arena, " (+%zu -%zu)", added, removed).ptr : "",
	     in_buffer ? " in the editor's buffer (not saved)" : "",
	     c->kind == VIEW_CREATED && c->file && (c->mode & 0111) ? " (executable)" : "",
	     c->kind != VIEW_REMOVED && later_runs(c->path, it->after)
		     ? " (the user may execute it later)"
		     : "",
	     it->images || in_buffer ? "" : " (undo does not cover this)");
}

struct slice commit_report(struct tool_run *r, struct slice finished, const struct err *err)
{
	struct commit *m = r->commit;
	struct json root;
	struct err bad;

	if (err)
		buf_printf(&m->report, "  not kept: other files: %s\n", err->msg);
	else if (json_parse(&r->arena, finished, &root, &bad) &&
		 json_i64_or(json_get(root, "failed"), 0) > 0)
		buf_printf(&m->report, "  not kept: %lld other files: %.*s\n",
			   (long long)json_i64_or(json_get(root, "failed"), 0),
			   SLICE_ARG(json_str_or(json_get(root, "why"), &r->arena, "")));
	if (m->lines > REPORT_LINES)
		buf_printf(&m->report, "  and %zu more\n", m->lines - REPORT_LINES);
	return m->report.len ? arena_printf(&r->arena, "Files that the command changed:\n%.*s",
					    SLICE_ARG(buf_slice(&m->report)))
			     : SLICE("");
}
