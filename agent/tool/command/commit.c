/* commit.c - see commit.h
 *
 *   where the effect is asked for, first the phase effect, in batches: IMAGES, then
 *      ASKING --denied--> DONE, and the view is dropped
 *         | allowed, or nothing to ask about
 *   OBJECTS (of git, if there are new ones), then
 *   for each phase (ordinary, look, protected), in batches:
 *      IMAGES -> JOURNALING -> FILES -> BUFFER, one open document after the other -> next batch
 *   look with something to ask about: ASKING --allowed--> protected; denied: it is not kept
 *   after the last: FINISHING (what is not listed) -> DONE
 *   from anywhere: ROLLING_BACK -> DONE
 *
 * Nothing is journaled and no pre-image is taken before the answer, so a denial costs nothing, and a file
 * that somebody changed while the question stood is a conflict, as one that changed while the command ran.
 *
 * The approval of the command, or of its effect, covers its ordinary changes; a rule that denies a path holds here as
 * well, and so does what somebody changed meanwhile: such a change is not kept, the others are. But
 * where the disk is full, or Emend is cancelled or killed in the middle, all of them go back. Both
 * images and the intent are in the log before a change is made, so that undo covers commands.
 *
 * A batch takes one request for the images, one sync of the log and one request for the files, with
 * one sync in the worker: a command that changes 2,000 files would else cost as many syncs and hundreds
 * of times as many milliseconds as the files themselves. */
#include "agent/tool/command/commit.h"
#include "agent/tool/command/commit_own.h"

#include <stdlib.h>

#include "protocol/base/limits.h"
#include "protocol/base/log.h"
#include "protocol/base/mem.h"

static void begin_phase(struct tool_run *r, enum commit_phase phase);

/* The only place that changes the state. */
void commit_goto(struct commit *m, enum commit_state next)
{
	static const char *const name[] = { "OBJECTS",	 "IMAGES",	 "JOURNALING",
					    "FILES",	 "BUFFER",	 "ASKING",
					    "FINISHING", "ROLLING_BACK", "DONE" };

	if (m->state != next)
		log_debug("commit: %s -> %s", name[m->state], name[next]);
	m->state = next;
}

/* Not rolled back here: that needs the log, which is broken. The transaction is marked, and the next start
 * rolls it back. */
void commit_give_up(struct tool_run *r)
{
	commit_goto(r->commit, COMMIT_DONE);
	tool_fail(r, &r->env->fatal);
}

/* --- the way back --- */

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
	(void)err_set(&r->env->unkept, ERR_IO, "What a command changed could not be kept: %s",
		      m->why.msg);
	if (!commit_tell_lost(r, arena_printf(&r->arena,
					      "Nothing that the command changed was kept: %s",
					      m->why.msg)))
		tool_fail(r, &r->env->fatal);
	else
		m->done(r, text, SIZE_MAX);
}

void commit_roll_back(struct tool_run *r, const struct err *why)
{
	struct commit *m = r->commit;

	m->why = *why;
	commit_goto(m, COMMIT_ROLLING_BACK);
	m->rollback = rollback_start(&r->env->workspace, r->env->log, rolled_back, r);
}

/* --- which changes --- */

/* Denied by a rule, by its nature, or by what happened meanwhile: said once. */
/* `never` and `stale` come from the worker. A policy that denies the path holds for commands as for tools. */
static bool possible(struct tool_run *r, const struct view_change *c)
{
	struct decision d = { 0 };
	struct err lost;

	if (c->never) {
		commit_not_kept(r, c, c->reason);
		return false;
	}
	if (c->stale) {
		commit_not_kept(r, c, SLICE("it was changed while the command ran"));
		return false;
	}
	if (workspace_lost(&r->env->workspace, c->path, &lost)) {
		commit_not_kept(r, c, slice_of(lost.msg));
		return false;
	}
	/* A new repository whose settings say nothing (`git init`, `cargo new`, a clone): the worker looked into
	 * them, and their names alone are no reason. */
	if (c->git && !c->is_protected)
		return true;
	policy_path(r->env->policy, ACCESS_COMMAND, c->path, &r->arena, &d);
	if (d.verdict == VERDICT_DENY)
		commit_not_kept(r, c, d.why);
	return d.verdict != VERDICT_DENY;
}

/* What cannot be kept is said in the first pass that meets it, and is `never` from then on. */
static bool wanted(struct tool_run *r, struct view_change *c)
{
	struct commit *m = r->commit;

	if (c->is_protected == (m->phase <= PHASE_ORDINARY))
		return false;
	if (m->phase == PHASE_PROTECTED)
		return !c->never && !c->stale;
	if (m->effect == EFFECT_ASKED && m->phase == PHASE_ORDINARY && c->never)
		return false; /* said in PHASE_EFFECT */
	if (possible(r, c))
		return true;
	c->never = true;
	return false;
}

