/* cmd_replay.c - emend replay ID...: a recorded session again, offline, up to the first difference. */
#include "agent/cli/json_line.h"
#include "agent/cli/screen/flow.h"
#include "agent/cli/sessions/session_info.h"
#include "agent/session/replay_check.h"
#include "agent/store/event_log.h"

static void put_json(struct cli *c, struct slice id, const struct replay_result *r)
{
	struct json_line l;
	struct jw *w = json_line_begin(&l, "replay");

	jw_kstr(w, "session", id);
	jw_kbool(w, "same", !r->differs);
	jw_ki64(w, "calls", (int64_t)r->calls);
	jw_ki64(w, "conversations", (int64_t)r->conversations);
	jw_ki64(w, "shortened", (int64_t)r->shortened);
	jw_ki64(w, "answers", (int64_t)r->answers);
	jw_ki64(w, "unkept", (int64_t)r->unkept);
	jw_ki64(w, "results", (int64_t)r->results);
	if (r->differs) {
		jw_ki64(w, "event", (int64_t)r->event);
		jw_kstr(w, "difference", r->what);
	}
	json_line_end(&l, &c->out);
}

/* What could not be compared is said, too: the word "same" must not promise more. */
static void put_text(struct cli *c, struct slice id, const struct replay_result *r)
{
	struct arena *a = &c->arena;
	struct slice rest = SLICE("");

	if (r->differs) {
		flow_line(&c->out, TERM_RED, "differs ", TERM_PLAIN,
			  arena_printf(a, "%.*s, event %llu: %.*s", SLICE_ARG(id),
				       (unsigned long long)r->event, SLICE_ARG(r->what)));
		return;
	}
	if (r->unkept > 0)
		rest = arena_printf(a, "; %zu answer%s without bytes", r->unkept,
				    r->unkept == 1 ? "" : "s");
	if (r->shortened > 0)
		rest = arena_printf(a, "%.*s; %zu shortened conversation%s not compared",
				    SLICE_ARG(rest), r->shortened, r->shortened == 1 ? "" : "s");
	flow_line(&c->out, TERM_GREEN, "same    ", TERM_PLAIN,
		  arena_printf(a,
			       "%.*s: %zu call%s of the model, %zu conversation%s and %zu answer%s "
			       "compared, %zu result%s of tools%.*s",
			       SLICE_ARG(id), r->calls, r->calls == 1 ? "" : "s", r->conversations,
			       r->conversations == 1 ? "" : "s", r->answers,
			       r->answers == 1 ? "" : "s", r->results, r->results == 1 ? "" : "s",
			       SLICE_ARG(rest)));
}

/* *same: nothing differs. False: *err. */
static bool replay_one(struct cli *c, struct slice state, struct slice id, bool *same,
		       struct err *err)
{
	struct replay_result r;
	struct arena a;
	bool ok;

	arena_init(&a);
	ok = replay_check(&a, state, id, &r, err);
	if (ok && cli_given(c, OPT_JSON))
		put_json(c, id, &r);
	else if (ok)
		put_text(c, id, &r);
	*same = ok && !r.differs;
	arena_release(&a);
	return ok;
}

/* A session that cannot be read is told of, and the next one is looked at. */
static int replay_all(struct cli *c, struct slice state)
{
	struct slice *ids = arena_array(&c->arena, SESSIONS_MAX, sizeof(*ids));
	size_t n = session_list(state, &c->arena, ids, SESSIONS_MAX);
	struct err err = { 0 };
	int status = 0;
	bool same;

	for (size_t i = 0; i < n; i++) {
		if (!replay_one(c, state, ids[i], &same, &err))
			status = cli_fail(c, &err);
		else if (!same)
			status = 1;
	}
	return status;
}

int cmd_replay(struct cli *c)
{
	struct slice state, id;
	struct err err = { 0 };
	int status = 0;
	bool same;

	if (!state_dir(&c->arena, &state, &err))
		return cli_fail(c, &err);
	if (cli_given(c, OPT_ALL))
		return c->args.n_words ? cli_usage(c, "--all takes no session.")
				       : replay_all(c, state);
	if (c->args.n_words == 0)
		return cli_usage(c, "Which session? `emend sessions` lists them; --all is each.");
	for (size_t i = 0; i < c->args.n_words; i++) {
		if (!session_find(&c->arena, state, slice_of(c->args.words[i]), &id, &err) ||
		    !replay_one(c, state, id, &same, &err))
			return cli_fail(c, &err);
		status = same ? status : 1;
	}
	return status;
}
