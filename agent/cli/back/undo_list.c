/* undo_list.c - emend undo --list: the tasks of this folder whose changes stand, newest first, each with its steps. */
#include "agent/cli/back/back.h"

#include "agent/base/git_path.h"
#include "agent/cli/json_line.h"
#include "agent/cli/screen/table.h"
#include "agent/cli/sessions/session_info.h"
#include "agent/store/event_log.h"

enum { ROWS = 20, FILES = 3 };

struct lister {
	struct cli *cli;
	const struct place *place;
	struct table table;
	struct arena *arena; /* of the session in hand */
	size_t n, max;
};

/* The same question that the undo itself asks, so that the list shows exactly what it would do. */
static bool stands(const struct history *h, const struct past_task *t, const struct past_edit *e)
{
	struct change_undo_spec s = { .history = h, .task = t->id, .only = -1 };

	return slice_eq(e->task, t->id) && change_undo_wants(&s, e);
}

static void put_json(struct lister *l, const struct history *h, const struct past_task *t)
{
	struct json_line line;
	struct jw *w = json_line_begin(&line, "task");

	jw_kstr(w, "session", h->session);
	jw_kstr(w, "task", t->id);
	jw_kstr(w, "time", t->time);
	jw_kstr(w, "title", t->title);
	jw_karray(w, "steps");
	for (size_t i = 0; i < h->n; i++) {
		if (!stands(h, t, &h->edits[i]))
			continue;
		jw_object(w);
		jw_ki64(w, "step", h->edits[i].step);
		jw_kstr(w, "path", h->edits[i].path);
		jw_end(w);
	}
	jw_end(w);
	json_line_end(&line, &l->cli->out);
}

/* "1-4", "3": the steps have numbers one after the other, but for those that were undone. */
static struct slice steps_text(struct arena *a, int64_t first, int64_t last)
{
	return first == last ? arena_printf(a, "%lld", (long long)first)
			     : arena_printf(a, "%lld-%lld", (long long)first, (long long)last);
}

/* A few names, git's own files as one, and how many more. */
static struct slice files_text(struct lister *l, const struct history *h, const struct past_task *t)
{
	struct slice out = SLICE(""), names[FILES];
	struct arena *a = l->arena;
	size_t n = 0, more = 0;

	for (size_t i = 0; i < h->n; i++) {
		const struct past_edit *e = &h->edits[i];
		struct slice name = git_path_of(e->path).kind == GIT_NONE ? e->path : SLICE(".git");
		size_t k = 0;

		if (!stands(h, t, e) || (e->prev != SIZE_MAX && stands(h, t, &h->edits[e->prev])))
			continue;
		while (k < n && !slice_eq(names[k], name))
			k++;
		if (k < n)
			continue;
		if (n == FILES) {
			more++;
			continue;
		}
		out = arena_printf(a, "%.*s%s%.*s", SLICE_ARG(out), n ? ", " : "", SLICE_ARG(name));
		names[n++] = name;
	}
	return more ? arena_printf(a, "%.*s and %zu more", SLICE_ARG(out), more) : out;
}

/* A task of which nothing stands is left out; the numbers are the first and the last step that
 * does. */
static void put_task(struct lister *l, const struct history *h, const struct past_task *t)
{
	int64_t first = -1, last = -1;

	for (size_t i = 0; i < h->n; i++) {
		if (!stands(h, t, &h->edits[i]))
			continue;
		first = first < 0 ? h->edits[i].step : first;
		last = h->edits[i].step;
	}
	if (first < 0)
		return;
	l->n++;
	if (cli_given(l->cli, OPT_JSON)) {
		put_json(l, h, t);
		return;
	}
	table_cell(&l->table, TERM_PLAIN, t->id);
	table_cell(&l->table, TERM_DIM,
		   arena_printf(l->arena, "%.*s %.*s", SLICE_ARG(slice_sub(t->time, 0, 10)),
				SLICE_ARG(slice_sub(t->time, 11, 16))));
	table_cell(&l->table, TERM_PLAIN, steps_text(l->arena, first, last));
	table_cell(&l->table, TERM_PLAIN, files_text(l, h, t));
	table_cell(&l->table, TERM_PLAIN, t->title);
}

/* A damaged session is not listed: it cannot be undone, and `emend audit verify` tells of it. */
static void put_session(struct lister *l, struct slice id)
{
	struct err damage = { 0 };
	struct history h;
	struct arena a;

	if (session_is_elsewhere(l->place->state, id, l->place->workspace))
		return;
	arena_init(&a);
	l->arena = &a;
	if (history_read(&a, l->place->state, id, &h, &damage) &&
	    slice_eq(h.workspace, l->place->workspace))
		for (size_t i = h.n_tasks; i-- > 0 && l->n < l->max;)
			put_task(l, &h, &h.tasks[i]);
	l->arena = NULL; /* the cells are copies */
	arena_release(&a);
}

/* Newest first, and only as many logs are read as fill the list. */
int undo_list(struct cli *c)
{
	static const struct table_column columns[] = {
		{ .head = "task" },
		{ .head = "when (UTC)" },
		{ .head = "steps", .right = true },
		{ .head = "files", .gives = true },
		{ .head = "title", .gives = true },
	};
	struct slice *ids = arena_array(&c->arena, SESSIONS_MAX, sizeof(*ids));
	struct place p = { .loaded = false };
	struct lister l = { .cli = c, .place = &p, .max = ROWS };
	struct err err = { 0 };
	int status = 0;
	size_t n;

	if (cli_given(c, OPT_LIMIT))
		l.max = (size_t)c->args.limit;
	if (c->args.n_words > 0) {
		status = cli_usage(c, "--list takes no task: it lists them.");
	} else if (!place_init(&p, c, &err)) {
		status = cli_fail(c, &err);
	} else {
		table_init(&l.table, &c->arena, columns, ARRAY_LEN(columns));
		n = session_list(p.state, &c->arena, ids, SESSIONS_MAX);
		for (size_t i = 0; i < n && l.n < l.max; i++)
			put_session(&l, ids[i]);
		table_put(&l.table, &c->out);
		if (l.n == 0 && !cli_given(c, OPT_JSON) && !cli_given(c, OPT_QUIET))
			term_printf(&c->out, "Nothing of this folder can be undone.\n");
	}
	place_release(&p);
	return status;
}
