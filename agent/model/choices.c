/* choices.c - see choices.h. A provider that the configuration names like one of the table is told once, as it is
 * configured, with the models of the table. */
#include "agent/model/choices.h"

#include "agent/config/config.h"
#include "agent/model/keys/keyring.h"
#include "agent/model/provider.h"

/* What all functions here need; borrowed for the time of model_choices(). */
struct telling {
	const struct model_options *o;
	const struct config *c;
	struct arena *a;
	model_choice_fn *fn;
	void *payload;
};

/* What the user said of a model beats the table, as where it is opened. */
static void tell_model(const struct telling *t, const struct model_choice *provider,
		       struct slice model, bool free)
{
	struct model_choice choice = *provider;
	struct model known = { 0 };
	struct model_options o = { 0 };

	choice.model =
		arena_printf(t->a, "%.*s/%.*s", SLICE_ARG(provider->provider), SLICE_ARG(model));
	o.known = config_model_find(t->c, choice.model);
	model_know(&known, &o, model, free);
	choice.limits = model_limits(&known);
	choice.priced = known.priced;
	choice.images = known.row && known.row->images;
	if (known.priced) {
		choice.input = known.row->price.input;
		choice.output = known.row->price.output;
	}
	t->fn(t->payload, &choice);
}

/* "PROVIDER/MODEL" in the setting "models": its MODEL, where that is no row of the table. */
static bool configured_model(const struct config_model *m, struct slice provider,
			     struct slice *model)
{
	size_t slash = slice_find_byte(m->name, '/', 0);
	const struct price_row *row;

	if (m->use.len > 0 || slash == SIZE_MAX ||
	    !slice_eq(slice_sub(m->name, 0, slash), provider))
		return false;
	*model = slice_sub(m->name, slash + 1, m->name.len);
	row = price_find(*model);
	return !row || !slice_eq_cstr(*model, row->model) ||
	       !slice_eq_cstr(provider, row->provider);
}

static void tell_provider(const struct telling *t, const struct model_choice *provider, bool free)
{
	const struct price_row *rows;
	size_t n = price_rows(&rows);
	struct slice model;

	t->fn(t->payload, provider);
	for (size_t i = 0; i < n; i++)
		if (slice_eq_cstr(provider->provider, rows[i].provider))
			tell_model(t, provider, slice_of(rows[i].model), free);
	for (size_t i = 0; i < t->c->n_models; i++)
		if (configured_model(&t->c->models[i], provider->provider, &model))
			tell_model(t, provider, model, free);
}

static struct slice key_of(const struct telling *t, const struct provider_row *row)
{
	for (size_t i = 0; row && i < PROVIDER_KEYS && row->keys[i]; i++)
		if (model_env(t->o, row->keys[i]).len > 0)
			return slice_of(row->keys[i]);
	return SLICE("");
}

/* Its key, in words. row: of the table, by the same name; NULL: none. */
static struct slice configured_key(const struct telling *t, const struct config_provider *p,
				   const struct provider_row *row, bool *ready)
{
	struct slice key = key_of(t, row);

	*ready = true;
	if (p->key_command.len > 0)
		return SLICE("key from a command");
	if (p->key_env.len > 0) {
		*ready = model_env(t->o, arena_cstr(t->a, p->key_env)).len > 0;
		return arena_printf(t->a, "its key_env, %.*s, is %sset", SLICE_ARG(p->key_env),
				    *ready ? "" : "not ");
	}
	if (key.len > 0)
		return arena_printf(t->a, "%.*s is set", SLICE_ARG(key));
	if (!row || (row->quirks & QUIRK_LOCAL))
		return SLICE("no key of its own");
	*ready = false;
	return arena_printf(t->a, "%s is not set", row->keys[0]);
}

/* A provider of the configuration. Where it gives no key, one of the table has its variables, and another none. */
static void tell_configured(const struct telling *t, const struct config_provider *p)
{
	const struct provider_row *row = provider_find(p->name);
	struct model_choice choice = { .provider = p->name, .base_url = p->base_url };
	struct slice key = configured_key(t, p, row, &choice.ready);

	if (row && choice.base_url.len == 0)
		choice.base_url = slice_of(row->base);
	choice.state = arena_printf(t->a, "in the configuration, at %.*s; %.*s",
				    SLICE_ARG(choice.base_url), SLICE_ARG(key));
	tell_provider(t, &choice, row && (row->quirks & QUIRK_LOCAL));
}

static struct slice row_state(const struct telling *t, const struct provider_row *row,
			      struct slice key)
{
	struct slice base = model_env(t->o, row->base_env);

	if (key.len > 0)
		return arena_printf(t->a, "%.*s is set", SLICE_ARG(key));
	if (row->quirks & QUIRK_LOCAL)
		return arena_printf(t->a,
				    "no key needed; looked for at %.*s (%s), as %s/NAME, where "
				    "NAME is a model that it has",
				    SLICE_ARG(base.len ? base : slice_of(row->base)), row->base_env,
				    row->name);
	if (keyring_command(t->o, row, t->a))
		return arena_printf(t->a, "%s is not set; the keyring is asked (keys: %s)",
				    row->keys[0], row->keys_url);
	return arena_printf(t->a, "set %s (keys: %s)", row->keys[0], row->keys_url);
}

static bool is_configured(const struct config *c, const char *name)
{
	for (size_t i = 0; i < c->n_providers; i++)
		if (slice_eq_cstr(c->providers[i].name, name))
			return true;
	return false;
}

void model_choices(const struct model_options *o, const struct config *c, struct arena *a,
		   model_choice_fn *fn, void *payload)
{
	struct model_options with = { .env = o->env,
				      .env_ctx = o->env_ctx,
				      .no_keyring = slice_eq_cstr(c->keyring, "off") };
	struct telling t = { &with, c, a, fn, payload };
	const struct provider_row *rows;
	size_t n = provider_rows(&rows);

	for (size_t i = 0; i < c->n_providers; i++)
		tell_configured(&t, &c->providers[i]);
	for (size_t i = 0; i < n; i++) {
		struct slice key = key_of(&t, &rows[i]);
		bool local = rows[i].quirks & QUIRK_LOCAL;
		struct model_choice choice = { .provider = slice_of(rows[i].name),
					       .base_url = slice_of(rows[i].base),
					       .state = row_state(&t, &rows[i], key),
					       .ready = key.len > 0 || local };

		if (!is_configured(c, rows[i].name))
			tell_provider(&t, &choice, local);
	}
}
