/* undo.c - put back what a task changed: file after file, or one step of it; or make again what was
 * put back, step by step, oldest first.
 *
 *   RECOVERING (what a crash left) --> for each: NEXT --> RESTORING (restore.h) --> NEXT
 *
 * Of a whole task each file goes back once, to what it was before, around all that the user changed
 * or rejected since (follow.h). A single step is merged three ways. Where that conflicts, the file
 * is left as it is and said so. */
#include "agent/session/agent.h"
#include "agent/change/follow.h"
#include "agent/change/recover.h"
#include "agent/session/task_own.h"

#include <inttypes.h>
#include <stdlib.h>

#include "agent/change/restore.h"
#include "protocol/base/mem.h"

enum undo_state { UNDO_RECOVERING, UNDO_NEXT, UNDO_RESTORING, UNDO_ENDED };

struct undo {
	enum undo_state state;
	struct list link; /* of the agent's undos */
	struct agent *agent;
	struct arena arena;
	struct job step;
	struct workspace workspace;
	struct runner *runner;
	struct event_log *log;
	struct policy *policy;
	struct history history;
	struct slice task;
	int64_t only; /* a step, or -1 */
	bool redo;
	size_t at; /* edits[at - 1] is the next to look at; undo goes down to 0, redo up to n + 1 */
	struct recover *recover;
	struct restore *restore;
	struct buf report;
	size_t restored, refused;
	struct err why;
	undo_done_cb *done;
	void *payload;
};

static struct past_edit *current(struct undo *u)
{
	return &u->history.edits[u->at - 1];
}

static bool wanted(const struct undo *u, const struct past_edit *e)
{
	return slice_eq(e->task, u->task) && e->undone == u->redo && !e->failed &&
	       (u->only < 0 || e->step == u->only);
}

static bool log_one(struct undo *u, const struct past_edit *e, const struct err *err,
		    struct slice after)
{
	struct jw *w = event_log_begin(u->log, "undo");

	jw_kstr(w, "task", e->task);
	jw_ki64(w, "step", e->step);
	jw_kstr(w, "path", e->path);
	jw_kbool(w, "ok", !err);
	if (err)
		jw_kcstr(w, "error", err->msg);
	jw_kstr(w, "before", u->redo ? e->before : e->after);
	jw_kstr(w, "after", after);
	if (u->redo)
		jw_kbool(w, "redo", true);
	return event_log_end(u->log, &u->why);
}

/* Whether the steps of the file in hand go back at once: not where it was something else than a file
 * in between, and a step that was no change of text goes by itself. */
static bool together(struct undo *u)
{
	struct slice path = current(u)->path;

	if (u->redo || u->only >= 0 || current(u)->entry.kind == RESTORE_MODE)
		return false;
	for (size_t i = 0; i < u->history.n; i++) {
		const struct past_edit *e = &u->history.edits[i];

		if (wanted(u, e) && e->entry.kind == RESTORE_LINK && slice_eq(e->path, path))
			return false;
	}
	return true;
}

/* The step in hand, and, when undoing, the earlier ones of the same file, that went or stayed with
 * it. */
static bool log_undo(struct undo *u, const struct err *err, struct slice after)
{
	struct slice path = current(u)->path;
	size_t last = u->redo ? u->at : 1;
	bool ok = true, at_once = together(u);

	for (size_t i = u->at; i >= last; i--) {
		struct past_edit *e = &u->history.edits[i - 1];

		if (!wanted(u, e) || !slice_eq(e->path, path) ||
		    (i != u->at && (!at_once || e->entry.kind != RESTORE_TEXT)))
			continue;
		ok = ok && log_one(u, e, err, after);
		e->undone = !u->redo; /* done with */
	}
	return ok && event_log_sync(u->log, &u->why);
}

static void begin(struct undo *u)
{
	u->at = u->redo ? 1 : u->history.n;
}

static void next(struct undo *u)
{
	u->at += u->redo ? 1 : (size_t)-1;
}

static bool ended(const struct undo *u)
{
	return u->at == 0 || u->at > u->history.n;
}

static void go_on(struct undo *u)
{
	u->state = UNDO_NEXT;
	next(u);
	runq_post(agent_runq(u->agent), &u->step);
}

static void refuse(struct undo *u, const struct err *err)
{
	u->refused++;
	buf_printf(&u->report, "not undone: %.*s: %s\n", SLICE_ARG(current(u)->path), err->msg);
	(void)log_undo(u, err, SLICE(""));
	go_on(u);
}

static bool get_blob(struct undo *u, struct slice hash, struct slice *out, struct err *err)
{
	*out = (struct slice){ NULL, 0 };
	if (hash.len == 0 ||
	    blob_get(agent_state_dir(u->agent), u->history.session, hash, &u->arena, out, err))
		return true;
	if (err->code == ERR_NOT_FOUND)
		(void)err_set(err, ERR_NOT_FOUND,
			      "its earlier content is no longer kept (history.maxBytes limits "
			      "what is)");
	return false;
}

static void restored(void *payload, const struct restored *r, const struct err *err)
{
	struct undo *u = payload;
	struct sha256_hex h = { "" };

	u->restore = NULL;
	if (err) {
		refuse(u, err);
		return;
	}
	if (current(u)->unknown && !r->written) { /* it never was made */
		go_on(u);
		return;
	}
	u->restored++;
	buf_printf(&u->report, "%s %.*s\n",
		   current(u)->entry.kind == RESTORE_MODE ? "permissions restored:"
		   : r->now.ptr				   ? "restored"
							   : "removed",
		   SLICE_ARG(current(u)->path));
	if (r->now.ptr)
		h = sha256(r->now);
	(void)log_undo(u, NULL, slice_of(h.s));
	go_on(u);
}

