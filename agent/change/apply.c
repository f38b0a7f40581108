/* apply.c - the machine of apply.h, whose picture it follows: apply_step() is called from the run queue and
 * does the next thing of the present state; an answer of the worker, the editor or the log comes to the
 * function that stands above the one which asked, and that function posts the job again.
 *
 * Why it goes through the run queue after each path, though many answers are there at once: a set may have
 * thousands of paths, and the editor's messages must be read in between. */
#include "agent/change/apply_own.h"

#include <stdlib.h>

#include "protocol/base/log.h"
#include "protocol/base/mem.h"

/* A path is planned again so often. A user who types all the time would else keep the machine busy for good. */
enum { MAX_TRIES = 5 };

static struct slice path_in_hand(const struct apply *x)
{
	return x->w->at < x->w->n ? x->w->slot[x->w->at].item.path : SLICE("");
}

void apply_goto(struct apply *x, enum apply_state next)
{
	static const char *const name[] = { "NEXT",	"LISTING",    "SWEEPING",
					    "READING",	"JOURNALING", "WRITING",
					    "FLUSHING", "SYNCING",    "ENDED" };

	if (x->state == next)
		return;
	log_debug("apply %.*s: %s -> %s", SLICE_ARG(path_in_hand(x)), name[x->state], name[next]);
	x->state = next;
}

void apply_go_on(struct apply *x, enum apply_state next)
{
	apply_goto(x, next);
	runq_post(x->env.workspace->runq, &x->job);
}

/* The only place that calls `made`. The snapshot is let go at once: a window of 500 files would else keep
 * the texts of all of them until its end. */
void apply_settle(struct apply *x, struct slot *s, bool written, const struct err *err)
{
	struct apply_result r = { written, written ? s->plan.after : s->now, s->now };

	if (s->item.kind != RESTORE_TEXT)
		r.now = s->item.to_data;
	s->state = SLOT_DONE;
	x->stop = !x->ops->made(x->self, &s->item, &r, err) || x->stop;
	slot_forget_text(s);
}

/* --- reading and planning --- */

static bool same(struct slice a, struct slice b)
{
	return !a.ptr == !b.ptr && (!a.ptr || slice_eq(a, b));
}

/* What was read lives only for the call: what is needed to write is kept. */
static void keep_text(struct apply *x, struct slot *s, const struct workspace_text *t)
{
	bool snapshot = t->text && snapshot_text(t->text).ptr == t->bytes.ptr;

	slot_forget_text(s);
	s->base = t->text ? snapshot_ref(t->text) : NULL;
	s->is_buffer = t->is_buffer;
	s->sha256 = arena_dup(&x->w->arena, t->sha256);
	s->now = (struct slice){ NULL, 0 };
	if (t->exists)
		s->now = snapshot ? t->bytes : arena_dup(&x->w->arena, t->bytes);
}

/* The owner plans from its copy `kept`, whose bytes live as long as the window: what it puts into the plan
 * may refer to them. */
static void was_read(void *payload, const struct workspace_text *t, const struct err *err)
{
	struct apply *x = payload;
	struct slot *s = &x->w->slot[x->w->at];
	struct workspace_text kept;
	struct err why = { 0 };

	x->op = NULL;
	if (!err) {
		keep_text(x, s, t);
		kept = *t;
		kept.bytes = s->now;
		s->plan = (struct apply_plan){ .mode = 0 };
	}
	if (err || !x->ops->plan(x->self, &x->w->arena, &s->item, &kept, &s->plan, &why)) {
		apply_settle(x, s, false, err ? err : &why);
	} else {
		s->state = SLOT_PLANNED;
		/* Folders of a file that is gone already may be left of a crash between the two. */
		s->same = same(s->now, s->plan.after) && (s->plan.folders == 0 || s->now.ptr);
	}
	apply_go_on(x, APPLY_READING);
}

static void read_it(struct apply *x)
{
	apply_goto(x, APPLY_READING);
	x->op = workspace_read(x->env.workspace, x->w->slot[x->w->at].item.path, was_read, x);
}

static void swept(void *payload, struct slice json, const struct err *err)
{
	struct apply *x = payload;

	(void)json;
	x->call = NULL;
	if (err)
		log_warn("sweep: %s", err->msg); /* what is wrong there shows when it is read */
	apply_go_on(x, APPLY_READING);
}

