/* worktree.c - see worktree.h. git is the user's own: the option is the user's order. */
#include "agent/cli/task/worktree.h"

#include "agent/base/sha256.h"
#include "agent/cli/git/git_cmd.h"
#include "agent/cli/json_line.h"
#include "agent/cli/place.h"

enum { ID_CHARS = 6 };

/* What git prints in one line. False: it failed, or is not there (*err). */
static bool line_of(struct cli *c, const char *dir, const char *const *args, struct slice *out,
		    struct err *err)
{
	struct git_cmd git = { .dir = dir, .args = args, .captured = true };
	int status;

	if (!git_cmd_run(&c->arena, &git, &status, out, err))
		return false;
	*out = arena_dup(&c->arena, slice_trim(*out));
	return status == 0 || err_set(err, ERR_USAGE, "--worktree: git refused `git %s`.", args[0]);
}

/* *inside: where in the repository the command was started, as the same folder is the task's in
 * the new worktree. */
static bool find(struct worktree *w, struct cli *c, struct slice *top, struct slice *inside,
		 struct err *err)
{
	static const char *const show_top[] = { "rev-parse", "--show-toplevel", NULL };
	static const char *const prefix[] = { "rev-parse", "--show-prefix", NULL };
	static const char *const head[] = { "rev-parse", "-q", "--verify", "HEAD", NULL };
	struct err why = { 0 };

	if (!place_workspace(c, &w->from, err))
		return false;
	w->from = slice_of(arena_cstr(&c->arena, w->from));
	if (!line_of(c, w->from.ptr, show_top, top, &why) ||
	    !line_of(c, w->from.ptr, prefix, inside, &why))
		return why.code == ERR_USAGE
			       ? err_set(err, ERR_USAGE, "--worktree: %s is in no git repository.",
					 w->from.ptr)
			       : err_set(err, why.code, "%s", why.msg);
	if (!line_of(c, w->from.ptr, head, &w->head, &why))
		return err_set(err, ERR_USAGE, "--worktree: the repository has no commit yet.");
	return true;
}

static void tell_made(const struct worktree *w, struct cli *c)
{
	struct json_line l;
	struct jw *jw;

	if (!cli_given(c, OPT_JSON)) {
		if (!cli_given(c, OPT_QUIET))
			term_printf(&c->log, "Worktree: %s, branch %s\n", w->path.ptr,
				    w->branch.ptr);
		return;
	}
	jw = json_line_begin(&l, "worktree");
	jw_kstr(jw, "path", w->path);
	jw_kstr(jw, "branch", w->branch);
	json_line_end(&l, &c->out);
}

/* Beside the repository, so that it is found, and on a branch that begins with emend/. */
bool worktree_make(struct worktree *w, struct cli *c, struct err *err)
{
	struct slice top = SLICE(""), inside = SLICE(""), ignored;
	char id[ID_CHARS + 1];

	*w = (struct worktree){ .made = false };
	if (!cli_given(c, OPT_WORKTREE))
		return true;
	if (!find(w, c, &top, &inside, err))
		return false;
	random_id(id, ID_CHARS);
	w->path = arena_printf(&c->arena, "%.*s.emend-%s", SLICE_ARG(top), id);
	w->branch = arena_printf(&c->arena, "emend/%s", id);
	if (!line_of(c, w->from.ptr,
		     (const char *const[]){ "worktree", "add", "-q", "-b", w->branch.ptr,
					    w->path.ptr, "HEAD", NULL },
		     &ignored, err))
		return false;
	w->made = true;
	c->args.dir = arena_printf(&c->arena, "%s/%.*s", w->path.ptr, SLICE_ARG(inside)).ptr;
	tell_made(w, c);
	return true;
}

/* Neither a file nor a commit. Ignored files count, too: a build that the person may want is not
 * thrown away. */
static bool is_untouched(const struct worktree *w, struct cli *c)
{
	static const char *const status[] = { "status", "--porcelain", "--ignored", NULL };
	static const char *const head[] = { "rev-parse", "HEAD", NULL };
	struct err why = { 0 };
	struct slice now, changes;

	return line_of(c, w->path.ptr, status, &changes, &why) && changes.len == 0 &&
	       line_of(c, w->path.ptr, head, &now, &why) && slice_eq(now, w->head);
}

/* Removed only if nothing at all is in it; anything else is the person's to decide. */
void worktree_end(struct worktree *w, struct cli *c)
{
	struct err why = { 0 };
	struct slice ignored;
	struct json_line l;
	bool gone;

	if (!w->made)
		return;
	gone = is_untouched(w, c) &&
	       line_of(c, w->from.ptr,
		       (const char *const[]){ "worktree", "remove", w->path.ptr, NULL }, &ignored,
		       &why) &&
	       line_of(c, w->from.ptr,
		       (const char *const[]){ "branch", "-q", "-D", w->branch.ptr, NULL }, &ignored,
		       &why);
	if (cli_given(c, OPT_JSON)) {
		struct jw *jw = json_line_begin(&l, "worktree");

		jw_kstr(jw, "path", w->path);
		jw_kstr(jw, "branch", w->branch);
		jw_kbool(jw, "removed", gone);
		json_line_end(&l, &c->out);
	} else if (!cli_given(c, OPT_QUIET) && gone) {
		term_printf(&c->log, "Nothing was changed in the worktree, so it is gone again.\n");
	} else if (!cli_given(c, OPT_QUIET)) {
		term_printf(&c->log,
			    "See it: git -C %s diff\n"
			    "Drop it: git worktree remove --force %s; git branch -D %s\n",
			    w->path.ptr, w->path.ptr, w->branch.ptr);
	}
}
