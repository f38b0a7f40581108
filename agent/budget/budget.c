/* budget.c - see budget.h
 *
 *   used ......... what ended calls cost
 *   reserved ..... what the call under way may cost at most; 0 between calls
 *   left ......... cap - used - reserved: what narrow() fits the next call into
 *
 * Money is counted in double: the sums are of a few thousand small amounts, and a cap is not
 * exact to a millionth of a cent. */
#include "agent/budget/budget.h"

bool budget_check(const struct budget_limits *l, bool priced, struct slice model, struct err *err)
{
	bool money = l->task_usd > 0 || l->session_usd > 0 || l->day_usd > 0;

	if (priced || !l->usd_set || !money)
		return true;
	return err_set(
		err, ERR_BUDGET,
		"The price of %.*s is not known, so a limit in dollars cannot be kept. Set its "
		"price in the user configuration: \"models\": {\"%.*s\": {\"price\": "
		"{\"input\": N, \"output\": N}}}, in USD for a million tokens (0 if it is "
		"free); or take the limits in dollars away and use --max-tokens.",
		SLICE_ARG(model), SLICE_ARG(model));
}

void budget_init(struct budget *b, const struct budget_limits *l, bool priced,
		 double session_spent_usd, struct budget_pool *pool, uint64_t now_ms)
{
	*b = (struct budget){
		.limits = *l,
		.pool = pool,
		.priced = priced,
		.session_spent_usd = session_spent_usd,
		.started_ms = now_ms,
	};
	if (!priced) {
		b->limits.task_usd = b->limits.session_usd = b->limits.day_usd = 0;
		if (!l->tokens_set && l->tokens == 0)
			b->limits.tokens = BUDGET_UNPRICED_TOKENS;
	}
	b->step = b->limits;
}

uint64_t budget_used_tokens(const struct budget *b)
{
	const struct usage *u = &b->used;

	return u->input + u->cache_read + u->cache_write + u->output;
}

double budget_session_cap(const struct budget *b)
{
	double cap = b->limits.session_usd;

	return cap > 0 && b->pool ? cap + b->pool->raised_usd : cap;
}

/* The conversation's sum and the process's sum each hold by themselves: an earlier task of this
 * conversation may have been made by this process or by another, and must not count twice. */
double budget_session_spent(const struct budget *b)
{
	double conversation = b->session_spent_usd + b->used.usd + b->reserved_usd;
	double process = b->pool ? b->pool->spent_usd + b->pool->reserved_usd : 0;

	return conversation > process ? conversation : process;
}

/* How many output tokens are left for the call and, behind it, a last short one whose prompt holds
 * what the call has said. */
static double fit_full(double left, double prompt, double per_token, double per_prompt_token)
{
	double last = prompt + BUDGET_LAST_TOKENS * per_token;
	double each = per_token + per_prompt_token;

	left -= prompt + last;
	return left <= 0 ? 0 : each > 0 ? left / each : UINT32_MAX;
}

/* The same for a call behind which none follows. */
static double fit_last(double left, double prompt, double per_token)
{
	left -= prompt;
	return left < 0 ? 0 : per_token > 0 ? left / per_token : UINT32_MAX;
}

/* Narrows the plan to what `left` of a cap, in dollars or in tokens, has room for. */
static void narrow(struct budget_plan *p, enum budget_cap cap, bool first, double left,
		   double prompt, double per_token, double per_prompt_token)
{
	double full = fit_full(left, prompt, per_token, per_prompt_token);
	double last = fit_last(left, prompt, per_token);
	enum budget_room room = BUDGET_ROOM_CALL;

	if (full < p->output_tokens && full < BUDGET_CALL_TOKENS) {
		room = last >= BUDGET_LEAST_TOKENS ? BUDGET_ROOM_LAST : BUDGET_ROOM_NONE;
		full = last;
		if (room == BUDGET_ROOM_LAST && first)
			room = BUDGET_ROOM_CALL;
	}
	if (room == BUDGET_ROOM_LAST && full > BUDGET_LAST_TOKENS)
		full = BUDGET_LAST_TOKENS;
	if (full < p->output_tokens)
		p->output_tokens = (uint32_t)full;
	if (room > p->room) {
		p->room = room;
		p->cap = cap;
	}
}

struct budget_plan budget_plan(const struct budget *b, const struct budget_call *c, uint64_t now_ms)
{
	const struct budget_limits *l = &b->limits;
	struct budget_plan p = { .output_tokens = c->want };
	bool first = b->turns == 0;
	double per_prompt = c->prompt_tokens ? c->prompt_usd / (double)c->prompt_tokens : 0;

