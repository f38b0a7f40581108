/* recover.c - see recover.h: one marked session after the other.
 *
 *   step: open its log --an undo was begun--> undo, to its end --ended--> rollback --> next session
 *             |          |                        '--failed: it stays marked--> next session
 *             |          '--else--> rollback --> next session
 *             '-another emend has it open: skip it; its log is gone: its mark goes
 *
 * Behind an undo there is seldom something to roll back; the rollback then only takes the mark away. */
#include "agent/change/recover.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "agent/store/store.h"
#include "agent/store/store_path.h"
#include "agent/store/unfinished.h"
#include "agent/change/rollback.h"
#include "agent/change/undo.h"
#include "protocol/base/limits.h"
#include "protocol/base/log.h"
#include "protocol/base/mem.h"

/* The others keep their marks, and the next start goes on with them. */
enum { MAX_SESSIONS = 64 };

/* Frees itself after `done`. The logs of other sessions are open only while their turn is. */
struct recover {
	struct arena arena;
	struct workspace *workspace;
	struct store *store;
	struct event_log *own, *log; /* log: of the session at hand; it may be own */
	struct slice *sessions;
	size_t n, at;
	struct job job;
	struct history history; /* of the session at hand, for `undo` */
	struct change_undo *undo;
	struct rollback *rollback;
	struct buf report;
	size_t restored;
	recover_cb *done;
	void *payload;
};

static void close_log(struct recover *r)
{
	if (r->log != r->own)
		event_log_close(r->log);
	r->log = NULL;
}

static void next(struct recover *r)
{
	close_log(r);
	r->at++;
	runq_post(r->workspace->runq, &r->job);
}

static void rolled_back(void *payload, const struct rollback_result *b, const struct err *err)
{
	struct recover *r = payload;

	r->rollback = NULL;
	r->restored += b->restored;
	if (b->report.len > 0 || err)
		buf_printf(&r->report,
			   "Emend was stopped while it changed files in session %.*s. %s\n%.*s",
			   SLICE_ARG(r->sessions[r->at]),
			   err		 ? "They could not be put back:"
			   : b->finished ? "The change is complete:"
			   : b->left	 ? "Not all could be put back:"
					 : "The change was rolled back:",
			   SLICE_ARG(b->report));
	if (err)
		buf_printf(&r->report, "%s\n", err->msg);
	next(r);
}

static void undone(void *payload, const struct change_undo_result *u, const struct err *err)
{
	struct recover *r = payload;

	r->undo = NULL;
	r->restored += u->restored;
	buf_printf(
		&r->report, "Emend was stopped while it %s %.*s. %s\n%.*s",
		r->history.undo.rewinds ? "rewound session"
		: r->history.undo.redo	? "made again task"
					: "undid task",
		SLICE_ARG(r->history.undo.task),
		err ? "It could not be finished:" : "That is finished now:", SLICE_ARG(u->report));
	if (err)
		buf_printf(&r->report, "%s\n", err->msg);
	if (err) /* it stays marked: a later start tries again */
		next(r);
	else
		r->rollback = rollback_start(r->workspace, r->log, rolled_back, r);
}

/* The user wanted it, and half of it stands: to the end it is nearer, and safe, than back. */
static bool go_on_with_undo(struct recover *r)
{
	struct slice session = r->sessions[r->at];
	struct change_env env = { r->workspace, r->log, SLICE("Emend: undo") };
	const struct past_undo *begun;
	struct err ignored = { 0 };

	if (!history_read(&r->arena, store_state_dir(r->store), session, &r->history, &ignored) ||
	    !r->history.undo.open)
		return false;
	begun = &r->history.undo;
	r->undo = change_undo_start(
		&env,
		&(struct change_undo_spec){ .history = &r->history,
					    .task = begun->task,
					    .only = begun->only,
					    .redo = begun->redo,
					    .rewind = begun->rewinds ? &begun->rewind : NULL },
		undone, r);
	return true;
}

static bool exists(struct recover *r, struct slice session)
{
	struct err ignored = { 0 };
	struct slice path;
	struct stat st;

	return session_path(&r->arena, store_state_dir(r->store), session, "log.jsonl", &path, &ignored) &&
	       stat(path.ptr, &st) == 0;
}

static bool open_log(struct recover *r, struct slice session)
{
	struct err err = { 0 };

	if (r->own && slice_eq(event_log_session(r->own), session)) {
		r->log = r->own;
		return true;
	}
	if (!exists(r, session)) {
		unfinished_remove(store_state_dir(r->store), r->workspace->root, session);
		return false;
	}
	if (event_log_open(r->store, session, &r->log, &err))
		return true;
	r->log = NULL;
	if (err.code != ERR_DENIED) /* that is an emend at work */
		buf_printf(&r->report, "%s\n", err.msg);
	return false;
}

static void step(struct job *j)
{
	struct recover *r = container_of(j, struct recover, job);

	while (r->at < r->n && !open_log(r, r->sessions[r->at]))
		r->at++;
	if (r->at < r->n) {
		log_info("session %.*s has an unfinished change", SLICE_ARG(r->sessions[r->at]));
		if (!go_on_with_undo(r))
			r->rollback = rollback_start(r->workspace, r->log, rolled_back, r);
		return;
	}
	r->done(r->payload, buf_slice(&r->report), r->restored);
	recover_drop(r);
}

struct recover *recover_start(struct workspace *v, struct store *store, struct event_log *own,
			      recover_cb *done, void *payload)
{
	struct slice sessions[MAX_SESSIONS];
	struct recover *r;
	struct arena a;
	size_t n;

	arena_init(&a);
	n = unfinished_list(store_state_dir(store), v->root, &a, sessions, MAX_SESSIONS);
	if (n == 0) {
		arena_release(&a);
		return NULL;
	}
	r = xcalloc(1, sizeof(*r));
	r->arena = a;
	r->workspace = v;
	r->store = store;
	r->own = own;
	r->sessions = arena_array(&r->arena, n, sizeof(*sessions));
	memcpy(r->sessions, sessions, n * sizeof(*sessions));
	r->n = n;
	r->done = done;
	r->payload = payload;
	buf_init(&r->report, LIMIT_RESULT_BYTES);
	job_init(&r->job, step);
	runq_post(v->runq, &r->job);
	return r;
}

void recover_drop(struct recover *r)
{
	if (!r)
		return;
	job_drop(&r->job);
	change_undo_drop(r->undo);
	rollback_drop(r->rollback);
	close_log(r);
	buf_release(&r->report);
	arena_release(&r->arena);
	free(r);
}
