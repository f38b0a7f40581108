/* cmd_rewind.c - emend rewind [-y] [--dry-run] [SESSION] [STEP]: the steps of a session, or back to one of them.
 *
 *   no STEP: rewind_list()    STEP: put_way() --yes--> back_run() */
#include <stdlib.h>

#include "agent/base/git_path.h"
#include "agent/cli/back/back.h"
#include "agent/cli/json_line.h"
#include "agent/cli/screen/flow.h"
#include "agent/cli/screen/table.h"
#include "agent/cli/sessions/session_info.h"
#include "agent/session/rewind.h"

struct listing {
	struct cli *cli;
	const char *word;
	struct rewind_steps steps;
	struct history history;
};

/* --- the list --- */

/* The files of a step, each once; git's own as one. */
static size_t files_of(const struct listing *l, const struct rewind_step *s, struct slice *names)
{
	size_t n = 0;

	for (size_t i = 0; i < l->history.n; i++) {
		const struct past_edit *e = &l->history.edits[i];
		struct slice name = git_path_of(e->path).kind == GIT_NONE ? e->path : SLICE(".git");
		size_t k = 0;

		if (e->failed || e->step <= s->edits_before || e->step > s->edits)
			continue;
		while (k < n && !slice_eq(names[k], name))
			k++;
		if (k == n)
			names[n++] = name;
	}
	return n;
}

static void put_json(const struct listing *l, const struct rewind_step *s, bool ahead)
{
	struct slice *names = arena_array(&l->cli->arena, l->history.n + 1, sizeof(*names));
	size_t n = files_of(l, s, names);
	struct json_line line;
	struct jw *w = json_line_begin(&line, "step");

	jw_kstr(w, "session", l->steps.session);
	jw_ki64(w, "step", s->number);
	jw_kstr(w, "task", s->task);
	jw_kstr(w, "time", s->time);
	jw_kstr(w, "asked", s->asked);
	jw_kstr(w, "said", s->said);
	jw_kstr(w, "did", s->did);
	jw_karray(w, "files");
	for (size_t i = 0; i < n; i++)
		jw_str(w, names[i]);
	jw_end(w);
	jw_ki64(w, "outside", (int64_t)s->outside);
	jw_kbool(w, "ahead", ahead);
	json_line_end(&line, &l->cli->out);
}

static struct slice files_text(const struct listing *l, const struct rewind_step *s)
{
	struct arena *a = &l->cli->arena;
	struct slice *names = arena_array(a, l->history.n + 1, sizeof(*names));
	size_t n = files_of(l, s, names);

	if (n == 0)
		return SLICE("");
	return n == 1 ? names[0] : arena_printf(a, "%.*s and %zu more", SLICE_ARG(names[0]), n - 1);
}

static struct slice first_line(struct slice text)
{
	struct slice line = SLICE("");

	(void)slice_next_line(&text, &line);
	while (line.len > 0 && (line.ptr[0] == '#' || line.ptr[0] == ' ')) /* a heading */
		line = slice_sub(line, 1, line.len);
	return line;
}

/* The person's words have a row of their own, above the steps that followed from them. */
static void put_row(struct table *t, struct listing *l, const struct rewind_step *s, bool ahead)
{
	struct arena *a = &l->cli->arena;
	enum term_style style = ahead ? TERM_DIM : TERM_PLAIN;

	if (s->asked.len > 0) {
		table_cell(t, style, SLICE(""));
		table_cell(t, TERM_DIM, slice_sub(s->time, 11, 16));
		table_cell(t, style, SLICE(""));
		table_cell(t, ahead ? TERM_DIM : TERM_BOLD,
			   arena_printf(a, "> %.*s", SLICE_ARG(first_line(s->asked))));
	}
	table_cell(t, style,
		   arena_printf(a, "%lld%s", (long long)s->number, ahead ? " (ahead)" : ""));
	table_cell(t, TERM_DIM, slice_sub(s->time, 11, 16));
	table_cell(t, style, files_text(l, s));
	table_cell(t, style, s->did.len ? s->did : first_line(s->said));
}

/* What is not covered is said here, before anybody relies on it. */
static void put_foot(struct listing *l)
{
	const struct rewind_steps *s = &l->steps;
	struct arena *a = &l->cli->arena;
	struct term *t = &l->cli->out;
	size_t outside = 0;

	for (size_t i = 0; i < s->n; i++)
		outside += s->steps[i].outside;
	if (outside > 0)
		flow_line(t, TERM_YELLOW, "", TERM_PLAIN,
			  arena_printf(
				  a,
				  "Not covered: %zu change%s of commands, of whole folders or very "
				  "large files.",
				  outside, outside == 1 ? "" : "s"));
	flow_line(t, TERM_PLAIN, "", TERM_PLAIN,
		  arena_printf(
			  a,
			  "The session stands at the end of step %lld%s. `%s STEP` goes to "
			  "the end of another one, with conversation and files; 0 is before all.",
			  (long long)(s->at ? s->steps[s->at - 1].number : 0),
			  s->at < s->n ? "; what was done after it lies ahead, until the session "
					 "goes on from here"
				       : "",
			  l->word));
}

