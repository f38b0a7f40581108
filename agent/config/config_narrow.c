/* config_narrow.c - see config.h: a project's file may only narrow.
 *
 * It came with the repository, so its author may be anybody: it can lower limits, make the mode
 * stricter, and add rules, denied files and actions. A limit above what the user's files allow is
 * an error, so that nobody believes in a value that does not hold; a limit that is only above
 * today's flag or variable is passed over. */
#include <float.h>

#include "agent/config/config_set.h"
#include "agent/config/config_text.h"

/* No limit compares as the largest number of all. */
static double effective(const struct config_key *k, double n)
{
	return n == 0 && k->zero_is_no_limit ? DBL_MAX : n;
}

/* The value is set first, as that checks its type and range, and taken back where it is not
 * lower. `most`: what the user's files allow, or a flag of today that allows more. project_asks
 * remembers that the project wants each change asked for: plan.c must not go around that. */
static bool lower(struct config_setter *s, const struct config_key *k, struct json v,
		  struct err *err)
{
	double present = config_number(s->c, k), asked;
	double most = effective(k, present);

	if (s->c->configured && effective(k, config_number(s->c->configured, k)) > most)
		most = effective(k, config_number(s->c->configured, k));
	if (!config_set_value(s, k, v, err))
		return false;
	asked = config_number(s->c, k);
	if (k->type == KEY_MODE && asked <= MODE_ASK)
		s->c->project_asks = true;
	if (effective(k, asked) > most) {
		config_put_number(s->c, k, present);
		return config_complain(
			s, k->name, v, err,
			"a project's file may only narrow what the user allows; %.*s is "
			"more than the user's configuration says.",
			SLICE_ARG(slice_sub(json_raw(v), 0, 60)));
	}
	if (effective(k, asked) > effective(k, present))
		config_put_number(s->c, k, present);
	return true;
}

/* Every added rule makes things stricter, but an exemption in denyFiles. */
static bool add(struct config_setter *s, const struct config_key *k, struct json v, struct err *err)
{
	struct slice text;

	if (k->at == offsetof(struct config, deny_files) && json_type(v) == JSON_ARRAY)
		for (struct json_iter it = json_iter(v); json_next(&it);)
			if (json_str(it.value, &s->c->arena, &text) &&
			    slice_starts(text, SLICE("!")))
				return config_complain(s, k->name, it.value, err,
						       "a project's file may deny more files, but "
						       "exempt none.");
	return config_set_value(s, k, v, err);
}

/* Would somebody be less protected than the project's author asked for if this key were passed over? A
 * mode that is only wider than the user's would not. */
bool config_guards(const struct config_key *k, struct json v)
{
	enum mode mode;
	struct slice name;
	struct arena a;
	bool known;

	if (k->type != KEY_MODE)
		return k->narrow == NARROW_ADD && k->type != KEY_ACTIONS;
	arena_init(&a);
	known = json_str(v, &a, &name) && mode_parse(name, &mode);
	arena_release(&a);
	return !known;
}

bool config_narrow_value(struct config_setter *s, const struct config_key *k, struct json v,
			 struct err *err)
{
	switch (k->narrow) {
	case NARROW_LOWER:
		return lower(s, k, v, err);
	case NARROW_ADD:
		return add(s, k, v, err);
	case NARROW_NEVER:
		break;
	}
	return config_complain(
		s, k->name, v, err,
		"a project's file may only narrow what the user allows, and cannot set "
		"this. Put it into your own configuration (`emend config path`).");
}

static const struct slice *dup_list(struct arena *a, const struct slice *items, size_t n)
{
	struct slice *copy = arena_array(a, n + 1, sizeof(*copy));

	for (size_t i = 0; i < n; i++)
		copy[i] = arena_dup(a, items[i]);
	return copy;
}

