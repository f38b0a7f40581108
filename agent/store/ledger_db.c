/* ledger_db.c - see ledger_db.h */
#include "agent/store/ledger_db.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "agent/store/store_path.h"

enum { SCHEMA = 4, BUSY_MS = 5000 };

/* spend: one row a model call. usd is NULL while the call runs; reserved counts then. owner: the process
 * that makes it. estimated: enum ledger_estimate. */
static const char schema_sql[] =
	"CREATE TABLE spend(id INTEGER PRIMARY KEY, day TEXT NOT NULL, time INTEGER NOT NULL, "
	"session TEXT NOT NULL,"
	" task TEXT NOT NULL, model TEXT NOT NULL, reserved REAL NOT NULL, usd REAL, input INTEGER "
	"NOT NULL DEFAULT 0,"
	" cache_read INTEGER NOT NULL DEFAULT 0, cache_write INTEGER NOT NULL DEFAULT 0,"
	" output INTEGER NOT NULL DEFAULT 0, reasoning INTEGER NOT NULL DEFAULT 0, unpriced "
	"INTEGER NOT NULL DEFAULT 0);"
	"CREATE INDEX spend_day ON spend(day);"
	"CREATE INDEX spend_open ON spend(time) WHERE usd IS NULL;"
	"CREATE TABLE task(session TEXT NOT NULL, task TEXT NOT NULL, workspace TEXT NOT NULL, "
	"title TEXT NOT NULL,"
	" status TEXT NOT NULL, usd REAL NOT NULL, time TEXT NOT NULL, PRIMARY KEY(session, task)) "
	"WITHOUT ROWID;"
	"CREATE INDEX task_time ON task(time);"
	"PRAGMA user_version = 1;";

/* What each version adds to the one before. The day's sum is read from its index alone. */
static const char *const steps_sql[SCHEMA] = {
	schema_sql,
	"ALTER TABLE spend ADD COLUMN owner TEXT NOT NULL DEFAULT '';"
	"ALTER TABLE spend ADD COLUMN estimated INTEGER NOT NULL DEFAULT 0;"
	"DROP INDEX spend_day;"
	"CREATE INDEX spend_day ON spend(day, usd);"
	"PRAGMA user_version = 2;",
	"ALTER TABLE spend ADD COLUMN workspace TEXT NOT NULL DEFAULT '';"
	"ALTER TABLE spend ADD COLUMN kind TEXT NOT NULL DEFAULT '';"
	"UPDATE spend SET workspace = coalesce((SELECT workspace FROM task WHERE"
	" task.session = spend.session AND task.task = spend.task), '');"
	"PRAGMA user_version = 3;",
	/* exec_rows.h */
	"CREATE TABLE execution(id TEXT NOT NULL PRIMARY KEY, time INTEGER NOT NULL, language TEXT NOT "
	"NULL, status TEXT NOT NULL, exit INTEGER NOT NULL, ms REAL NOT NULL, memory_mb REAL NOT NULL, "
	"code TEXT NOT NULL, correlation TEXT NOT NULL, cached INTEGER NOT NULL) WITHOUT ROWID;"
	"CREATE INDEX execution_time ON execution(time);"
	"CREATE TABLE exec_cache(key TEXT NOT NULL PRIMARY KEY, time INTEGER NOT NULL, out BLOB NOT NULL, "
	"err BLOB NOT NULL, ms REAL NOT NULL, cpu_ms REAL NOT NULL, memory_mb REAL NOT NULL, truncated "
	"INTEGER NOT NULL) WITHOUT ROWID;"
	"CREATE INDEX exec_cache_time ON exec_cache(time);"
	"PRAGMA user_version = 4;",
};

bool ledger_db_failed(struct ledger *l, struct err *err)
{
	int code = l->db ? sqlite()->errcode(l->db) & 0xff : SQLITE_NOMEM;

	if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB)
		return err_set(
			err, ERR_IO,
			"The ledger %s is damaged (%s). Move it away to start a new one: what was "
			"spent also stands in the session logs.",
			l->path.ptr, sqlite()->errmsg(l->db));
	if (code == SQLITE_BUSY || code == SQLITE_LOCKED)
		return err_set(err, ERR_IO,
			       "The ledger %s is held by another program for more than %d seconds.",
			       l->path.ptr, BUSY_MS / 1000);
	return err_set(err, ERR_IO, "Cannot use the ledger %s: %s.", l->path.ptr,
		       l->db ? sqlite()->errmsg(l->db) : "out of memory");
}

bool ledger_db_run(struct ledger *l, const char *sql, struct err *err)
{
	return sqlite()->exec(l->db, sql, NULL, NULL, NULL) == SQLITE_OK ||
	       ledger_db_failed(l, err);
}

/* Statements are kept for the life of the connection, and found by the address of their text: each is a
 * constant of its caller. Preparing one takes longer than running it. */
