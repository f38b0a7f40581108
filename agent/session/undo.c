/* undo.c - put back what a task changed, newest first, one step after the other.
 *
 *   for each step: READING --as Emend left it--------> WRITING --> next
 *                     |----changed since: merge-------->'
 *                     '----does not merge: refused, named --> next
 *
 * Where the user changed the file after Emend did, the undo is merged three ways around their
 * change; where that conflicts, the file is left as it is and said so. */
#include "agent/session/agent.h"
#include "agent/session/history.h"
#include "agent/session/task_own.h"

#include <inttypes.h>
#include <stdlib.h>

#include "agent/edit/edit.h"
#include "protocol/base/mem.h"

enum undo_state { UNDO_NEXT, UNDO_READING, UNDO_WRITING, UNDO_ENDED };

struct undo {
	enum undo_state state;
	struct list link; /* of the agent's undos */
	struct agent *agent;
	struct arena arena;
	struct job step;
	struct view view;
	struct runner *runner;
	struct event_log *log;
	struct policy *policy;
	struct history history;
	struct slice task;
	int64_t only; /* a step, or -1 */
	size_t at;    /* edits[at - 1] is the next to look at */
	struct view_op *op;
	struct slice after; /* what is being written */
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

static bool log_undo(struct undo *u, const struct err *err, struct slice after)
{
	struct jw *w = event_log_begin(u->log, "undo");
	const struct past_edit *e = current(u);

	jw_kstr(w, "task", e->task);
	jw_ki64(w, "step", e->step);
	jw_kstr(w, "path", e->path);
	jw_kbool(w, "ok", !err);
	if (err)
		jw_kcstr(w, "error", err->msg);
	jw_kstr(w, "before", e->after);
	jw_kstr(w, "after", after);
	return event_log_end(u->log, &u->why) && event_log_sync(u->log, &u->why);
}

static void go_on(struct undo *u)
{
	u->state = UNDO_NEXT;
	u->at--;
	runq_post(agent_runq(u->agent), &u->step);
}

static void refuse(struct undo *u, const struct err *err)
{
	u->refused++;
	buf_printf(&u->report, "not undone: %.*s: %s\n", SLICE_ARG(current(u)->path), err->msg);
	(void)log_undo(u, err, SLICE(""));
	go_on(u);
}

static void written(void *payload, const struct err *err)
{
	struct undo *u = payload;
	struct sha256_hex h = { "" };

	u->op = NULL;
	if (err) {
		refuse(u, err);
		return;
	}
	u->restored++;
	buf_printf(&u->report, "%s %.*s\n", u->after.ptr ? "restored" : "removed",
		   SLICE_ARG(current(u)->path));
	if (u->after.ptr)
		h = sha256(u->after);
	(void)log_undo(u, NULL, slice_of(h.s));
	go_on(u);
}

static bool get_blob(struct undo *u, struct slice hash, struct slice *out, struct err *err)
{
	*out = (struct slice){ NULL, 0 };
	return hash.len == 0 ||
	       blob_get(agent_state_dir(u->agent), u->history.session, hash, &u->arena, out, err);
}

/* What shall stand there, given what stands there now. */
static bool target(struct undo *u, struct slice now, struct slice *out, struct err *err)
{
	const struct past_edit *e = current(u);
	struct slice before, left;

	if (!get_blob(u, e->before, &before, err) || !get_blob(u, e->after, &left, err))
		return false;
	*out = before;
	if ((!now.ptr && !left.ptr) || (now.ptr && left.ptr && slice_eq(now, left)))
		return true;
	if (!now.ptr)
		return err_set(err, ERR_STALE, "the file was removed since");
	if (!before.ptr || !left.ptr)
		return err_set(err, ERR_STALE, "the file was changed since Emend %s it",
			       left.ptr ? "created" : "removed");
	if (edit_merge(&u->arena, left, now, before, out, err))
		return true;
	return err_set(err, ERR_STALE,
		       "it was changed since, in the same place; it is left as it is");
}

static void was_read(void *payload, const struct view_text *t, const struct err *err)
{
	struct undo *u = payload;
	struct slice now = t && t->text ? snapshot_text(t->text) : (struct slice){ NULL, 0 };
	struct err why = { 0 };

	u->op = NULL;
	if (!err && t->binary)
		(void)err_set(&why, ERR_STALE, "it is not text any more");
	if (err || why.code != ERR_NONE || !target(u, now, &u->after, &why)) {
		refuse(u, err ? err : &why);
		return;
	}
	if (now.ptr && u->after.ptr && slice_eq(now, u->after)) {
		written(u, NULL);
		return;
	}
	u->state = UNDO_WRITING;
	u->op = view_write(&u->view,
			   &(struct view_write){ .path = current(u)->path,
						 .base = t->text,
						 .is_buffer = t->is_buffer,
						 .sha256 = t->sha256,
						 .after = u->after,
						 .label = SLICE("Emend: undo") },
			   written, u);
}

static void undo_free(struct undo *u)
{
	list_remove(&u->link);
	agent_task_gone(u->agent);
	job_drop(&u->step);
	view_drop(u->op);
	view_release(&u->view);
	agent_runner_put(u->agent, u->runner);
	event_log_close(u->log);
	policy_free(u->policy);
	buf_release(&u->report);
	arena_release(&u->arena);
	free(u);
}

static bool wanted(const struct undo *u, const struct past_edit *e)
{
	return slice_eq(e->task, u->task) && !e->undone && !e->failed &&
	       (u->only < 0 || e->step == u->only);
}

static void undo_step(struct job *j)
{
	struct undo *u = container_of(j, struct undo, step);

	if (u->state != UNDO_NEXT && u->why.code == ERR_NONE)
		return;
	while (u->at > 0 && !wanted(u, current(u)))
		u->at--;
	if (u->at > 0 && u->why.code == ERR_NONE) {
		u->state = UNDO_READING;
		u->op = view_read(&u->view, current(u)->path, was_read, u);
		return;
	}
	u->state = UNDO_ENDED;
	if (u->restored + u->refused == 0 && u->why.code == ERR_NONE)
		(void)err_set(&u->why, ERR_NOT_FOUND, "there is nothing to undo in task %.*s",
			      SLICE_ARG(u->task));
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
	u->at = u->history.n;
	return event_log_open(dir, u->history.session, &u->log, err);
}

bool undo_start(struct agent *a, const struct undo_spec *s, const struct host *h,
		undo_done_cb *done, void *payload, struct err *err)
{
	struct undo *u = xcalloc(1, sizeof(*u));

	u->agent = a;
	list_init(&u->link);
	u->only = s->step;
	u->done = done;
	u->payload = payload;
	arena_init(&u->arena);
	buf_init(&u->report, LIMIT_MESSAGE_BYTES);
	job_init(&u->step, undo_step);
	view_init(&u->view, agent_runq(a), h, NULL, arena_dup(&u->arena, s->workspace));
	if (!find(u, s, err) || !config_policy(s->config, &u->policy, err) ||
	    !agent_runner_get(a, u->view.root, s->config, u->policy, &u->runner, err)) {
		undo_free(u);
		return false;
	}
	u->view.runner = u->runner;
	list_append(agent_undos(a), &u->link);
	runq_post(agent_runq(a), &u->step);
	return true;
}

void undo_cancel(struct list *link)
{
	struct undo *u = container_of(link, struct undo, link);

	view_drop(u->op); /* what was being written may stand: its step is not logged as undone */
	u->op = NULL;
	(void)err_set(&u->why, ERR_CANCELLED, "the undo was cancelled");
	runq_post(agent_runq(u->agent), &u->step);
}