/* A new text or list of struct config must be copied here: base may be released before *out. */
static void copy_texts(struct config *out, const struct config *base)
{
	struct config_action *actions =
		arena_array(&out->arena, base->n_actions + 1, sizeof(*actions));
	struct config_provider *providers =
		arena_array(&out->arena, base->n_providers + 1, sizeof(*providers));
	struct config_example *examples =
		arena_array(&out->arena, base->n_examples + 1, sizeof(*examples));
	struct arena *a = &out->arena;

	for (size_t i = 0; i < base->n_examples; i++) {
		examples[i] = base->examples[i];
		examples[i].rule = arena_dup(a, examples[i].rule);
		examples[i].command = arena_dup(a, examples[i].command);
	}
	out->examples = examples;
	out->models = config_copy_models(&out->arena, base);
	out->model = arena_dup(a, base->model);
	out->effort = arena_dup(a, base->effort);
	out->approve = arena_dup(a, base->approve);
	out->mask_secrets = arena_dup(a, base->mask_secrets);
	out->keyring = arena_dup(a, base->keyring);
	out->hunks = arena_dup(a, base->hunks);
	out->toolchains = arena_dup(a, base->toolchains);
	out->sandbox = arena_dup(a, base->sandbox);
	out->bell = arena_dup(a, base->bell);
	out->runner = arena_dup(a, base->runner);
	out->container_image = arena_dup(a, base->container_image);
	out->fallback = dup_list(a, base->fallback, base->n_fallback);
	out->allow = dup_list(a, base->allow, base->n_allow);
	out->ask = dup_list(a, base->ask, base->n_ask);
	out->deny = dup_list(a, base->deny, base->n_deny);
	out->net_allow = dup_list(a, base->net_allow, base->n_net_allow);
	out->net_deny = dup_list(a, base->net_deny, base->n_net_deny);
	out->deny_files = dup_list(a, base->deny_files, base->n_deny_files);
	out->exec_dependencies =
		dup_list(a, base->exec_dependencies, base->n_exec_dependencies);
	out->read_dirs = dup_list(a, base->read_dirs, base->n_read_dirs);
	out->write_dirs = dup_list(a, base->write_dirs, base->n_write_dirs);
	for (size_t i = 0; i < base->n_actions; i++) {
		const struct config_action *from = &base->actions[i];

		actions[i] =
			(struct config_action){ arena_dup(a, from->title), arena_dup(a, from->kind),
						arena_dup(a, from->prompt), from->edits };
	}
	for (size_t i = 0; i < base->n_providers; i++) {
		const struct config_provider *from = &base->providers[i];

		providers[i] = (struct config_provider){ arena_dup(a, from->name),
							 arena_dup(a, from->base_url),
							 arena_dup(a, from->dialect),
							 arena_dup(a, from->key_env),
							 arena_dup(a, from->key_command) };
	}
	out->actions = actions;
	out->providers = providers;
}

static void copy(struct config *out, const struct config *base)
{
	const struct config_key *keys;
	size_t n = config_keys(&keys);
	struct config *configured;

	*out = *base;
	arena_init(&out->arena);
	copy_texts(out, base);
	out->origin = arena_alloc(&out->arena, n);
	if (base->origin)
		memcpy(out->origin, base->origin, n);
	if (!base->configured)
		return;
	configured = arena_alloc(&out->arena, sizeof(*configured));
	for (size_t i = 0; i < n; i++) /* only its numbers are looked at */
		if (keys[i].narrow == NARROW_LOWER)
			config_put_number(configured, &keys[i],
					  config_number(base->configured, &keys[i]));
	out->configured = configured;
}

bool config_narrow(struct config *out, const struct config *base, struct slice project_text,
		   const struct config_reports *reports, struct err *err)
{
	struct config_setter s = { .c = out,
				   .source = ".emend/config.json",
				   .reports = reports,
				   .origin = CONFIG_PROJECT };
	struct json root;

	copy(out, base);
	if (config_text_parse(&out->arena, s.source, project_text, &s.text, &root, err) &&
	    config_set_object(&s, root, err)) {
		config_note_budget(out);
		return true;
	}
	config_release(out);
	return false;
}
