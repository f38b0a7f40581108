/* apply.c - see apply.h */
#include "agent/change/apply.h"

#include <stdlib.h>

#include "protocol/base/log.h"
#include "protocol/base/mem.h"

enum { MAX_TRIES = 5, WINDOW_BYTES = 4 * 1024 * 1024 };

enum apply_state {
	APPLY_NEXT,
	APPLY_LISTING,
	APPLY_SWEEPING,
	APPLY_READING,
	APPLY_JOURNALING,
	APPLY_WRITING,
	APPLY_FLUSHING,
	APPLY_SYNCING,
	APPLY_ENDED
};

enum slot_state { SLOT_UNREAD, SLOT_LISTED, SLOT_PLANNED, SLOT_DONE };

struct slot { /* one path of the window */
	enum slot_state state;
	struct apply_item item;
	struct apply_plan plan;
	struct slice now; /* the bytes that a file which is not touched keeps */
	bool same;	  /* it stands there already */
	struct snapshot *base;
	bool is_buffer;
	struct slice sha256;
	int tries;
};

struct apply {
	enum apply_state state;
	struct change_env env;
	const struct apply_ops *ops;
	void *self;
	struct job job;

	struct arena arena; /* of the window */
	struct slot *window;
	size_t n, cap, at;	    /* at: the path in hand */
	struct workspace_put *list; /* of those that are SLOT_LISTED, in their order */
	size_t n_list, bytes;	    /* bytes: what they shall hold */
	struct workspace_many *many;
	struct workspace_op *op;
	struct runner_call *call;
	struct sync_wait *sync; /* of the log */

	bool lazy;	/* files were written that are not durable yet */
	bool stop;	/* the owner wants no more */
	struct err why; /* of the log */
};

static struct slice path_in_hand(const struct apply *x)
{
	return x->at < x->n ? x->window[x->at].item.path : SLICE("");
}

static void apply_goto(struct apply *x, enum apply_state next)
{
	static const char *const name[] = { "NEXT",	"LISTING",    "SWEEPING",
					    "READING",	"JOURNALING", "WRITING",
					    "FLUSHING", "SYNCING",    "ENDED" };

	if (x->state == next)
		return;
	log_debug("apply %.*s: %s -> %s", SLICE_ARG(path_in_hand(x)), name[x->state], name[next]);
	x->state = next;
}

/* The next path comes from the loop, so that a long set leaves the loop to others in between, and
 * nothing calls back inside apply_start(). */
static void go_on(struct apply *x, enum apply_state next)
{
	apply_goto(x, next);
	runq_post(x->env.workspace->runq, &x->job);
}

static void forget_text(struct slot *s)
{
	snapshot_unref(s->base);
	s->base = NULL;
}

static void settle(struct apply *x, struct slot *s, bool written, const struct err *err)
{
	struct apply_result r = { written, written ? s->plan.after : s->now, s->now };

	if (s->item.kind != RESTORE_TEXT)
		r.now = s->item.to_data;
	s->state = SLOT_DONE;
	x->stop = !x->ops->made(x->self, &s->item, &r, err) || x->stop;
	forget_text(s);
}

/* --- what is known --- */

static bool is_exact(struct apply *x, struct slot *s)
{
	struct workspace_put *p = &x->list[x->n_list];

	*p = (struct workspace_put){ .path = s->item.path, .sweep = s->item.sweep };
	if (!x->ops->exact || !x->env.workspace->runner || s->item.kind != RESTORE_TEXT ||
	    !x->ops->exact(x->self, &x->arena, &s->item, &p->sha256, &s->plan))
		return false;
	p->after = s->plan.after;
	p->mode = s->plan.mode;
	p->folders = s->plan.folders;
	x->bytes += p->after.len;
	x->n_list++;
	return true;
}

