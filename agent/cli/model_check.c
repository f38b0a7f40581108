/* model_check.c - see model_check.h */
#include "agent/cli/model_check.h"

/* What config says of the provider in front of the slash. */
static void use_provider(struct model_options *o, const struct config *c, struct slice name)
{
	size_t slash = slice_find_byte(name, '/', 0);

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

void model_check(struct cli_loop *l, const struct config *c, struct arena *a,
		 struct model_check *out)
{
	struct model_options o = {
		.loop = &l->uv, .runq = &l->runq, .retries = c->retries, .effort = c->effort
	};
	const struct usage one = { .input = 1 };
	struct model *m = NULL;
	double usd;

	*out = (struct model_check){ .name = c->model, .default_name = c->model.len == 0 };
	if (out->default_name && !model_default_name(&o, a, &out->name, &out->why)) {
		out->name = SLICE("");
		return;
	}
	use_provider(&o, c, out->name);
	out->ok = model_open(&o, out->name, &m, &out->why);
	if (!out->ok)
		return;
	out->name = arena_dup(a, model_name(m));
	out->limits = model_limits(m);
	out->priced = model_price(m, &one, &usd);
	model_close(m);
}