/* The log could not be written: not one of the window is touched, since after a crash nobody would know of
 * it. */
static void journaled(void *payload, const struct err *err)
{
	struct apply *x = payload;

	x->sync = NULL;
	for (size_t i = 0; err && i < x->w->n; i++)
		if (x->w->slot[i].state == SLOT_PLANNED)
			apply_settle(x, &x->w->slot[i], false, err);
	x->w->at = 0;
	apply_go_on(x, APPLY_WRITING);
}

/* All are planned: the log hears of those that are going to be written. */
static void journal(struct apply *x)
{
	size_t files = 0;

	apply_goto(x, APPLY_JOURNALING);
	for (size_t i = 0; x->ops->intend && i < x->w->n && !x->stop; i++) {
		struct slot *s = &x->w->slot[i];
		struct err why = { 0 };

		if (s->state != SLOT_PLANNED || s->same || s->item.kind != RESTORE_TEXT)
			continue;
		files++;
		if (!x->ops->intend(x->self, &s->item, &why))
			apply_settle(x, s, false, &why);
	}
	if (files > 0 && x->env.log && !x->stop)
		x->sync = event_log_sync(x->env.log, journaled, x);
	else
		journaled(x, NULL);
}

static void read_next(struct apply *x)
{
	struct runner *r = x->env.workspace->runner;
	struct slot *s;

	while (x->w->at < x->w->n && x->w->slot[x->w->at].state != SLOT_UNREAD)
		x->w->at++;
	if (x->w->at == x->w->n) {
		journal(x);
		return;
	}
	s = &x->w->slot[x->w->at];
	if (s->item.sweep && r && !x->ops->preview) {
		s->item.sweep = false;
		apply_goto(x, APPLY_SWEEPING);
		x->call = runner_sweep(r, s->item.path, swept, x);
	} else if (s->item.kind == RESTORE_TEXT) {
		read_it(x);
	} else {
		s->state = SLOT_PLANNED;
		apply_go_on(x, APPLY_READING);
	}
}

/* --- writing --- */

static void written(void *payload, const struct err *err)
{
	struct apply *x = payload;
	struct slot *s = &x->w->slot[x->w->at];

	x->op = NULL;
	if (err && err->code == ERR_STALE && ++s->tries < MAX_TRIES) {
		s->state = SLOT_UNREAD;
		if (x->ops->stale)
			x->ops->stale(x->self, &s->item, err);
	} else {
		apply_settle(x, s, !err && !same(s->now, s->plan.after), err);
	}
	apply_go_on(x, APPLY_WRITING);
}

/* What is no text. */
static void put_done(void *payload, struct slice json, const struct err *err)
{
	struct apply *x = payload;

	(void)json;
	x->call = NULL;
	apply_settle(x, &x->w->slot[x->w->at], !err, err);
	apply_go_on(x, APPLY_WRITING);
}

/* What is no text goes straight to the runner. It compares `from` with what is there in the same request in
 * which it changes it, so there is nothing to read before, and no second try. */
static void put_it(struct apply *x, struct slot *s)
{
	const struct apply_item *i = &s->item;
	struct runner *r = x->env.workspace->runner;
	struct err err = { 0 };
	struct entry_put p = { .path = i->path,
			       .from = i->from,
			       .to = i->to,
			       .from_data = i->from_data,
			       .to_data = i->to_data,
			       .mode = i->to_mode };

	if (!r) {
		(void)err_set(&err, ERR_SANDBOX, "the file runner is not available");
		apply_settle(x, s, false, &err);
		apply_go_on(x, APPLY_WRITING);
	} else if (i->kind == RESTORE_MODE) {
		x->call = runner_mode(r, i->path, i->from_mode, i->to_mode, put_done, x);
	} else {
		x->call = runner_put(r, &p, put_done, x);
	}
}

/* Never synced by itself (`lazy`): FLUSHING does it for all. The worker compares the hash, the editor's side
 * the base, and say ERR_STALE where it is another text by now. */
static void write_it(struct apply *x, struct slot *s)
{
	x->lazy = x->lazy || !s->is_buffer;
	x->op = workspace_write(x->env.workspace,
				&(struct workspace_write){ .path = s->item.path,
							   .base = s->base,
							   .is_buffer = s->is_buffer,
							   .sha256 = s->sha256,
							   .after = s->plan.after,
							   .mode = s->plan.mode,
							   .folders = s->plan.folders,
							   .lazy = true,
							   .label = x->env.label },
				written, x);
}

