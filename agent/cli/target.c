/* target.c - see target.h */
#include "agent/cli/target.h"

#include <stdlib.h>

/* Names of tasks and sessions hold letters, so that a word of digits alone is a step. */
void target_read(const char *word, struct slice *id, int64_t *step)
{
	size_t len = strlen(word);
	bool number = len > 0 && len <= 9 && strspn(word, "0123456789") == len;

	*step = number ? strtol(word, NULL, 10) : -1;
	*id = number ? SLICE("") : slice_of(word);
}

bool target_find(struct cli *c, const struct place *p, const char *word, struct target *out,
		 struct err *err)
{
	target_read(word, &out->id, &out->step);
	if (!history_find(&c->arena, p->state, p->workspace, out->id, &out->history, err))
		return false;
	if (out->id.len == 0)
		out->id = out->history.last_task;
	for (size_t i = 0; out->step >= 0 && i < out->history.n; i++)
		if (target_has(out, &out->history.edits[i]))
			return true;
	if (out->step < 0)
		return true;
	return err_set(
		err, ERR_NOT_FOUND,
		"The newest task, %.*s, has no step %lld. A task or a session can be named, too: "
		"`emend status` lists them.",
		SLICE_ARG(out->id), (long long)out->step);
}

bool target_has(const struct target *t, const struct past_edit *e)
{
	return (slice_eq(e->task, t->id) || slice_eq(t->history.session, t->id)) &&
	       (t->step < 0 || e->step == t->step);
}

bool target_stands(const struct target *t, const struct past_edit *e)
{
	return target_has(t, e) && e->entry.kind == RESTORE_TEXT && !e->failed && !e->unknown &&
	       !e->undone;
}

/* Edits of one file are linked, newest to oldest, by `prev`. */
bool target_first(const struct target *t, size_t i)
{
	const struct past_edit *edits = t->history.edits;

	for (size_t k = edits[i].prev; k != SIZE_MAX; k = edits[k].prev)
		if (target_stands(t, &edits[k]))
			return false;
	return true;
}
