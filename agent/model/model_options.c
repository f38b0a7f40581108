/* model_options.c - what the configuration says of one model, as options to open it with.
 *
 * Options that the caller has set are overwritten only where the configuration says something of
 * this provider. */
#include "agent/config/config.h"
#include "agent/model/model.h"

void model_options_from(struct model_options *o, const struct config *c, struct slice name)
{
	size_t slash = slice_find_byte(name, '/', 0);

	o->retries = c->retries > 0 ? c->retries : -1;
	o->per_minute = c->requests_per_minute;
	o->effort = c->effort;
	o->no_keyring = slice_eq_cstr(c->keyring, "off");
	o->known = config_model_find(c, name);
	for (size_t i = 0; slash != SIZE_MAX && i < c->n_providers; i++) {
		const struct config_provider *p = &c->providers[i];

		if (!slice_eq(p->name, slice_sub(name, 0, slash)))
			continue;
		o->base_url = p->base_url;
		o->dialect = p->dialect;
		o->key_env = p->key_env;
		o->key_command = p->key_command;
	}
}
