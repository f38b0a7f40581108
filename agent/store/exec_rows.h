/* exec_rows.h - what was executed (agent/exec): rows of the table `execution` in emend.db, beside the ledger. Of the code
 * only its hash is kept. For the store's thread, as SQLite may wait. */
#ifndef EMEND_EXEC_ROWS_H
#define EMEND_EXEC_ROWS_H

#include "agent/store/ledger.h"

enum { EXEC_ROWS_MAX = 1000 /* in one answer */, EXEC_ROWS_DAYS = 90 /* older ones go */ };

struct exec_row {
	struct slice id, language, status, correlation;
	struct slice code_sha256; /* hex */
	struct slice created_at;  /* RFC 3339, UTC; set when it is read */
	int64_t time_ms;	  /* since 1970, of its end */
	int64_t exit_code;
	double ms, memory_mb;
	bool cached;
};
struct exec_rows_query {
	struct slice language, status; /* "": any */
	int64_t limit, offset;
};
typedef void exec_row_fn(void *payload, const struct exec_row *r);

/* ERR_IO. The same id again replaces it. */
NODISCARD bool exec_rows_add(struct ledger *l, const struct exec_row *r, struct err *err);
/* The newest first; the slices are borrowed for the call of fn. */
NODISCARD bool exec_rows_read(struct ledger *l, const struct exec_rows_query *q, exec_row_fn *fn,
			      void *payload, struct err *err);

/* --- answers that are given again: the table exec_cache --- */

enum {
	EXEC_CACHE_SECONDS = 3600,
	EXEC_CACHE_ROWS = 5000,
	EXEC_CACHE_BYTES = 256 * 1024 /* of one */
};

struct exec_cached {		   /* of an execution that went well */
	struct slice out, err_out; /* any bytes */
	double ms, cpu_ms, memory_mb;
	bool truncated;
};
struct arena;
/* *found: there is one of this key that is not too old; its texts are in the arena. */
NODISCARD bool exec_cache_read(struct ledger *l, struct slice key, int64_t now_ms, struct arena *a,
			       struct exec_cached *out, bool *found, struct err *err);
/* Forgets what is too old, and the oldest of too many. One that is too large is not kept. */
NODISCARD bool exec_cache_write(struct ledger *l, struct slice key, int64_t now_ms,
				const struct exec_cached *c, struct err *err);

#endif
