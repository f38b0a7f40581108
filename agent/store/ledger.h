/* ledger.h - what was spent when: an SQLite index over the logs, for budgets by day and `emend
 * cost`. STATE_DIR/emend.db, WAL, shared by all running emends. */
#ifndef EMEND_LEDGER_H
#define EMEND_LEDGER_H

#include "agent/event.h"
#include "protocol/base/err.h"

struct ledger;
enum ledger_estimate { /* how sure the cost of a call is */
		       LEDGER_EXACT,
		       LEDGER_ESTIMATED, /* counted from bytes */
		       LEDGER_DIED, /* emend ended during the call: it counts at its worst case */
};
/* Opens lazily: creates the file and schema at the first call that needs them. A file that is
 * damaged or was made by a newer emend gives ERR_IO with its name, at each call. */
struct ledger *ledger_new(struct slice state_dir);
void ledger_free(struct ledger *l);
struct ledger_call { /* who makes a call, of which model, and what for */
	struct slice session, task, model;
	struct slice workspace; /* absolute: the project */
	struct slice kind;	/* of work: "do", "explain", ... */
};
/* Reserves money before a call, so that two programs together cannot pass the day's cap: fails with
 * ERR_BUDGET if spent + reserved of today (UTC) + usd > day_cap (0: no cap). *id names the
 * reservation. */
NODISCARD bool ledger_reserve(struct ledger *l, const struct ledger_call *call, double usd,
			      double day_cap, int64_t *id, struct err *err);
/* The call is over: the reservation becomes what it cost; u NULL: the call was never made, and is
 * forgotten. A reservation of a process
 * that died is settled at its worst case by whoever opens the ledger next; where nobody can tell
 * whether it died (it ran on another machine), after an hour. */
NODISCARD bool ledger_settle(struct ledger *l, int64_t id, const struct usage *u, struct err *err);
NODISCARD bool ledger_spent_today(struct ledger *l, double *usd, struct err *err);
/* Index of sessions and tasks for status and history. */
NODISCARD bool ledger_task(struct ledger *l, struct slice session, struct slice task,
			   struct slice workspace, struct slice title, struct slice status,
			   double usd, struct err *err);

/* --- reading --- */
enum ledger_by {
	LEDGER_BY_DAY,
	LEDGER_BY_MODEL,
	LEDGER_BY_SESSION,
	LEDGER_BY_PROJECT,
	LEDGER_BY_KIND,
};
struct ledger_cost {	  /* of settled calls; slices are borrowed for the time of the call */
	struct slice key; /* "2026-11-21", "anthropic/...", a session's id, a folder, "do" */
	struct usage usage;
	uint64_t calls;
	uint64_t died; /* of them: LEDGER_DIED */
	double died_usd;
};
typedef void ledger_cost_fn(void *payload, const struct ledger_cost *c);
/* One call of fn for each day or session (newest first), model, project or kind of work (dearest first). A project
 * or kind of a call that an older version made may be "": it noted none. */
NODISCARD bool ledger_costs(struct ledger *l, enum ledger_by by, ledger_cost_fn *fn, void *payload,
			    struct err *err);

/* Of settled calls; usd, unpriced and estimated of each are set. */
struct ledger_sums {
	struct usage today /* UTC */, session, task;
};
/* All three at once; session and task may be "": then theirs are 0. */
NODISCARD bool ledger_sums(struct ledger *l, struct slice session, struct slice task,
			   struct ledger_sums *out, struct err *err);

struct ledger_row {
	struct slice session, task, workspace, title, status,
		time; /* time: RFC 3339, of the last change */
	double usd;
	/* of its session: the session goes on from here. Not written. */
	bool newest;
};
typedef void ledger_row_fn(void *payload, const struct ledger_row *r);
/* The newest tasks, at most max; of one workspace, or of all ("" ). */
NODISCARD bool ledger_tasks(struct ledger *l, struct slice workspace, size_t max, ledger_row_fn *fn,
			    void *payload, struct err *err);

const char *ledger_sqlite_version(struct err *err); /* NULL: SQLite is not installed */

#endif
