/* cost_check.c - see cost_check.h.
 *
 * Each call of a model stands twice: as a `usage` event of its session's log, which cannot be changed unseen, and as a
 * row of the ledger, by which budgets are kept. A call with which emend died is in the ledger only, at the most that
 * it may have cost: such money is left out of the comparison, and told. */
#include "agent/cli/cost_check.h"

#include <math.h>

#include "agent/cli/json_line.h"
#include "agent/cli/sessions/session_info.h"
#include "agent/store/event_log.h"
#include "agent/store/ledger.h"
#include "protocol/base/map.h"

struct account { /* one session */
	struct usage ledger, log;
	double died_usd;
	bool logged; /* its log is there */
};

struct checking {
	struct cli *cli;
	struct map accounts; /* session -> struct account, in the command's arena */
	size_t n, differ, gone;
};

static struct account *account_of(struct checking *x, struct slice session)
{
	struct account *a = map_get(&x->accounts, session);

	if (!a) {
		a = arena_alloc(&x->cli->arena, sizeof(*a));
		*a = (struct account){ .logged = false };
		(void)map_put(&x->accounts, session, a);
	}
	return a;
}

static void take_ledger(void *payload, const struct ledger_cost *c)
{
	struct account *a = account_of(payload, c->key);

	a->ledger = c->usage;
	a->died_usd = c->died_usd;
}

static uint64_t tokens_of(struct json event, const char *key)
{
	int64_t n = json_i64_or(json_get(event, key), 0);

	return n > 0 ? (uint64_t)n : 0;
}

static bool take_event(void *payload, struct json event, struct err *err)
{
	struct account *a = payload;
	double usd = 0;

	(void)err;
	if (!json_is(json_get(event, "type"), "usage"))
		return true;
	if (json_f64(json_get(event, "usd"), &usd))
		a->log.usd += usd;
	a->log.input += tokens_of(event, "input");
	a->log.cache_read += tokens_of(event, "cache_read");
	a->log.cache_write += tokens_of(event, "cache_write");
	a->log.output += tokens_of(event, "output");
	return true;
}

/* Sums of the same numbers in another order: a millionth of a dollar is no difference. */
static bool same(const struct account *a)
{
	return fabs(a->ledger.usd - a->died_usd - a->log.usd) < 1e-6 &&
	       a->ledger.input == a->log.input && a->ledger.cache_read == a->log.cache_read &&
	       a->ledger.cache_write == a->log.cache_write && a->ledger.output == a->log.output;
}

static unsigned long long all_tokens(const struct usage *u)
{
	unsigned long long all = u->input;

	return all + u->cache_read + u->cache_write + u->output;
}

/* Calls that were killed are in the ledger alone, at their most, and no difference. */
static void tell(struct checking *x, struct slice id, const struct account *a,
		 const struct err *why)
{
	bool ok = !why && same(a);
	struct term *t = &x->cli->out;
	struct json_line l;
	struct jw *w;

	x->differ += !ok;
	if (cli_given(x->cli, OPT_JSON)) {
		w = json_line_begin(&l, "check");
		jw_kstr(w, "session", id);
		jw_kbool(w, "ok", ok);
		jw_kf64(w, "ledger_usd", a->ledger.usd);
		jw_kf64(w, "died_usd", a->died_usd);
		jw_kf64(w, "log_usd", a->log.usd);
		jw_ki64(w, "ledger_tokens", (int64_t)all_tokens(&a->ledger));
		jw_ki64(w, "log_tokens", (int64_t)all_tokens(&a->log));
		jw_kcstr(w, "error", why ? why->msg : NULL);
		json_line_end(&l, t);
		return;
	}
	term_text(t, ok ? TERM_GREEN : TERM_RED, ok ? SLICE("ok      ") : SLICE("DIFFERS "));
	term_printf(t, "%.*s: ", SLICE_ARG(id));
	if (why)
		term_line(t, TERM_PLAIN, slice_of(why->msg), 1000);
	else if (ok)
		term_printf(t, "$%.4f, %llu tokens", a->log.usd, all_tokens(&a->log));
	else
		term_printf(t,
			    "the log has $%.4f and %llu tokens, the ledger $%.4f and %llu tokens",
			    a->log.usd, all_tokens(&a->log), a->ledger.usd - a->died_usd,
			    all_tokens(&a->ledger));
	if (a->died_usd > 0)
		term_printf(t, "; and $%.4f at most for calls that were killed", a->died_usd);
	term_raw(t, SLICE("\n"));
}

/* A session without a call has no row in the ledger; its account is then made here, of zeros. */
static void check_session(struct checking *x, struct slice state, struct slice id)
{
	struct account *a = account_of(x, id);
	struct err err = { 0 };

	a->logged = true;
	x->n++;
	if (event_log_read(state, id, take_event, a, &err))
		tell(x, id, a, NULL);
	else
		tell(x, id, a, &err);
}

/* Sessions that were removed: their money was spent all the same, so the ledger keeps it. */
static void count_gone(struct checking *x)
{
	struct slice key;
	void *value;
	size_t at = 0;

	while (map_next(&x->accounts, &at, &key, &value))
		x->gone += !((struct account *)value)->logged;
}

/* The ledger is the index, the logs are the truth: each is summed up by itself. */
int cost_check(struct cli *c, struct slice state, struct ledger *ledger)
{
	struct slice *ids = arena_array(&c->arena, SESSIONS_MAX, sizeof(*ids));
	struct checking x = { .cli = c };
	struct err err = { 0 };
	bool ok;

	map_init(&x.accounts, 0);
	ok = ledger_costs(ledger, LEDGER_BY_SESSION, take_ledger, &x, &err);
	ledger_free(ledger);
	if (ok) {
		size_t n = session_list(state, &c->arena, ids, SESSIONS_MAX);

		for (size_t i = 0; i < n; i++)
			check_session(&x, state, ids[i]);
		count_gone(&x);
		if (!cli_given(c, OPT_JSON) && !cli_given(c, OPT_QUIET))
			term_printf(
				&c->out,
				"%zu session%s, %zu differ; %zu more in the ledger, whose log is "
				"gone\n",
				x.n, x.n == 1 ? "" : "s", x.differ, x.gone);
	}
	map_release(&x.accounts);
	return !ok ? cli_fail(c, &err) : x.differ > 0 ? 1 : 0;
}
