/* after.c - what follows on an answer of the model: its tools, another call, or the end; and what the first call
 * of a task is. Only the machine in task.c calls these, in the states LOADING, LIMIT, ASKING and TOOLS. */
#include "agent/session/task_own.h"

/* Another call of the model, or first the question whether it may cost something more. What the
 * person said meanwhile goes in first, as it makes the prompt longer; then it is made short
 * enough; only then is its price known. */
void task_next_turn(struct task *t)
{
	t->anew = t->day_over = false;
	(void)steer_take(t);
	compact_check(t);
	spend_plan(t);
	task_goto(t, spend_must_ask(t) ? TASK_LIMIT : TASK_ASKING);
}

const char task_call_was_cut[] =
	"Your last call was cut off at the output limit and was NOT made. Make it again in smaller steps: "
	"at most about 300 lines in one call, and the rest with further calls.";

/* An answer that was cut off. Where that happens again and again the task has failed: what the person
 * would get is half an answer, or none. */
static void after_cut(struct task *t)
{
	struct err why;

	if (++t->cut_turns > 3) {
		(void)err_set(&why, ERR_INVALID,
			      "the model's %s was cut off at its output limit %d times in a row; ask for "
			      "smaller steps",
			      t->cut_call ? "call of a tool" : "answer", t->cut_turns);
		task_fail(t, &why);
		return;
	}
	turn_user(t, t->cut_call ? slice_of(task_call_was_cut)
				 : SLICE("Your last answer was cut off at the output limit. Go on from "
					 "there, in smaller steps."));
	task_next_turn(t);
}

/* The model stopped by itself. Without a word the person knows nothing, so it is asked for one; where
 * something was denied, an answer without a word says that the task cannot go on. */
static void after_end(struct task *t)
{
	struct err why;

	if (t->steered) {
		task_next_turn(t);
	} else if (plan_is_due(t)) {
		task_goto(t, TASK_PLANNED);
	} else if (slice_trim(t->said).len > 0 || t->env.n_denied > 0) {
		task_goto(t, TASK_ENDING);
	} else if (t->asked_for_words) {
		(void)err_set(&why, ERR_INVALID,
			      "the model ended without an answer; try again, or use another model");
		task_fail(t, &why);
	} else {
		t->asked_for_words = true;
		turn_user(t, SLICE("Your last answer was empty. If the task is done, say in one to five "
				   "lines what you did and how it was checked; else go on with it."));
		task_next_turn(t);
	}
}

/* "/compact" is no question to the model. */
void task_first_turn(struct task *t)
{
	if (!slice_eq_cstr(slice_trim(t->instruction), "/compact")) {
		turn_user(t, prompt_user(t));
		if (images_of_user(t))
			task_next_turn(t);
		return;
	}
	t->said = compact_asked(t);
	task_goto(t, TASK_ENDING);
}

/* The model has answered: tools, another turn, or the end. */
void task_after_turn(struct task *t)
{
	struct err why = { 0 };

	if (t->over.code != ERR_NONE) { /* it has summed up */
		task_fail(t, &t->over);
		return;
	}
	if (calls_start(t)) {
		task_goto(t, TASK_TOOLS);
		return;
	}
	switch (t->stop) {
	case STOP_PAUSE:
		task_next_turn(t);
		return;
	case STOP_LENGTH:
		after_cut(t);
		return;
	case STOP_REFUSAL:
		(void)err_set(&why, ERR_PROVIDER,
			      "the model refused this request; word it in another way or use "
			      "another model");
		break;
	case STOP_CONTEXT:
		if (compact_overflow(t)) {
			turn_user(t, SLICE("Your last answer was cut off, for your context window "
					   "was full. There is room again; go on from there."));
			task_next_turn(t);
			return;
		}
		(void)err_set(&why, ERR_PROVIDER,
			      "the model's context window is full, and nothing more could be left "
			      "out; use a model with a larger window, or start a new task for what "
			      "is left");
		break;
	case STOP_END:
	case STOP_TOOL:
	case STOP_OTHER:
		after_end(t);
		return;
	}
	task_fail(t, &why);
}