static void listed(void *payload, const struct err *err)
{
	struct apply *x = payload;
	size_t at = 0;

	x->many = NULL;
	for (size_t i = 0; i < x->n; i++) {
		struct slot *s = &x->window[i];

		if (s->state != SLOT_LISTED)
			continue;
		s->state = SLOT_UNREAD;
		if (x->list[at++].made && !err && !x->stop)
			settle(x, s, true, NULL);
	}
	go_on(x, APPLY_READING);
}

static void write_list(struct apply *x)
{
	apply_goto(x, APPLY_LISTING);
	x->lazy = true;
	x->many = workspace_write_many(x->env.workspace, x->list, x->n_list, listed, x);
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

	forget_text(s);
	s->base = t->text ? snapshot_ref(t->text) : NULL;
	s->is_buffer = t->is_buffer;
	s->sha256 = arena_dup(&x->arena, t->sha256);
	s->now = (struct slice){ NULL, 0 };
	if (t->exists)
		s->now = snapshot ? t->bytes : arena_dup(&x->arena, t->bytes);
}

static void was_read(void *payload, const struct workspace_text *t, const struct err *err)
{
	struct apply *x = payload;
	struct slot *s = &x->window[x->at];
	struct workspace_text kept;
	struct err why = { 0 };

	x->op = NULL;
	if (!err) {
		keep_text(x, s, t);
		kept = *t;
		kept.bytes = s->now;
		s->plan = (struct apply_plan){ .mode = 0 };
	}
	if (err || !x->ops->plan(x->self, &x->arena, &s->item, &kept, &s->plan, &why)) {
		settle(x, s, false, err ? err : &why);
	} else {
		s->state = SLOT_PLANNED;
		/* Folders of a file that is gone already may be left of a crash between the two. */
		s->same = same(s->now, s->plan.after) && (s->plan.folders == 0 || s->now.ptr);
	}
	go_on(x, APPLY_READING);
}

static void read_it(struct apply *x)
{
	apply_goto(x, APPLY_READING);
	x->op = workspace_read(x->env.workspace, x->window[x->at].item.path, was_read, x);
}

static void swept(void *payload, struct slice json, const struct err *err)
{
	struct apply *x = payload;

	(void)json;
	x->call = NULL;
	if (err)
		log_warn("sweep: %s", err->msg); /* what is wrong there shows when it is read */
	go_on(x, APPLY_READING);
}

static void journaled(void *payload, const struct err *err)
{
	struct apply *x = payload;

	x->sync = NULL;
	for (size_t i = 0; err && i < x->n; i++)
		if (x->window[i].state == SLOT_PLANNED)
			settle(x, &x->window[i], false, err);
	x->at = 0;
	go_on(x, APPLY_WRITING);
}

