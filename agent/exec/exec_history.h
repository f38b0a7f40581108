/* exec_history.h - what was executed, behind an interface: the service adds, a door asks. Here it is kept in SQLite
 * beside the ledger; a database of another kind would be another set of these functions. */
#ifndef EMEND_EXEC_HISTORY_H
#define EMEND_EXEC_HISTORY_H

#include "agent/store/exec_rows.h"
#include "agent/store/store.h"

struct exec_asked; /* a question that is not answered yet */
/* json: {"count", "executions": [...]} as in docs/execution-service.md. err: ERR_IO. From the loop. */
typedef void exec_history_cb(void *payload, struct slice json, const struct err *err);

/* All three are called from the loop; self is theirs. */
struct exec_history {
	void *self;
	/* Copies it; what fails is logged, as the execution itself went well. */
	void (*add)(void *self, const struct exec_row *r);
	/* done once, never inside. */
	struct exec_asked *(*ask)(void *self, const struct exec_rows_query *q,
				  exec_history_cb *done, void *payload);
	void (*drop)(struct exec_asked *a); /* done is never called; NULL is fine */
};

/* A row as every history tells it, as a value. */
struct jw;
void exec_row_write(struct jw *w, const struct exec_row *r);

struct exec_sqlite {
	struct exec_history history;
	struct store *store;
	struct ledger *ledger;
};
/* Both are borrowed, and outlive what was asked. */
void exec_sqlite_init(struct exec_sqlite *s, struct store *store, struct ledger *ledger);

/* limit, offset, language and status of get_execution_history. ERR_INVALID names the member. */
struct json;
struct arena;
NODISCARD bool exec_query_read(struct json v, struct arena *a, struct exec_rows_query *out,
			       struct err *err);
NODISCARD bool exec_query_check(const struct exec_rows_query *q, struct err *err);

#endif