/* All that the task did to the file in hand. */
static bool whole_task(void *ctx, struct arena *a, struct slice now, struct slice *after,
		       struct err *err)
{
	struct undo *u = ctx;

	return follow_back(a, agent_state_dir(u->agent), &u->history, u->task, current(u)->path,
			   now, after, err);
}

/* The oldest step of the file that goes back together with the one in hand. */
static const struct past_edit *oldest(struct undo *u)
{
	const struct past_edit *first = current(u);

	for (size_t i = u->at; !u->redo && i-- > 0;)
		if (wanted(u, &u->history.edits[i]) && together(u) &&
		    u->history.edits[i].entry.kind == RESTORE_TEXT &&
		    slice_eq(u->history.edits[i].path, first->path))
			first = &u->history.edits[i];
	return first;
}

/* To make it again: from what was there before to what we left. */
static struct restore_entry turned(const struct past_edit *e)
{
	return (struct restore_entry){ e->entry.kind, e->entry.left, e->entry.before, e->mode };
}

static void restore_one(struct undo *u)
{
	const struct past_edit *e = current(u), *first = oldest(u);
	bool whole = together(u);
	struct restore_spec spec = { .path = e->path,
				     .entry = u->redo ? turned(e) : e->entry,
				     .mode = u->redo ? e->entry.left_mode : first->mode,
				     .label = u->redo ? SLICE("Emend: redo") :
							SLICE("Emend: undo"),
				     .around = whole ? whole_task : NULL,
				     .ctx = u };
	struct err why = { 0 };

	if (!get_blob(u, u->redo ? e->after : first->before, &spec.before, &why) ||
	    !get_blob(u, u->redo ? e->before : e->after, &spec.left, &why)) {
		refuse(u, &why);
		return;
	}
	u->state = UNDO_RESTORING;
	u->restore = restore_start(&u->workspace, &spec, restored, u);
}

/* What a crash left half done is put right first; then the history is another. */
static void recovered(void *payload, struct slice report, size_t n)
{
	struct undo *u = payload;

	u->recover = NULL;
	buf_append(&u->report, report);
	u->restored += n;
	if (history_read(&u->arena, agent_state_dir(u->agent), u->history.session, &u->history,
			 &u->why))
		begin(u);
	u->state = UNDO_NEXT;
	runq_post(agent_runq(u->agent), &u->step);
}

static void undo_free(struct undo *u)
{
	list_remove(&u->link);
	agent_task_gone(u->agent);
	job_drop(&u->step);
	recover_drop(u->recover);
	restore_drop(u->restore);
	workspace_release(&u->workspace);
	agent_runner_put(u->agent, u->runner);
	event_log_close(u->log);
	policy_free(u->policy);
	buf_release(&u->report);
	arena_release(&u->arena);
	free(u);
}

static void undo_step(struct job *j)
{
	struct undo *u = container_of(j, struct undo, step);

	if (u->state != UNDO_NEXT && u->why.code == ERR_NONE)
		return;
	while (!ended(u) && !wanted(u, current(u)))
		next(u);
	if (!ended(u) && u->why.code == ERR_NONE) {
		restore_one(u);
		return;
	}
	u->state = UNDO_ENDED;
	if (u->restored + u->refused == 0 && u->why.code == ERR_NONE)
		(void)err_set(&u->why, ERR_NOT_FOUND, "there is nothing to %s in task %.*s",
			      u->redo ? "redo" : "undo", SLICE_ARG(u->task));
	u->done(u->payload, buf_slice(&u->report), u->restored, u->refused,
		u->why.code == ERR_NONE ? NULL : &u->why);
	undo_free(u);
}

static bool find(struct undo *u, const struct undo_spec *s, struct err *err)
{
	struct slice dir = agent_state_dir(u->agent);

	if (s->session.len > 0) {
		if (!history_read(&u->arena, dir, s->session, &u->history, err))
			return false;
	} else if (!history_find(&u->arena, dir, s->workspace, s->task, &u->history, err)) {
		return false;
	}
	u->task = s->task.len > 0 ? arena_dup(&u->arena, s->task) : u->history.last_task;
	begin(u);
	return event_log_open(dir, u->history.session, &u->log, err);
}

bool undo_start(struct agent *a, const struct undo_spec *s, const struct host *h,
		undo_done_cb *done, void *payload, struct err *err)
{
	struct undo *u = xcalloc(1, sizeof(*u));

	u->agent = a;
	list_init(&u->link);
	u->only = s->step;
	u->redo = s->redo;
	u->done = done;
	u->payload = payload;
	arena_init(&u->arena);
	buf_init(&u->report, LIMIT_MESSAGE_BYTES);
	job_init(&u->step, undo_step);
	workspace_init(&u->workspace, agent_runq(a), h, NULL, arena_dup(&u->arena, s->workspace));
	if (!find(u, s, err) || !config_policy(s->config, &u->policy, err) ||
	    !agent_runner_get(a, u->workspace.root, s->config, u->policy, &u->runner, err)) {
		undo_free(u);
		return false;
	}
	u->workspace.runner = u->runner;
	list_append(agent_undos(a), &u->link);
	u->recover = recover_start(&u->workspace, agent_state_dir(a), u->log, recovered, u);
	if (u->recover)
		return true;
	u->state = UNDO_NEXT;
	runq_post(agent_runq(a), &u->step);
	return true;
}

void undo_cancel(struct list *link)
{
	struct undo *u = container_of(link, struct undo, link);

	recover_drop(u->recover);
	u->recover = NULL;
	restore_drop(u->restore); /* what was being written may stand: its step is not logged as undone */
	u->restore = NULL;
	(void)err_set(&u->why, ERR_CANCELLED, "the undo was cancelled");
	runq_post(agent_runq(u->agent), &u->step);
}
