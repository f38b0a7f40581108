/* config_rule.c - see config_set.h: a rule with examples, {rule, match: [...], noMatch: [...]}.
 *
 * The rule itself goes into the list of its setting like any other; its examples go into one list
 * for all rules, which only `emend policy test` reads. */
#include "agent/config/config_set.h"

enum { EXAMPLES_MAX = 4096 }; /* of all rules */

static enum verdict verdict_of(const struct config_key *k)
{
	if (k->at == offsetof(struct config, allow))
		return VERDICT_ALLOW;
	return k->at == offsetof(struct config, ask) ? VERDICT_ASK : VERDICT_DENY;
}

static bool add_examples(struct config_setter *s, const struct config_key *k, struct json list,
			 const struct config_example *proto, struct err *err)
{
	struct config *c = s->c;
	struct config_example *items;
	size_t n = c->n_examples;

	if (json_type(list) != JSON_ARRAY || n + json_len(list) > EXAMPLES_MAX)
		return config_complain(s, k->name, list, err,
				       "examples are a list of command lines.");
	items = arena_array(&c->arena, n + json_len(list) + 1, sizeof(*items));
	if (n > 0)
		memcpy(items, c->examples, n * sizeof(*items));
	for (struct json_iter it = json_iter(list); json_next(&it); n++) {
		items[n] = *proto;
		if (!json_str(it.value, &c->arena, &items[n].command))
			return config_complain(s, k->name, it.value, err,
					       "an example is a command line, a string.");
		items[n].command = arena_dup(&c->arena, items[n].command);
	}
	c->examples = items;
	c->n_examples = n;
	return true;
}

bool config_set_rule(struct config_setter *s, const struct config_key *k, struct json v,
		     struct slice *rule, struct err *err)
{
	struct config_example e = { .verdict = verdict_of(k) };

	if (!json_str(json_get(v, "rule"), &s->c->arena, &e.rule) || slice_trim(e.rule).len == 0)
		return config_complain(s, k->name, v, err, "\"rule\" is missing: a string.");
	*rule = e.rule = arena_dup(&s->c->arena, e.rule);
	for (struct json_iter it = json_iter(v); json_next(&it);) {
		e.match = json_is(it.key, "match");
		if (json_is(it.key, "rule"))
			continue;
		if (!e.match && !json_is(it.key, "noMatch"))
			return config_complain(
				s, k->name, it.key, err,
				"a rule has the members \"rule\", \"match\" and \"noMatch\".");
		if (!add_examples(s, k, it.value, &e, err))
			return false;
	}
	return true;
}
