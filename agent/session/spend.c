/* spend.c - the money side of a task: what the next call may cost, the question for more at a limit, and
 * what a call has cost.
 *
 *   plan --room for a call--------------------------------------> ASKING
 *    |                                                              ^
 *    '--a limit--> LIMIT: ask the person --yes: raised, plan anew --|
 *                    '--no, or nobody there: one last call, the summary, if there is room for that
 *
 * The day's cap is known to the ledger alone: its refusal leads from ASKING to LIMIT. */
#include "agent/budget/budget_text.h"
#include "agent/session/task_own.h"
#include "agent/session/usage.h"
#include "agent/store/ledger_post.h"

enum { MOST_OUTPUT_TOKENS = 32000 };

/* One call gets a quarter of the task's money, so that tasks that run side by side do not hold the day's
 * budget from each other; twice as much after each answer that was cut off at its limit. */
static uint32_t wanted_output(struct task *t, double usd_per_token)
{
	uint32_t most = model_limits(t->model).max_output_tokens;
	double quarter = t->budget.limits.task_usd / 4 * (1 << t->cut_turns);
	uint64_t room = compact_room(t, t->next_call.prompt_tokens);

	if (most == 0 || most > MOST_OUTPUT_TOKENS)
		most = MOST_OUTPUT_TOKENS;
	if (most > room) /* prompt and answer share the window */
		most = room > BUDGET_LEAST_TOKENS ? (uint32_t)room : BUDGET_LEAST_TOKENS;
	if (quarter <= 0 || usd_per_token <= 0 || quarter >= most * usd_per_token)
		return most;
	quarter /= usd_per_token;
	if (quarter < BUDGET_CALL_TOKENS)
		quarter = BUDGET_CALL_TOKENS;
	return quarter < most ? (uint32_t)quarter : most;
}

/* The dearest way in which the prompt can be billed: all of it new, or all written to the cache. Output
 * is priced behind this prompt: a long one may lift the whole call into a dearer tier. */
void spend_plan(struct task *t)
{
	enum { MANY = 1000 * 1000 };
	struct model_request rq = turn_request(t);
	uint64_t prompt = model_estimate(t->model, &rq);
	struct budget_call *c = &t->next_call;
	double as_input = 0, as_write = 0, with_output = 0;

	*c = (struct budget_call){ .prompt_tokens = prompt };
	if (model_price(t->model, &(struct usage){ .input = prompt }, &as_input) &&
	    model_price(t->model, &(struct usage){ .cache_write = prompt }, &as_write) &&
	    model_price(t->model, &(struct usage){ .input = prompt, .output = MANY },
			&with_output)) {
		c->prompt_usd = as_write > as_input ? as_write : as_input;
		c->usd_per_output_token = (with_output - as_input) / MANY;
	}
	c->want = wanted_output(t, c->usd_per_output_token);
	t->plan = budget_plan(&t->budget, c, uv_now(agent_loop(t->agent)));
}

/* --- the question --- */

bool spend_must_ask(const struct task *t)
{
	char more[BUDGET_TEXT];

	return t->plan.room != BUDGET_ROOM_CALL && !t->no_more &&
	       budget_more(&t->budget, t->plan.cap, more);
}

static void log_answer(struct task *t, bool allow, const char *by)
{
	struct jw *w = task_log(t, "permission");

	jw_kstr(w, "subject", t->limit_subject);
	jw_kcstr(w, "decision", allow ? "allow" : "deny");
	jw_kcstr(w, "rule", "budget");
	jw_kcstr(w, "by", by);
	(void)task_log_end(t);
	task_emit(t, &(struct task_event){ .kind = TASK_PERMISSION_DECIDED,
					   .subject = t->limit_subject,
					   .decision = allow ? SLICE("allow") : SLICE("deny"),
					   .rule = SLICE("budget") });
}

/* After a no the person is not asked again: the next plan leads to the last call, or to the end. */
static void on_answer(void *payload, const struct permission_answer *answer, const struct err *why)
{
	struct task *t = payload;
	bool allow = !why && answer->choice != PERMISSION_DENY;

	t->limit_ask = NULL;
	log_answer(t, allow, why ? "timeout" : "user");
	if (allow)
		budget_raise(&t->budget, t->plan.cap);
	else
		t->no_more = true;
	task_post(t);
}

void spend_ask(struct task *t)
{
	char state[BUDGET_TEXT], more[BUDGET_TEXT];

	budget_state(&t->budget, t->plan.cap, state);
	(void)budget_more(&t->budget, t->plan.cap, more);
	t->limit_subject = arena_printf(
		&t->arena, "%s are used, and the task is not done. Allow %s?", state, more);
	task_emit(t, &(struct task_event){ .kind = TASK_PERMISSION_REQUESTED,
					   .subject = t->limit_subject });
	t->limit_ask =
		t->host.ops->permission(t->host.self, t,
					&(struct permission_request){ .title = SLICE("Budget"),
								      .subject = t->limit_subject },
					on_answer, t);
}

/* A dropped ask of the ledger calls nobody; what it had reserved in the ledger is given back
 * there. */
void spend_drop(struct task *t)
{
	if (t->limit_ask)
		t->host.ops->drop(t->host.self, t->limit_ask);
	t->limit_ask = NULL;
	if (t->reserving)
		budget_unreserve(&t->budget);
	ledger_asked_drop(t->reserving);
	t->reserving = NULL;
}

/* --- before a call, and after it --- */

/* The output limits to try for, longest first. The ledger takes the first for which the day has
 * room. The smallest is the summary, which makes no sense before anything was done. */
