/* covers.c - see policy.h: one rule against one command line, for the examples that rules carry. */
#include "agent/policy/commands.h"
#include "agent/policy/rules.h"

static bool covers(const struct policy *one, enum verdict v, struct shell_script *s)
{
	bool some = false, all = true;

	for (size_t i = 0; i < s->n; i++) {
		const struct shell_cmd *c = &s->cmds[i];
		bool hit = c->n_words > 0 && rules_find(one, v, false, c) != NULL;

		some = some || hit;
		/* What it wraps is judged by itself. */
		all = all && (hit || c->neutral || c->n_words == 0);
	}
	return some && (all || v != VERDICT_ALLOW);
}

/* A policy of this one rule, on the stack, without the built-in ones. */
bool policy_covers(enum verdict v, struct slice rule, struct slice command, bool *out,
		   struct err *err)
{
	struct policy one = { .mode = MODE_ASK };
	struct shell_script s = { .arena = &one.arena };
	bool ok;

	arena_init(&one.arena);
	ok = rules_add(&one, v, RULE_USER, rule, err) &&
	     shell_parse(&s, command, SIZE_MAX, 0, err) && commands_unwrap(&s, err);
	*out = ok && covers(&one, v, &s);
	arena_release(&one.arena);
	return ok;
}