sqlite3_stmt *ledger_db_prepare(struct ledger *l, const char *sql, struct err *err)
{
	sqlite3_stmt *st = NULL;

	for (size_t i = 0; i < l->n_stmts; i++)
		if (l->stmts[i].sql == sql)
			return l->stmts[i].st;
	if (l->n_stmts < LEDGER_STMTS &&
	    sqlite()->prepare_v3(l->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &st, NULL) ==
		    SQLITE_OK) {
		l->stmts[l->n_stmts++] = (struct ledger_stmt){ sql, st };
		return st;
	}
	(void)ledger_db_failed(l, err);
	return NULL;
}

void ledger_db_release(sqlite3_stmt *st)
{
	(void)sqlite()->reset(st);
	(void)sqlite()->clear_bindings(st);
}

void ledger_db_close(struct ledger *l)
{
	while (l->n_stmts > 0)
		(void)sqlite()->finalize(l->stmts[--l->n_stmts].st);
	if (l->db) /* without one the library may not be there */
		(void)sqlite()->close(l->db);
	l->db = NULL;
}

bool ledger_db_finish(struct ledger *l, sqlite3_stmt *st, struct err *err)
{
	bool ok = sqlite()->step(st) == SQLITE_DONE || ledger_db_failed(l, err);

	ledger_db_release(st);
	return ok;
}

void ledger_db_bind(sqlite3_stmt *st, int at, struct slice text)
{
	(void)sqlite()->bind_text64(st, at, text.len ? text.ptr : "", text.len, SQLITE_STATIC,
				    SQLITE_UTF8);
}

static bool read_version(struct ledger *l, int *version, struct err *err)
{
	sqlite3_stmt *st = ledger_db_prepare(l, "PRAGMA user_version", err);
	bool ok;

	if (!st)
		return false;
	ok = sqlite()->step(st) == SQLITE_ROW || ledger_db_failed(l, err);
	if (ok)
		*version = sqlite()->column_int(st, 0);
	ledger_db_release(st);
	return ok;
}

/* Two emends may start at once: the second finds the schema made when it gets the lock. */
static bool make_schema(struct ledger *l, struct err *err)
{
	int version = 0;
	bool ok;

	if (!ledger_db_run(l, "BEGIN IMMEDIATE", err))
		return false;
	ok = read_version(l, &version, err);
	for (; ok && version < SCHEMA; version++)
		ok = ledger_db_run(l, steps_sql[version], err);
	if (ok && ledger_db_run(l, "COMMIT", err))
		return true;
	(void)sqlite()->exec(l->db, "ROLLBACK", NULL, NULL, NULL);
	return false;
}

/* SQLite itself does not wait here: while another emend makes the same file, the switch is refused at
 * once. Where WAL is not possible (some network file systems), SQLite stays with its rollback
 * journal: slower, right. */
static bool use_wal(struct ledger *l, struct err *err)
{
	enum { PAUSE_MS = 10 };
	int waited = 0, code;

	while ((code = sqlite()->exec(l->db, "PRAGMA journal_mode = WAL", NULL, NULL, NULL)) ==
		       SQLITE_BUSY &&
	       waited < BUSY_MS)
		waited += sqlite()->sleep(PAUSE_MS);
	return code == SQLITE_OK || ledger_db_failed(l, err);
}

static bool prepare_file(struct ledger *l, struct err *err)
{
	int version = 0;

	(void)sqlite()->busy_timeout(l->db, BUSY_MS);
	if (!read_version(l, &version, err))
		return false;
	if (version > SCHEMA)
		return err_set(err, ERR_IO,
			       "The ledger %s was made by a newer emend (schema %d; this one knows "
			       "%d). Use "
			       "that one, or move the file away.",
			       l->path.ptr, version, SCHEMA);
	if (!use_wal(l, err) || !ledger_db_run(l, "PRAGMA synchronous = NORMAL", err) ||
	    !ledger_db_run(l, "PRAGMA wal_autocheckpoint = 100",
			   err)) /* pages, of the next process to read */
		return false;
	/* A log that is emptied at each close is begun anew by the next process, and a beginning is synced:
	 * some milliseconds before its first request. Both stay safe where they are. */
	(void)sqlite()->db_config(l->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, (int *)NULL);
	return version == SCHEMA || make_schema(l, err);
}

/* SQLite would make the file readable for all; its -wal and -shm files take this one's mode. */
static bool make_file(struct ledger *l, struct err *err)
{
	int fd;

	if (!make_folder(l->state_dir, err))
		return false;
	fd = open(l->path.ptr, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_set(err, ERR_IO, "Cannot open the ledger %s: %s.", l->path.ptr,
			       strerror(errno));
	(void)close(fd);
	return true;
}

bool ledger_db_open(struct ledger *l, struct err *err)
{
	if (l->db)
		return true;
	if (!sqlite_lib_load(err) || !make_file(l, err))
		return false;
	if (sqlite()->open_v2(l->path.ptr, &l->db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK)
		(void)ledger_db_failed(l, err);
	else if (prepare_file(l, err))
		return true;
	ledger_db_close(l);
	return false;
}

const char *ledger_sqlite_version(struct err *err)
{
	return sqlite_lib_load(err) ? sqlite()->libversion() : NULL;
}
