/* pg_history.c - see pg_history.h: one queue of rows and questions, of which the first is under way.
 *
 * A row leaves the queue only when the server has said that it has it, or when it goes to the local
 * history. So a connection may end at any moment: what was under way is still the first of the
 * queue, and is sent again. What may be sent next is decided in one place, go_on(), in this order:
 * the table, old rows out, the queue. */
#include "agent/fleet/pg_history.h"

#include <stdio.h>
#include <stdlib.h>

#include "protocol/base/limits.h"
#include "protocol/base/list.h"
#include "protocol/base/log.h"
#include "protocol/base/mem.h"
#include "protocol/json/write.h"

enum { ROWS = 100 /* where a question says no number */, TICK_MS = 1000 };

/* Workers that start at once make it once; one that may not make tables finds it made.
 * The number is that of a lock of PostgreSQL, made up for this program. It is held until the
 * transaction ends. */
static const char schema[] =
	"DO $$ BEGIN PERFORM pg_advisory_xact_lock(5022106011137);"
	" IF to_regclass('emend_execution') IS NULL THEN"
	" CREATE TABLE emend_execution(id text PRIMARY KEY, time bigint NOT NULL, language text NOT NULL,"
	" status text NOT NULL, exit bigint NOT NULL, ms double precision NOT NULL,"
	" memory_mb double precision NOT NULL, code text NOT NULL, correlation text NOT NULL,"
	" cached boolean NOT NULL);"
	" CREATE INDEX emend_execution_time ON emend_execution(time DESC, id);"
	" END IF; END $$";
static const char insert[] =
	"INSERT INTO emend_execution(id, time, language, status, exit, ms, memory_mb, code,"
	" correlation, cached) VALUES($1, $2::bigint, $3, $4, $5::bigint, $6::double precision,"
	" $7::double precision, $8, $9, $10::boolean) ON CONFLICT (id) DO NOTHING";
/* "" stands for any language or status. The order is fixed by the id where two have the same time,
 * so that pages do not overlap. */
static const char question[] =
	"SELECT id, language, status, correlation, code, to_char(to_timestamp(time / 1000.0) AT TIME ZONE 'UTC',"
	" 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"'), time, exit, ms, memory_mb, cached::int FROM emend_execution"
	" WHERE ($1 = '' OR language = $1) AND ($2 = '' OR status = $2) ORDER BY time DESC, id"
	" LIMIT $3::bigint OFFSET $4::bigint";
static const char prune[] =
	"DELETE FROM emend_execution WHERE time < (extract(epoch FROM now()) * 1000)::bigint - $1::bigint";

/* Owned by the queue. A question's item is freed with its answer, the question itself after done().
 */
struct item {
	struct list link;
	struct arena arena;
	struct exec_row row;
	struct exec_asked *asked; /* NULL: it is a row */
};

struct exec_asked {
	struct pg_history *history;
	struct item *item; /* NULL: it is told from the loop */
	struct exec_rows_query query;
	exec_history_cb *done; /* NULL: dropped */
	void *payload;
	struct list late_link;
	struct job late; /* that there is no answer */
};

struct pg_history {
	struct pg_history_options o;
	struct exec_history face;
	struct pg_lib lib;
	struct pg *pg;
	bool made;	   /* the table is there, since this connection */
	bool sent;	   /* the first of the queue is under way */
	uint64_t to_prune; /* rows until then */
	struct list queue, late;
	size_t n_rows;
	uint64_t local, written;
	void (*drained)(void *payload);
	void *payload;
	struct job settled;
	uv_timer_t tick; /* what the breaker did not allow is tried again */
};

static void go_on(struct pg_history *h);

/* --- the queue --- */

static void item_free(struct pg_history *h, struct item *i)
{
	list_remove(&i->link);
	h->n_rows -= i->asked == NULL;
	arena_release(&i->arena);
	free(i);
}

static void keep_here(struct pg_history *h, struct item *i)
{
	h->local++;
	h->o.local->add(h->o.local->self, &i->row);
	item_free(h, i);
}