static size_t sizes(const struct task *t, uint32_t out[3])
{
	size_t n = 0;

	out[n++] = t->plan.output_tokens;
	if (t->plan.room == BUDGET_ROOM_CALL && out[0] > BUDGET_CALL_TOKENS)
		out[n++] = BUDGET_CALL_TOKENS;
	if (t->budget.turns > 0)
		out[n++] = BUDGET_LEAST_TOKENS;
	return n;
}

/* The ledger has no room for a whole call: is there somebody to ask before the task ends for that? */
static bool ask_for_day(struct task *t, const struct ledger_reservation *r, const struct err *err)
{
	struct budget_plan none = { .cap = BUDGET_CAP_DAY, .room = BUDGET_ROOM_NONE };
	char more[BUDGET_TEXT];

	if (!err || err->code != ERR_BUDGET || (r && t->plan.room != BUDGET_ROOM_CALL) ||
	    t->no_more || !budget_more(&t->budget, BUDGET_CAP_DAY, more))
		return false;
	if (r)
		ledger_post_settle(agent_store(t->agent), agent_ledger(t->agent), r->id, NULL);
	t->plan = none;
	t->day_over = true;
	task_post(t);
	return true;
}

/* A process that was killed right after it had sent a request may not have noted it in the session's log. The ledger
 * knows of it, for it was asked before: then the plan is made again with what it says. */
static bool cost_more_before(struct task *t, const struct ledger_reservation *r)
{
	bool more = t->look_back && r && r->before > t->budget.session_spent_usd + 1e-6;

	t->look_back = t->look_back && !r; /* what was refused has not been asked */
	if (!more)
		return false;
	t->budget.session_spent_usd = r->before;
	ledger_post_settle(agent_store(t->agent), agent_ledger(t->agent), r->id, NULL);
	t->anew = true;
	task_post(t);
	return true;
}

/* The task's and the session's caps were reserved when the day was asked; this puts them right. */
static void reserved(void *payload, const struct ledger_reservation *r, const struct err *err)
{
	struct task *t = payload;
	uint32_t tokens[3];

	t->reserving = NULL;
	budget_unreserve(&t->budget);
	(void)sizes(t, tokens);
	if (cost_more_before(t, r))
		return;
	if (ask_for_day(t, r, err))
		return;
	if (!r) {
		task_fail(t, err);
		return;
	}
	t->reservation = r->id;
	if (err && tokens[r->which] == BUDGET_LEAST_TOKENS)
		t->over = *err;
	t->plan.output_tokens = tokens[r->which];
	budget_reserve(&t->budget, &t->next_call, t->plan.output_tokens);
	turn_reserved(t);
}

/* The day's budget is shared with other processes, which may hold most of it at this moment: a smaller
 * call may still fit, and the last one, which sums up, nearly always does. */
bool spend_reserve(struct task *t, struct err *err)
{
	uint32_t tokens[3];
	double usd[3];
	size_t n;

	if (t->plan.room == BUDGET_ROOM_NONE)
		return budget_over(&t->budget, t->plan.cap, &t->next_call, err);
	if (t->plan.room == BUDGET_ROOM_LAST)
		(void)budget_over(&t->budget, t->plan.cap, &t->next_call, &t->over);
	n = sizes(t, tokens);
	for (size_t i = 0; i < n; i++)
		usd[i] = budget_call_usd(&t->next_call, tokens[i]);
	/* now, not when the day's answer is there: another task of the session may ask meanwhile */
	budget_reserve(&t->budget, &t->next_call, tokens[0]);
	t->reserving =
		ledger_post_reserve(agent_store(t->agent), agent_ledger(t->agent),
				    &(struct ledger_ask){ .call = { .session = t->session,
								    .task = task_id(t),
								    .model = model_name(t->model),
								    .workspace = t->workspace,
								    .kind = task_kind(t) },
							  .usd = usd,
							  .n = n,
							  .day_cap = budget_day_cap(&t->budget),
							  .look_back = t->look_back },
				    reserved, t);
	return true;
}

struct slice spend_words(struct task *t)
{
	char state[BUDGET_TEXT];

	if (t->over.code != ERR_NONE)
		return SLICE("(A note of Emend, not of the user: the budget is used up, so this is "
			     "your last turn, and calls of tools in it are not made. Say in a few "
			     "lines what is done, what is not, and what comes next.)");
	if (t->near_cap == BUDGET_CAP_NONE)
		return SLICE("");
	budget_state(&t->budget, t->near_cap, state);
	t->near_cap = BUDGET_CAP_NONE;
	return arena_printf(&t->arena,
			    "(A note of Emend, not of the user: %s are used. Finish what you have "
			    "begun, start nothing new, and end with a summary.)",
			    state);
}

/* A call that never reached the server is no call: the ledger then drops the reservation instead
 * of noting a call without tokens. */
static void settle_day(struct task *t, const struct usage *u)
{
	bool made = t->answered || u->input + u->cache_read + u->cache_write + u->output > 0;

	ledger_post_settle(agent_store(t->agent), agent_ledger(t->agent), t->reservation,
			   made ? u : NULL);
	t->reservation = 0;
}

void spend_settle(struct task *t, const struct usage *u)
{
	enum budget_cap near = BUDGET_CAP_NONE;
	struct jw *w = task_log(t, "usage");
	char state[BUDGET_TEXT];

	jw_kstr(w, "model", model_name(t->model));
	usage_write(w, u);
	(void)task_log_end(t);
	budget_settle(&t->budget, u, &near);
	settle_day(t, u);
	task_emit(t, &(struct task_event){ .kind = TASK_USAGE, .usage = t->budget.used });
	if (near == BUDGET_CAP_NONE)
		return;
	t->near_cap = near;
	budget_state(&t->budget, near, state);
	task_notice(t, arena_printf(&t->arena, "%s are used", state));
}
