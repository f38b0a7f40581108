/* budget_text.c - see budget_text.h */
#include "agent/budget/budget_text.h"

#include <math.h>
#include <stdio.h>

void budget_usd(char out[BUDGET_TEXT], double usd)
{
	int digits = 2;

	if (usd > 0 && usd < 0.995) /* two significant digits, at least cents */
		digits = (int)ceil(-log10(usd)) + 1;
	digits = digits < 2 ? 2 : digits > 9 ? 9 : digits;
	(void)snprintf(out, BUDGET_TEXT, "$%.*f", digits, usd);
	while (digits-- > 2 && out[strlen(out) - 1] == '0')
		out[strlen(out) - 1] = '\0';
}

void budget_state(const struct budget *b, enum budget_cap cap, char out[BUDGET_TEXT])
{
	const struct budget_limits *l = &b->limits;
	char used[BUDGET_TEXT], most[BUDGET_TEXT];
	const char *whose = "task's";

	switch (cap) {
	case BUDGET_CAP_TURNS:
		(void)snprintf(out, BUDGET_TEXT, "%u of the task's %u turn%s", b->turns, l->turns,
			       l->turns == 1 ? "" : "s");
		return;
	case BUDGET_CAP_TOKENS:
		(void)snprintf(out, BUDGET_TEXT, "%llu of the task's %llu tokens",
			       (unsigned long long)budget_used_tokens(b),
			       (unsigned long long)l->tokens);
		return;
	case BUDGET_CAP_TASK:
		budget_usd(used, b->used.usd);
		budget_usd(most, l->task_usd);
		break;
	case BUDGET_CAP_SESSION:
		whose = "session's";
		budget_usd(used, budget_session_spent(b));
		budget_usd(most, budget_session_cap(b));
		break;
	case BUDGET_CAP_DAY:
		budget_usd(most, budget_day_cap(b));
		(void)snprintf(out, BUDGET_TEXT, "The %.24s of the day", most);
		return;
	case BUDGET_CAP_NONE:
	case BUDGET_CAP_TIME:
		(void)snprintf(out, BUDGET_TEXT, "The task's time of %.0f seconds", l->seconds);
		return;
	}
	(void)snprintf(out, BUDGET_TEXT, "%.24s of the %s %.24s", used, whose, most);
}

/* Nobody is asked about a cap before anything was used of it: the first call then does not fit
 * into what the user set, which a single raise would hardly change. Time is not asked for, as
 * nothing runs while it does. */
bool budget_more(const struct budget *b, enum budget_cap cap, char out[BUDGET_TEXT])
{
	const struct budget_limits *l = &b->step;
	char usd[BUDGET_TEXT];

	switch (cap) {
	case BUDGET_CAP_TURNS:
		(void)snprintf(out, BUDGET_TEXT, "%u more turn%s", l->turns,
			       l->turns == 1 ? "" : "s");
		return b->turns > 0;
	case BUDGET_CAP_TOKENS:
		(void)snprintf(out, BUDGET_TEXT, "%llu more tokens", (unsigned long long)l->tokens);
		return b->turns > 0;
	case BUDGET_CAP_TASK:
	case BUDGET_CAP_SESSION:
		budget_usd(usd, cap == BUDGET_CAP_TASK ? l->task_usd : l->session_usd);
		(void)snprintf(out, BUDGET_TEXT, "%.24s more", usd);
		return cap == BUDGET_CAP_TASK ? b->turns > 0 : budget_session_spent(b) > 0;
	case BUDGET_CAP_DAY:
		budget_usd(usd, l->day_usd);
		(void)snprintf(out, BUDGET_TEXT, "%.24s more for today", usd);
		return b->pool && l->day_usd > 0;
	case BUDGET_CAP_NONE:
	case BUDGET_CAP_TIME:
		break;
	}
	return false;
}

bool budget_over(const struct budget *b, enum budget_cap cap, const struct budget_call *c,
		 struct err *err)
{
	static const char *const raise[] = {
		[BUDGET_CAP_NONE] = "Try again",
		[BUDGET_CAP_TURNS] = "Allow more with --max-turns or budget.turns",
		[BUDGET_CAP_TIME] = "Allow more with --max-time or budget.seconds",
		[BUDGET_CAP_TOKENS] = "Allow more with --max-tokens or budget.tokens",
		[BUDGET_CAP_TASK] = "Allow more with --max-usd or budget.taskUsd",
		[BUDGET_CAP_DAY] = "Allow more with budget.dayUsd",
		[BUDGET_CAP_SESSION] = "Start a new session, or allow more with budget.sessionUsd",
	};
	char state[BUDGET_TEXT], usd[BUDGET_TEXT], need[2 * BUDGET_TEXT] = "";

	budget_state(b, cap, state);
	if (cap == BUDGET_CAP_TOKENS) {
		(void)snprintf(need, sizeof(need), " (The next call needs up to %llu.)",
			       (unsigned long long)c->prompt_tokens + BUDGET_LEAST_TOKENS);
	} else if (cap == BUDGET_CAP_TASK || cap == BUDGET_CAP_SESSION) {
		budget_usd(usd, budget_call_usd(c, BUDGET_LEAST_TOKENS));
		(void)snprintf(need, sizeof(need), " (The next call may cost up to %s.)", usd);
	}
	/* the remedy early: editors show the beginning */
	return err_set(err, ERR_BUDGET, "%s %s used. %s.%s", state,
		       cap == BUDGET_CAP_TIME ? "is" : "are", raise[cap], need);
}
