/* cmd_status.c - emend status: what happened in this folder, and what was spent. */
#include "agent/cli/json_line.h"
#include "agent/cli/place.h"
#include "agent/store/ledger.h"

enum { ROWS = 10 };

static void put_row(void *payload, const struct ledger_row *r)
{
	struct cli *c = payload;
	struct term *t = &c->out;
	struct json_line l;
	struct jw *w;

	if (cli_given(c, OPT_JSON)) {
		w = json_line_begin(&l, "task");
		jw_kstr(w, "session", r->session);
		jw_kstr(w, "task", r->task);
		jw_kstr(w, "title", r->title);
		jw_kstr(w, "status", r->status);
		jw_kstr(w, "time", r->time);
		jw_kf64(w, "usd", r->usd);
		json_line_end(&l, t);
		return;
	}
	term_raw(t, SLICE("  "));
	term_line(t, TERM_DIM, slice_sub(r->time, 0, 16), 20);
	term_raw(t, SLICE("  "));
	term_line(t, TERM_PLAIN, r->task, 20);
	term_raw(t, SLICE("  "));
	term_line(t, slice_eq_cstr(r->status, "done") ? TERM_GREEN : TERM_YELLOW, r->status, 20);
	term_printf(t, "  $%.4f  ", r->usd);
	term_line(t, TERM_PLAIN, r->title, 100);
	term_raw(t, SLICE("\n"));
}

static void put_head(struct cli *c, const struct place *p, const struct config *config,
		     double spent)
{
	struct slice model =
		config->model.len ? config->model : SLICE("the first whose key is set");
	struct json_line l;
	struct jw *w;

	if (!cli_given(c, OPT_JSON)) {
		term_printf(&c->out, "folder: ");
		term_line(&c->out, TERM_PLAIN, p->workspace, 4000);
		term_printf(&c->out, "\nmodel: ");
		term_line(&c->out, TERM_PLAIN, model, 200);
		term_printf(&c->out, "\nmode: %s\nspent today (UTC): $%.4f of $%.2f\n",
			    mode_name(config->mode), spent, config->budget.day_usd);
		return;
	}
	w = json_line_begin(&l, "status");
	jw_kstr(w, "workspace", p->workspace);
	jw_kstr(w, "model", config->model);
	jw_kcstr(w, "mode", mode_name(config->mode));
	jw_kf64(w, "spent_today_usd", spent);
	jw_kf64(w, "day_usd", config->budget.day_usd);
	json_line_end(&l, &c->out);
}

static bool show(struct cli *c, const struct place *p, struct err *err)
{
	struct ledger *ledger = ledger_new(p->state);
	struct config narrow;
	double spent = 0;
	bool ok;

	ok = place_narrow(p, &narrow, err);
	if (ok) {
		ok = ledger_spent_today(ledger, &spent, err);
		if (ok) {
			put_head(c, p, &narrow, spent);
			if (!cli_given(c, OPT_JSON))
				term_printf(&c->out, "newest tasks here:\n");
			ok = ledger_tasks(ledger, p->workspace, ROWS, put_row, c, err);
		}
		config_release(&narrow);
	}
	ledger_free(ledger);
	return ok;
}

int cmd_status(struct cli *c)
{
	struct place p = { .loaded = false };
	struct err err = { 0 };
	int status = 0;

	if (!place_init(&p, c, &err) || !show(c, &p, &err))
		status = cli_fail(c, &err);
	place_release(&p);
	return status;
}
