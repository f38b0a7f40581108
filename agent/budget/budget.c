/* budget.c - see budget.h */
#include "agent/budget/budget.h"

#include <stdio.h>

static const double WARN_AT = 0.8;

void budget_init(struct budget *b, const struct budget_limits *l, double session_spent_usd,
		 uint64_t now_ms)
{
	*b = (struct budget){
		.limits = *l,
		.session_spent_usd = session_spent_usd,
		.started_ms = now_ms,
	};
}

static uint64_t used_tokens(const struct budget *b)
{
	const struct usage *u = &b->used;

	return u->input + u->cache_read + u->cache_write + u->output;
}

static bool check_usd(const char *what, double cap, double spent, double usd, const char *raise,
		      struct err *err)
{
	if (cap <= 0 || spent + usd <= cap)
		return true;
	return err_set(err, ERR_BUDGET,
		       "The %s budget of %g USD does not allow the next model call: %.4f USD are "
		       "used, and the call may cost up to %.4f USD. %s.",
		       what, cap, spent, usd, raise);
}

bool budget_reserve(struct budget *b, uint64_t tokens, double usd, bool priced, uint64_t now_ms,
		    struct err *err)
{
	const struct budget_limits *l = &b->limits;
	uint64_t used = used_tokens(b) + b->reserved_tokens;
	double spent = b->used.usd + b->reserved_usd;

	if (l->turns > 0 && b->turns >= l->turns)
		return err_set(err, ERR_BUDGET,
			       "The task has used its %u turns with the model. Allow more with "
			       "--max-turns or \"budget\" in the configuration.",
			       l->turns);
	if (budget_time_left_ms(b, now_ms) == 0)
		return err_set(err, ERR_BUDGET,
			       "The task has used its time of %.0f seconds. Allow more with "
			       "--max-time or \"budget\" in the configuration.",
			       l->seconds);
	if (l->tokens > 0 && (used > l->tokens || tokens > l->tokens - used))
		return err_set(
			err, ERR_BUDGET,
			"The task's budget of %llu tokens does not allow the next model call: "
			"%llu are used, and the call may need up to %llu. Allow more with "
			"--max-tokens or \"budget\" in the configuration.",
			(unsigned long long)l->tokens, (unsigned long long)used,
			(unsigned long long)tokens);
	if (!priced)
		usd = 0;
	if (priced &&
	    (!check_usd("task's", l->task_usd, spent, usd,
			"Allow more with --max-usd or \"budget\" in the configuration", err) ||
	     !check_usd("session's", l->session_usd, b->session_spent_usd + spent, usd,
			"Start a new session, or raise \"budget\" in the configuration", err)))
		return false;
	b->turns++;
	b->reserved_tokens += tokens;
	b->reserved_usd += usd;
	return true;
}

static bool near(double used, double cap)
{
	return cap > 0 && used >= WARN_AT * cap;
}

void budget_settle(struct budget *b, const struct usage *u, bool *warn)
{
	const struct budget_limits *l = &b->limits;

	b->reserved_tokens = 0;
	b->reserved_usd = 0;
	b->used.input += u->input;
	b->used.cache_read += u->cache_read;
	b->used.cache_write += u->cache_write;
	b->used.output += u->output;
	b->used.reasoning += u->reasoning;
	b->used.usd += u->usd;
	b->used.unpriced |= u->unpriced;
	*warn = !b->warned &&
		(near(b->used.usd, l->task_usd) ||
		 near(b->session_spent_usd + b->used.usd, l->session_usd) ||
		 near((double)used_tokens(b), (double)l->tokens) || near(b->turns, l->turns));
	b->warned |= *warn;
}

/* Lowers *fit to what `left` USD pay for, after the prompt. */
static void fit_usd(double cap, double spent, double prompt_usd, double per_token, uint64_t *fit)
{
	double left = cap - spent - prompt_usd;

	if (cap <= 0)
		return;
	if (left <= 0)
		*fit = 0;
	else if (per_token > 0 && left / per_token < (double)*fit)
		*fit = (uint64_t)(left / per_token);
}

uint32_t budget_fit(const struct budget *b, uint64_t prompt_tokens, double prompt_usd,
		    double usd_per_output_token, uint32_t want)
{
	const struct budget_limits *l = &b->limits;
	uint64_t used = used_tokens(b) + b->reserved_tokens, fit = want;
	double spent = b->used.usd + b->reserved_usd;

	if (l->tokens > 0) {
		uint64_t left = used < l->tokens ? l->tokens - used : 0;

		left = prompt_tokens < left ? left - prompt_tokens : 0;
		if (left < fit)
			fit = left;
	}
	fit_usd(l->task_usd, spent, prompt_usd, usd_per_output_token, &fit);
	fit_usd(l->session_usd, b->session_spent_usd + spent, prompt_usd, usd_per_output_token,
		&fit);
	return (uint32_t)fit;
}

uint64_t budget_time_left_ms(const struct budget *b, uint64_t now_ms)
{
	double cap = b->limits.seconds * 1000;
	uint64_t used = now_ms > b->started_ms ? now_ms - b->started_ms : 0;

	if (cap <= 0)
		return UINT64_MAX;
	return (double)used < cap ? (uint64_t)(cap - (double)used) : 0;
}
