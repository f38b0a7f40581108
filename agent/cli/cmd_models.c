/* cmd_models.c - emend models: which model would be used now, and what can be chosen: every provider, whether it
 * is set up or what it lacks, and the models that are known by name. Keys are never printed. */
#include "agent/budget/budget_text.h"
#include "agent/cli/json_line.h"
#include "agent/cli/model_check.h"
#include "agent/cli/screen/flow.h"
#include "agent/cli/screen/table.h"
#include "agent/model/choices.h"

enum { NAME_COLUMNS = 35 };

struct lister {
	struct cli *cli;
	struct table table; /* of one provider */
};

static const struct table_column columns[] = {
	{ .head = "" },
	{ .head = "", .right = true },
	{ .head = "", .right = true },
	{ .head = "", .right = true },
};

/* In thousands: no window is told more exactly than that. */
static struct slice window_text(struct arena *a, uint32_t context_tokens)
{
	if (context_tokens >= 1000 * 1000)
		return arena_printf(a, "%u,%03u,000 tokens", context_tokens / 1000 / 1000,
				    context_tokens / 1000 % 1000);
	if (context_tokens >= 1000)
		return arena_printf(a, "%u,000 tokens", context_tokens / 1000);
	return SLICE("window not known");
}

static void put_chosen(struct cli *c, const struct model_check *m)
{
	struct term *t = &c->out;

	term_printf(t, "model: ");
	term_line(t, TERM_BOLD, m->name.len ? m->name : SLICE("none"), 200);
	term_printf(t, "%s\n",
		    m->default_name && m->name.len ? " (by what is set up; --model chooses another)"
						   : "");
	if (m->ok)
		flow_line(t, TERM_PLAIN, "  ", TERM_PLAIN,
			  arena_printf(&c->arena, "ready; window: %.*s; %s",
				       SLICE_ARG(window_text(&c->arena, m->limits.context_tokens)),
				       m->priced
					       ? "price known"
					       : "price not known: limited by tokens (2,000,000 a "
						 "task), not by dollars"));
	else
		flow_line(t, TERM_YELLOW, "  ", TERM_PLAIN, slice_of(m->why.msg));
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

/* The models of the one before, in columns that are those of all. */
static void put_models(struct lister *l)
{
	table_put(&l->table, &l->cli->out);
	table_init(&l->table, &l->cli->arena, columns, ARRAY_LEN(columns));
}

static void put_provider(struct lister *l, const struct model_choice *m)
{
	struct term *t = &l->cli->out;

	put_models(l);
	term_raw(t, SLICE("\n"));
	flow_line(t, m->ready ? TERM_GREEN : TERM_DIM,
		  arena_printf(&l->cli->arena, "%-12.*s", SLICE_ARG(slice_sub(m->provider, 0, 40)))
			  .ptr,
		  TERM_BOLD, m->state);
}

static void put_model(struct lister *l, const struct model_choice *m)
{
	struct arena *a = &l->cli->arena;
	char in[BUDGET_TEXT], out[BUDGET_TEXT];

	table_cell(&l->table, TERM_PLAIN,
		   arena_printf(a, "  %-*.*s", NAME_COLUMNS, SLICE_ARG(m->model)));
	table_cell(&l->table, TERM_PLAIN, window_text(a, m->limits.context_tokens));
	if (m->priced) {
		budget_usd(in, m->input);
		budget_usd(out, m->output);
		table_cell(&l->table, TERM_PLAIN, arena_printf(a, "%.20s in", in));
		table_cell(&l->table, TERM_PLAIN, arena_printf(a, "%.20s out", out));
	} else {
		table_cell(&l->table, TERM_PLAIN, SLICE("price not known"));
		table_cell(&l->table, TERM_PLAIN, SLICE(""));
	}
}

static void on_choice(void *payload, const struct model_choice *m)
{
	struct lister *l = payload;
	bool json = cli_given(l->cli, OPT_JSON);

	if (m->model.len == 0 && json)
		put_provider_json(&l->cli->out, m);
	else if (json)
		put_model_json(&l->cli->out, m);
	else if (m->model.len == 0)
		put_provider(l, m);
	else
		put_model(l, m);
}

static void put_choices(struct cli *c, const struct config *config)
{
	struct lister l = { .cli = c };
	bool json = cli_given(c, OPT_JSON);

	table_init(&l.table, &c->arena, columns, ARRAY_LEN(columns));
	if (!json) {
		term_raw(&c->out, SLICE("\n"));
		flow_line(&c->out, TERM_DIM, "", TERM_PLAIN,
			  SLICE("What can be chosen, with window and price of a million tokens:"));
	}
	model_choices(&(struct model_options){ 0 }, config, &c->arena, on_choice, &l);
	if (!json)
		put_models(&l);
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
		put_choices(c, &p.config);
		status = m.ok ? 0 : err_exit_code(ERR_PROVIDER);
	}
	place_release(&p);
	return status;
}
