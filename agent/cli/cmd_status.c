/* cmd_status.c - emend status [TASK|SESSION|STEP]: what happened in this folder, and what was spent; or
 * what one task changed. */
#include "agent/cli/json_line.h"
#include "agent/cli/screen/flow.h"
#include "agent/cli/screen/table.h"
#include "agent/cli/target.h"
#include "agent/store/event_log.h"
#include "agent/store/ledger.h"

/* without a name the newest tasks; with one all are looked through for it */
enum { ROWS = 10, ALL_ROWS = 10000 };

struct lister {
	struct cli *cli;
	struct slice state; /* the folder */
	struct table table;
	struct slice only; /* the task or session that is wanted; "": all */
	struct slice ways; /* how what was broken off goes on, a line for each */
};

/* "2026-11-21T18:40:03.123Z": to the minute, for people. */
static struct slice when(struct arena *a, struct slice time)
{
	return arena_printf(a, "%.*s %.*s", SLICE_ARG(slice_sub(time, 0, 10)),
			    SLICE_ARG(slice_sub(time, 11, 16)));
}

/* A task that has no end yet runs, or was killed: the lock of its session's log tells which. Of a session
 * that went on since, only the newest task can be the one that runs. */
static enum session_use use_of(const struct lister *l, const struct ledger_row *r)
{
	if (!slice_eq_cstr(r->status, "unfinished") || !r->newest)
		return SESSION_GONE;
	return session_use(l->state, r->session);
}

static void put_json(struct cli *c, const struct ledger_row *r, enum session_use use)
{
	struct json_line l;
	struct jw *w = json_line_begin(&l, "task");

	jw_kstr(w, "session", r->session);
	jw_kstr(w, "task", r->task);
	jw_kstr(w, "title", r->title);
	jw_kstr(w, "status", use == SESSION_IN_USE ? SLICE("running") : r->status);
	jw_kstr(w, "time", r->time);
	jw_kf64(w, "usd", r->usd);
	if (use == SESSION_IDLE)
		jw_kbool(w, "resumable", true);
	json_line_end(&l, &c->out);
}

/* Filtered here: the ledger is asked by folder. */
static void take_row(void *payload, const struct ledger_row *r)
{
	struct lister *l = payload;
	struct arena *a = &l->cli->arena;
	struct slice status = r->status;
	enum session_use use;

	if (l->only.len > 0 && !slice_eq(l->only, r->task) && !slice_eq(l->only, r->session))
		return;
	use = use_of(l, r);
	if (cli_given(l->cli, OPT_JSON)) {
		put_json(l->cli, r, use);
		return;
	}
	if (use == SESSION_IN_USE)
		status = SLICE("running");
	else if (use == SESSION_IDLE)
		l->ways = arena_printf(
			a, "%.*s%.*s was broken off; it goes on with: emend sessions resume %.*s\n",
			SLICE_ARG(l->ways), SLICE_ARG(r->task), SLICE_ARG(r->session));
	table_cell(&l->table, TERM_DIM, when(a, r->time));
	table_cell(&l->table, TERM_PLAIN, r->task);
	table_cell(&l->table,
		   use == SESSION_IN_USE || slice_eq_cstr(status, "done") ? TERM_GREEN
									  : TERM_YELLOW,
		   status);
	table_cell(&l->table, TERM_PLAIN, arena_printf(a, "$%.4f", r->usd));
	table_cell(&l->table, TERM_PLAIN, r->title);
}

/* The rows come from the ledger, which has them without reading a log. */
static bool put_tasks(struct cli *c, const struct place *p, struct ledger *ledger,
		      struct slice only, struct err *err)
{
	static const struct table_column columns[] = {
		{ .head = "when (UTC)" },
		{ .head = "task" },
		{ .head = "state" },
		{ .head = "cost", .right = true },
		{ .head = "title", .gives = true },
	};
	struct lister l = { .cli = c, .state = p->state, .only = only };
	struct slice line;

