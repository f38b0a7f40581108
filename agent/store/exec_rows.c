/* exec_rows.c - see exec_rows.h. Old rows go with each new one, so that the tables stay small without a job
 * that cleans up; each delete finds its rows by an index on the time. */
#include "agent/store/exec_rows.h"

#include "agent/store/ledger_db.h"

static bool forget_old(struct ledger *l, int64_t now_ms, struct err *err)
{
	sqlite3_stmt *st = ledger_db_prepare(l, "DELETE FROM execution WHERE time < ?1", err);

	if (!st)
		return false;
	(void)sqlite()->bind_int64(st, 1, now_ms - (int64_t)EXEC_ROWS_DAYS * 86400 * 1000);
	return ledger_db_finish(l, st, err);
}

bool exec_rows_add(struct ledger *l, const struct exec_row *r, struct err *err)
{
	sqlite3_stmt *st;

	if (!ledger_db_open(l, err))
		return false;
	st = ledger_db_prepare(
		l,
		"INSERT OR REPLACE INTO execution(id, time, language, status, exit, ms, "
		"memory_mb, code, correlation, cached) VALUES(?1, ?2, ?3, ?4, ?5, ?6, "
		"?7, ?8, ?9, ?10)",
		err);
	if (!st)
		return false;
	ledger_db_bind(st, 1, r->id);
	(void)sqlite()->bind_int64(st, 2, r->time_ms);
	ledger_db_bind(st, 3, r->language);
	ledger_db_bind(st, 4, r->status);
	(void)sqlite()->bind_int64(st, 5, r->exit_code);
	(void)sqlite()->bind_double(st, 6, r->ms);
	(void)sqlite()->bind_double(st, 7, r->memory_mb);
	ledger_db_bind(st, 8, r->code_sha256);
	ledger_db_bind(st, 9, r->correlation);
	(void)sqlite()->bind_int(st, 10, r->cached);
	return ledger_db_finish(l, st, err) && forget_old(l, r->time_ms, err);
}

static struct slice column(sqlite3_stmt *st, int at)
{
	const unsigned char *text = sqlite()->column_text(st, at);

	return slice_make(text ? (const char *)text : "",
			  text ? (size_t)sqlite()->column_bytes(st, at) : 0);
}

bool exec_rows_read(struct ledger *l, const struct exec_rows_query *q, exec_row_fn *fn,
		    void *payload, struct err *err)
{
	sqlite3_stmt *st;
	int rc;

	if (!ledger_db_open(l, err))
		return false;
	st = ledger_db_prepare(
		l,
		"SELECT id, language, status, correlation, code, "
		"strftime('%Y-%m-%dT%H:%M:%fZ', time / 1000.0, 'unixepoch'), time, "
		"exit, ms, memory_mb, cached FROM execution WHERE (?1 = '' OR language "
		"= ?1) AND (?2 = '' OR status = ?2) ORDER BY time DESC, id LIMIT ?3 "
		"OFFSET ?4",
		err);
	if (!st)
		return false;
	ledger_db_bind(st, 1, q->language);
	ledger_db_bind(st, 2, q->status);
	(void)sqlite()->bind_int64(st, 3, q->limit);
	(void)sqlite()->bind_int64(st, 4, q->offset);
	while ((rc = sqlite()->step(st)) == SQLITE_ROW) {
		struct exec_row r = { .id = column(st, 0),
				      .language = column(st, 1),
				      .status = column(st, 2),
				      .correlation = column(st, 3),
				      .code_sha256 = column(st, 4),
				      .created_at = column(st, 5),
				      .time_ms = sqlite()->column_int64(st, 6),
				      .exit_code = sqlite()->column_int64(st, 7),
				      .ms = sqlite()->column_double(st, 8),
				      .memory_mb = sqlite()->column_double(st, 9),
				      .cached = sqlite()->column_int(st, 10) != 0 };

		fn(payload, &r);
	}
	if (rc != SQLITE_DONE)
		(void)ledger_db_failed(l, err);
	ledger_db_release(st);
	return rc == SQLITE_DONE;
}