	if (l->turns > 0 && b->turns >= l->turns)
		p = (struct budget_plan){ BUDGET_ROOM_NONE, BUDGET_CAP_TURNS, 0 };
	else if (l->turns > 0 && b->turns + 1 == l->turns && !first)
		p = (struct budget_plan){ BUDGET_ROOM_LAST, BUDGET_CAP_TURNS, c->want };
	if (budget_time_left_ms(b, now_ms) == 0)
		p = (struct budget_plan){ BUDGET_ROOM_NONE, BUDGET_CAP_TIME, 0 };
	if (l->tokens > 0)
		narrow(&p, BUDGET_CAP_TOKENS, first,
		       (double)l->tokens - (double)budget_used_tokens(b) -
			       (double)b->reserved_tokens,
		       (double)c->prompt_tokens, 1, 1);
	if (l->task_usd > 0)
		narrow(&p, BUDGET_CAP_TASK, first, l->task_usd - b->used.usd - b->reserved_usd,
		       c->prompt_usd, c->usd_per_output_token, per_prompt);
	if (l->session_usd > 0)
		narrow(&p, BUDGET_CAP_SESSION, first,
		       budget_session_cap(b) - budget_session_spent(b), c->prompt_usd,
		       c->usd_per_output_token, per_prompt);
	return p;
}

double budget_call_usd(const struct budget_call *c, uint32_t output_tokens)
{
	return c->prompt_usd + output_tokens * c->usd_per_output_token;
}

/* In the task and in the pool, so that a task beside this one plans with what is really left. */
void budget_reserve(struct budget *b, const struct budget_call *c, uint32_t output_tokens)
{
	double usd = budget_call_usd(c, output_tokens);

	b->turns++;
	b->reserved_tokens += c->prompt_tokens + output_tokens;
	b->reserved_usd += usd;
	if (b->pool)
		b->pool->reserved_usd += usd;
}

void budget_unreserve(struct budget *b)
{
	b->turns--;
	if (b->pool)
		b->pool->reserved_usd -= b->reserved_usd;
	b->reserved_tokens = 0;
	b->reserved_usd = 0;
}

static bool near(const struct budget *b, double used, double cap)
{
	return b->limits.warn > 0 && cap > 0 && used >= b->limits.warn * cap;
}

static enum budget_cap near_cap(const struct budget *b)
{
	const struct budget_limits *l = &b->limits;

	if (near(b, b->used.usd, l->task_usd))
		return BUDGET_CAP_TASK;
	if (near(b, budget_session_spent(b), budget_session_cap(b)))
		return BUDGET_CAP_SESSION;
	if (near(b, (double)budget_used_tokens(b), (double)l->tokens))
		return BUDGET_CAP_TOKENS;
	return near(b, b->turns, l->turns) ? BUDGET_CAP_TURNS : BUDGET_CAP_NONE;
}

void budget_settle(struct budget *b, const struct usage *u, enum budget_cap *warn)
{
	if (b->pool) {
		b->pool->reserved_usd -= b->reserved_usd;
		b->pool->spent_usd += u->usd;
	}
	b->reserved_tokens = 0;
	b->reserved_usd = 0;
	b->used.input += u->input;
	b->used.cache_read += u->cache_read;
	b->used.cache_write += u->cache_write;
	b->used.output += u->output;
	b->used.reasoning += u->reasoning;
	b->used.usd += u->usd;
	b->used.unpriced |= u->unpriced;
	b->used.estimated |= u->estimated;
	*warn = b->warned ? BUDGET_CAP_NONE : near_cap(b);
	b->warned |= *warn != BUDGET_CAP_NONE;
}

/* The person is warned again before the new cap. */
void budget_raise(struct budget *b, enum budget_cap cap)
{
	struct budget_limits *l = &b->limits;

	b->warned = false;
	if (cap == BUDGET_CAP_TURNS)
		l->turns += b->step.turns;
	else if (cap == BUDGET_CAP_TOKENS)
		l->tokens += b->step.tokens;
	else if (cap == BUDGET_CAP_TASK)
		l->task_usd += b->step.task_usd;
	else if (cap == BUDGET_CAP_DAY && b->pool)
		b->pool->raised_day_usd += b->step.day_usd;
	else if (cap == BUDGET_CAP_SESSION && b->pool) /* what was allowed is shared, too */
		b->pool->raised_usd += b->step.session_usd;
	else if (cap == BUDGET_CAP_SESSION)
		l->session_usd += b->step.session_usd;
}

double budget_day_cap(const struct budget *b)
{
	double cap = b->limits.day_usd;

	return cap > 0 && b->pool ? cap + b->pool->raised_day_usd : cap;
}

uint64_t budget_time_left_ms(const struct budget *b, uint64_t now_ms)
{
	double cap = b->limits.seconds * 1000;
	uint64_t used = now_ms > b->started_ms ? now_ms - b->started_ms : 0;

	if (cap <= 0)
		return UINT64_MAX;
	return (double)used < cap ? (uint64_t)(cap - (double)used) : 0;
}
