/* cmd_models.c - emend models: which model would be used now, and what can be chosen: every provider, whether it
 * is set up or what it lacks, and the models that are known by name. Keys are never printed. */
#include <stdlib.h>

#include "agent/budget/budget_text.h"
#include "agent/cli/json_line.h"
#include "agent/cli/model_check.h"
#include "agent/model/prices.h"
#include "agent/model/providers.h"

static void put_limits(struct term *t, uint32_t context_tokens)
{
	if (context_tokens >= 1000 * 1000)
		term_printf(t, "window %u,%03u,000 tokens", context_tokens / 1000 / 1000,
			    context_tokens / 1000 % 1000);
	else if (context_tokens >= 1000)
		term_printf(t, "window %u,000 tokens", context_tokens / 1000);
	else
		term_printf(t, "window not known");
}

static void put_chosen(struct cli *c, const struct model_check *m)
{
	struct term *t = &c->out;

	term_printf(t, "model: ");
	term_line(t, TERM_BOLD, m->name.len ? m->name : SLICE("none"), 200);
	term_printf(t, "%s\n  ",
		    m->default_name && m->name.len ? " (by what is set up; --model chooses another)"
						   : "");
	if (m->ok) {
		term_printf(t, "ready; ");
		put_limits(t, m->limits.context_tokens);
		term_printf(t, m->priced ? ", price known"
					 : ", price not known: held by tokens (2,000,000 a task), "
					   "not by dollars");
	} else {
		term_line(t, TERM_YELLOW, slice_of(m->why.msg), 1000);
	}
	term_fresh_line(t);
}

static void put_chosen_json(struct cli *c, const struct model_check *m)
{
	struct json_line l;
	struct jw *w = json_line_begin(&l, "model");

	jw_kstr(w, "model", m->name);
	jw_kbool(w, "ok", m->ok);
	jw_kcstr(w, "error", m->ok ? NULL : m->why.msg);
	jw_ki64(w, "context_tokens", m->limits.context_tokens);
	jw_ki64(w, "max_output_tokens", m->limits.max_output_tokens);
	jw_kbool(w, "priced", m->priced);
	json_line_end(&l, &c->out);
}

struct offer { /* one provider, as it can be chosen */
	struct slice name, base_url;
	const char *state; /* "set up", or what is missing */
	bool ready;
};

static void put_offer(struct cli *c, const struct offer *o)
{
	struct term *t = &c->out;
	struct json_line l;
	struct jw *w;

	if (cli_given(c, OPT_JSON)) {
		w = json_line_begin(&l, "provider");
		jw_kstr(w, "provider", o->name);
		jw_kstr(w, "base_url", o->base_url);
		jw_kbool(w, "ready", o->ready);
		jw_kcstr(w, "state", o->state);
		json_line_end(&l, t);
		return;
	}
	term_raw(t, SLICE("\n"));
	term_line(t, TERM_BOLD, o->name, 40);
	term_printf(t, "%*s", o->name.len < 12 ? 12 - (int)o->name.len : 1, "");
	term_line(t, o->ready ? TERM_GREEN : TERM_DIM, slice_of(o->state), 200);
	term_raw(t, SLICE("\n"));
}

static void put_known(struct cli *c, const struct price_row *r)
{
	char in[BUDGET_TEXT], out[BUDGET_TEXT];
	struct term *t = &c->out;
	struct json_line l;
	struct jw *w;

	if (cli_given(c, OPT_JSON)) {
		w = json_line_begin(&l, "choice");
		jw_kstr(w, "model", arena_printf(&c->arena, "%s/%s", r->provider, r->model));
		jw_ki64(w, "context_tokens", r->context_tokens);
		jw_ki64(w, "max_output_tokens", r->max_output_tokens);
		jw_kf64(w, "input_usd", r->price.input);
		jw_kf64(w, "output_usd", r->price.output);
		json_line_end(&l, t);
		return;
	}
	budget_usd(in, r->price.input);
	budget_usd(out, r->price.output);
	term_printf(t, "  %s/%-*s  ", r->provider, 34 - (int)strlen(r->provider), r->model);
	put_limits(t, r->context_tokens);
	term_printf(t, "  %.20s in, %.20s out a million\n", in, out);
}

static const char *state_of(struct cli *c, const struct provider_row *row, bool *ready)
{
	const char *key = NULL;

	for (size_t i = 0; i < PROVIDER_KEYS && row->keys[i]; i++)
		if (getenv(row->keys[i]) && getenv(row->keys[i])[0])
			key = row->keys[i];
	*ready = key || (row->quirks & QUIRK_LOCAL);
	if (key)
		return arena_printf(&c->arena, "%s is set", key).ptr;
	if (row->quirks & QUIRK_LOCAL)
		return arena_printf(
			       &c->arena,
			       "no key needed; looked for at %s (%s), as %s/NAME, where NAME is "
			       "a model that it has",
			       getenv(row->base_env) ? getenv(row->base_env) : row->base,
			       row->base_env, row->name)
			.ptr;
	return arena_printf(&c->arena, "set %s (keys: %s)", row->keys[0], row->keys_url).ptr;
}

static void put_providers(struct cli *c)
{
	const struct provider_row *rows;
	const struct price_row *models;
	size_t n = provider_rows(&rows), n_models = price_rows(&models);

	for (size_t i = 0; i < n; i++) {
		struct offer o = { .name = slice_of(rows[i].name),
				   .base_url = slice_of(rows[i].base) };

		o.state = state_of(c, &rows[i], &o.ready);
		put_offer(c, &o);
		for (size_t k = 0; k < n_models; k++)
			if (strcmp(models[k].provider, rows[i].name) == 0)
				put_known(c, &models[k]);
	}
}

static void put_configured(struct cli *c, const struct config_provider *p)
{
	const char *variable = arena_cstr(&c->arena, p->key_env);
	bool set = p->key_env.len == 0 || getenv(variable);
	struct offer o = { .name = p->name, .base_url = p->base_url, .ready = set };

	o.state =
		arena_printf(&c->arena, "in the configuration, at %.*s; %s", SLICE_ARG(p->base_url),
			     p->key_command.len > 0 ? "key from a command"
			     : p->key_env.len == 0  ? "no key of its own"
			     : set		    ? "key set"
						    : "its key_env is not set")
			.ptr;
	put_offer(c, &o);
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
		if (cli_given(c, OPT_JSON))
			put_chosen_json(c, &m);
		else
			put_chosen(c, &m);
		for (size_t i = 0; i < p.config.n_providers; i++)
			put_configured(c, &p.config.providers[i]);
		put_providers(c);
		status = m.ok ? 0 : err_exit_code(ERR_PROVIDER);
	}
	place_release(&p);
	return status;
}
