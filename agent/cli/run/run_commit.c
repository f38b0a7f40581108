/* run_commit.c - see run_commit.h
 *
 *   editors asked --> [git's new objects -->] all that may be kept --> [into the log -->] runner_commit_many()
 *     --> [the log's end -->] runner_finish() --> done
 *
 * What git did is told in one line. What is not listed comes with the last step. */
#include "agent/cli/run/run_commit.h"

#include <stdlib.h>

#include "agent/base/git_path.h"
#include "agent/cli/json_line.h"
#include "agent/tool/command/git_told.h"
#include "protocol/base/mem.h"

/* Freed by finished(), the last callback. v->view is a view of the runner that must be finished
 * or dropped exactly once, also where nothing of it is kept. */
struct run_commit {
	struct cli *cli;
	struct runner *runner;
	struct run_open *open;
	struct view_result v;
	struct view_change *changes;	   /* copies */
	const struct view_change **wanted; /* those that may be kept */
	int64_t *indexes;
	size_t n_wanted;
	struct run_log *log; /* NULL: none */
	bool all, kept;
	struct git_told git;
	struct slice held; /* the repository and the reason that were told last */
	run_commit_cb *done;
	void *payload;
};

/* What was kept is what was wanted, and is only told to programs. */
static void tell(struct run_commit *m, struct slice path, const char *kind, uint64_t files,
		 bool kept, struct slice why)
{
	struct json_line l;
	struct jw *w;

	m->kept = m->kept && kept;
	if (cli_given(m->cli, OPT_JSON)) {
		w = json_line_begin(&l, "changed");
		jw_kstr(w, "path", path);
		jw_kcstr(w, "kind", kind);
		jw_kbool(w, "kept", kept);
		jw_kstr(w, "why", why);
		if (files > 0)
			jw_ki64(w, "files", (int64_t)files);
		json_line_end(&l, &m->cli->out);
	} else if (!kept) {
		term_raw(&m->cli->log, SLICE("emend: not kept: "));
		term_line(&m->cli->log, TERM_PLAIN, path, 1000);
		term_raw(&m->cli->log, SLICE(": "));
		term_line(&m->cli->log, TERM_PLAIN, why, 1000);
		term_raw(&m->cli->log, SLICE("\n"));
	}
}

/* The files of git that were kept are told together; those of one repository that were not, for one
 * reason, once. */
static bool told_with_others(struct run_commit *m, const struct view_change *c, bool kept,
			     struct slice why)
{
	struct slice all, none = { NULL, 0 };

	if (!c->git)
		return false;
	if (kept) {
		git_told_add(&m->git, &m->cli->arena, c, none, none);
		return true;
	}
	all = arena_printf(&m->cli->arena, "%.*s: %.*s",
			   SLICE_ARG(slice_sub(c->path, 0, git_path_of(c->path).repository)),
			   SLICE_ARG(why));
	if (c->never && slice_eq(all, m->held))
		return true;
	m->held = all;
	return false;
}

static void tell_change(struct run_commit *m, const struct view_change *c, bool kept,
			struct slice why)
{
	static const char *const kinds[] = { "created", "changed", "removed", "mode" };

	if (told_with_others(m, c, kept, why))
		return;
	tell(m, c->path, kinds[c->kind], c->files, kept, why);
}

static void tell_git(struct run_commit *m)
{
	struct slice line = git_told_line(&m->git, &m->cli->arena);
	struct json_line l;
	struct jw *w;

	if (line.len == 0)
		return;
	if (cli_given(m->cli, OPT_JSON)) {
		w = json_line_begin(&l, "git.changed");
		jw_kstr(w, "text", line);
		jw_karray(w, "refs");
		git_told_refs(&m->git, w);
		jw_end(w);
		json_line_end(&l, &m->cli->out);
	} else if (!cli_given(m->cli, OPT_QUIET)) {
		term_raw(&m->cli->log, SLICE("emend: "));
		term_line(&m->cli->log, TERM_DIM, line, 2000);
		term_raw(&m->cli->log, SLICE("\n"));
	}
}

/* Why it is not kept; "": it is. */
static struct slice refusal(const struct run_commit *m, const struct view_change *c)
{
	struct slice open = run_open_why(m->open, c->path);

	if (c->never)
		return c->reason;
	if (open.len > 0)
		return open;
	if (c->is_protected && !m->all)
		return arena_printf(&m->cli->arena, "%.*s (-y keeps it)", SLICE_ARG(c->reason));
	return SLICE("");
}

static void finished(void *payload, struct slice json, const struct err *err)
{
	struct run_commit *m = payload;
	struct json root;
	struct err bad;
	int64_t failed = 0;

	if (!err && json_parse(&m->cli->arena, json, &root, &bad))
		failed = json_i64_or(json_get(root, "failed"), 0);
	if (failed)
		tell(m, SLICE("other files"), "other", 0, false,
		     json_str_or(json_get(root, "why"), &m->cli->arena, ""));
	tell_git(m);
	m->done(m->payload, m->kept);
	free(m);
}

static void log_ended(void *payload, const struct err *err)
{
	struct run_commit *m = payload;

	if (err)
		tell(m, SLICE("the log for undo"), "other", 0, false, slice_of(err->msg));
	(void)runner_finish(m->runner, m->v.view, true, finished, m);
}

