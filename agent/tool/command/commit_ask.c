/* commit_ask.c - see commit_own.h: what a command changed, as it is shown for approval.
 *
 * All of it stands in the text of the diff, line by line: a person who says yes could see everything. The
 * lines of Emend begin with "# ", which no line of a diff does. */
#include "agent/tool/command/commit_own.h"

#include <inttypes.h>

#include "agent/edit/edit.h"
#include "agent/edit/later.h"

enum { DROPPED_LINES = 20 };

/* A file of which there is no diff: what becomes of it. */
static struct slice in_words(struct arena *a, const struct commit_item *it)
{
	static const char *const verbs[] = { "created", "changed", "removed", "changed" };
	const struct view_change *c = it->change;

	if (it->why.code != ERR_NONE)
		return arena_printf(a, "# %.*s: %s, and not shown: %s\n", SLICE_ARG(c->path),
				    verbs[c->kind], it->why.msg);
	if (c->files > 0)
		return arena_printf(
			a, "# %.*s/: %" PRIu64 " new file%s that git ignores (%" PRIu64 " bytes)\n",
			SLICE_ARG(c->path), c->files, c->files == 1 ? "" : "s", c->size);
	if (c->kind == VIEW_MODE)
		return arena_printf(a, "# %.*s: permissions %03o become %03o\n", SLICE_ARG(c->path),
				    c->old_mode, c->mode);
	if (it->entry.kind == RESTORE_LINK && it->left.ptr)
		return arena_printf(a, "# %.*s: %s, a symbolic link to %.*s\n", SLICE_ARG(c->path),
				    verbs[c->kind], SLICE_ARG(it->left));
	return arena_printf(a, "# %.*s: %s, not text (%" PRIu64 " bytes)\n", SLICE_ARG(c->path),
			    verbs[c->kind], c->kind == VIEW_REMOVED ? it->was.len : c->size);
}

/* Against what the command saw, which is the buffer's text where there is one. */
static struct slice diff_of(struct commit *m, const struct commit_item *it)
{
	const struct view_change *c = it->change;
	struct slice before = it->was, after = it->left;

	if (c->open >= 0) {
		before = snapshot_text(m->shown[c->open].text);
		if (after.ptr && slice_find_byte(before, '\r', 0) == SIZE_MAX)
			after = text_with_eol(&m->arena, after, EOL_LF);
	}
	if (it->why.code != ERR_NONE || !it->images || c->kind == VIEW_MODE ||
	    it->entry.kind == RESTORE_LINK || c->files > 0 || !commit_is_text(before) ||
	    !commit_is_text(after))
		return in_words(&m->arena, it);
	return later_diff(&m->arena, c->path, before, after);
}

/* Where even the names do not fit, the rest is counted. */
/* Half of the room is for diffs, the other half for names, so that a large diff does not push out the names
 * behind it. */
static void put(struct commit *m, const struct commit_item *it, struct slice diff)
{
	size_t added = 0, removed = 0;

	if (m->diffs.len + diff.len > COMMIT_DIFF_BYTES / 2) {
		edit_diff_stat(diff, &added, &removed);
		diff = arena_printf(&m->arena, "# %.*s (+%zu -%zu), too much to be shown here\n",
				    SLICE_ARG(it->change->path), added, removed);
	}
	if (m->diffs.len + diff.len > COMMIT_DIFF_BYTES)
		m->unshown++;
	else
		buf_append(&m->diffs, diff);
}

/* In both phases of questions; nothing is journaled here. */
void commit_look(struct tool_run *r)
{
	struct commit *m = r->commit;

	for (size_t i = 0; i < m->n_items; i++) {
		const struct commit_item *it = &m->items[i];
		const struct view_change *c = it->change;

		m->ignored += c->files;
		m->n_seen += c->files == 0;
		if (m->phase == PHASE_LOOK)
			m->asked = arena_printf(&r->arena, "%.*s%s%.*s", SLICE_ARG(m->asked),
						m->asked.len ? ", " : "", SLICE_ARG(c->path));
		if (m->phase == PHASE_EFFECT && c->git && it->why.code == ERR_NONE)
			git_told_add(&m->would, &r->arena, c, it->before, it->after);
		else
			put(m, it, diff_of(m, it));
	}
	commit_batch_done(r);
}