/* --- the phases --- */

static void allowed(struct tool_run *r)
{
	begin_phase(r, PHASE_PROTECTED);
}

/* What nobody lists (new objects, folders, what build tools wrote) came with this answer. */
static void finished(void *payload, struct slice json, const struct err *err)
{
	struct tool_run *r = payload;
	struct commit *m = r->commit;
	struct slice report;

	r->call = NULL;
	m->view = 0;
	commit_goto(m, COMMIT_DONE);
	if (!commit_report(r, json, err, &report)) {
		tool_fail(r, &r->env->fatal);
		return;
	}
	if (m->n_held == 0)
		r->env->unkept.code = ERR_NONE;
	m->done(r, report, m->n_held);
}

/* The set is closed in the log before the rest is made, because the rest is not covered by undo. */
static void finish(struct tool_run *r)
{
	struct commit *m = r->commit;

	if (m->id.len > 0 && !journal_end(r, m->id, NULL)) {
		commit_give_up(r);
		return;
	}
	commit_goto(m, COMMIT_FINISHING);
	r->call = runner_finish(r->env->workspace.runner, m->view, true, finished, r);
}

/* The ordinary changes stay; of the protected ones each is named. */
static void denied(struct tool_run *r)
{
	struct commit *m = r->commit;

	for (size_t i = 0; i < m->n; i++) {
		const struct view_change *c = &m->changes[i];

		if (c->is_protected && !c->never && !c->stale)
			commit_not_kept(r, c,
					arena_printf(&r->arena,
						     "%.*s, and the user did not allow it",
						     SLICE_ARG(c->reason)));
	}
	finish(r);
}

static void ask_protected(struct tool_run *r)
{
	commit_goto(r->commit, COMMIT_ASKING);
	commit_ask_protected(r, allowed, denied);
}

static void add_objects(struct tool_run *r);

/* A yes to files that git ignores holds until the end of the task, as the question said. */
static void effect_allowed(struct tool_run *r)
{
	struct commit *m = r->commit;

	if (m->ignored > 0)
		r->env->ignored_allowed = true;
	buf_clear(&m->diffs);
	add_objects(r);
}

static void effect_denied(struct tool_run *r, struct slice why)
{
	struct commit *m = r->commit;

	runner_view_drop(r->env->workspace.runner, m->view);
	m->view = 0;
	commit_goto(m, COMMIT_DONE);
	m->done(r,
		arena_printf(
			&r->arena,
			"Nothing that the command changed was kept: the files are as they were "
			"before it. %.*s\n",
			SLICE_ARG(why)),
		SIZE_MAX);
}

static void effect_known(struct tool_run *r)
{
	struct commit *m = r->commit;

	if (m->n_seen == 0 && (m->ignored == 0 || r->env->ignored_allowed)) {
		add_objects(r);
		return;
	}
	commit_goto(m, COMMIT_ASKING);
	commit_ask_effect(r, effect_allowed, effect_denied);
}

/* The only way from one batch or phase to the next. */
void commit_batch_done(struct tool_run *r)
{
	struct commit *m = r->commit;

	m->at += m->n_items;
	commit_batch_forget(m);
	if (m->at < m->n_todo)
		commit_batch(r);
	else if (m->phase == PHASE_EFFECT)
		effect_known(r);
	else if (m->phase == PHASE_ORDINARY)
		begin_phase(r, PHASE_LOOK);
	else if (m->phase == PHASE_LOOK && m->n_todo > 0)
		ask_protected(r);
	else
		finish(r);
}

/* Which changes belong to the phase is decided here, once, so that a batch only counts on. */
static void begin_phase(struct tool_run *r, enum commit_phase phase)
{
	struct commit *m = r->commit;

	m->phase = phase;
	m->n_todo = m->at = 0;
	for (size_t i = 0; i < m->n; i++) {
		if (!wanted(r, &m->changes[i]))
			continue;
		m->which[m->n_todo] = i;
		m->todo[m->n_todo++] = m->changes[i].index;
	}
	commit_batch_done(r);
}

/* Nothing is there to decide about: nothing was changed, or all of it is gone. */
static void nothing(struct tool_run *r, const struct view_result *v, commit_cb *done)
{
	struct slice why =
		v->dropped    ? SLICE("The command was stopped, so nothing that it changed was "
					 "kept.")
		: v->too_many ? SLICE("The command changed too many files, so nothing that "
				      "it changed was kept. Let it write into a folder that "
				      "the project ignores.")
		: v->too_large
			? SLICE("The command wrote more bytes than are kept of one command, so "
				"nothing that it changed was kept. Let it write less at a time.")
			: SLICE("");

	if (v->too_many || v->too_large)
		(void)err_set(&r->env->unkept, ERR_TOO_LARGE, "%.*s", SLICE_ARG(why));
	if (why.len > 0 && !commit_tell_lost(r, why))
		tool_fail(r, &r->env->fatal);
	else
		done(r, why.len > 0 ? arena_printf(&r->arena, "%.*s\n", SLICE_ARG(why)) : why,
		     why.len > 0 ? SIZE_MAX : 0);
}

