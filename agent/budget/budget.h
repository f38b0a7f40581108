/* budget.h - hard caps of one task: money, tokens, turns, time. Checked before each call, never
 * after. Pure: the clock and the day's ledger come in through parameters. */
#ifndef EMEND_BUDGET_H
#define EMEND_BUDGET_H

#include "agent/event.h"
#include "protocol/base/err.h"

struct budget_limits { /* 0: no limit, except where noted */
	double task_usd, session_usd, day_usd;
	uint64_t tokens; /* prompt and output of the task */
	uint32_t turns;
	double seconds;
};

struct budget {
	struct budget_limits limits;
	struct usage used;	  /* of the task */
	double session_spent_usd; /* of the session's earlier tasks */
	double reserved_usd;
	uint64_t reserved_tokens;
	uint32_t turns;
	uint64_t started_ms;
	bool warned; /* 80 % was said */
};

void budget_init(struct budget *b, const struct budget_limits *l, double session_spent_usd,
		 uint64_t now_ms);
/* May a call of at most this many prompt and output tokens and this worst-case price be made
 * now? Reserves it. priced false: money caps cannot be kept; the token and turn caps hold.
 * ERR_BUDGET names the cap, what is used, what the call may need, and the flag or setting that
 * raises it. */
NODISCARD bool budget_reserve(struct budget *b, uint64_t tokens, double usd, bool priced,
			      uint64_t now_ms, struct err *err);
/* Replaces the reservation by what was used. true in *warn once, when 80 % of a cap is passed. */
void budget_settle(struct budget *b, const struct usage *u, bool *warn);
/* The largest output-token limit that still fits what is left of money and tokens, at most
 * `want`; 0: nothing does. */
uint32_t budget_fit(const struct budget *b, uint64_t prompt_tokens, double prompt_usd,
		    double usd_per_output_token, uint32_t want);
/* Milliseconds left of the time cap; UINT64_MAX: none. */
uint64_t budget_time_left_ms(const struct budget *b, uint64_t now_ms);

#endif