/* A drain waits for the queue only while the server can take it. */
static void settle(struct pg_history *h)
{
	if (h->drained && (list_empty(&h->queue) || !h->o.breaker->connected ||
			   h->o.breaker->state != BREAKER_CLOSED))
		runq_post(h->o.runq, &h->settled);
}

static void on_settled(struct job *j)
{
	struct pg_history *h = container_of(j, struct pg_history, settled);
	void (*drained)(void *payload) = h->drained;

	h->drained = NULL;
	if (drained)
		drained(h->payload);
}

/* --- rows --- */

/* Too many wait: the newest goes to the local history, as the first may be under way. */
static void add(void *self, const struct exec_row *r)
{
	struct pg_history *h = self;
	struct item *i = xcalloc(1, sizeof(*i));
	struct arena *a = &i->arena;

	arena_init(a);
	i->row = *r;
	i->row.id = arena_dup(a, r->id);
	i->row.language = arena_dup(a, r->language);
	i->row.status = arena_dup(a, r->status);
	i->row.correlation = arena_dup(a, r->correlation);
	i->row.code_sha256 = arena_dup(a, r->code_sha256);
	list_append(&h->queue, &i->link);
	if (++h->n_rows > PG_ROWS_MAX)
		keep_here(h, i);
	go_on(h);
}

/* A row that the server refuses would hold up all behind it: it goes to the local history instead.
 */
static void on_added(void *payload, const PGresult *r, const char *failed)
{
	struct pg_history *h = payload;
	struct item *i = container_of(h->queue.next, struct item, link);

	h->sent = false;
	if (!r)
		return; /* again with the next connection */
	if (failed) {
		log_warn("postgres: %s", failed);
		keep_here(h, i);
		return;
	}
	h->written++;
	h->to_prune -= h->to_prune > 0;
	item_free(h, i);
}

static void send_row(struct pg_history *h, struct item *i)
{
	const struct exec_row *r = &i->row;
	struct arena *a = &i->arena;
	const char *params[] = { arena_cstr(a, r->id),
				 arena_printf(a, "%lld", (long long)r->time_ms).ptr,
				 arena_cstr(a, r->language),
				 arena_cstr(a, r->status),
				 arena_printf(a, "%lld", (long long)r->exit_code).ptr,
				 arena_printf(a, "%.17g", r->ms).ptr,
				 arena_printf(a, "%.17g", r->memory_mb).ptr,
				 arena_cstr(a, r->code_sha256),
				 arena_cstr(a, r->correlation),
				 r->cached ? "true" : "false" };

	pg_query(h->pg, insert, params, ARRAY_LEN(params), on_added, h);
}

/* --- questions --- */

/* The server's last failure is a part of the answer, for whoever looks after it. */
static void on_late(struct job *j)
{
	struct exec_asked *x = container_of(j, struct exec_asked, late);
	struct err err;

	list_remove(&x->late_link);
	err_set(&err, ERR_IO, "The history is kept in PostgreSQL, which does not answer now: %s",
		*x->history->o.breaker->why ? x->history->o.breaker->why
					    : "it is not connected yet");
	if (x->done)
		x->done(x->payload, SLICE(""), &err);
	free(x);
}

static void tell_none(struct exec_asked *x)
{
	if (x->item)
		item_free(x->history, x->item);
	x->item = NULL;
	list_append(&x->history->late, &x->late_link);
	runq_post(x->history->o.runq, &x->late);
}

static struct slice cell(const struct pg_history *h, const PGresult *r, int row, int column)
{
	return slice_make(h->lib.getvalue(r, row, column),
			  (size_t)h->lib.getlength(r, row, column));
}