/* --- cache --- */

static void bind_bytes(sqlite3_stmt *st, int at, struct slice s)
{
	(void)sqlite()->bind_blob64(st, at, s.len ? s.ptr : "", s.len, SQLITE_STATIC);
}

static struct slice bytes(sqlite3_stmt *st, int at)
{
	const void *p = sqlite()->column_blob(st, at);

	return slice_make(p ? p : "", p ? (size_t)sqlite()->column_bytes(st, at) : 0);
}

bool exec_cache_read(struct ledger *l, struct slice key, int64_t now_ms, struct arena *a,
		     struct exec_cached *out, bool *found, struct err *err)
{
	sqlite3_stmt *st;
	int rc;

	*found = false;
	if (!ledger_db_open(l, err))
		return false;
	st = ledger_db_prepare(l,
			       "SELECT out, err, ms, cpu_ms, memory_mb, truncated FROM exec_cache "
			       "WHERE key = ?1 AND time > ?2 AND time <= ?3",
			       err);
	if (!st)
		return false;
	ledger_db_bind(st, 1, key);
	(void)sqlite()->bind_int64(st, 2, now_ms - (int64_t)EXEC_CACHE_SECONDS * 1000);
	(void)sqlite()->bind_int64(st, 3, now_ms);
	rc = sqlite()->step(st);
	if (rc == SQLITE_ROW) {
		*found = true;
		*out = (struct exec_cached){ .out = arena_dup(a, bytes(st, 0)),
					     .err_out = arena_dup(a, bytes(st, 1)),
					     .ms = sqlite()->column_double(st, 2),
					     .cpu_ms = sqlite()->column_double(st, 3),
					     .memory_mb = sqlite()->column_double(st, 4),
					     .truncated = sqlite()->column_int(st, 5) != 0 };
	} else if (rc != SQLITE_DONE) {
		(void)ledger_db_failed(l, err);
	}
	ledger_db_release(st);
	return rc == SQLITE_ROW || rc == SQLITE_DONE;
}

static bool forget_answers(struct ledger *l, int64_t now_ms, struct err *err)
{
	sqlite3_stmt *st = ledger_db_prepare(
		l,
		"DELETE FROM exec_cache WHERE time <= ?1 OR key IN (SELECT key FROM exec_cache ORDER BY "
		"time DESC LIMIT -1 OFFSET ?2)",
		err);

	if (!st)
		return false;
	(void)sqlite()->bind_int64(st, 1, now_ms - (int64_t)EXEC_CACHE_SECONDS * 1000);
	(void)sqlite()->bind_int(st, 2, EXEC_CACHE_ROWS);
	return ledger_db_finish(l, st, err);
}

bool exec_cache_write(struct ledger *l, struct slice key, int64_t now_ms,
		      const struct exec_cached *c, struct err *err)
{
	sqlite3_stmt *st;

	if (c->out.len + c->err_out.len > EXEC_CACHE_BYTES)
		return true;
	if (!ledger_db_open(l, err))
		return false;
	st = ledger_db_prepare(l,
			       "INSERT OR REPLACE INTO exec_cache(key, time, out, err, ms, cpu_ms, "
			       "memory_mb, truncated) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
			       err);
	if (!st)
		return false;
	ledger_db_bind(st, 1, key);
	(void)sqlite()->bind_int64(st, 2, now_ms);
	bind_bytes(st, 3, c->out);
	bind_bytes(st, 4, c->err_out);
	(void)sqlite()->bind_double(st, 5, c->ms);
	(void)sqlite()->bind_double(st, 6, c->cpu_ms);
	(void)sqlite()->bind_double(st, 7, c->memory_mb);
	(void)sqlite()->bind_int(st, 8, c->truncated);
	return ledger_db_finish(l, st, err) && forget_answers(l, now_ms, err);
}
