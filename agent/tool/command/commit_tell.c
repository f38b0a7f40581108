/* commit_tell.c - see commit_own.h: what the model and the faces are told of a command's changes. */
#include "agent/tool/command/commit_own.h"

#include <stdarg.h>
#include <stdio.h>

#include "agent/base/git_path.h"
#include "agent/edit/edit.h"
#include "agent/edit/later.h"
#include "protocol/base/limits.h"
#include "protocol/base/utf8.h"

enum { REPORT_LINES = 60, HELD_LINES = 20 };

static void note(struct commit *m, const char *what, struct slice path, const char *fmt, ...)
	PRINTF(4, 5);

/* A line for the model; those over REPORT_LINES are counted. */
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

static struct slice repository_of(struct slice path)
{
	return slice_sub(path, 0, git_path_of(path).repository);
}

/* Files of git with one reason are counted: half of a repository is one message. */
void commit_not_kept(struct tool_run *r, const struct view_change *c, struct slice why)
{
	struct commit *m = r->commit;

	for (size_t i = 0; c->git && c->never && i < m->n_held; i++) {
		if (!slice_eq(m->held[i].why, why) ||
		    !slice_eq(repository_of(m->held[i].path), repository_of(c->path)))
			continue;
		m->held[i].more++;
		return;
	}
	if (m->n_held == m->cap_held) {
		struct commit_held *more =
			arena_array(&r->arena, m->cap_held * 2 + 16, sizeof(*more));

		if (m->n_held > 0)
			memcpy(more, m->held, m->n_held * sizeof(*more));
		m->held = more;
		m->cap_held = m->cap_held * 2 + 16;
	}
	m->held[m->n_held++] = (struct commit_held){ c->path, arena_dup(&r->arena, why), 0 };
}

static struct slice held_line(struct tool_run *r, const struct commit_held *h)
{
	if (h->more == 0)
		return h->why;
	return arena_printf(&r->arena, "%.*s (and %zu more of the repository)", SLICE_ARG(h->why),
			    h->more);
}

/* One `held` event for the log and the faces. False: the log is broken. */
static bool tell_held(struct tool_run *r, struct slice path, struct slice why)
{
	struct jw *w = event_log_begin(r->env->log, "held");

	jw_kstr(w, "task", r->env->task_id);
	jw_kstr(w, "call", r->id);
	jw_kstr(w, "path", path);
	jw_kstr(w, "reason", why);
	if (!event_log_end(r->env->log, &r->env->fatal))
		return false;
	tool_emit(r, &(struct task_event){ .kind = TASK_CHANGE_HELD, .path = path, .text = why });
	return true;
}

bool commit_tell_lost(struct tool_run *r, struct slice why)
{
	return tell_held(r, SLICE(""), why);
}

/* A command may have a thousand changes refused: the first are named, the others counted. */
static bool tell_all_held(struct tool_run *r)
{
	struct commit *m = r->commit;
	size_t shown = m->n_held <= HELD_LINES ? m->n_held : HELD_LINES;

	for (size_t i = 0; i < shown; i++)
		if (!tell_held(r, m->held[i].path, held_line(r, &m->held[i])))
			return false;
	return shown == m->n_held ||
	       commit_tell_lost(r, arena_printf(&r->arena, "%zu more changes were not kept",
						m->n_held - shown));
}

bool commit_is_text(struct slice s)
{
	return s.len <= LIMIT_VIEW_DIFF_BYTES && slice_find_byte(s, '\0', 0) == SIZE_MAX &&
	       utf8_valid(s);
}

/* What the path is to git's rules of what to leave out; "": nothing. */
static struct slice rules_text(struct tool_run *r, const struct view_change *c)
{
	struct slice name = SLICE(".gitignore");

	if (!slice_eq(c->path, name) && !slice_ends(c->path, SLICE("/.gitignore")))
		return SLICE("");
	return arena_printf(&r->arena, "%.*s: ignore rules count from the next session",
			    SLICE_ARG(c->path));
}

/* Many new files that the project's ignore rules name, as one. */
static void bundle_made(struct tool_run *r, const struct commit_item *it)
{
	const struct view_change *c = it->change;
	struct slice line = arena_printf(&r->arena, "%.*s/: %llu new file%s", SLICE_ARG(c->path),
					 (unsigned long long)c->files, c->files == 1 ? "" : "s");

	env_file_changed(r->env, c->path);
	tool_emit(r, &(struct task_event){ .kind = TASK_FILE_CHANGED,
					   .path = c->path,
					   .before = SLICE(""),
					   .after = SLICE(""),
					   .diff = SLICE(""),
					   .text = line,
					   .n_files = c->files });
	note(r->commit, "A", line, " (ignored by git%s)",
	     it->images ? "" : "; undo does not cover this");
}

