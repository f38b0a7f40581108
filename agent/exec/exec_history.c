/* exec_history.c - see exec_history.h: each call is a job of the store's thread, in the order of the calls, so that
 * what was added before is in the answer. */
#include "agent/exec/exec_history.h"

#include <stdlib.h>

#include "agent/exec/exec.h"
#include "protocol/base/limits.h"
#include "protocol/base/log.h"
#include "protocol/base/mem.h"
#include "protocol/json/json.h"
#include "protocol/json/write.h"

enum { ROWS = 100 /* where a question says no number */, OFFSET_MAX = 1000 * 1000 * 1000 };

/* --- add --- */

/* Owned by the store's thread from store_post() until add_done(), which runs in the loop. */
struct adding {
	struct store_job job;
	struct ledger *ledger;
	struct arena arena;
	struct exec_row row;
};

static void add_work(struct store_job *j)
{
	struct adding *x = container_of(j, struct adding, job);
	struct err err;

	if (!exec_rows_add(x->ledger, &x->row, &err))
		log_error("history of executions: %s", err.msg);
}

static void add_done(struct store_job *j)
{
	struct adding *x = container_of(j, struct adding, job);

	arena_release(&x->arena);
	free(x);
}

static void add(void *self, const struct exec_row *r)
{
	struct exec_sqlite *s = self;
	struct adding *x = xcalloc(1, sizeof(*x));
	struct arena *a = &x->arena;

	arena_init(a);
	x->job.work = add_work;
	x->job.done = add_done;
	x->ledger = s->ledger;
	x->row = *r;
	x->row.id = arena_dup(a, r->id);
	x->row.language = arena_dup(a, r->language);
	x->row.status = arena_dup(a, r->status);
	x->row.correlation = arena_dup(a, r->correlation);
	x->row.code_sha256 = arena_dup(a, r->code_sha256);
	store_post(s->store, &x->job);
}

void exec_row_write(struct jw *w, const struct exec_row *r)
{
	jw_object(w);
	jw_kstr(w, "execution_id", r->id);
	jw_kstr(w, "language", r->language);
	jw_kstr(w, "status", r->status);
	jw_ki64(w, "exit_code", r->exit_code);
	jw_kf64(w, "execution_time_ms", r->ms);
	jw_kf64(w, "memory_used_mb", r->memory_mb);
	jw_kstr(w, "created_at", r->created_at);
	jw_kbool(w, "cached", r->cached);
	jw_kstr(w, "code_sha256", r->code_sha256);
	jw_kstr(w, "correlation_id", r->correlation);
	jw_end(w);
}

/* --- ask --- */

struct exec_asked {
	struct store_job job;
	struct ledger *ledger;
	struct arena arena;
	struct exec_rows_query query;
	struct buf json;
	struct jw w;
	int64_t n;
	bool ok;
	struct err why;
	exec_history_cb *done; /* NULL: dropped */
	void *payload;
};

static void write_row(void *payload, const struct exec_row *r)
{
	struct exec_asked *x = payload;

	x->n++;
	exec_row_write(&x->w, r);
}

/* In the store's thread: it touches nothing but x. */
static void ask_work(struct store_job *j)
{
	struct exec_asked *x = container_of(j, struct exec_asked, job);

	jw_init(&x->w, &x->json);
	jw_object(&x->w);
	jw_karray(&x->w, "executions");
	x->ok = exec_rows_read(x->ledger, &x->query, write_row, x, &x->why);
	jw_end(&x->w);
	jw_ki64(&x->w, "count", x->n);
	jw_end(&x->w);
}

static void ask_done(struct store_job *j)
{
	struct exec_asked *x = container_of(j, struct exec_asked, job);

	if (x->done)
		x->done(x->payload, x->ok ? buf_slice(&x->json) : SLICE(""),
			x->ok ? NULL : &x->why);
	buf_release(&x->json);
	arena_release(&x->arena);
	free(x);
}

static struct exec_asked *ask(void *self, const struct exec_rows_query *q, exec_history_cb *done,
			      void *payload)
{
	struct exec_sqlite *s = self;
	struct exec_asked *x = xcalloc(1, sizeof(*x));

	arena_init(&x->arena);
	buf_init(&x->json, LIMIT_MESSAGE_BYTES / 4);
	x->job.work = ask_work;
	x->job.done = ask_done;
	x->ledger = s->ledger;
	x->query = *q;
	if (x->query.limit == 0)
		x->query.limit = ROWS;
	x->query.language = arena_dup(&x->arena, q->language);
	x->query.status = arena_dup(&x->arena, q->status);
	x->done = done;
	x->payload = payload;
	store_post(s->store, &x->job);
	return x;
}

/* The job is at work or waits in the store's queue: it cannot be taken out, so only its answer is.
 */
static void drop(struct exec_asked *x)
{
	if (x)
		x->done = NULL;
}

void exec_sqlite_init(struct exec_sqlite *s, struct store *store, struct ledger *ledger)
{
	*s = (struct exec_sqlite){ { s, add, ask, drop }, store, ledger };
}

/* --- the question --- */

/* 0 stands for "not said" in both numbers. */
bool exec_query_check(const struct exec_rows_query *q, struct err *err)
{
	bool known = q->status.len == 0;

	for (int s = EXEC_SUCCESS; s <= EXEC_VIOLATION; s++)
		known = known || slice_eq_cstr(q->status, exec_status_name((enum exec_status)s));
	if (!known)
		return err_set(err, ERR_INVALID,
			       "status: expected success, error, timeout or security_violation.");
	if (q->limit < 0 || q->limit > EXEC_ROWS_MAX)
		return err_set(err, ERR_INVALID, "limit: expected a number from 1 to %d.",
			       EXEC_ROWS_MAX);
	if (q->offset < 0 || q->offset > OFFSET_MAX)
		return err_set(err, ERR_INVALID, "offset: expected a number from 0.");
	return true;
}

bool exec_query_read(struct json v, struct arena *a, struct exec_rows_query *out, struct err *err)
{
	const struct exec_language *l;
	struct slice name;

	*out = (struct exec_rows_query){ .language = SLICE(""), .status = SLICE("") };
	for (struct json_iter it = json_iter(v); json_next(&it);) {
		bool ok = true;

		if (json_is(it.key, "limit"))
			ok = json_i64(it.value, &out->limit) && out->limit > 0;
		else if (json_is(it.key, "offset"))
			ok = json_i64(it.value, &out->offset);
		else if (json_is(it.key, "language"))
			ok = json_str(it.value, a, &name) && (l = exec_language_find(name)) &&
			     (out->language = slice_of(l->name)).len > 0;
		else if (json_is(it.key, "status"))
			ok = json_str(it.value, a, &out->status);
		else
			return err_set(err, ERR_INVALID, "There is no argument %.*s here.",
				       SLICE_ARG(slice_sub(json_raw(it.key), 0, 60)));
		if (!ok)
			return err_set(err, ERR_INVALID, "The argument %.*s is not valid.",
				       SLICE_ARG(slice_sub(json_raw(it.key), 0, 60)));
	}
	return exec_query_check(out, err);
}
