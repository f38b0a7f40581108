/* ledger_read.c - see ledger.h: what `emend cost` and `emend status` show. */
#include "agent/store/ledger_db.h"

static struct slice column(sqlite3_stmt *st, int at)
{
	const unsigned char *text = sqlite()->column_text(st, at);

	return slice_make(text ? (const char *)text : "",
			  text ? (size_t)sqlite()->column_bytes(st, at) : 0);
}

static uint64_t count(sqlite3_stmt *st, int at)
{
	sqlite3_int64 n = sqlite()->column_int64(st, at);

	return n > 0 ? (uint64_t)n : 0;
}

#define COST_COLUMNS                                                                           \
	", count(*), total(usd), sum(input), sum(cache_read), sum(cache_write), sum(output), " \
	"sum(reasoning),"                                                                      \
	" max(unpriced), max(estimated), total(estimated = 2), total(usd * (estimated = 2))"   \
	" FROM spend WHERE usd IS NOT NULL GROUP BY 1 ORDER BY "

static const char *const cost_sql[] = {
	[LEDGER_BY_DAY] = "SELECT day" COST_COLUMNS "1 DESC",
	[LEDGER_BY_MODEL] = "SELECT model" COST_COLUMNS "3 DESC, 1",
	[LEDGER_BY_PROJECT] = "SELECT workspace" COST_COLUMNS "3 DESC, 1",
	[LEDGER_BY_KIND] = "SELECT kind" COST_COLUMNS "3 DESC, 1",
	[LEDGER_BY_SESSION] = "SELECT session" COST_COLUMNS "max(time) DESC",
};

bool ledger_costs(struct ledger *l, enum ledger_by by, ledger_cost_fn *fn, void *payload,
		  struct err *err)
{
	sqlite3_stmt *st;
	int rc;

	if (!ledger_db_open(l, err) || !ledger_db_reap(l, err))
		return false;
	st = ledger_db_prepare(l, cost_sql[by], err);
	if (!st)
		return false;
	while ((rc = sqlite()->step(st)) == SQLITE_ROW) {
		struct ledger_cost c = {
			.key = column(st, 0),
			.calls = count(st, 1),
			.usage = { .usd = sqlite()->column_double(st, 2),
				   .input = count(st, 3),
				   .cache_read = count(st, 4),
				   .cache_write = count(st, 5),
				   .output = count(st, 6),
				   .reasoning = count(st, 7),
				   .unpriced = sqlite()->column_int(st, 8) != 0,
				   .estimated = sqlite()->column_int(st, 9) != 0 },
			.died = count(st, 10),
			.died_usd = sqlite()->column_double(st, 11),
		};

		fn(payload, &c);
	}
	if (rc != SQLITE_DONE)
		(void)ledger_db_failed(l, err);
	ledger_db_release(st);
	return rc == SQLITE_DONE;
}

bool ledger_tasks(struct ledger *l, struct slice workspace, size_t max, ledger_row_fn *fn,
		  void *payload, struct err *err)
{
	sqlite3_stmt *st;
	int rc;

	if (!ledger_db_open(l, err))
		return false;
	st = ledger_db_prepare(
		l,
		"SELECT session, task, workspace, title, status, time, usd +"
		" CASE WHEN status = 'unfinished' THEN (SELECT total(usd) FROM spend"
		" WHERE spend.session = task.session AND spend.task = task.task) ELSE 0 END,"
		" NOT EXISTS (SELECT 1 FROM task AS other WHERE"
		" other.session = task.session AND other.time > task.time) FROM task"
		" WHERE ?1 = '' OR workspace = ?1 ORDER BY time DESC, session DESC, "
		"task DESC LIMIT ?2",
		err);
	if (!st)
		return false;
	ledger_db_bind(st, 1, workspace);
	(void)sqlite()->bind_int64(st, 2, (sqlite3_int64)max);
	while ((rc = sqlite()->step(st)) == SQLITE_ROW) {
		struct ledger_row r = { column(st, 0),
					column(st, 1),
					column(st, 2),
					column(st, 3),
					column(st, 4),
					column(st, 5),
					sqlite()->column_double(st, 6),
					sqlite()->column_int(st, 7) != 0 };

		fn(payload, &r);
	}
	if (rc != SQLITE_DONE)
		(void)ledger_db_failed(l, err);
	ledger_db_release(st);
	return rc == SQLITE_DONE;
}
