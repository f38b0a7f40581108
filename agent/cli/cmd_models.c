/* cmd_models.c - emend models: what is set up, and what it lacks. Keys are never printed. */
#include <stdlib.h>

#include "agent/cli/json_line.h"
#include "agent/cli/model_check.h"

static void put_model(struct cli *c, const struct model_check *m)
{
	struct json_line l;
	struct jw *w;

	if (!cli_given(c, OPT_JSON)) {
		term_printf(&c->out, "model: ");
		term_line(&c->out, TERM_BOLD, m->name.len ? m->name : SLICE("none"), 200);
		term_printf(&c->out, "%s\n",
			    m->default_name && m->name.len ? " (by the keys that are set)" : "");
		if (m->ok)
			term_printf(&c->out, "  ready; context %u tokens, price %s\n",
				    m->limits.context_tokens, m->priced ? "known" : "not known");
		else
			term_line(&c->out, TERM_YELLOW, slice_of(m->why.msg), 1000);
		term_fresh_line(&c->out);
		return;
	}
	w = json_line_begin(&l, "model");
	jw_kstr(w, "model", m->name);
	jw_kbool(w, "ok", m->ok);
	jw_kcstr(w, "error", m->ok ? NULL : m->why.msg);
	jw_ki64(w, "context_tokens", m->limits.context_tokens);
	jw_ki64(w, "max_output_tokens", m->limits.max_output_tokens);
	jw_kbool(w, "priced", m->priced);
	json_line_end(&l, &c->out);
}

static void put_provider(struct cli *c, const struct config_provider *p)
{
	const char *variable = arena_cstr(&c->arena, p->key_env);
	bool key = p->key_command.len > 0 || (p->key_env.len > 0 && getenv(variable));
	struct json_line l;
	struct jw *w;

	if (!cli_given(c, OPT_JSON)) {
		term_printf(&c->out, "provider: ");
		term_line(&c->out, TERM_PLAIN, p->name, 80);
		term_printf(&c->out, "  ");
		term_line(&c->out, TERM_DIM, p->base_url, 200);
		term_printf(&c->out, "  key: %s\n",
			    p->key_command.len ? "from a command"
			    : key	       ? "set"
					       : "not set");
		return;
	}
	w = json_line_begin(&l, "provider");
	jw_kstr(w, "provider", p->name);
	jw_kstr(w, "base_url", p->base_url);
	jw_kstr(w, "dialect", p->dialect);
	jw_kbool(w, "key", key);
	json_line_end(&l, &c->out);
}

int cmd_models(struct cli *c)
{
	struct place p = { .loaded = false };
	struct cli_loop loop;
	struct model_check m;
	struct err err = { 0 };
	int status = 0;

	if (!place_init(&p, c, &err) || !cli_loop_init(&loop, c, &p, false, &err)) {
		status = cli_fail(c, &err);
	} else {
		model_check(&loop, &p.config, &c->arena, &m);
		cli_loop_end(&loop);
		cli_loop_run(&loop);
		put_model(c, &m);
		for (size_t i = 0; i < p.config.n_providers; i++)
			put_provider(c, &p.config.providers[i]);
		status = m.ok ? 0 : err_exit_code(ERR_PROVIDER);
	}
	place_release(&p);
	return status;
}