	table_init(&l.table, &c->arena, columns, ARRAY_LEN(columns));
	if (!ledger_tasks(ledger, p->workspace, only.len ? ALL_ROWS : ROWS, take_row, &l, err))
		return false;
	table_put(&l.table, &c->out);
	while (slice_next_line(&l.ways, &line))
		flow_line(&c->out, TERM_PLAIN, "", TERM_PLAIN, line);
	if (l.table.n == 0 && only.len == 0 && !cli_given(c, OPT_JSON))
		term_printf(&c->out, "No task has run in this folder yet.\n");
	return true;
}

/* The files that it changed, and whether its last change of each still stands. */
static void put_files(struct cli *c, const struct target *t)
{
	struct json_line l;
	size_t n = 0;

	for (size_t i = 0; i < t->history.n; i++) {
		const struct past_edit *e = &t->history.edits[i];
		size_t next = e->next;
		bool undone = e->undone;

		while (next != SIZE_MAX && !target_has(t, &t->history.edits[next]))
			next = t->history.edits[next].next;
		if (!target_has(t, e) || e->failed || next != SIZE_MAX)
			continue;
		if (cli_given(c, OPT_JSON)) {
			struct jw *w = json_line_begin(&l, "file");

			jw_kstr(w, "path", e->path);
			jw_ki64(w, "step", e->step);
			jw_kbool(w, "undone", undone);
			json_line_end(&l, &c->out);
			continue;
		}
		if (n++ == 0)
			term_printf(&c->out, "\nfiles changed by %.*s:\n", SLICE_ARG(t->id));
		flow_line(&c->out, undone ? TERM_DIM : TERM_PLAIN, "  ", TERM_PLAIN,
			  arena_printf(&c->arena, "%.*s (step %lld%s)", SLICE_ARG(e->path),
				       (long long)e->step, undone ? ", undone" : ""));
	}
}

static void put_head(struct cli *c, const struct place *p, const struct config *config,
		     double spent)
{
	struct slice model =
		config->model.len ? config->model : SLICE("the first whose key is set");
	struct json_line l;
	struct jw *w;

	if (!cli_given(c, OPT_JSON)) {
		flow_line(&c->out, TERM_PLAIN, "folder: ", TERM_DIM, p->workspace);
		flow_line(&c->out, TERM_PLAIN, "model:  ", TERM_DIM, model);
		flow_line(&c->out, TERM_PLAIN, "mode:   ", TERM_DIM,
			  slice_of(mode_name(config->mode)));
		flow_line(&c->out, TERM_PLAIN, "spent:  ", TERM_DIM,
			  arena_printf(&c->arena, "$%.4f of $%.2f today (UTC)", spent,
				       config->budget.day_usd));
		term_raw(&c->out, SLICE("\n"));
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

/* The settings are narrowed by the project's, so that what is shown is what a task here would
 * have. */
static bool show(struct cli *c, const struct place *p, struct ledger *ledger, struct err *err)
{
	struct err ignored = { 0 };
	struct config narrow;
	struct target t;
	double spent = 0;
	bool ok;

	if (!place_narrow(c, p, &narrow, NULL, err))
		return false;
	ok = ledger_spent_today(ledger, &spent, err);
	if (ok) {
		put_head(c, p, &narrow, spent);
		ok = put_tasks(c, p, ledger, SLICE(""), err);
	}
	/* What the newest one changed: there may be nothing. */
	if (ok && target_find(c, p, "", &t, &ignored))
		put_files(c, &t);
	config_release(&narrow);
	return ok;
}

static bool show_one(struct cli *c, const struct place *p, struct ledger *ledger, struct err *err)
{
	struct target t;

	if (!target_find(c, p, c->args.words[0], &t, err) || !put_tasks(c, p, ledger, t.id, err))
		return false;
	put_files(c, &t);
	return true;
}

int cmd_status(struct cli *c)
{
	struct place p = { .loaded = false };
	struct ledger *ledger = NULL;
	struct err err = { 0 };
	int status = 0;
	bool ok;

	ok = place_init(&p, c, &err);
	if (ok) {
		ledger = ledger_new(p.state);
		ok = (c->args.n_words ? show_one : show)(c, &p, ledger, &err);
		ledger_free(ledger);
	}
	if (!ok)
		status = cli_fail(c, &err);
	place_release(&p);
	return status;
}
