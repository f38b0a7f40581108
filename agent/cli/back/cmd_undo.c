/* cmd_undo.c - emend undo [-y] [--list | --dry-run] [TASK|SESSION|STEP], and emend redo, which takes that back */
#include "agent/cli/back/back.h"
#include "agent/cli/target.h"

/* What would change is named before the question. False: nothing would. */
static bool put_steps(struct cli *c, const struct place *p, const struct undo_spec *spec,
		      const struct history *h)
{
	struct change_undo_spec s = { .history = h,
				      .task = spec->task.len ? spec->task : h->last_task,
				      .only = spec->step,
				      .redo = spec->redo };
	struct term *t = &c->out;
	bool some = false;

	for (size_t i = h->n; i-- > 0;) {
		const struct past_edit *e = &h->edits[i];

		if (!change_undo_wants(&s, e))
			continue;
		if (!some)
			term_printf(t, "%s in %s:\n", spec->redo ? "Make again" : "Undo",
				    p->workspace.ptr);
		some = true;
		term_printf(t, "  step %lld: ", (long long)e->step);
		term_line(t, TERM_PLAIN, e->path, 400);
		term_raw(t, SLICE("\n"));
	}
	return some;
}

/* The history is read here for the question, and handed on: undo_start() reads it again only if
 * the log has grown since. */
static int undo_or_redo(struct cli *c, bool redo)
{
	const char *command = redo ? "redo" : "undo";
	struct undo_spec spec = { .redo = redo };
	struct place p = { .loaded = false };
	struct err err = { 0 };
	struct history h;
	int status;

	target_read(c->args.n_words ? c->args.words[0] : "", &spec.task, &spec.step);
	if (!place_init(&p, c, &err) ||
	    !history_find(&c->arena, p.state, p.workspace, spec.task, &h, &err) ||
	    !back_can_ask(c, command, &err)) {
		status = cli_fail(c, &err);
	} else {
		spec.session = h.session;
		spec.known = &h;
		/* Where there is nothing to ask, back_run() says so. */
		status = cli_given(c, OPT_CONFIRM) || cli_given(c, OPT_DRY_RUN) ||
					 !put_steps(c, &p, &spec, &h) || back_confirmed(c)
				 ? back_run(c, &p, &spec, command)
				 : err_exit_code(ERR_CANCELLED);
	}
	place_release(&p);
	return status;
}

int cmd_undo(struct cli *c)
{
	return cli_given(c, OPT_LIST) ? undo_list(c) : undo_or_redo(c, false);
}

int cmd_redo(struct cli *c)
{
	return undo_or_redo(c, true);
}
