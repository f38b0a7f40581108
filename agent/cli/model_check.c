/* model_check.c - see model_check.h */
#include "agent/cli/model_check.h"

/* As choose.c opens it for a task, but without gates and connections, which an opening does not
 * use. */
void model_check(struct cli_loop *l, const struct config *c, struct arena *a,
		 struct model_check *out)
{
	struct model_options o = { .loop = &l->uv, .runq = &l->runq };
	struct model *m = NULL;

	*out = (struct model_check){ .name = config_model_level(c, c->model),
				     .default_name = c->model.len == 0 };
	if (out->default_name && !model_default_name(&o, a, &out->name, &out->why)) {
		out->name = SLICE("");
		return;
	}
	model_options_from(&o, c, out->name);
	out->ok = model_open(&o, out->name, &m, &out->why);
	if (!out->ok)
		return;
	out->name = arena_dup(a, model_name(m));
	out->limits = model_limits(m);
	out->priced = model_priced(m);
	model_close(m);
}