/* Without its objects nothing of what git did may become real. */
static void objects_added(void *payload, const struct view_item *failed, size_t n,
			  const struct err *err)
{
	struct tool_run *r = payload;
	struct commit *m = r->commit;
	struct slice why;

	r->call = NULL;
	if (err || n > 0) {
		why = err ? slice_of(err->msg) : failed[0].why;
		why = arena_printf(&r->arena, "its objects could not be written: %.*s",
				   SLICE_ARG(why));
		m->git.added = 0;
		for (size_t i = 0; i < m->n; i++) {
			struct view_change *c = &m->changes[i];

			if (!c->git || c->never)
				continue;
			c->never = true;
			c->reason = why;
			if (m->effect == EFFECT_ASKED && !c->is_protected)
				commit_not_kept(r, c, why); /* PHASE_EFFECT is over */
		}
	}
	begin_phase(r, PHASE_ORDINARY);
}

static void add_objects(struct tool_run *r)
{
	struct commit *m = r->commit;

	if (m->git.added == 0) {
		begin_phase(r, PHASE_ORDINARY);
		return;
	}
	commit_goto(m, COMMIT_OBJECTS);
	r->call = runner_commit_objects(r->env->workspace.runner, m->view, objects_added, r);
}

/* In a mode that only reads: what would have been changed is told, and the view goes. */
static void drop(struct tool_run *r, const struct view_result *v, commit_cb *done)
{
	struct slice text = commit_dropped_text(r, v);

	runner_view_drop(r->env->workspace.runner, v->view);
	done(r, text, 0);
}

/* The worker's list lives only for this call: it is copied. */
void commit_start(struct tool_run *r, const struct view_result *v, const struct commit_spec *s,
		  commit_cb *done)
{
	static const struct view_change objects = { .path = { ".git/objects", 12 } };
	struct commit *m;

	if (s->effect == EFFECT_DROPPED) {
		drop(r, v, done);
		return;
	}
	if (!v->view) {
		nothing(r, v, done);
		return;
	}
	m = r->commit = xcalloc(1, sizeof(*m));
	*m = (struct commit){ .view = v->view,
			      .packs = v->packs,
			      .n = v->n_changes,
			      .effect = s->effect,
			      .command = s->command,
			      .reason = s->reason,
			      .always = s->always,
			      .shown = s->shown,
			      .done = done,
			      .unlisted = commit_unlisted(r, v),
			      .ignored = v->unlisted_files,
			      .asked = SLICE(""),
			      .id = SLICE("") };
	arena_init(&m->arena);
	blob_reader_init(&m->reader);
	buf_init(&m->report, LIMIT_RESULT_BYTES / 2);
	buf_init(&m->diffs, COMMIT_DIFF_BYTES);
	m->changes = arena_array(&r->arena, m->n + 1, sizeof(*m->changes));
	m->made = arena_array(&r->arena, m->n + 1, sizeof(*m->made));
	m->todo = arena_array(&r->arena, m->n + 1, sizeof(*m->todo));
	m->which = arena_array(&r->arena, m->n + 1, sizeof(*m->which));
	for (size_t i = 0; i < m->n; i++) {
		struct view_change *c = &m->changes[i];

		*c = v->changes[i];
		c->path = arena_dup(&r->arena, c->path);
		c->before = arena_dup(&r->arena, c->before);
		c->after = arena_dup(&r->arena, c->after);
		c->reason = arena_dup(&r->arena, c->reason);
	}
	m->git = (struct git_told){ .added = v->objects_added, .removed = v->objects_removed };
	if (v->objects_held > 0)
		commit_not_kept(r, &objects, git_told_held(v->objects_held, &r->arena));
	m->would = m->git;
	if (s->effect == EFFECT_ASKED)
		begin_phase(r, PHASE_EFFECT);
	else
		add_objects(r);
}

void commit_release(struct tool_run *r)
{
	struct commit *m = r->commit;

	if (!m)
		return;
	rollback_drop(m->rollback);
	runner_view_drop(r->env->workspace.runner, m->view);
	commit_batch_forget(m);
	arena_release(&m->arena);
	buf_release(&m->report);
	buf_release(&m->diffs);
	free(m);
	r->commit = NULL;
}
