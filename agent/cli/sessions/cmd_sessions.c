/* cmd_sessions.c - emend sessions [list | show ID | resume ID [INSTRUCTION] | rm ID...] */
#include "agent/cli/json_line.h"
#include "agent/cli/sessions/session_info.h"
#include "agent/cli/task/task_cmd.h"
#include "agent/store/event_log.h"

static void put_row(struct cli *c, const struct session_info *s, const struct err *damage)
{
	struct term *t = &c->out;

	term_line(t, TERM_BOLD, s->id, 40);
	term_raw(t, SLICE("  "));
	term_line(t, TERM_DIM, slice_sub(s->last_time, 0, 16), 40);
	term_raw(t, SLICE("  "));
	term_line(t, TERM_PLAIN, damage ? SLICE("DAMAGED") : s->status, 20);
	term_printf(t, "  $%.4f  ", s->usd);
	term_line(t, TERM_PLAIN, s->title, 80);
	term_raw(t, SLICE("  "));
	term_line(t, TERM_DIM, s->workspace, 200);
	term_raw(t, SLICE("\n"));
}

static void put_json(struct cli *c, const struct session_info *s, const struct err *damage)
{
	struct json_line l;
	struct jw *w = json_line_begin(&l, "session");

	jw_kstr(w, "session", s->id);
	jw_kstr(w, "workspace", s->workspace);
	jw_kstr(w, "title", s->title);
	jw_kstr(w, "model", s->model);
	jw_kstr(w, "status", s->status);
	jw_kstr(w, "started", s->first_time);
	jw_kstr(w, "changed", s->last_time);
	jw_ki64(w, "tasks", (int64_t)s->tasks);
	jw_kf64(w, "usd", s->usd);
	jw_kcstr(w, "damage", damage ? damage->msg : NULL);
	json_line_end(&l, &c->out);
}

static int list(struct cli *c, struct slice state)
{
	struct slice *ids = arena_array(&c->arena, SESSIONS_MAX, sizeof(*ids));
	size_t n = session_list(state, &c->arena, ids, SESSIONS_MAX);

	if (n == 0 && !cli_given(c, OPT_JSON))
		term_printf(&c->out, "There is no session yet.\n");
	for (size_t i = 0; i < n; i++) {
		struct session_info s;
		struct err damage;
		struct arena a;
		bool ok;

		arena_init(&a);
		ok = session_info(&a, state, ids[i], &s, &damage);
		if (cli_given(c, OPT_JSON))
			put_json(c, &s, ok ? NULL : &damage);
		else
			put_row(c, &s, ok ? NULL : &damage);
		arena_release(&a);
	}
	return 0;
}

/* The session's own folder, unless -C names one; it goes on there or nowhere. */
static int resume(struct cli *c, struct slice id, struct slice instruction)
{
	struct task_spec spec = { .session = id, .instruction = instruction };
	struct place p = { .loaded = false };
	struct session_info s;
	struct err err = { 0 };
	struct slice state;
	int status;

	if (!state_dir(&c->arena, &state, &err) || !session_info(&c->arena, state, id, &s, &err))
		return cli_fail(c, &err);
	if (!c->args.dir && s.workspace.len > 0)
		c->args.dir = arena_cstr(&c->arena, s.workspace);
	if (instruction.len == 0)
		spec.instruction = SLICE("Continue where you stopped.");
	if (place_init(&p, c, &err))
		status = task_cmd(c, &p, &spec, false);
	else
		status = cli_fail(c, &err);
	place_release(&p);
	return status;
}

static int remove_all(struct cli *c, struct slice state)
{
	struct err err = { 0 };
	struct slice id;

	for (size_t i = 1; i < c->args.n_words; i++) {
		if (!session_find(&c->arena, state, slice_of(c->args.words[i]), &id, &err) ||
		    !session_remove(state, id, &err))
			return cli_fail(c, &err);
		if (!cli_given(c, OPT_QUIET) && !cli_given(c, OPT_JSON))
			term_printf(&c->out, "removed %.*s\n", SLICE_ARG(id));
	}
	return 0;
}

int cmd_sessions(struct cli *c)
{
	const char *what = c->args.n_words ? c->args.words[0] : "list";
	struct slice state, id;
	struct err err = { 0 };

	if (!state_dir(&c->arena, &state, &err))
		return cli_fail(c, &err);
	if (strcmp(what, "list") == 0)
		return list(c, state);
	if (strcmp(what, "show") != 0 && strcmp(what, "resume") != 0 && strcmp(what, "rm") != 0)
		return cli_usage(
			c,
			"There is no `emend sessions %.40s`; there are list, show, resume and rm.",
			what);
	if (c->args.n_words < 2)
		return cli_usage(c, "Which session? `emend sessions` lists them.");
	if (strcmp(what, "rm") == 0)
		return remove_all(c, state);
	if (!session_find(&c->arena, state, slice_of(c->args.words[1]), &id, &err))
		return cli_fail(c, &err);
	if (strcmp(what, "resume") == 0)
		return resume(c, id, task_words(c, 2));
	return session_show(&c->out, state, id, &err) ? 0 : cli_fail(c, &err);
}