static bool listing_read(struct listing *l, const struct place *p, struct slice session,
			 struct err *err)
{
	return rewind_steps_read(&l->cli->arena, p->state, session, &l->steps, err) &&
	       history_read(&l->cli->arena, p->state, session, &l->history, err);
}

bool rewind_list(struct cli *c, const struct place *p, struct slice session, const char *word,
		 struct err *err)
{
	static const struct table_column columns[] = {
		{ .head = "step", .right = true },
		{ .head = "UTC" },
		{ .head = "files", .path = true },
		{ .head = "what", .gives = true },
	};
	struct listing l = { .cli = c, .word = word };
	struct table table;

	if (!listing_read(&l, p, session, err))
		return false;
	if (l.steps.n == 0)
		return err_set(err, ERR_NOT_FOUND, "Session %.*s has no step yet.",
			       SLICE_ARG(session));
	table_init(&table, &c->arena, columns, ARRAY_LEN(columns));
	if (!cli_given(c, OPT_JSON))
		term_printf(&c->out, "Session %.*s\n", SLICE_ARG(session));
	for (size_t i = 0; i < l.steps.n; i++) {
		if (cli_given(c, OPT_JSON))
			put_json(&l, &l.steps.steps[i], i >= l.steps.at);
		else
			put_row(&table, &l, &l.steps.steps[i], i >= l.steps.at);
	}
	if (cli_given(c, OPT_JSON))
		return true;
	table_put(&table, &c->out);
	put_foot(&l);
	return true;
}

/* --- the way --- */

/* The steps that would go, or come again, before the question. With -y, -q or --json nothing is
 * printed, but the step is still looked for: one that does not exist is an error before anything
 * starts. */
static bool put_way(struct cli *c, const struct place *p, const struct undo_spec *spec,
		    struct err *err)
{
	struct listing l = { .cli = c };
	struct past_rewind way;
	struct term *t = &c->out;
	bool forward;

	if (!listing_read(&l, p, spec->session, err) ||
	    !rewind_plan(&l.steps, spec->to, &way, &forward, err))
		return false;
	if (cli_given(c, OPT_JSON) || cli_given(c, OPT_QUIET) || cli_given(c, OPT_CONFIRM))
		return true;
	term_printf(t, "%s to step %lld of session %.*s. %s:\n", forward ? "Forward" : "Back",
		    (long long)spec->to, SLICE_ARG(spec->session),
		    forward ? "These come again" : "These go");
	for (size_t i = 0; i < l.steps.n; i++) {
		const struct rewind_step *s = &l.steps.steps[i];
		bool ahead = i >= l.steps.at, wanted = ahead == forward;

		if (!wanted || (forward ? s->number > spec->to : s->number <= spec->to))
			continue;
		flow_line(t, TERM_PLAIN,
			  arena_printf(&c->arena, "  %3lld  ", (long long)s->number).ptr,
			  TERM_PLAIN, s->did.len ? s->did : first_line(s->said));
	}
	return true;
}

/* What the words name. *to -1: no step. A word of digits is a step, any other a session or a
 * task of it. */
static bool find(struct cli *c, const struct place *p, struct slice *session, int64_t *to,
		 struct err *err)
{
	struct session_info info;
	struct slice id = SLICE("");

	*to = -1;
	for (size_t i = 0; i < c->args.n_words; i++) {
		const char *word = c->args.words[i];
		size_t len = strlen(word);

		if (len > 0 && len <= 9 && strspn(word, "0123456789") == len && *to < 0)
			*to = strtol(word, NULL, 10);
		else if (id.len == 0)
			id = slice_of(word);
		else
			return err_set(err, ERR_USAGE, "\"%s\" is no step.", word);
	}
	if (id.len == 0)
		return session_newest(&c->arena, p->state, p->workspace, session, err);
	if (!session_find(&c->arena, p->state, id, session, err) ||
	    !session_info(&c->arena, p->state, *session, &info, err))
		return false;
	return slice_eq(info.workspace, p->workspace) ||
	       err_set(err, ERR_USAGE, "Session %.*s belongs to the folder %.*s: run emend there.",
		       SLICE_ARG(*session), SLICE_ARG(info.workspace));
}

int cmd_rewind(struct cli *c)
{
	struct undo_spec spec = { .rewinds = true, .step = -1 };
	struct place p = { .loaded = false };
	struct err err = { 0 };
	int status = 0;
	bool ok;

	ok = place_init(&p, c, &err) && find(c, &p, &spec.session, &spec.to, &err);
	if (ok && spec.to < 0) {
		ok = rewind_list(c, &p, spec.session, "emend rewind", &err);
	} else if (ok) {
		ok = back_can_ask(c, "rewind", &err) && put_way(c, &p, &spec, &err);
		if (ok)
			status = cli_given(c, OPT_DRY_RUN) || back_confirmed(c)
					 ? back_run(c, &p, &spec, "rewind")
					 : err_exit_code(ERR_CANCELLED);
	}
	if (!ok)
		status = cli_fail(c, &err);
	place_release(&p);
	return status;
}
