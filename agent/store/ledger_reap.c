/* ledger_reap.c - calls whose process ended before it could say what they cost. The provider bills them,
 * so they are settled at their worst case, and marked; nothing else frees a reservation. */
#include <time.h>

#include "agent/store/ledger_db.h"
#include "agent/store/owner.h"

enum { ELSEWHERE_MS = 60 * 60 * 1000, REAP_MAX = 256 };

static bool settle(struct ledger *l, sqlite3_int64 id, struct err *err)
{
	sqlite3_stmt *st = ledger_db_prepare(
		l, "UPDATE spend SET usd = reserved, estimated = 2 WHERE id = ?1 AND usd IS NULL",
		err);

	if (!st)
		return false;
	(void)sqlite()->bind_int64(st, 1, id);
	return ledger_db_finish(l, st, err);
}

/* Rows of a process of another machine are believed for an hour; a clock that was set back only makes
 * that longer. */
static bool is_dead(sqlite3_stmt *st, sqlite3_int64 now_ms)
{
	const char *owner = (const char *)sqlite()->column_text(st, 1);

	switch (owner_look(slice_of(owner))) {
	case OWNER_RUNS:
		return false;
	case OWNER_GONE:
		return true;
	case OWNER_ELSEWHERE:
		break;
	}
	return sqlite()->column_int64(st, 2) + ELSEWHERE_MS <= now_ms;
}

bool ledger_db_reap(struct ledger *l, struct err *err)
{
	sqlite3_stmt *st = ledger_db_prepare(
		l, "SELECT id, owner, time FROM spend WHERE usd IS NULL ORDER BY time", err);
	sqlite3_int64 dead[REAP_MAX];
	struct timespec ts;
	size_t n = 0;
	int rc;

	if (!st)
		return false;
	(void)clock_gettime(CLOCK_REALTIME, &ts);
	while ((rc = sqlite()->step(st)) == SQLITE_ROW && n < REAP_MAX)
		if (is_dead(st, (sqlite3_int64)ts.tv_sec * 1000 + ts.tv_nsec / 1000000))
			dead[n++] = sqlite()->column_int64(st, 0);
	if (rc != SQLITE_DONE && rc != SQLITE_ROW)
		(void)ledger_db_failed(l, err);
	ledger_db_release(st);
	if (rc != SQLITE_DONE && rc != SQLITE_ROW)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!settle(l, dead[i], err))
			return false;
	return true;
}
