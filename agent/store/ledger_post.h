/* ledger_post.h - the ledger, from the loop: each call is a job of the store's thread.
 *
 * SQLite may wait seconds for another process, and for the disk. Jobs run in the order of these calls,
 * among those of the session logs (store.h), so a settlement is there before the next reservation. The
 * ledger belongs to the thread from the first of these calls on: nobody else touches it. */
#ifndef EMEND_LEDGER_POST_H
#define EMEND_LEDGER_POST_H

#include "agent/store/ledger.h"
#include "agent/store/store.h"

struct ledger_ask {
	struct ledger_call call; /* copied */
	const double *usd; /* what to ask for: the first sum for which there is room */
	size_t n;	   /* of them, at most 4 */
	double day_cap;
	bool look_back; /* `before` is wanted, too */
};
/* id: the reservation, of usd[which]. err: for none; it says why not for the first of them. With *r and
 * *err both set (which > 0) it is why the first sum was refused. */
struct ledger_reservation {
	int64_t id;
	size_t which;
	double before; /* look_back: what other tasks of this session cost, USD; 0 where that cannot be read */
};
typedef void ledger_reserved_cb(void *payload, const struct ledger_reservation *r,
				const struct err *err);
struct ledger_asked;
/* Never calls back inside. */
struct ledger_asked *ledger_post_reserve(struct store *s, struct ledger *l,
					 const struct ledger_ask *a, ledger_reserved_cb *done,
					 void *payload);
/* done is not called any more, and what was reserved is given back. NULL is fine. */
void ledger_asked_drop(struct ledger_asked *x);

/* It will be needed: it is opened meanwhile. */
void ledger_post_open(struct store *s, struct ledger *l);
/* As their namesakes of ledger.h; what fails is logged: the next reservation fails as well, and tells. */
void ledger_post_settle(struct store *s, struct ledger *l, int64_t id, const struct usage *u);
void ledger_post_task(struct store *s, struct ledger *l, const struct ledger_row *row);
/* sums NULL: err says why. Always called, once; never inside. */
typedef void ledger_summed_cb(void *payload, const struct ledger_sums *sums, const struct err *err);
void ledger_post_sums(struct store *s, struct ledger *l, struct slice session, struct slice task,
		      ledger_summed_cb *done, void *payload);
/* When all before it is done. NULL is fine. */
void ledger_post_free(struct store *s, struct ledger *l);

#endif
