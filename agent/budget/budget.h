/* budget.h - the caps of one task: money, tokens, turns, time. A call is planned before it is made,
 * its worst case is reserved, and what it really cost replaces the reservation afterwards. Pure: the
 * clock, the prices and the day's ledger come in through parameters.
 *
 * A plan keeps back what one more, short call costs, so that a task that comes to a cap can still
 * say what it has done. */
#ifndef EMEND_BUDGET_H
#define EMEND_BUDGET_H

#include "agent/event.h"
#include "protocol/base/err.h"

enum {
	BUDGET_UNPRICED_TOKENS = 2 * 1000 * 1000, /* of a task whose model has no known price */
	BUDGET_CALL_TOKENS = 4096, /* output below which a call is not worth making */
	BUDGET_LAST_TOKENS = 2048, /* output of the last call, the summary */
	BUDGET_LEAST_TOKENS = 512, /* and the least that it needs */
};

struct budget_limits { /* 0: no limit, except where noted */
	double task_usd, session_usd, day_usd;
	uint64_t tokens; /* prompt and output of the task */
	uint32_t turns;
	double seconds;
	double warn;	 /* share of a cap, 0 to 1, from which on it is said; 0: never */
	bool usd_set;	 /* one of the money caps is the user's own, not a default */
	bool tokens_set; /* the same of tokens */
};

enum budget_cap {
	BUDGET_CAP_NONE,
	BUDGET_CAP_TURNS,
	BUDGET_CAP_TIME,
	BUDGET_CAP_TOKENS,
	BUDGET_CAP_TASK,    /* money of the task */
	BUDGET_CAP_SESSION, /* money of the session: the conversation, or the editor's server */
	BUDGET_CAP_DAY,	    /* money of the day: the ledger says so, no plan */
};

/* What all tasks of one process have spent together: an editor's server, or one run of the terminal.
 * The session's cap binds their sum. */
struct budget_pool {
	double spent_usd, reserved_usd;
	double raised_usd; /* added to the session's cap by the person who was asked */
	double raised_day_usd; /* the same of the day's, until the process ends */
};

struct budget {
	struct budget_limits limits, step; /* step: as they were set, which is what a raise adds */
	struct budget_pool *pool;	   /* borrowed; NULL: the task stands alone */
	bool priced;			   /* false: only tokens, turns and time can be held */
	struct usage used;		   /* of the task */
	double session_spent_usd;	   /* of the conversation's earlier tasks */
	double reserved_usd;
	uint64_t reserved_tokens;
	uint32_t turns;
	uint64_t started_ms;
	bool warned; /* that a cap is near was said */
};

/* Can these caps be kept for this model? Without a price a money cap of the user's own cannot:
 * ERR_BUDGET names the setting that gives the price. */
NODISCARD bool budget_check(const struct budget_limits *l, bool priced, struct slice model,
			    struct err *err);
/* priced false: the default money caps fall away, and BUDGET_UNPRICED_TOKENS holds unless the user
 * set a cap of tokens. */
void budget_init(struct budget *b, const struct budget_limits *l, bool priced,
		 double session_spent_usd, struct budget_pool *pool, uint64_t now_ms);

struct budget_call { /* the next call, at its dearest */
	uint64_t prompt_tokens;
	double prompt_usd, usd_per_output_token; /* 0 without a price */
	uint32_t want;				 /* output tokens, at most */
};

enum budget_room {
	BUDGET_ROOM_CALL, /* a call, and a short one after it */
	BUDGET_ROOM_LAST, /* only a short one */
	BUDGET_ROOM_NONE,
};

struct budget_plan {
	enum budget_room room;
	enum budget_cap cap;	/* what leaves no more room; NONE for a full call */
	uint32_t output_tokens; /* the limit to call with */
};

/* The first call of a task may take everything that is left: there is nothing to sum up yet. */
struct budget_plan budget_plan(const struct budget *b, const struct budget_call *c,
			       uint64_t now_ms);
/* Reserves the call's worst case with this many output tokens, and counts the turn. */
void budget_reserve(struct budget *b, const struct budget_call *c, uint32_t output_tokens);
/* Takes it back: the call is not made, and the turn does not count. */
void budget_unreserve(struct budget *b);
double budget_call_usd(const struct budget_call *c, uint32_t output_tokens);
/* Replaces the reservation by what was used. *warn: the cap of which limits.warn is passed now, told
 * once; else BUDGET_CAP_NONE. */
void budget_settle(struct budget *b, const struct usage *u, enum budget_cap *warn);

/* The person said yes: the same amount once more. */
void budget_raise(struct budget *b, enum budget_cap cap);
/* Milliseconds left of the time cap; UINT64_MAX: none. */
uint64_t budget_time_left_ms(const struct budget *b, uint64_t now_ms);
uint64_t budget_used_tokens(const struct budget *b);
double budget_day_cap(const struct budget *b); /* with what was raised; 0: none */
double budget_session_cap(const struct budget *b); /* with what was raised; 0: none */
/* Of the conversation or of the process, whichever is more; with what is reserved. */
double budget_session_spent(const struct budget *b);

#endif
