/* commit.c - see commit.h
 *
 *   ORDINARY --each: images -> journal -> runner or buffer--> LOOK (images of what is protected)
 *      |  --> ASKING --allowed--> PROTECTED (as ORDINARY) --> FINISHING --> DONE
 *      |         '-----denied, or nothing protected------------^          ^
 *      '--a file cannot be written--> ROLLING_BACK -----------------------'
 *
 * The approval of the command covers its ordinary changes; a rule that denies a path holds here as
 * well, and so does what somebody changed meanwhile: such a change is not kept, the others are. But
 * where the disk is full, or Emend is cancelled or killed in the middle, all of them go back. Both
 * images and the intent are in the log before a change is made, so that undo covers commands. What is
 * not listed (git's own files, ignored folders) follows at the end. A file that is open in the
 * editor is changed there, and merged with what the user typed meanwhile; the disk stays as it is. */
#include "agent/tool/commit.h"
#include "agent/tool/commit_own.h"

#include <stdlib.h>

#include "agent/edit/edit.h"
#include "agent/edit/later.h"
#include "agent/host.h"
#include "agent/tool/journal.h"
#include "protocol/base/limits.h"
#include "protocol/base/log.h"
#include "protocol/base/mem.h"

enum { MAX_TRIES = 5, ASKED_DIFF_BYTES = 128 * 1024 };

static void commit_step(struct tool_run *r);

static void commit_goto(struct commit *m, enum commit_state next)
{
	static const char *const name[] = { "ORDINARY",	 "LOOK",	 "ASKING", "PROTECTED",
					    "FINISHING", "ROLLING_BACK", "DONE" };

	log_debug("commit: %s -> %s", name[m->state], name[next]);
	m->state = next;
	m->at = 0;
}

static void forget_images(struct commit *m)
{
	snapshot_unref(m->mine);
	m->mine = NULL;
	arena_release(&m->arena);
	arena_init(&m->arena);
	m->before = m->after = (struct slice){ NULL, 0 };
	m->images = false;
	m->entry = (struct restore_entry){ 0 };
	m->tries = 0;
}

static void next(struct tool_run *r)
{
	forget_images(r->commit);
	r->commit->at++;
	commit_step(r);
}

/* The log is broken: the task must end, and nothing more is committed. */
static void give_up(struct tool_run *r)
{
	commit_goto(r->commit, COMMIT_DONE);
	tool_fail(r, &r->env->fatal);
}

/* --- one change --- */

static void rolled_back(void *payload, const struct rollback_result *b, const struct err *err)
{
	struct tool_run *r = payload;
	struct commit *m = r->commit;
	struct slice text;

	m->rollback = NULL;
	if (err) { /* it stays unfinished: the end of the task or the next start tries again */
		text = arena_printf(&r->arena, "What the command changed is kept in part: %s\n%s\n",
				    m->why.msg, err->msg);
	} else {
		r->env->unfinished = false;
		commit_unmade(r);
		text = arena_printf(&r->arena,
				    "Nothing that the command changed was kept: %s\n%.*s",
				    m->why.msg, b->left ? (int)b->report.len : 0, b->report.ptr);
	}
	commit_goto(m, COMMIT_DONE);
	m->done(r, text);
}

/* err: why the change at hand was not made. False: all is being taken back. */
static bool go_on(struct tool_run *r, const struct err *err)
{
	struct commit *m = r->commit;

	if (err && !journal_untouched(err)) {
		commit_goto(m, COMMIT_ROLLING_BACK);
		commit_roll_back(r, err, rolled_back);
		return false;
	}
	if (!m->images || (journal_edited(r, m->step, err) &&
			   (m->mode_step == 0 || journal_edited(r, m->mode_step, err))))
		return true;
	give_up(r);
	return false;
}

static void committed(void *payload, struct slice json, const struct err *err)
{
	struct tool_run *r = payload;

	(void)json;
	r->call = NULL;
	if (!go_on(r, err))
		return;
	if (err)
		commit_not_kept(r->commit, slice_of(err->msg));
	else
		commit_made(r, false);
	next(r);
}

static void file_journaled(struct tool_run *r, bool ok)
{
	struct commit *m = r->commit;

	if (!ok) {
		give_up(r);
		return;
	}
	r->call = runner_commit(r->env->workspace.runner, m->view, commit_current(m)->index,
				committed, r);
}

static void to_file(struct tool_run *r)
{
	if (!commit_journal(r, "command", file_journaled))
		give_up(r);
}

static void to_buffer(struct tool_run *r);

