/* steer.c - what the person says while a task runs.
 *
 * It waits in a queue until the next request: a call that is under way cannot hear it, and to break that off would
 * throw away what it has cost. Until then it can be taken back. */
#include "agent/session/task_own.h"

struct steer_word {
	struct steer_word *next;
	struct slice text;
};

bool task_steer(struct task *t, struct slice text)
{
	struct steer_word *w;

	/* The last call of a task without budget only sums up. */
	if (t->state >= TASK_ENDING || t->why.code != ERR_NONE || t->over.code != ERR_NONE)
		return false;
	w = arena_alloc(&t->arena, sizeof(*w));
	*w = (struct steer_word){ .text = arena_dup(&t->arena, text) };
	*t->steered_end = w;
	t->steered_end = &w->next;
	return true;
}

bool task_waits(const struct task *t, size_t i, struct slice *text)
{
	const struct steer_word *w = t->steered;

	for (; w && i > 0; i--)
		w = w->next;
	if (w)
		*text = w->text;
	return w != NULL;
}

/* The newest first, as the person means what was typed last. The memory stays in the arena. */
bool task_unsteer(struct task *t, struct slice *text)
{
	struct steer_word **at = &t->steered;

	if (!*at)
		return false;
	while ((*at)->next)
		at = &(*at)->next;
	*text = (*at)->text;
	*at = NULL;
	t->steered_end = at;
	return true;
}

bool steer_take(struct task *t)
{
	struct steer_word *w = t->steered;

	t->steered = NULL;
	t->steered_end = &t->steered;
	for (struct steer_word *it = w; it; it = it->next) {
		turn_user(t, arena_printf(&t->arena, STEER_WORDS "%.*s", SLICE_ARG(it->text)));
		task_emit(t, &(struct task_event){ .kind = TASK_STEERED, .text = it->text });
	}
	return w != NULL;
}
