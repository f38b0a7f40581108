/* ledger_post.c - see ledger_post.h. Each request is one allocation that holds the job, a copy of what was
 * asked and room for the answer. The thread fills the answer, the loop hands it on and frees all. */
#include "agent/store/ledger_post.h"

#include <assert.h>
#include <stdlib.h>

#include "agent/store/ledger_db.h"
#include "protocol/base/arena.h"
#include "protocol/base/log.h"
#include "protocol/base/mem.h"

/* --- reserve --- */

enum { SUMS_MAX = 4 };

struct ledger_asked {
	struct store_job job;
	struct store *store;
	struct ledger *ledger;
	struct arena arena;
	struct ledger_ask ask;
	double usd[SUMS_MAX];
	bool reserved;
	struct ledger_reservation out;
	struct err why;		  /* of the first sum that was refused */
	ledger_reserved_cb *done; /* NULL: dropped */
	void *payload;
};

static void look_back(struct ledger_asked *x)
{
	struct ledger_sums sums;
	struct err err = { 0 };

	if (ledger_sums(x->ledger, x->ask.call.session, x->ask.call.task, &sums, &err))
		x->out.before = sums.session.usd - sums.task.usd;
	else
		log_debug("ledger: %s", err.msg); /* the log of the session has its own sum */
}

static void reserve_work(struct store_job *j)
{
	struct ledger_asked *x = container_of(j, struct ledger_asked, job);
	const struct ledger_ask *a = &x->ask;

	for (size_t i = 0; i < a->n && !x->reserved; i++) {
		struct err why = { 0 };

		x->reserved = ledger_reserve(x->ledger, &a->call, x->usd[i], a->day_cap, &x->out.id,
					     &why);
		x->out.which = i;
		if (x->why.code == ERR_NONE)
			x->why = why;
		if (!x->reserved && why.code != ERR_BUDGET)
			break;
	}
	if (x->reserved && a->look_back)
		look_back(x);
}

static void reserve_done(struct store_job *j)
{
	struct ledger_asked *x = container_of(j, struct ledger_asked, job);

	if (x->done)
		x->done(x->payload, x->reserved ? &x->out : NULL,
			x->why.code == ERR_NONE ? NULL : &x->why);
	else if (x->reserved) /* the call is not made */
		ledger_post_settle(x->store, x->ledger, x->out.id, NULL);
	arena_release(&x->arena);
	free(x);
}

struct ledger_asked *ledger_post_reserve(struct store *s, struct ledger *l,
					 const struct ledger_ask *a, ledger_reserved_cb *done,
					 void *payload)
{
	struct ledger_asked *x = xcalloc(1, sizeof(*x));

	assert(a->n <= SUMS_MAX);
	x->job.work = reserve_work;
	x->job.done = reserve_done;
	x->store = s;
	x->ledger = l;
	x->done = done;
	x->payload = payload;
	arena_init(&x->arena);
	memcpy(x->usd, a->usd, a->n * sizeof(*a->usd));
	x->ask = *a;
	x->ask.call = (struct ledger_call){ .session = arena_dup(&x->arena, a->call.session),
					    .task = arena_dup(&x->arena, a->call.task),
					    .model = arena_dup(&x->arena, a->call.model),
					    .workspace = arena_dup(&x->arena, a->call.workspace),
					    .kind = arena_dup(&x->arena, a->call.kind) };
	store_post(s, &x->job);
	return x;
}

void ledger_asked_drop(struct ledger_asked *x)
{
	if (x)
		x->done = NULL;
}

/* --- what nobody waits for --- */

struct note {
	struct store_job job;
	struct ledger *ledger;
	struct arena arena;
	struct ledger_row row; /* of a task */
	int64_t id;	       /* of a settlement */
	struct usage usage;
	bool made;
};

static void note_done(struct store_job *j)
{
	struct note *n = container_of(j, struct note, job);

	arena_release(&n->arena);
	free(n);
}

static struct note *note_new(struct ledger *l, void (*work)(struct store_job *j))
{
	struct note *n = xcalloc(1, sizeof(*n));

	n->job.work = work;
	n->job.done = note_done;
	n->ledger = l;
	arena_init(&n->arena);
	return n;
}

static void open_work(struct store_job *j)
{
	struct note *n = container_of(j, struct note, job);
	struct err err = { 0 };

	if (!ledger_db_open(n->ledger, &err))
		log_debug("ledger: %s", err.msg); /* who needs it is told */
}

/* SQLite is loaded here: the thread would wait for the loader's lock for as long as another thread loads libcurl. */
void ledger_post_open(struct store *s, struct ledger *l)
{
	struct err err;

	(void)!sqlite_lib_load(&err); /* who needs it is told */
	store_post(s, &note_new(l, open_work)->job);
}

static void settle_work(struct store_job *j)
{
	struct note *n = container_of(j, struct note, job);
	struct err err = { 0 };

	if (!ledger_settle(n->ledger, n->id, n->made ? &n->usage : NULL, &err))
		log_error("ledger: %s", err.msg);
}

void ledger_post_settle(struct store *s, struct ledger *l, int64_t id, const struct usage *u)
{
	struct note *n = note_new(l, settle_work);

	n->id = id;
	n->made = u != NULL;
	if (u)
		n->usage = *u;
	store_post(s, &n->job);
}

static void task_work(struct store_job *j)
{
	struct note *n = container_of(j, struct note, job);
	const struct ledger_row *r = &n->row;
	struct err err = { 0 };

	if (!ledger_task(n->ledger, r->session, r->task, r->workspace, r->title, r->status, r->usd,
			 &err))
		log_error("ledger: %s", err.msg);
}

void ledger_post_task(struct store *s, struct ledger *l, const struct ledger_row *row)
{
	struct note *n = note_new(l, task_work);
	struct arena *a = &n->arena;

	n->row = (struct ledger_row){ .session = arena_dup(a, row->session),
				      .task = arena_dup(a, row->task),
				      .workspace = arena_dup(a, row->workspace),
				      .title = arena_dup(a, row->title),
				      .status = arena_dup(a, row->status),
				      .usd = row->usd };
	store_post(s, &n->job);
}

/* --- sums --- */

struct summing {
	struct store_job job;
	struct ledger *ledger;
	struct arena arena;
	struct slice session, task;
	bool ok;
	struct ledger_sums sums;
	struct err why;
	ledger_summed_cb *done;
	void *payload;
};

static void sums_work(struct store_job *j)
{
	struct summing *x = container_of(j, struct summing, job);

	x->ok = ledger_sums(x->ledger, x->session, x->task, &x->sums, &x->why);
}

static void sums_done(struct store_job *j)
{
	struct summing *x = container_of(j, struct summing, job);

	x->done(x->payload, x->ok ? &x->sums : NULL, x->ok ? NULL : &x->why);
	arena_release(&x->arena);
	free(x);
}

void ledger_post_sums(struct store *s, struct ledger *l, struct slice session, struct slice task,
		      ledger_summed_cb *done, void *payload)
{
	struct summing *x = xcalloc(1, sizeof(*x));

	x->job.work = sums_work;
	x->job.done = sums_done;
	x->ledger = l;
	x->done = done;
	x->payload = payload;
	arena_init(&x->arena);
	x->session = arena_dup(&x->arena, session);
	x->task = arena_dup(&x->arena, task);
	store_post(s, &x->job);
}

/* --- the end --- */

static void free_work(struct store_job *j)
{
	ledger_free(container_of(j, struct note, job)->ledger);
}

void ledger_post_free(struct store *s, struct ledger *l)
{
	if (l)
		store_post(s, &note_new(l, free_work)->job);
}
