/* ledger.c - see ledger.h: reserve before, settle after. The check against the day's cap and the
 * insert are one IMMEDIATE transaction, so that of two programs that ask at once the second sees
 * what the first has taken. */
#include "agent/store/ledger.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "agent/store/ledger_db.h"
#include "agent/store/owner.h"
#include "protocol/base/mem.h"

struct moment {
	int64_t ms;
	char day[16];  /* UTC: "2026-11-21" */
	char text[48]; /* "2026-11-21T03:05:07.123Z" */
};

static struct moment now(void)
{
	struct timespec ts;
	struct moment m;
	struct tm tm;
	size_t n;

	(void)clock_gettime(CLOCK_REALTIME, &ts);
	(void)gmtime_r(&ts.tv_sec, &tm);
	m.ms = (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
	(void)strftime(m.day, sizeof(m.day), "%Y-%m-%d", &tm);
	n = strftime(m.text, sizeof(m.text), "%Y-%m-%dT%H:%M:%S", &tm);
	(void)snprintf(m.text + n, sizeof(m.text) - n, ".%03dZ", (int)(m.ms % 1000));
	return m;
}

struct ledger *ledger_new(struct slice state_dir)
{
	struct ledger *l = xcalloc(1, sizeof(*l));

	arena_init(&l->arena);
	l->state_dir = arena_dup(&l->arena, state_dir);
	l->state_dir.ptr = arena_cstr(&l->arena, state_dir);
	l->owner = owner_self(&l->arena);
	l->path = arena_printf(&l->arena, "%s/emend.db", l->state_dir.ptr);
	return l;
}

void ledger_free(struct ledger *l)
{
	if (!l)
		return;
	ledger_db_close(l);
	arena_release(&l->arena);
	free(l);
}

/* What was spent today, and what open reservations may still spend. Days that have not come count with
 * today: else a clock that is set back would open a budget that was spent. */
static bool committed(struct ledger *l, const struct moment *m, double *spent, double *reserved,
		      struct err *err)
{
	sqlite3_stmt *st = ledger_db_prepare(
		l,
		"SELECT (SELECT total(usd) FROM spend WHERE day >= ?1 AND usd IS NOT NULL),"
		" (SELECT total(reserved) FROM spend WHERE usd IS NULL)",
		err);
	bool ok;

	if (!st)
		return false;
	(void)sqlite()->bind_text(st, 1, m->day, -1, SQLITE_STATIC);
	ok = sqlite()->step(st) == SQLITE_ROW || ledger_db_failed(l, err);
	if (ok) {
		*spent = sqlite()->column_double(st, 0);
		*reserved = sqlite()->column_double(st, 1);
	}
	ledger_db_release(st);
	return ok;
}

static bool check_cap(struct ledger *l, const struct moment *m, double usd, double cap,
		      struct err *err)
{
	double spent = 0, reserved = 0;

