/* cmd_models.c - emend models: which model would be used now, and what can be chosen: every provider, whether it
 * is set up or what it lacks, and the models that are known by name. Keys are never printed. */
#include "agent/budget/budget_text.h"
#include "agent/cli/json_line.h"
#include "agent/cli/model_check.h"
#include "agent/model/choices.h"

/* In thousands: no window is told more exactly than that. */
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
		term_printf(t, m->priced
				       ? ", price known"
				       : ", price not known: limited by tokens (2,000,000 a task), "
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

static void put_provider_json(struct term *t, const struct model_choice *m)
{
	struct json_line l;
	struct jw *w = json_line_begin(&l, "provider");

	jw_kstr(w, "provider", m->provider);
	jw_kstr(w, "base_url", m->base_url);
	jw_kbool(w, "ready", m->ready);
	jw_kstr(w, "state", m->state);
	json_line_end(&l, t);
}

static void put_model_json(struct term *t, const struct model_choice *m)
{
	struct json_line l;
	struct jw *w = json_line_begin(&l, "choice");

	jw_kstr(w, "model", m->model);
	jw_ki64(w, "context_tokens", m->limits.context_tokens);
	jw_ki64(w, "max_output_tokens", m->limits.max_output_tokens);
	jw_kbool(w, "images", m->images);
	if (m->priced) {
		jw_kf64(w, "input_usd", m->input);
		jw_kf64(w, "output_usd", m->output);
	}
	json_line_end(&l, t);
}

static void put_provider(struct term *t, const struct model_choice *m)
{
	term_raw(t, SLICE("\n"));
	term_line(t, TERM_BOLD, m->provider, 40);
	term_printf(t, "%*s", m->provider.len < 12 ? 12 - (int)m->provider.len : 1, "");
	term_line(t, m->ready ? TERM_GREEN : TERM_DIM, m->state, 200);
	term_raw(t, SLICE("\n"));
}

static void put_model(struct term *t, const struct model_choice *m)
{
	char in[BUDGET_TEXT], out[BUDGET_TEXT];

	term_printf(t, "  %-35.*s  ", SLICE_ARG(m->model));
	put_limits(t, m->limits.context_tokens);
	if (m->priced) {
		budget_usd(in, m->input);
		budget_usd(out, m->output);
		term_printf(t, "  %.20s in, %.20s out a million\n", in, out);
	} else {
		term_printf(t, "  price not known\n");
	}
}

static void on_choice(void *payload, const struct model_choice *m)
{
	struct cli *c = payload;
	bool json = cli_given(c, OPT_JSON);

	if (m->model.len == 0)
		(json ? put_provider_json : put_provider)(&c->out, m);
	else
		(json ? put_model_json : put_model)(&c->out, m);
}

/* The loop is there only because a model is opened with one; nothing runs on it. */
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
		model_choices(&(struct model_options){ 0 }, &p.config, &c->arena, on_choice, c);
		status = m.ok ? 0 : err_exit_code(ERR_PROVIDER);
	}
	place_release(&p);
	return status;
}