/* All are planned: the log hears of those that are going to be written. */
static void journal(struct apply *x)
{
	size_t files = 0;

	apply_goto(x, APPLY_JOURNALING);
	for (size_t i = 0; x->ops->intend && i < x->n && !x->stop; i++) {
		struct slot *s = &x->window[i];
		struct err why = { 0 };

		if (s->state != SLOT_PLANNED || s->same || s->item.kind != RESTORE_TEXT)
			continue;
		files++;
		if (!x->ops->intend(x->self, &s->item, &why))
			settle(x, s, false, &why);
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

	while (x->at < x->n && x->window[x->at].state != SLOT_UNREAD)
		x->at++;
	if (x->at == x->n) {
		journal(x);
		return;
	}
	s = &x->window[x->at];
	if (s->item.sweep && r && !x->ops->preview) {
		s->item.sweep = false;
		apply_goto(x, APPLY_SWEEPING);
		x->call = runner_sweep(r, s->item.path, swept, x);
	} else if (s->item.kind == RESTORE_TEXT) {
		read_it(x);
	} else {
		s->state = SLOT_PLANNED;
		go_on(x, APPLY_READING);
	}
}

/* --- writing --- */

static void written(void *payload, const struct err *err)
{
	struct apply *x = payload;
	struct slot *s = &x->window[x->at];

	x->op = NULL;
	if (err && err->code == ERR_STALE && ++s->tries < MAX_TRIES) {
		s->state = SLOT_UNREAD;
		if (x->ops->stale)
			x->ops->stale(x->self, &s->item, err);
	} else {
		settle(x, s, !err && !same(s->now, s->plan.after), err);
	}
	go_on(x, APPLY_WRITING);
}

/* What is no text. */
static void put_done(void *payload, struct slice json, const struct err *err)
{
	struct apply *x = payload;

	(void)json;
	x->call = NULL;
	settle(x, &x->window[x->at], !err, err);
	go_on(x, APPLY_WRITING);
}

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
		settle(x, s, false, &err);
		go_on(x, APPLY_WRITING);
	} else if (i->kind == RESTORE_MODE) {
		x->call = runner_mode(r, i->path, i->from_mode, i->to_mode, put_done, x);
	} else {
		x->call = runner_put(r, &p, put_done, x);
	}
}

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
	x->at = 0;
	for (size_t i = 0; i < x->n; i++)
		if (x->window[i].state == SLOT_UNREAD) {
			go_on(x, APPLY_READING);
			return;
		}
	go_on(x, APPLY_NEXT);
}

static void write_next(struct apply *x)
{
	struct slot *s;

	while (x->at < x->n && x->window[x->at].state != SLOT_PLANNED)
		x->at++;
	if (x->at == x->n) {
		end_of_window(x);
		return;
	}
	s = &x->window[x->at];
	if (x->ops->preview || s->same) {
		settle(x, s, !s->same, NULL);
		go_on(x, APPLY_WRITING);
	} else if (s->item.kind != RESTORE_TEXT) {
		put_it(x, s);
	} else {
		write_it(x, s);
	}
}

/* --- the set --- */

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

static void clear_window(struct apply *x)
{
	for (size_t i = 0; i < x->n; i++)
		forget_text(&x->window[i]);
	x->n = x->at = x->n_list = x->bytes = 0;
	arena_release(&x->arena);
	arena_init(&x->arena);
}

static void next_window(struct apply *x)
{
	enum apply_gives got = GIVES_ITEM;

	clear_window(x);
	while (x->n < x->cap && x->bytes < WINDOW_BYTES) {
		struct slot *s = &x->window[x->n];

		*s = (struct slot){ .item = { .path = SLICE("") } };
		got = x->ops->next(x->self, &x->arena, &s->item);
		if (got == GIVES_NOTHING || (got == GIVES_FENCE && x->n > 0))
			break;
		if (got == GIVES_FENCE)
			continue;
		if (is_exact(x, s))
			s->state = SLOT_LISTED;
		x->n++;
	}
	if (x->n_list > 0)
		write_list(x);
	else if (x->n > 0)
		read_next(x);
	else
		sync_and_end(x);
}

/* All that comes from the run queue. */
static void apply_step(struct job *j)
{
	struct apply *x = container_of(j, struct apply, job);

	if (x->stop)
		sync_and_end(x);
	else if (x->state == APPLY_NEXT)
		next_window(x);
	else if (x->state == APPLY_WRITING)
		write_next(x);
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
	x->window = xcalloc(x->cap, sizeof(*x->window));
	x->list = xcalloc(x->cap, sizeof(*x->list));
	arena_init(&x->arena);
	job_init(&x->job, apply_step);
	runq_post(e->workspace->runq, &x->job);
	return x;
}

void apply_drop(struct apply *x)
{
	if (!x)
		return;
	job_drop(&x->job);
	workspace_many_drop(x->many);
	workspace_drop(x->op);
	runner_drop(x->call);
	sync_drop(x->sync);
	clear_window(x);
	arena_release(&x->arena);
	free(x->window);
	free(x->list);
	free(x);
}