	if (cap <= 0)
		return true;
	if (!committed(l, m, &spent, &reserved, err))
		return false;
	/* a thousandth of a cent forgives the rounding of sums */
	if (spent + reserved + usd <= cap + 1e-5)
		return true;
	return err_set(
		err, ERR_BUDGET,
		"The day's budget of $%.2f does not allow this call: $%.4f is spent today (UTC), "
		"$%.4f is reserved by running calls, and this call may cost up to $%.4f. Raise "
		"budget.dayUsd in "
		"the user configuration, or wait for tomorrow.",
		cap, spent, reserved, usd);
}

static bool insert(struct ledger *l, const struct moment *m, const struct ledger_call *call,
		   double usd, struct err *err)
{
	const struct slice texts[] = { call->session,	call->task, call->model,
				       call->workspace, call->kind, l->owner };
	sqlite3_stmt *st = ledger_db_prepare(
		l,
		"INSERT INTO spend(day, time, session, task, model, workspace, "
		"kind, owner, reserved) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
		err);

	if (!st)
		return false;
	(void)sqlite()->bind_text(st, 1, m->day, -1, SQLITE_STATIC);
	(void)sqlite()->bind_int64(st, 2, m->ms);
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		ledger_db_bind(st, 3 + (int)i, texts[i]);
	(void)sqlite()->bind_double(st, 9, usd);
	return ledger_db_finish(l, st, err);
}

bool ledger_reserve(struct ledger *l, const struct ledger_call *call, double usd, double day_cap,
		    int64_t *id, struct err *err)
{
	struct moment m = now();

	if (!ledger_db_open(l, err) || !ledger_db_run(l, "BEGIN IMMEDIATE", err))
		return false;
	if (ledger_db_reap(l, err) && check_cap(l, &m, usd, day_cap, err) &&
	    insert(l, &m, call, usd, err)) {
		*id = sqlite()->last_insert_rowid(l->db);
		if (ledger_db_run(l, "COMMIT", err))
			return true;
	}
	(void)sqlite()->exec(l->db, "ROLLBACK", NULL, NULL, NULL);
	return false;
}

static bool forget(struct ledger *l, int64_t id, struct err *err)
{
	sqlite3_stmt *st = ledger_db_prepare(
		l, "DELETE FROM spend WHERE id = ?1 AND (usd IS NULL OR estimated = 2)", err);

	if (!st)
		return false;
	(void)sqlite()->bind_int64(st, 1, id);
	return ledger_db_finish(l, st, err);
}

bool ledger_settle(struct ledger *l, int64_t id, const struct usage *u, struct err *err)
{
	sqlite3_stmt *st;

	if (!ledger_db_open(l, err))
		return false;
	if (!u)
		return forget(l, id, err);
	st = ledger_db_prepare(l,
			       "UPDATE spend SET usd = ?2, input = ?3, cache_read = ?4, "
			       "cache_write = ?5, output = ?6,"
			       " reasoning = ?7, unpriced = ?8, estimated = ?9"
			       " WHERE id = ?1 AND (usd IS NULL OR estimated = 2)",
			       err);
	if (!st)
		return false;
	(void)sqlite()->bind_int64(st, 1, id);
	(void)sqlite()->bind_double(st, 2, u->usd);
	(void)sqlite()->bind_int64(st, 3, (int64_t)u->input);
	(void)sqlite()->bind_int64(st, 4, (int64_t)u->cache_read);
	(void)sqlite()->bind_int64(st, 5, (int64_t)u->cache_write);
	(void)sqlite()->bind_int64(st, 6, (int64_t)u->output);
	(void)sqlite()->bind_int64(st, 7, (int64_t)u->reasoning);
	(void)sqlite()->bind_int(st, 8, u->unpriced);
	(void)sqlite()->bind_int(st, 9, u->estimated ? LEDGER_ESTIMATED : LEDGER_EXACT);
	if (!ledger_db_finish(l, st, err))
		return false;
	return sqlite()->changes(l->db) == 1 ||
	       err_set(err, ERR_NOT_FOUND, "The ledger %s has no open reservation %lld.",
		       l->path.ptr, (long long)id);
}

bool ledger_spent_today(struct ledger *l, double *usd, struct err *err)
{
	struct moment m = now();
	double reserved = 0;

	return ledger_db_open(l, err) && ledger_db_reap(l, err) &&
	       committed(l, &m, usd, &reserved, err);
}

bool ledger_task(struct ledger *l, struct slice session, struct slice task, struct slice workspace,
		 struct slice title, struct slice status, double usd, struct err *err)
{
	const struct slice text[5] = { session, task, workspace, title, status };
	struct moment m = now();
	sqlite3_stmt *st;

	if (!ledger_db_open(l, err))
		return false;
	st = ledger_db_prepare(
		l,
		"INSERT INTO task(session, task, workspace, title, status, usd, time)"
		" VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT(session, task) DO UPDATE SET"
		" workspace = ?3, title = ?4, status = ?5, usd = ?6, time = ?7",
		err);
	if (!st)
		return false;
	for (int i = 0; i < 5; i++)
		ledger_db_bind(st, 1 + i, text[i]);
	(void)sqlite()->bind_double(st, 6, usd);
	(void)sqlite()->bind_text(st, 7, m.text, -1, SQLITE_STATIC);
	return ledger_db_finish(l, st, err);
}

static struct usage sum(sqlite3_stmt *st, int at)
{
	return (struct usage){ .usd = sqlite()->column_double(st, at),
			       .unpriced = sqlite()->column_int(st, at + 1) != 0,
			       .estimated = sqlite()->column_int(st, at + 2) != 0 };
}

#define SUM_COLUMNS(which)                         \
	"total(usd) FILTER (WHERE " which "),"     \
	" max(unpriced) FILTER (WHERE " which ")," \
	" max(estimated) FILTER (WHERE " which ")"

bool ledger_sums(struct ledger *l, struct slice session, struct slice task, struct ledger_sums *out,
		 struct err *err)
{
	struct moment m = now();
	sqlite3_stmt *st;
	bool ok;

	if (!ledger_db_open(l, err) || !ledger_db_reap(l, err))
		return false;
	st = ledger_db_prepare(
		l,
		"SELECT " SUM_COLUMNS("day >= ?1") ", " SUM_COLUMNS("session = ?2") ", " SUM_COLUMNS(
			"session = ?2 AND task = ?3") " FROM spend WHERE usd IS NOT NULL AND"
						      " (day >= ?1 OR session = ?2)",
		err);
	if (!st)
		return false;
	(void)sqlite()->bind_text(st, 1, m.day, -1, SQLITE_STATIC);
	ledger_db_bind(st, 2, session);
	ledger_db_bind(st, 3, task);
	ok = sqlite()->step(st) == SQLITE_ROW || ledger_db_failed(l, err);
	if (ok)
		*out = (struct ledger_sums){ sum(st, 0), sum(st, 3), sum(st, 6) };
	ledger_db_release(st);
	return ok;
}