/* The columns are those of `question`, in its order. */
static void write_rows(const struct pg_history *h, const PGresult *r, struct buf *b)
{
	int n = h->lib.ntuples(r);
	struct jw w;

	jw_init(&w, b);
	jw_object(&w);
	jw_karray(&w, "executions");
	for (int i = 0; i < n; i++) {
		struct exec_row row = { .id = cell(h, r, i, 0),
					.language = cell(h, r, i, 1),
					.status = cell(h, r, i, 2),
					.correlation = cell(h, r, i, 3),
					.code_sha256 = cell(h, r, i, 4),
					.created_at = cell(h, r, i, 5),
					.exit_code = strtoll(cell(h, r, i, 7).ptr, NULL, 10),
					.ms = strtod(cell(h, r, i, 8).ptr, NULL),
					.memory_mb = strtod(cell(h, r, i, 9).ptr, NULL),
					.cached = slice_eq_cstr(cell(h, r, i, 10), "1") };

		exec_row_write(&w, &row);
	}
	jw_end(&w);
	jw_ki64(&w, "count", n);
	jw_end(&w);
}

static void on_asked(void *payload, const PGresult *r, const char *failed)
{
	struct pg_history *h = payload;
	struct item *i = container_of(h->queue.next, struct item, link);
	struct exec_asked *x = i->asked;
	struct buf b;

	h->sent = false;
	if (!r || failed) {
		tell_none(x);
		return;
	}
	buf_init(&b, LIMIT_MESSAGE_BYTES / 4);
	write_rows(h, r, &b);
	item_free(h, i);
	if (x->done)
		x->done(x->payload, buf_slice(&b), NULL);
	buf_release(&b);
	free(x);
}

static void send_question(struct pg_history *h, struct item *i)
{
	const struct exec_rows_query *q = &i->asked->query;
	struct arena *a = &i->arena;
	const char *params[] = {
		arena_cstr(a, q->language), arena_cstr(a, q->status),
		arena_printf(a, "%lld", (long long)(q->limit ? q->limit : ROWS)).ptr,
		arena_printf(a, "%lld", (long long)q->offset).ptr
	};

	pg_query(h->pg, question, params, ARRAY_LEN(params), on_asked, h);
}

static bool may_ask(struct pg_history *h)
{
	return h->o.breaker->connected && breaker_may(h->o.breaker, uv_now(h->o.loop));
}

/* Nobody waits for a server that is away: a question is answered at once that it has no answer, a
 * row waits. */
static void tell_all_none(struct pg_history *h)
{
	LIST_EACH (it, tmp, &h->queue) {
		struct item *i = container_of(it, struct item, link);

		if (i->asked)
			tell_none(i->asked);
	}
}

/* A question does not wait for a server that is away: it is answered at once that there is no answer. */
static struct exec_asked *ask(void *self, const struct exec_rows_query *q, exec_history_cb *done,
			      void *payload)
{
	struct pg_history *h = self;
	struct exec_asked *x = xcalloc(1, sizeof(*x));

	x->history = h;
	x->query = *q;
	x->done = done;
	x->payload = payload;
	list_init(&x->late_link);
	job_init(&x->late, on_late);
	if (!may_ask(h)) {
		tell_none(x);
		return x;
	}
	x->item = xcalloc(1, sizeof(*x->item));
	arena_init(&x->item->arena);
	x->item->asked = x;
	x->query.language = arena_dup(&x->item->arena, q->language);
	x->query.status = arena_dup(&x->item->arena, q->status);
	list_append(&h->queue, &x->item->link);
	go_on(h);
	return x;
}

/* A question that is under way cannot be taken back; its answer finds nobody. */
static void drop(struct exec_asked *x)
{
	if (x)
		x->done = NULL;
}

/* --- connections --- */

static void on_made(void *payload, const PGresult *r, const char *failed)
{
	struct pg_history *h = payload;

	h->made = r && !failed;
	if (failed)
		log_warn("postgres: the table cannot be made: %s", failed);
}

static void on_pruned(void *payload, const PGresult *r, const char *failed)
{
	(void)payload;
	(void)r;
	if (failed)
		log_warn("postgres: old rows cannot be removed: %s", failed);
}

/* Once with each worker's start and then after PG_PRUNE_EVERY rows, so that an idle fleet does not
 * delete. */