struct slice commit_unlisted(struct tool_run *r, const struct view_result *v)
{
	struct slice text = SLICE("");

	for (size_t i = 0; i < v->n_unlisted; i++)
		text = arena_printf(&r->arena, "%.*s%s%.*s (%" PRIu64 ")", SLICE_ARG(text),
				    i ? ", " : "", SLICE_ARG(v->unlisted[i].path),
				    v->unlisted[i].files);
	if (text.len == 0)
		return text;
	return arena_printf(&r->arena, "%" PRIu64 " file%s of build tools changed, in: %.*s%s",
			    v->unlisted_files, v->unlisted_files == 1 ? "" : "s", SLICE_ARG(text),
			    v->n_unlisted < 40 ? "" : ", ...");
}

/* The lines of Emend first, as the diffs may be long. */
static struct slice whole_effect(struct tool_run *r)
{
	struct commit *m = r->commit;
	struct slice git = git_told_line(&m->would, &r->arena), unlisted = m->unlisted;
	const char *covers = "", *more = "";

	if (git.len > 0)
		git = arena_printf(&r->arena, "# %.*s\n", SLICE_ARG(git));
	if (unlisted.len > 0)
		unlisted = arena_printf(&r->arena, "# %.*s\n", SLICE_ARG(unlisted));
	if (m->ignored > 0)
		covers = "# A yes covers files that git ignores until the task ends.\n";
	if (m->unshown > 0)
		more = arena_printf(&r->arena, "# and %zu more file%s\n", m->unshown,
				    m->unshown == 1 ? "" : "s")
			       .ptr;
	return arena_printf(&r->arena, "%.*s%.*s%s%.*s%s", SLICE_ARG(git), SLICE_ARG(unlisted),
			    covers, SLICE_ARG(buf_slice(&m->diffs)), more);
}

void commit_ask_effect(struct tool_run *r, permit_cb *allowed, permit_no_cb *denied)
{
	permit_effect(
		r, r->commit->always,
		&(struct permission_request){
			.title = SLICE("Keep what a command changed"),
			.subject = r->commit->command,
			.reason = r->commit->reason,
			.note = SLICE("The command has run on a view of the files; nothing of "
				      "this is real yet."),
			.diff = whole_effect(r),
			.rule = SLICE("what commands change in this task") },
		allowed, denied);
}

void commit_ask_protected(struct tool_run *r, permit_cb *allowed, permit_cb *denied)
{
	struct commit *m = r->commit;
	struct decision d = { .verdict = VERDICT_ASK,
			      .rule = SLICE("protected files"),
			      .always = SLICE("") };

	permit_else(r, &d,
		    &(struct permission_request){
			    .title = SLICE("Keep a command's change of protected files"),
			    .subject = m->asked,
			    .reason = SLICE(""),
			    .note = SLICE("Git, an editor or an agent would execute what stands "
					  "there."),
			    .diff = buf_slice(&m->diffs),
			    .rule = SLICE("") },
		    allowed, denied);
}

/* So that the model knows what its command would have done, although nothing of it is there. */
struct slice commit_dropped_text(struct tool_run *r, const struct view_result *v)
{
	struct slice text = SLICE(""), unlisted = commit_unlisted(r, v);
	size_t n = v->n_changes < DROPPED_LINES ? v->n_changes : DROPPED_LINES;

	if (!v->view)
		return text;
	for (size_t i = 0; i < n; i++)
		text = arena_printf(&r->arena, "%.*s  %.*s\n", SLICE_ARG(text),
				    SLICE_ARG(v->changes[i].path));
	if (v->n_changes > n)
		text = arena_printf(&r->arena, "%.*s  and %zu more\n", SLICE_ARG(text),
				    v->n_changes - n);
	if (unlisted.len > 0)
		text = arena_printf(&r->arena, "%.*s  %.*s\n", SLICE_ARG(text),
				    SLICE_ARG(unlisted));
	if (text.len == 0)
		return text;
	return arena_printf(
		&r->arena,
		"%s, so what the command changed was dropped, and the files are as they were "
		"before it:\n%.*s",
		policy_mode(r->env->policy) == MODE_PLAN
			? "Nothing is changed before the user accepts the plan"
			: "This task may only read",
		SLICE_ARG(text));
}
