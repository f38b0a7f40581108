/* apply.c - see apply.h */
#include "agent/change/apply.h"

#include <stdlib.h>

#include "protocol/base/log.h"
#include "protocol/base/mem.h"

enum { MAX_TRIES = 5 };

enum apply_state {
	APPLY_NEXT,
	APPLY_SWEEPING,
	APPLY_READING,
	APPLY_WRITING,
	APPLY_PUTTING,
	APPLY_SYNCING,
	APPLY_ENDED
};

struct apply {
	enum apply_state state;
	struct change_env env;
	const struct apply_ops *ops;
	void *self;
	struct job job;

	/* the path in hand */
	struct arena arena;
	struct apply_item item;
	struct apply_result out;
	struct workspace_op *op;
	struct runner_call *call;
	struct sync_wait *sync; /* of the log, at the end */
	int tries;
	bool same; /* it stands there already */

	bool stop;	/* the owner wants no more */
	struct err why; /* of the log */
};

static void apply_goto(struct apply *x, enum apply_state next)
{
	static const char *const name[] = { "NEXT",    "SWEEPING", "READING", "WRITING",
					    "PUTTING", "SYNCING",  "ENDED" };

	log_debug("apply %.*s: %s -> %s", SLICE_ARG(x->item.path), name[x->state], name[next]);
	x->state = next;
}

/* The path in hand is done with. The next one comes from the loop, so that a long set leaves the
 * loop to others in between, and nothing calls back inside apply_start(). */
static void settle(struct apply *x, const struct err *err)
{
	x->stop = !x->ops->made(x->self, &x->out, err);
	apply_goto(x, APPLY_NEXT);
	runq_post(x->env.workspace->runq, &x->job);
}

static bool same(struct slice a, struct slice b)
{
	return !a.ptr == !b.ptr && (!a.ptr || slice_eq(a, b));
}

static void was_read(void *payload, const struct workspace_text *t, const struct err *err);

static void read_it(struct apply *x)
{
	apply_goto(x, APPLY_READING);
	x->op = workspace_read(x->env.workspace, x->item.path, was_read, x);
}

static void written(void *payload, const struct err *err)
{
	struct apply *x = payload;

	x->op = NULL;
	x->out.written = !err && !x->same;
	if (err && err->code == ERR_STALE && ++x->tries < MAX_TRIES)
		read_it(x);
	else
		settle(x, err);
}

static void was_read(void *payload, const struct workspace_text *t, const struct err *err)
{
	struct apply *x = payload;
	struct apply_plan plan = { .mode = 0 };
	struct slice now = { NULL, 0 };
	struct err why = { 0 };

	x->op = NULL;
	if (!err && t->exists)
		now = t->bytes;
	x->out = (struct apply_result){ .now = now };
	if (err || !x->ops->plan(x->self, &x->arena, t, &plan, &why)) {
		settle(x, err ? err : &why);
		return;
	}
	/* Folders of a file that is gone already may be left of a crash between the two. */
	x->same = same(now, plan.after);
	if (x->same && (plan.folders == 0 || now.ptr)) {
		settle(x, NULL);
		return;
	}
	x->out.now = plan.after;
	if (!x->same && x->ops->intend && !x->ops->intend(x->self, t, plan.after, &why)) {
		settle(x, &why);
		return;
	}
	apply_goto(x, APPLY_WRITING);
	x->op = workspace_write(x->env.workspace,
				&(struct workspace_write){ .path = x->item.path,
							   .base = t->text,
							   .is_buffer = t->is_buffer,
							   .sha256 = t->sha256,
							   .after = plan.after,
							   .mode = plan.mode,
							   .folders = plan.folders,
							   .label = x->env.label },
				written, x);
}

/* --- what is no text --- */

static void put_done(void *payload, struct slice json, const struct err *err)
{
	struct apply *x = payload;

	(void)json;
	x->call = NULL;
	x->out.written = !err;
	x->out.now = x->item.to_data;
	settle(x, err);
}

static void put_it(struct apply *x)
{
	const struct apply_item *i = &x->item;
	struct runner *r = x->env.workspace->runner;
	struct err err = { 0 };
	struct entry_put p = { .path = i->path,
			       .from = i->from,
			       .to = i->to,
			       .from_data = i->from_data,
			       .to_data = i->to_data,
			       .mode = i->to_mode };

	apply_goto(x, APPLY_PUTTING);
	if (!r) {
		(void)err_set(&err, ERR_SANDBOX, "the file runner is not available");
		settle(x, &err);
	} else if (i->kind == RESTORE_MODE) {
		x->call = runner_mode(r, i->path, i->from_mode, i->to_mode, put_done, x);
	} else {
		x->call = runner_put(r, &p, put_done, x);
	}
}

/* --- the set --- */

static void begin_item(struct apply *x)
{
	if (x->item.kind == RESTORE_TEXT)
		read_it(x);
	else
		put_it(x);
}

static void swept(void *payload, struct slice json, const struct err *err)
{
	struct apply *x = payload;

	(void)json;
	x->call = NULL;
	if (err)
		log_warn("sweep: %s", err->msg); /* what is wrong there shows when it is read */
	begin_item(x);
}

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

static void sync_and_end(struct apply *x)
{
	apply_goto(x, APPLY_SYNCING);
	if ((!x->ops->finish || x->ops->finish(x->self, &x->why)) && x->env.log)
		x->sync = event_log_sync(x->env.log, synced, x);
	else
		end(x);
}

/* All that comes from the run queue: the next path, or the end. */
static void apply_step(struct job *j)
{
	struct apply *x = container_of(j, struct apply, job);
	struct runner *r = x->env.workspace->runner;

	arena_release(&x->arena);
	arena_init(&x->arena);
	x->item = (struct apply_item){ .path = SLICE("") };
	x->out = (struct apply_result){ .written = false };
	x->tries = 0;
	if (x->stop || !x->ops->next(x->self, &x->arena, &x->item)) {
		sync_and_end(x);
	} else if (x->item.sweep && r) {
		apply_goto(x, APPLY_SWEEPING);
		x->call = runner_sweep(r, x->item.path, swept, x);
	} else {
		begin_item(x);
	}
}

struct apply *apply_start(const struct change_env *e, const struct apply_ops *ops, void *self)
{
	struct apply *x = xcalloc(1, sizeof(*x));

	x->env = *e;
	x->ops = ops;
	x->self = self;
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
	workspace_drop(x->op);
	runner_drop(x->call);
	sync_drop(x->sync);
	arena_release(&x->arena);
	free(x);
}
