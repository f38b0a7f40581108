/* exec_cache.c - see exec_cache.h: in SQLite, each call a job of the store's thread. */
#include "agent/exec/exec_cache.h"

#include <stdlib.h>
#include <time.h>

#include "protocol/base/buf.h"
#include "protocol/base/limits.h"
#include "protocol/base/log.h"
#include "protocol/base/mem.h"

/* --- the key --- */

/* With its length in front, so that no two lists of fields look the same. */
static void field(struct buf *b, struct slice s)
{
	buf_printf(b, "%zu:", s.len);
	buf_append(b, s);
}

/* The correlation id and the trace are not in it: they name the request, and do not change the
 * answer. */
struct sha256_hex exec_cache_key(const struct exec_request *r, struct slice version)
{
	struct sha256_hex key;
	struct buf b;

	buf_init(&b, EXEC_CODE_MAX + LIMIT_STDIN_BYTES + 2 * LIMIT_ENV_BYTES);
	field(&b, SLICE("1")); /* of this form of a key */
	field(&b, slice_of(r->language->name));
	field(&b, version);
	field(&b, r->code);
	field(&b, r->stdin_data);
	buf_printf(&b, "%.17g,%lld,%lld,%d,%d,%zu;", r->timeout_seconds, (long long)r->max_memory_mb,
		   (long long)r->max_output_size, r->allow_network, r->allow_filesystem, r->n_env);
	for (size_t i = 0; i < r->n_env; i++)
		field(&b, r->env[i]);
	for (size_t i = 0; i < r->n_dependencies; i++)
		field(&b, r->dependencies[i]);
	key = sha256(buf_slice(&b));
	buf_release(&b);
	return key;
}

/* --- SQLite --- */

/* As in exec_history.c: the store's thread has it between store_post() and done(). */
struct exec_lookup {
	struct store_job job;
	struct ledger *ledger;
	struct arena arena;
	struct slice key;
	struct exec_cached row;
	bool write, found;
	exec_cached_cb *done; /* NULL: dropped, or a write */
	void *payload;
};

/* The wall clock, as rows outlive the program. A clock that jumps makes an answer too old or too
 * young by as much. */
static int64_t now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void work(struct store_job *j)
{
	struct exec_lookup *x = container_of(j, struct exec_lookup, job);
	struct err err;

	if (x->write ? !exec_cache_write(x->ledger, x->key, now_ms(), &x->row, &err)
		     : !exec_cache_read(x->ledger, x->key, now_ms(), &x->arena, &x->row, &x->found,
					&err))
		log_error("cache of executions: %s",
			  err.msg); /* then it is as if there were none */
}

static void done(struct store_job *j)
{
	struct exec_lookup *x = container_of(j, struct exec_lookup, job);

	if (x->done)
		x->done(x->payload, x->found ? &x->row : NULL);
	arena_release(&x->arena);
	free(x);
}

static struct exec_lookup *post(const struct exec_sqlite_cache *s, struct slice key,
				const struct exec_cached *row)
{
	struct exec_lookup *x = xcalloc(1, sizeof(*x));

	arena_init(&x->arena);
	x->job.work = work;
	x->job.done = done;
	x->ledger = s->ledger;
	x->key = arena_dup(&x->arena, key);
	if (row) {
		x->write = true;
		x->row = *row;
		x->row.out = arena_dup(&x->arena, row->out);
		x->row.err_out = arena_dup(&x->arena, row->err_out);
	}
	store_post(s->store, &x->job);
	return x;
}

static struct exec_lookup *get(void *self, struct slice key, exec_cached_cb *then, void *payload)
{
	struct exec_lookup *x = post(self, key, NULL);

	x->done = then;
	x->payload = payload;
	return x;
}

static void put(void *self, struct slice key, const struct exec_cached *c)
{
	(void)post(self, key, c);
}

static void drop(struct exec_lookup *x)
{
	if (x)
		x->done = NULL;
}

void exec_sqlite_cache_init(struct exec_sqlite_cache *s, struct store *store, struct ledger *ledger)
{
	*s = (struct exec_sqlite_cache){ { s, get, put, drop }, store, ledger };
}