static void buffer_written(void *payload, const struct err *err)
{
	struct tool_run *r = payload;
	struct commit *m = r->commit;

	r->op = NULL;
	if (!go_on(r, err))
		return;
	if (err && err->code == ERR_STALE && ++m->tries < MAX_TRIES) {
		to_buffer(r);
	} else {
		if (err)
			commit_not_kept(m, slice_of(err->msg));
		else
			commit_made(r, true);
		next(r);
	}
}

/* What the buffer shall hold, given what it holds now; false: *why says why not. */
static bool buffer_target(struct commit *m, struct slice after, struct slice *out, struct err *err)
{
	struct slice base = snapshot_text(m->shown[commit_current(m)->open].text);
	struct slice mine = snapshot_text(m->mine);

	if (!after.ptr)
		return err_set(err, ERR_DENIED, "it is open in the editor, and stays");
	if (slice_find_byte(base, '\0', 0) != SIZE_MAX ||
	    slice_find_byte(mine, '\0', 0) != SIZE_MAX)
		return err_set(
			err, ERR_INVALID,
			"it is open in the editor and binary: it has a NUL, and is left as it is");
	if (!commit_is_text(after))
		return err_set(err, ERR_INVALID, "it is open in the editor, and would not be text");
	if (slice_find_byte(base, '\r', 0) == SIZE_MAX)
		after = text_with_eol(&m->arena, after, EOL_LF);
	if (slice_eq(base, mine)) {
		*out = after;
		return true;
	}
	if (edit_merge(&m->arena, base, mine, after, out, err))
		return true;
	return err_set(err, ERR_STALE,
		       "the user changed it meanwhile, in the same place; it is left as it is");
}

static void buffer_journaled(struct tool_run *r, bool ok)
{
	struct commit *m = r->commit;

	if (!ok) {
		give_up(r);
		return;
	}
	r->op = workspace_write(
		&r->env->workspace,
		&(struct workspace_write){ .path = m->shown[commit_current(m)->open].path,
					   .base = m->mine,
					   .is_buffer = true,
					   .sha256 = SLICE(""),
					   .after = m->after,
					   .label = SLICE("Emend: a command") },
		buffer_written, r);
	m->after = m->left; /* for another try */
}

static void to_buffer(struct tool_run *r)
{
	struct commit *m = r->commit;
	struct workspace *v = &r->env->workspace;
	struct slice path = m->shown[commit_current(m)->open].path, target;
	struct err why;

	snapshot_unref(m->mine);
	m->mine = v->host.ops->buffer(
		v->host.self,
		arena_printf(&m->arena, "%.*s/%.*s", SLICE_ARG(v->root), SLICE_ARG(path)));
	if (!m->mine) { /* closed meanwhile: the runner refuses if the file is another text */
		to_file(r);
		return;
	}
	m->left = m->after;
	if (!buffer_target(m, m->left, &target, &why)) {
		commit_not_kept(m, slice_of(why.msg));
		next(r);
		return;
	}
	m->before = snapshot_text(m->mine);
	m->after = target;
	if (slice_eq(m->before, target)) {
		next(r);
		return;
	}
	if (!commit_journal(r, "buffer", buffer_journaled))
		give_up(r);
}

/* --- which change, and when --- */

static void got_image(void *payload, const struct view_image *v, const struct err *err)
{
	struct tool_run *r = payload;
	struct commit *m = r->commit;
	const struct view_change *c = commit_current(m);

	r->call = NULL;
	if (!err)
		commit_take_image(m, v);
	if (m->state == COMMIT_LOOK) {
		struct slice diff = SLICE("(not text)\n");

		if (m->images && commit_is_text(m->before) && commit_is_text(m->after))
			diff = later_diff(&m->arena, c->path, m->before, m->after);
		buf_append(&m->diffs, diff);
		next(r);
	} else if (c->open >= 0 && err) {
		commit_not_kept(m, slice_of(err->msg));
		next(r);
	} else if (c->open >= 0) {
		to_buffer(r);
	} else {
		to_file(r);
	}
}

/* Denied by a rule, by its nature, or by what happened meanwhile: said once. */
static bool possible(struct tool_run *r)
{
	struct commit *m = r->commit;
	const struct view_change *c = commit_current(m);
	struct decision d = { 0 };
	struct err lost;

	if (c->never) {
		commit_not_kept(m, c->reason);
		return false;
	}
	if (c->stale) {
		commit_not_kept(m, SLICE("it was changed while the command ran"));
		return false;
	}
	if (workspace_lost(&r->env->workspace, c->path, &lost)) {
		commit_not_kept(m, slice_of(lost.msg));
		return false;
	}
	policy_path(r->env->policy, ACCESS_WRITE, c->path, &r->arena, &d);
	if (d.verdict == VERDICT_DENY)
		commit_not_kept(m, d.why);
	return d.verdict != VERDICT_DENY;
}