/* Were some changed while they were written: they are read again. */
static void end_of_window(struct apply *x)
{
	x->w->at = 0;
	for (size_t i = 0; i < x->w->n; i++)
		if (x->w->slot[i].state == SLOT_UNREAD) {
			apply_go_on(x, APPLY_READING);
			return;
		}
	apply_go_on(x, APPLY_NEXT);
}

static void write_next(struct apply *x)
{
	struct slot *s;

	while (x->w->at < x->w->n && x->w->slot[x->w->at].state != SLOT_PLANNED)
		x->w->at++;
	if (x->w->at == x->w->n) {
		end_of_window(x);
		return;
	}
	s = &x->w->slot[x->w->at];
	if (x->ops->preview || s->same) {
		apply_settle(x, s, !s->same, NULL);
		apply_go_on(x, APPLY_WRITING);
	} else if (s->item.kind != RESTORE_TEXT) {
		put_it(x, s);
	} else {
		write_it(x, s);
	}
}

/* --- the set --- */

/* The owner may free itself and its state in `ended`, but not the machine, which goes right after. */
static void end(struct apply *x)
{
	apply_goto(x, APPLY_ENDED);
	x->ops->ended(x->self, x->why.code == ERR_NONE ? NULL : &x->why);
	apply_drop(x);
}

static void synced(void *payload, const struct err *err)
{
	struct apply *x = payload;

	x->sync = NULL;
	if (err)
		x->why = *err;
	end(x);
}

/* The owner's last words are written even if there is no log of ours to sync. */
static void sync_log(struct apply *x)
{
	apply_goto(x, APPLY_SYNCING);
	if ((!x->ops->finish || x->ops->finish(x->self, &x->why)) && x->env.log)
		x->sync = event_log_sync(x->env.log, synced, x);
	else
		end(x);
}

static void flushed(void *payload, struct slice json, const struct err *err)
{
	struct apply *x = payload;

	(void)json;
	x->call = NULL;
	if (err) { /* the log must not say that it is over */
		x->why = *err;
		end(x);
		return;
	}
	sync_log(x);
}

/* One sync for all files: one for each would take longer than all the rest. */
static void sync_and_end(struct apply *x)
{
	struct runner *r = x->env.workspace->runner;

	if (!x->lazy || !r) {
		sync_log(x);
		return;
	}
	apply_goto(x, APPLY_FLUSHING);
	x->call = runner_sync(r, flushed, x);
}

static void next_window(struct apply *x)
{
	apply_next_window(x);
	if (x->state == APPLY_LISTING)
		return;
	if (x->w->n > 0)
		read_next(x);
	else
		sync_and_end(x);
}

/* All that comes from the run queue. A stop waits for a list that is being written (`many`): the worker
 * makes it anyway, and what it made has to be noted. */
static void apply_step(struct job *j)
{
	struct apply *x = container_of(j, struct apply, job);

	if (x->stop && !x->many)
		sync_and_end(x);
	else if (x->state == APPLY_NEXT)
		next_window(x);
	else if (x->state == APPLY_WRITING)
		write_next(x);
	else if (x->state == APPLY_LISTING)
		apply_fill_ahead(x);
	else
		read_next(x);
}

struct apply *apply_start(const struct change_env *e, const struct apply_ops *ops, void *self)
{
	struct apply *x = xcalloc(1, sizeof(*x));

	x->env = *e;
	x->ops = ops;
	x->self = self;
	x->cap = ops->window > 0 ? ops->window : 1;
	window_init(&x->windows[0], x->cap);
	window_init(&x->windows[1], x->cap);
	x->w = &x->windows[0];
	x->then = &x->windows[1];
	job_init(&x->job, apply_step);
	runq_post(e->workspace->runq, &x->job);
	return x;
}

/* What the worker or the editor was asked to do may still happen; its answer goes nowhere. */
void apply_drop(struct apply *x)
{
	if (!x)
		return;
	job_drop(&x->job);
	workspace_many_drop(x->many);
	workspace_drop(x->op);
	runner_drop(x->call);
	sync_drop(x->sync);
	window_release(x->w);
	window_release(x->then);
	free(x);
}
