/* cmd_sessions.c - emend sessions [list | show ID | resume ID [INSTRUCTION] | fork ID [INSTRUCTION] | rm ID...] */
#include "agent/cli/json_line.h"
#include "agent/cli/screen/flow.h"
#include "agent/cli/screen/table.h"
#include "agent/cli/sessions/session_info.h"
#include "agent/cli/task/task_cmd.h"
#include "agent/store/event_log.h"

enum { LISTED = 20 };

static void put_row(struct cli *c, struct table *t, const struct session_info *s,
		    const struct err *damage)
{
	struct arena *a = &c->arena;

	table_cell(t, TERM_BOLD, s->id);
	table_cell(t, TERM_DIM,
		   arena_printf(a, "%.*s %.*s", SLICE_ARG(slice_sub(s->last_time, 0, 10)),
				SLICE_ARG(slice_sub(s->last_time, 11, 16))));
	table_cell(t, damage ? TERM_RED : TERM_PLAIN, damage ? SLICE("DAMAGED") : s->status);
	table_cell(t, TERM_PLAIN, arena_printf(a, "$%.4f", s->usd));
	table_cell(t, TERM_PLAIN, s->title.len ? s->title : SLICE("(nothing was asked)"));
	if (cli_given(c, OPT_ALL))
		table_cell(t, TERM_DIM, s->workspace);
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

/* Those of this folder, or of all; damaged ones too where it is not known what they belong to. */
static bool wanted(const struct cli *c, const struct session_info *s, struct slice workspace,
		   bool ok)
{
	return cli_given(c, OPT_ALL) || !ok || slice_eq(s->workspace, workspace);
}

/* Every log that is listed is read as a whole; those of other folders are passed over by a look
 * at their first line (session_is_elsewhere). Each has an arena of its own, as there may be
 * thousands. */
int sessions_list(struct cli *c, struct slice state)
{
	static const struct table_column columns[] = {
		{ .head = "session" },
		{ .head = "last (UTC)" },
		{ .head = "state" },
		{ .head = "cost", .right = true },
		{ .head = "title", .gives = true },
		{ .head = "folder", .path = true },
	};
	struct slice *ids = arena_array(&c->arena, SESSIONS_MAX, sizeof(*ids)), workspace;
	size_t n = session_list(state, &c->arena, ids, SESSIONS_MAX), shown = 0, i = 0;
	size_t most = c->args.limit ? (size_t)c->args.limit : LISTED;
	struct err err = { 0 };
	struct table t;

	if (!place_workspace(c, &workspace, &err))
		return cli_fail(c, &err);
	table_init(&t, &c->arena, columns, ARRAY_LEN(columns) - (cli_given(c, OPT_ALL) ? 0 : 1));
	for (; i < n && shown < most; i++) {
		struct session_info s;
		struct err damage;
		struct arena a;
		bool ok;

		if (!cli_given(c, OPT_ALL) && session_is_elsewhere(state, ids[i], workspace))
			continue;
		arena_init(&a);
		ok = session_info(&a, state, ids[i], &s, &damage);
		if (wanted(c, &s, workspace, ok)) {
			shown++;
			if (cli_given(c, OPT_JSON))
				put_json(c, &s, ok ? NULL : &damage);
			else
				put_row(c, &t, &s, ok ? NULL : &damage);
		}
		arena_release(&a);
	}
	if (cli_given(c, OPT_JSON))
		return 0;
	table_put(&t, &c->out);
	if (shown == 0)
		term_printf(&c->out,
			    n == 0 ? "There is no session yet.\n"
				   : "There is no session of this folder yet; with --all those of "
				     "other folders are listed.\n");
	else if (i < n)
		flow_line(&c->out, TERM_DIM, "", TERM_DIM,
			  arena_printf(&c->arena,
				       "The newest %zu. More: emend sessions --limit %zu", shown,
				       2 * most));
	return 0;
}

/* The session's own folder, unless -C names one; it goes on there or nowhere. */
static int resume(struct cli *c, struct slice id, struct slice instruction, bool fork)
{
	struct task_spec spec = { .session = id, .instruction = instruction, .fork = fork };
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

/* The names after the word rm. It ends with the first that cannot be removed. */
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

static bool is_one_of(const char *what)
{
	static const char *const words[] = { "show", "resume", "fork", "rm" };

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (strcmp(what, words[i]) == 0)
			return true;
	return false;
}

int cmd_sessions(struct cli *c)
{
	const char *what = c->args.n_words ? c->args.words[0] : "list";
	struct slice state, id;
	struct err err = { 0 };

	if (!state_dir(&c->arena, &state, &err))
		return cli_fail(c, &err);
	if (strcmp(what, "list") == 0)
		return sessions_list(c, state);
	if (!is_one_of(what))
		return cli_usage(
			c,
			"There is no `emend sessions %.40s`; there are list, show, resume, "
			"fork and rm.",
			what);
	if (c->args.n_words < 2)
		return cli_usage(c, "Which session? `emend sessions` lists them.");
	if (strcmp(what, "rm") == 0)
		return remove_all(c, state);
	if (!session_find(&c->arena, state, slice_of(c->args.words[1]), &id, &err))
		return cli_fail(c, &err);
	if (strcmp(what, "show") != 0)
		return resume(c, id, task_words(c, 2), strcmp(what, "fork") == 0);
	return session_show(&c->out, state, id, &err) ? 0 : cli_fail(c, &err);
}
