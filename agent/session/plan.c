/* plan.c - the mode plan: the model only looks, its answer is the plan, and nothing is changed before the
 * person has accepted it.
 *
 *   ASKING --an answer without calls--> PLANNED: the person is asked
 *     ^                                   | yes: the task goes on in the mode ask, or edit
 *     |-----------------------------------| no, and why: the model makes another plan
 *                                         '- no, or nobody there --> ENDING: the plan is the result
 *
 * The plan is the model's answer, not the argument of a tool: every model can write one, it is streamed as
 * any text, and the list of tools, which is part of the cached prompt, is the same in all modes. */
#include "agent/session/task_own.h"

/* What a yes to everything means here: the same words as at the first edit of another task (permit.c). */
static const char edits[] = "edits in this task";

/* A task that reports changes nothing, and one of another agent has no model that could plan. */
bool plan_is_due(const struct task *t)
{
	return t->config.mode == MODE_PLAN && !task_reports(t) && !t->has_guest &&
	       slice_trim(t->said).len > 0;
}

static void log_answer(struct task *t, bool allow, const char *by, struct slice why)
{
	struct jw *w = task_log(t, "permission");

	jw_kstr(w, "subject", t->said);
	jw_kcstr(w, "decision", allow ? "allow" : "deny");
	jw_kcstr(w, "rule", "mode: plan");
	jw_kcstr(w, "by", by);
	if (why.len > 0)
		jw_kstr(w, "why", why);
	(void)task_log_end(t);
	task_emit(t, &(struct task_event){ .kind = TASK_PERMISSION_DECIDED,
					   .subject = SLICE("the plan"),
					   .decision = allow ? SLICE("allow") : SLICE("deny"),
					   .rule = SLICE("mode: plan"),
					   .text = why });
}

static void on_answer(void *payload, const struct permission_answer *answer, const struct err *why)
{
	struct task *t = payload;
	bool allow = !why && answer->choice != PERMISSION_DENY;
	struct slice clause = SLICE("");

	t->plan_question = NULL;
	t->plan_mode = !allow				   ? MODE_PLAN
		       : answer->choice == PERMISSION_ONCE ? t->plan_then
							   : MODE_EDIT;
	t->plan_comment = why ? SLICE("") : arena_dup(&t->arena, slice_trim(answer->comment));
	if (why)
		clause = arena_dup(&t->arena, slice_of(why->msg));
	else if (!allow)
		clause = t->plan_comment.len ? arena_printf(&t->arena, "you said no: %.*s",
							    SLICE_ARG(t->plan_comment))
					     : SLICE("you said no");
	log_answer(t, allow, why ? "timeout" : "user", clause);
	if (why)
		task_notice(t, arena_printf(&t->arena,
					    "nobody could accept the plan (%s), and nothing was "
					    "changed; to go on from it: emend chat --resume %.*s",
					    why->msg, SLICE_ARG(t->session)));
	task_post(t);
}

void plan_ask(struct task *t)
{
	/* A project that wants each change asked for is not overruled by one key. */
	bool asks = t->plan_then == MODE_ASK, all = asks && !t->config.project_asks;
	struct permission_request r = {
		.title = SLICE("Work by this plan"),
		.subject = t->said,
		.note = asks ? SLICE("Nothing was changed so far. After a yes each change is asked for.")
			     : SLICE("Nothing was changed so far. After a yes changes are made without "
				     "another question."),
		.rule = all ? slice_of(edits) : SLICE(""),
		.streamed = true,
	};

	task_emit(t, &(struct task_event){ .kind = TASK_PERMISSION_REQUESTED,
					   .subject = SLICE("the plan") });
	t->plan_question = t->host.ops->permission(t->host.self, t, &r, on_answer, t);
}

void plan_drop(struct task *t)
{
	if (t->plan_question)
		t->host.ops->drop(t->host.self, t->plan_question);
	t->plan_question = NULL;
}

/* From now on the policy is that of the mode after the plan. The system text stays the same, so
 * the model hears of the new mode in a turn of the user. */
static void work(struct task *t)
{
	struct err err;

	t->config.mode = t->plan_mode;
	if (!task_open_policy(t, &err)) {
		task_fail(t, &err);
		return;
	}
	turn_user(t,
		  arena_printf(&t->arena, "(The user accepts the plan: work by it now. Mode: %s.)",
			       prompt_mode(t)));
	task_next_turn(t);
}

void plan_answered(struct task *t)
{
	if (t->plan_mode != MODE_PLAN) {
		work(t);
	} else if (t->plan_comment.len > 0) {
		turn_user(t,
			  arena_printf(
				  &t->arena,
				  "(The user does not accept the plan, and says:)\n%.*s\n(Answer "
				  "with the whole plan as it then is. Nothing is changed yet.)",
				  SLICE_ARG(t->plan_comment)));
		task_next_turn(t);
	} else if (t->steered) {
		task_next_turn(t);
	} else {
		task_goto(t, TASK_ENDING);
	}
}
