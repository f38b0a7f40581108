/* exec_cache.h - answers that are given again, behind an interface as small as that of the history. Only for requests that
 * say so (use_cache): code may read the clock or a random number, and then an old answer is a wrong one. */
#ifndef EMEND_EXEC_CACHE_H
#define EMEND_EXEC_CACHE_H

#include "agent/base/sha256.h"
#include "agent/exec/exec.h"
#include "agent/store/exec_rows.h"
#include "agent/store/store.h"

struct exec_lookup; /* a question that is not answered yet */
/* NULL: it is not there. Borrowed for the call. */
typedef void exec_cached_cb(void *payload, const struct exec_cached *c);

/* As struct exec_history; an error of the cache is "not there". */
struct exec_cache {
	void *self;
	/* done once, never inside. */
	struct exec_lookup *(*get)(void *self, struct slice key, exec_cached_cb *done,
				   void *payload);
	void (*put)(void *self, struct slice key, const struct exec_cached *c); /* copies it */
	void (*drop)(struct exec_lookup *l); /* done is never called; NULL is fine */
};

struct exec_sqlite_cache {
	struct exec_cache cache;
	struct store *store;
	struct ledger *ledger;
};
/* Both are borrowed, and outlive what was asked. */
void exec_sqlite_cache_init(struct exec_sqlite_cache *s, struct store *store,
			    struct ledger *ledger);

/* Names everything that can change the answer: the language and its version, code, input, environment, limits, what it
 * may have. In hex. */
struct sha256_hex exec_cache_key(const struct exec_request *r, struct slice version);

#endif