static void send_prune(struct pg_history *h)
{
	char ms[32];
	const char *params[] = { ms };

	h->to_prune = PG_PRUNE_EVERY;
	(void)snprintf(ms, sizeof(ms), "%lld", (long long)EXEC_ROWS_DAYS * 86400 * 1000);
	pg_query(h->pg, prune, params, 1, on_pruned, h);
}

/* Where the server refuses what it is told it is left alone for a while, like one that is away. */
static void go_on(struct pg_history *h)
{
	struct item *i;

	if (!pg_is_ready(h->pg) || h->sent)
		return;
	if (!may_ask(h)) {
		tell_all_none(h);
	} else if (!h->made) {
		pg_query(h->pg, schema, NULL, 0, on_made, h);
	} else if (h->to_prune == 0) {
		send_prune(h);
	} else if (!list_empty(&h->queue)) {
		i = container_of(h->queue.next, struct item, link);
		h->sent = true;
		if (i->asked)
			send_question(h, i);
		else
			send_row(h, i);
	}
}

static void on_ready(void *owner)
{
	struct pg_history *h = owner;

	go_on(h);
	settle(h);
}

static void on_lost(void *owner)
{
	struct pg_history *h = owner;

	h->made = false;
	tell_all_none(h);
	settle(h);
}

static void on_tick(uv_timer_t *t)
{
	struct pg_history *h = t->data;

	go_on(h);
	settle(h);
}

void pg_history_drain(struct pg_history *h, void (*done)(void *payload), void *payload)
{
	h->drained = done;
	h->payload = payload;
	settle(h);
}

/* --- its life --- */

bool pg_history_new(const struct pg_history_options *o, struct pg_history **out, struct err *err)
{
	struct pg_history *h = xcalloc(1, sizeof(*h));
	const struct pg_options p = { .loop = o->loop,
				      .lib = &h->lib,
				      .url = o->url,
				      .breaker = o->breaker,
				      .ready = on_ready,
				      .lost = on_lost,
				      .owner = h };

	h->o = *o;
	h->face = (struct exec_history){ h, add, ask, drop };
	list_init(&h->queue);
	list_init(&h->late);
	job_init(&h->settled, on_settled);
	if (!pg_lib_load(&h->lib, err) || !pg_new(&p, &h->pg, err)) {
		free(h);
		return false;
	}
	(void)uv_timer_init(o->loop, &h->tick);
	h->tick.data = h;
	(void)uv_timer_start(&h->tick, on_tick, TICK_MS, TICK_MS);
	*out = h;
	return true;
}

const struct exec_history *pg_history_face(const struct pg_history *h)
{
	return &h->face;
}

static void on_tick_closed(uv_handle_t *h)
{
	free(h->data);
}

/* The row under way may be there already; in the local history it is then a second time, which is
 * better than not at all. */
void pg_history_free(struct pg_history *h)
{
	if (!h)
		return;
	pg_free(h->pg);
	tell_all_none(h);
	LIST_EACH (it, tmp, &h->queue)
		keep_here(h, container_of(it, struct item, link));
	LIST_EACH (it, tmp, &h->late) {
		struct exec_asked *x = container_of(it, struct exec_asked, late_link);

		job_drop(&x->late);
		free(x);
	}
	job_drop(&h->settled);
	uv_close((uv_handle_t *)&h->tick, on_tick_closed);
}

void pg_history_metrics(const struct pg_history *h, struct buf *out)
{
	buf_printf(
		out,
		"# HELP emend_history_waiting_rows Rows of the history that PostgreSQL does not have yet.\n"
		"# TYPE emend_history_waiting_rows gauge\nemend_history_waiting_rows %zu\n",
		h->n_rows);
	buf_printf(
		out,
		"# HELP emend_history_local_rows_total Rows that went to the history of this machine instead.\n"
		"# TYPE emend_history_local_rows_total counter\nemend_history_local_rows_total %llu\n",
		(unsigned long long)h->local);
}