static bool wanted(struct tool_run *r)
{
	struct commit *m = r->commit;
	const struct view_change *c = commit_current(m);

	if (m->state == COMMIT_ORDINARY)
		return !c->is_protected && possible(r);
	if (m->state == COMMIT_LOOK && c->is_protected && !possible(r))
		m->changes[m->at].never = true; /* it was said, and nobody is asked about it */
	return c->is_protected && !c->never && !c->stale;
}

static void finished(void *payload, struct slice json, const struct err *err)
{
	struct tool_run *r = payload;
	struct commit *m = r->commit;

	r->call = NULL;
	m->view = 0;
	commit_goto(m, COMMIT_DONE);
	m->done(r, commit_report(r, json, err));
}

static void allowed(struct tool_run *r)
{
	commit_goto(r->commit, COMMIT_PROTECTED);
	commit_step(r);
}

static void denied(struct tool_run *r)
{
	struct commit *m = r->commit;

	for (m->at = 0; m->at < m->n; m->at++) {
		if (commit_current(m)->is_protected && !commit_current(m)->never &&
		    !commit_current(m)->stale)
			commit_not_kept(m, arena_printf(&m->arena,
							"%.*s, and the user did not allow it",
							SLICE_ARG(commit_current(m)->reason)));
	}
	m->at = m->n;
	commit_step(r);
}

static void ask(struct tool_run *r)
{
	struct commit *m = r->commit;
	struct decision d = { .verdict = VERDICT_ASK,
			      .rule = SLICE("protected files"),
			      .always = SLICE("") };

	commit_goto(m, COMMIT_ASKING);
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

static void commit_step(struct tool_run *r)
{
	struct commit *m = r->commit;

	for (; m->at < m->n; m->at++) {
		if (!wanted(r))
			continue;
		if (m->state == COMMIT_LOOK)
			m->asked = arena_printf(&r->arena, "%.*s%s%.*s", SLICE_ARG(m->asked),
						m->asked.len ? ", " : "",
						SLICE_ARG(commit_current(m)->path));
		r->call = runner_image(r->env->workspace.runner, m->view, commit_current(m)->index,
				       got_image, r);
		return;
	}
	if (m->state == COMMIT_ORDINARY) {
		commit_goto(m, COMMIT_LOOK);
		commit_step(r);
	} else if (m->state == COMMIT_LOOK && m->asked.len > 0) {
		ask(r);
	} else if (m->id.len > 0 && !journal_end(r, m->id, NULL)) {
		give_up(r);
	} else {
		commit_goto(m, COMMIT_FINISHING);
		r->call = runner_finish(r->env->workspace.runner, m->view, true, finished, r);
	}
}

void commit_start(struct tool_run *r, const struct view_result *v, const struct shown_buffer *shown,
		  commit_cb *done)
{
	struct commit *m;

	if (!v->view) {
		done(r, v->dropped ? SLICE("The command was stopped, so nothing that it changed "
					   "was kept.\n")
			: v->too_many
				? SLICE("The command changed too many files, so nothing that "
					"it changed was kept. Let it write into a folder that "
					"the project ignores.\n")
				: SLICE(""));
		return;
	}
	m = r->commit = xcalloc(1, sizeof(*m));
	*m = (struct commit){ .view = v->view,
			      .n = v->n_changes,
			      .quiet = v->quiet,
			      .shown = shown,
			      .done = done,
			      .asked = SLICE(""),
			      .id = SLICE("") };
	arena_init(&m->arena);
	buf_init(&m->report, LIMIT_RESULT_BYTES / 2);
	buf_init(&m->diffs, ASKED_DIFF_BYTES);
	m->changes = arena_array(&r->arena, m->n + 1, sizeof(*m->changes));
	m->made = arena_array(&r->arena, m->n + 1, sizeof(*m->made));
	for (size_t i = 0; i < m->n; i++) {
		struct view_change *c = &m->changes[i];

		*c = v->changes[i];
		c->path = arena_dup(&r->arena, c->path);
		c->before = arena_dup(&r->arena, c->before);
		c->after = arena_dup(&r->arena, c->after);
		c->reason = arena_dup(&r->arena, c->reason);
	}
	commit_step(r);
}

void commit_release(struct tool_run *r)
{
	struct commit *m = r->commit;

	if (!m)
		return;
	rollback_drop(m->rollback);
	runner_view_drop(r->env->workspace.runner, m->view);
	forget_images(m);
	arena_release(&m->arena);
	buf_release(&m->report);
	buf_release(&m->diffs);
	free(m);
	r->commit = NULL;
}
