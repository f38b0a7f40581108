/* cmd_cost.c - emend cost [--by day|model|session|project|kind] [--check]
 *
 * Sums of the ledger. A "+" behind an amount says that some calls had no price, so that it is too
 * small; a "~" that some tokens were estimated. */
#include "agent/budget/budget_text.h"
#include "agent/cli/cost_check.h"
#include "agent/cli/json_line.h"
#include "agent/cli/place.h"
#include "agent/cli/screen/flow.h"
#include "agent/cli/screen/table.h"
#include "agent/store/ledger.h"

/* The row for the total, added up while the others are printed. */
struct sum {
	struct cli *cli;
	const char *by;
	struct usage total;
	uint64_t calls, died;
	double died_usd;
	struct table table;
};

static void put_human(struct sum *s, struct slice key, uint64_t calls, const struct usage *u)
{
	uint64_t prompt = u->input + u->cache_read + u->cache_write;
	struct arena *a = &s->cli->arena;
	struct table *t = &s->table;

	table_cell(t, TERM_PLAIN, key.len > 0 ? key : SLICE("(not noted)"));
	table_cell(t, TERM_PLAIN,
		   arena_printf(a, "$%.4f%s", u->usd,
				u->unpriced    ? "+"
				: u->estimated ? "~"
					       : " "));
	table_cell(t, TERM_PLAIN, arena_printf(a, "%llu", (unsigned long long)calls));
	table_cell(t, TERM_PLAIN, arena_printf(a, "%llu", (unsigned long long)prompt));
	table_cell(t, TERM_PLAIN,
		   arena_printf(a, "%llu %%",
				(unsigned long long)(prompt ? u->cache_read * 100 / prompt : 0)));
	table_cell(t, TERM_PLAIN, arena_printf(a, "%llu", (unsigned long long)u->output));
}

/* A row of the ledger's answer. What died with emend is in the cost, and told apart below. */
static void put(void *payload, const struct ledger_cost *r)
{
	struct sum *s = payload;
	struct json_line l;
	struct jw *w;

	s->calls += r->calls;
	s->total.usd += r->usage.usd;
	s->total.input += r->usage.input;
	s->total.cache_read += r->usage.cache_read;
	s->total.cache_write += r->usage.cache_write;
	s->total.output += r->usage.output;
	s->total.unpriced = s->total.unpriced || r->usage.unpriced;
	s->total.estimated = s->total.estimated || r->usage.estimated;
	s->died += r->died;
	s->died_usd += r->died_usd;
	if (!cli_given(s->cli, OPT_JSON)) {
		put_human(s, r->key, r->calls, &r->usage);
		return;
	}
	w = json_line_begin(&l, "cost");
	jw_kstr(w, s->by, r->key);
	jw_ki64(w, "calls", (int64_t)r->calls);
	jw_ki64(w, "input", (int64_t)r->usage.input);
	jw_ki64(w, "cache_read", (int64_t)r->usage.cache_read);
	jw_ki64(w, "cache_write", (int64_t)r->usage.cache_write);
	jw_ki64(w, "output", (int64_t)r->usage.output);
	jw_ki64(w, "reasoning", (int64_t)r->usage.reasoning);
	jw_kf64(w, "usd", r->usage.usd);
	jw_kbool(w, "unpriced", r->usage.unpriced);
	jw_kbool(w, "estimated", r->usage.estimated);
	jw_ki64(w, "died", (int64_t)r->died);
	jw_kf64(w, "died_usd", r->died_usd);
	json_line_end(&l, &s->cli->out);
}

static void put_notes(struct cli *c, const struct sum *s)
{
	char usd[BUDGET_TEXT];

	if (s->total.unpriced)
		term_printf(&c->out, "+ some calls had no known price.\n");
	if (s->total.estimated)
		term_printf(&c->out,
			    "~ partly an estimate: the provider did not say what some calls "
			    "used.\n");
	if (s->died == 0)
		return;
	budget_usd(usd, s->died_usd);
	flow_line(&c->out, TERM_PLAIN, "  ", TERM_PLAIN,
		  arena_printf(&c->arena,
			       "%llu call%s ended with emend itself, killed before the answer was "
			       "complete: counted at the most that %s, %s.",
			       (unsigned long long)s->died, s->died == 1 ? "" : "s",
			       s->died == 1 ? "it may have cost" : "they may have cost", usd));
}

int cmd_cost(struct cli *c)
{
	/* in the order of enum ledger_by */
	static const char *const names[] = { "day", "model", "session", "project", "kind" };
	static const struct table_column columns[] = {
		{ .head = "", .gives = true, .path = true }, { .head = "cost ", .right = true },
		{ .head = "calls", .right = true },	     { .head = "tokens in", .right = true },
		{ .head = "from cache", .right = true },     { .head = "out", .right = true },
	};
	struct sum sum = { .cli = c, .by = c->args.by ? c->args.by : "day" };
	struct ledger *ledger;
	struct slice state;
	struct err err = { 0 };
	size_t by = 0;
	bool ok;

	while (by < ARRAY_LEN(names) && strcmp(names[by], sum.by) != 0)
		by++;
	if (by == ARRAY_LEN(names))
		return cli_usage(
			c, "--by: expected day, model, session, project or kind, found \"%.40s\".",
			sum.by);
	if (!state_dir(&c->arena, &state, &err))
		return cli_fail(c, &err);
	table_init(&sum.table, &c->arena, columns, ARRAY_LEN(columns));
	ledger = ledger_new(state);
	if (cli_given(c, OPT_CHECK))
		return cost_check(c, state, ledger);
	ok = ledger_costs(ledger, (enum ledger_by)by, put, &sum, &err);
	ledger_free(ledger);
	if (ok && !cli_given(c, OPT_JSON)) {
		put_human(&sum, SLICE("total"), sum.calls, &sum.total);
		table_put(&sum.table, &c->out);
		put_notes(c, &sum);
	}
	return ok ? 0 : cli_fail(c, &err);
}
