/* code_action.c - see code_action.h */
#include "agent/session/code_action.h"

#include "agent/base/embed.h"
#include "protocol/base/base.h"

/* A test builds this file once more with a row of its own. */
#ifndef CODE_ACTIONS_DEF
#define CODE_ACTIONS_DEF "agent/session/actions.def"
#endif

static const struct code_action actions[] = {
#define CODE_ACTION(name, command, kind, title, verb, doc, reports) \
	{ name, command, kind, title, verb, doc, reports },
#include CODE_ACTIONS_DEF
#undef CODE_ACTION
};

const struct code_action *code_actions(size_t *n)
{
	*n = ARRAY_LEN(actions);
	return actions;
}

const struct code_action *code_action_named(struct slice name)
{
	for (size_t i = 0; i < ARRAY_LEN(actions); i++)
		if (slice_eq_cstr(name, actions[i].name))
			return &actions[i];
	return NULL;
}

struct slice code_action_prompt(struct arena *a, const struct code_action *action)
{
	return slice_trim(embed_find(embed_prompts, arena_printf(a, "%s.txt", action->name)));
}