/* It is made all the same: who runs a command has decided that. */
static void tell_gap(struct run_commit *m, const struct view_change *c, struct slice why)
{
	if (why.len == 0 || cli_given(m->cli, OPT_QUIET) || cli_given(m->cli, OPT_JSON))
		return;
	term_raw(&m->cli->log, SLICE("emend: undo does not cover "));
	term_line(&m->cli->log, TERM_PLAIN, c->path, 1000);
	term_raw(&m->cli->log, SLICE(": "));
	term_line(&m->cli->log, TERM_PLAIN, why, 1000);
	term_raw(&m->cli->log, SLICE("\n"));
}

/* failed: NULL, it was made. */
static void settle(struct run_commit *m, size_t i, const struct err *failed)
{
	const struct view_change *c = m->wanted[i];

	tell_change(m, c, !failed, failed ? slice_of(failed->msg) : SLICE(""));
	if (!m->log)
		return;
	run_log_made(m->log, i, failed);
	if (!failed)
		tell_gap(m, c, run_log_gap(m->log, i));
}

/* What was not made is answered, in the order of the changes. */
static void committed(void *payload, const struct view_item *items, size_t n, const struct err *err)
{
	struct run_commit *m = payload;
	size_t k = 0;

	for (size_t i = 0; i < m->n_wanted; i++) {
		const struct err *failed = err;
		struct err why;

		if (!err && k < n && items[k].index == m->wanted[i]->index) {
			(void)err_set(&why, items[k].code, "%.*s", SLICE_ARG(items[k].why));
			failed = &why;
			k++;
		}
		settle(m, i, failed);
	}
	if (m->log)
		run_log_end(m->log, log_ended, m);
	else
		log_ended(m, NULL);
}

/* err: what undo needs could not be kept. Then nothing is made. */
static void logged(void *payload, const struct err *err)
{
	struct run_commit *m = payload;

	if (!err) {
		(void)runner_commit_many(m->runner, m->v.view, m->indexes, m->n_wanted, committed,
					 m);
		return;
	}
	for (size_t i = 0; i < m->n_wanted; i++)
		tell_change(m, m->wanted[i], false, slice_of(err->msg));
	(void)runner_finish(m->runner, m->v.view, false, finished, m);
}

/* All that may be kept; what may not is told. */
static void commit_rest(struct run_commit *m)
{
	m->indexes = arena_array(&m->cli->arena, m->v.n_changes + 1, sizeof(*m->indexes));
	m->wanted =
		arena_array(&m->cli->arena, m->v.n_changes + 1, sizeof(const struct view_change *));
	for (size_t i = 0; i < m->v.n_changes; i++) {
		const struct view_change *change = &m->changes[i];
		struct slice why = refusal(m, change);

		if (why.len > 0) {
			tell_change(m, change, false, why);
			continue;
		}
		m->indexes[m->n_wanted] = change->index;
		m->wanted[m->n_wanted++] = change;
	}
	if (m->n_wanted == 0)
		m->log = NULL;
	if (m->log)
		run_log_keep(m->log, m->runner, &m->v, m->wanted, m->n_wanted, logged, m);
	else if (m->n_wanted > 0)
		logged(m, NULL);
	else
		log_ended(m, NULL);
}

/* Without them the worker refuses what refers to them, and says so. */
static void objects_added(void *payload, const struct view_item *failed, size_t n,
			  const struct err *err)
{
	struct run_commit *m = payload;

	if (err)
		tell(m, SLICE("objects of git"), "other", 0, false, slice_of(err->msg));
	else if (n > 0)
		tell(m, SLICE("objects of git"), "other", 0, false, failed[0].why);
	commit_rest(m);
}

static void editors_known(void *payload)
{
	struct run_commit *m = payload;

	if (m->v.objects_added > 0)
		(void)runner_commit_objects(m->runner, m->v.view, objects_added, m);
	else
		commit_rest(m);
}

/* The result is borrowed for the time of the call, so the changes are copied. Editors are asked
 * once more: the command may have run for minutes. */
void run_commit_start(struct cli *c, struct runner *r, struct run_open *open, struct run_log *log,
		      const struct view_result *v, bool all, run_commit_cb *done, void *payload)
{
	struct run_commit *m;

	if (v->dropped)
		term_error(&c->log, "The command was stopped, so its changes were dropped.");
	if (v->too_many)
		term_error(&c->log,
			   "The command changed too many files; its changes were dropped.");
	if (v->too_large)
		term_error(&c->log,
			   "The command wrote more bytes than are kept of one command; its "
			   "changes were dropped.");
	if (!v->view) {
		done(payload, !v->dropped && !v->too_many && !v->too_large);
		return;
	}
	m = xcalloc(1, sizeof(*m));
	*m = (struct run_commit){ .cli = c,
				  .runner = r,
				  .open = open,
				  .log = log,
				  .v = *v,
				  .all = all,
				  .kept = true,
				  .done = done,
				  .payload = payload };
	m->changes = arena_array(&c->arena, v->n_changes + 1, sizeof(*m->changes));
	for (size_t i = 0; i < v->n_changes; i++) {
		m->changes[i] = v->changes[i];
		m->changes[i].path = arena_dup(&c->arena, v->changes[i].path);
		m->changes[i].reason = arena_dup(&c->arena, v->changes[i].reason);
		m->changes[i].before = arena_dup(&c->arena, v->changes[i].before);
		m->changes[i].after = arena_dup(&c->arena, v->changes[i].after);
	}
	m->git = (struct git_told){ .added = v->objects_added, .removed = v->objects_removed };
	if (v->objects_held > 0)
		tell(m, SLICE(".git/objects"), "removed", 0, false,
		     git_told_held(v->objects_held, &c->arena));
	run_open_look(open, editors_known, m);
}
