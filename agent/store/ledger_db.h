/* ledger_db.h - the ledger's database handle; for agent/store only. The one folder that knows
 * SQLite. */
#ifndef EMEND_LEDGER_DB_H
#define EMEND_LEDGER_DB_H

#include "agent/store/ledger.h"
#include "agent/store/sqlite_lib.h"
#include "protocol/base/arena.h"

enum { LEDGER_STMTS = 24 }; /* more than there are in the source */

struct ledger {
	struct arena arena;
	struct slice state_dir, path; /* NUL-terminated */
	struct slice owner;	      /* this process: owner.h */
	sqlite3 *db;		      /* NULL until it is needed */
	struct ledger_stmt {
		const char *sql; /* a literal */
		sqlite3_stmt *st;
	} stmts[LEDGER_STMTS];
	size_t n_stmts;
};

/* Opens the file if it is not open yet, and makes or checks its schema. */
NODISCARD bool ledger_db_open(struct ledger *l, struct err *err);
/* Settles the calls of processes that are gone. */
NODISCARD bool ledger_db_reap(struct ledger *l, struct err *err);
/* Turns the database's last error into ERR_IO that names the file; always false. */
bool ledger_db_failed(struct ledger *l, struct err *err);
NODISCARD bool ledger_db_run(struct ledger *l, const char *sql, struct err *err);
/* Prepared once for each text, a literal. NULL on failure. The caller releases it. */
sqlite3_stmt *ledger_db_prepare(struct ledger *l, const char *sql, struct err *err);
void ledger_db_release(sqlite3_stmt *st); /* it may be used again */
/* Runs a statement that gives no row, and releases it. */
NODISCARD bool ledger_db_finish(struct ledger *l, sqlite3_stmt *st, struct err *err);
void ledger_db_close(struct ledger *l);
void ledger_db_bind(sqlite3_stmt *st, int at,
		    struct slice text); /* borrowed until the statement is done */

#endif