/* A change is real: faces hear of it, and a line goes into the report. Files of git are collected and told
 * together. */
void commit_made(struct tool_run *r, const struct commit_item *it, bool in_buffer)
{
	static const char *const letters[] = { "A", "M", "D", "mode" };
	struct commit *m = r->commit;
	const struct view_change *c = it->change;
	struct slice diff = SLICE(""), before = it->before, after = it->after;
	bool has_texts = it->packed ? commit_packed_texts(r, it, &before, &after) : it->images;
	size_t added = 0, removed = 0;

	if (it->entry.kind == RESTORE_TEXT && has_texts && commit_is_text(before) &&
	    commit_is_text(after)) {
		diff = later_diff(&m->arena, c->path, before, after);
		edit_diff_stat(diff, &added, &removed);
	}
	m->made[c - m->changes] = true;
	if (c->files > 0) {
		bundle_made(r, it);
		return;
	}
	if (c->git) {
		git_told_add(&m->git, &r->arena, c, it->before, it->after);
		env_file_changed(r->env, repository_of(c->path));
		return;
	}
	env_file_changed(r->env, c->path);
	tool_emit(r, &(struct task_event){ .kind = TASK_FILE_CHANGED,
					   .path = c->path,
					   .before = c->before,
					   .after = c->after,
					   .diff = diff,
					   .text = rules_text(r, c) });
	note(m, letters[c->kind], c->path, "%s%s%s%s%s",
	     diff.len ? arena_printf(&m->arena, " (+%zu -%zu)", added, removed).ptr : "",
	     in_buffer ? " in the editor's buffer (not saved)" : "",
	     c->kind == VIEW_CREATED && c->file && (c->mode & 0111) ? " (executable)" : "",
	     c->kind != VIEW_REMOVED &&
			     later_runs(c->path, it->packed && !has_texts ? SLICE("") : after)
		     ? " (the user may execute it later)"
		     : "",
	     it->images || in_buffer ? "" : " (undo does not cover this)");
}

/* One line for all that git did. */
static bool report_git(struct tool_run *r)
{
	struct commit *m = r->commit;
	struct slice line = git_told_line(&m->git, &r->arena);
	struct jw *log, w;
	struct buf refs;

	if (line.len == 0)
		return true;
	buf_printf(&m->report, "  %.*s\n", SLICE_ARG(line));
	log = event_log_begin(r->env->log, "git");
	jw_kstr(log, "task", r->env->task_id);
	jw_kstr(log, "call", r->id);
	jw_kstr(log, "text", line);
	if (!event_log_end(r->env->log, &r->env->fatal))
		return false;
	buf_init(&refs, LIMIT_LOG_EVENT_BYTES);
	jw_init(&w, &refs);
	jw_array(&w);
	git_told_refs(&m->git, &w);
	jw_end(&w);
	tool_emit(r, &(struct task_event){ .kind = TASK_GIT_CHANGED,
					   .text = line,
					   .json = refs.full ? SLICE("[]") : buf_slice(&refs) });
	buf_release(&refs);
	return true;
}

/* The quiet rest is told only where it failed. */
static void report_rest(struct tool_run *r, struct slice finished, const struct err *err)
{
	static const struct view_change rest = { .path = { "other files", 11 } };
	struct json root;
	struct err bad;
	int64_t failed = 0;

	if (err)
		commit_not_kept(r, &rest, slice_of(err->msg));
	else if (json_parse(&r->arena, finished, &root, &bad))
		failed = json_i64_or(json_get(root, "failed"), 0);
	if (failed > 0)
		commit_not_kept(
			r, &rest,
			arena_printf(&r->arena, "%lld, the first because: %.*s", (long long)failed,
				     SLICE_ARG(json_str_or(json_get(root, "why"), &r->arena, ""))));
}

bool commit_report(struct tool_run *r, struct slice finished, const struct err *err,
		   struct slice *out)
{
	struct commit *m = r->commit;

	report_rest(r, finished, err);
	if (!report_git(r))
		return false;
	for (size_t i = 0; i < m->n_held && i < HELD_LINES; i++)
		buf_printf(&m->report, "  not kept: %.*s: %.*s\n", SLICE_ARG(m->held[i].path),
			   SLICE_ARG(held_line(r, &m->held[i])));
	if (m->n_held > HELD_LINES)
		buf_printf(&m->report, "  not kept: %zu more\n", m->n_held - HELD_LINES);
	if (m->lines > REPORT_LINES)
		buf_printf(&m->report, "  and %zu more\n", m->lines - REPORT_LINES);
	*out = SLICE("");
	if (m->report.len > 0)
		*out = arena_printf(&r->arena, "Files that the command changed:\n%.*s",
				    SLICE_ARG(buf_slice(&m->report)));
	return tell_all_held(r);
}
