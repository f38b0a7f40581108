/* code_action.h - the tasks about a piece of code, as one table: see actions.def. */
#ifndef EMEND_SESSION_CODE_ACTION_H
#define EMEND_SESSION_CODE_ACTION_H

#include "protocol/base/arena.h"

/* One row of actions.def. All texts are static. */
struct code_action {
	const char *name;    /* "add-tests" */
	const char *command; /* "emend.addTests" */
	const char *kind;    /* LSP 3.18, CodeActionKind */
	const char *title;   /* NULL: offered for each diagnostic, not by itself */
	const char *verb;
	const char *doc;
	bool reports; /* its result is shown; files cannot be changed */
};

/* All there are, in the order in which they are offered. */
const struct code_action *code_actions(size_t *n);
const struct code_action *code_action_named(struct slice name); /* NULL: none */
/* What the model is asked to do; never empty. */
struct slice code_action_prompt(struct arena *a, const struct code_action *action);

#endif
