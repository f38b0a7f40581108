/* cmd_commit.c - emend commit [-m TEXT] [TASK|SESSION]: the files that a task changed become a commit of the user's.
 *
 * git is the user's own, with hooks, signing and editor, as if typed: this is the user's act, not the model's. The
 * commit takes these files alone (--only), so that what the user has staged of others stays as it is.
 *
 * git commits only what is in its index. For files that are new there, it gets a copy of the index to which they are
 * added, and the user's own is touched once the commit is made, not before: so a hook that refuses, an editor that is
 * left, Ctrl-C and a kill at any moment leave it byte for byte as it was. */
#include "agent/base/git_path.h"
#include "agent/cli/git/git_cmd.h"
#include "agent/cli/json_line.h"
#include "agent/cli/sessions/session_info.h"
#include "agent/cli/target.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

enum { PATHS_AT_ONCE = 512 };

struct commit {
	struct cli *cli;
	const struct place *place;
	const char *word, *message; /* message NULL: of the task, to be edited */
	struct target target;
	const char **paths; /* what the task changed, each once; relative to the workspace */
	size_t n;
	/* Of these, what git knows, and what it would take: names, each ended by NUL. */
	struct buf tracked, fresh;
	struct slice index; /* the copy; "": none is needed */
};

/* Something that still stands, and that git may know. */
static bool counts(const struct target *t, size_t i)
{
	const struct past_edit *e = &t->history.edits[i];

	if (!target_has(t, e) || e->undone || git_path_of(e->path).kind != GIT_NONE)
		return false;
	if (e->entry.kind == RESTORE_TEXT)
		return target_stands(t, e) && target_first(t, i);
	return e->made && e->entry.kind != RESTORE_BUNDLE; /* bundles are what git ignores */
}

static void collect(struct commit *k)
{
	const struct target *t = &k->target;

	k->paths = arena_array(&k->cli->arena, t->history.n + 1, sizeof(*k->paths));
	for (size_t i = 0; i < t->history.n; i++)
		if (counts(t, i))
			k->paths[k->n++] = arena_cstr(&k->cli->arena, t->history.edits[i].path);
}

/* Those of the paths that git lists with this option, appended to *out. In portions, as a
 * command line has a limit. The paths are literal: a name may hold what git takes for a pattern. */
static bool list(struct commit *k, const char *option, struct buf *out, struct err *err)
{
	for (size_t at = 0; at < k->n; at += PATHS_AT_ONCE) {
		const char *args[PATHS_AT_ONCE + 8] = { "--literal-pathspecs", "ls-files", "-z",
							"--exclude-standard",  option,	   "--" };
		struct git_cmd git = { .dir = k->place->workspace.ptr,
				       .args = args,
				       .captured = true };
		size_t n = k->n - at < PATHS_AT_ONCE ? k->n - at : PATHS_AT_ONCE;
		struct slice names;
		int status;

		memcpy(args + 6, k->paths + at, n * sizeof(*args));
		if (!git_cmd_run(&k->cli->arena, &git, &status, &names, err))
			return false;
		if (status != 0)
			return err_set(err, ERR_USAGE, "%s is in no git repository.",
				       k->place->workspace.ptr);
		buf_append(out, names);
	}
	return true;
}

/* Files that git tracks and new ones are told apart, as only the latter have to be added. */
static bool find(struct commit *k, struct err *err)
{
	if (!target_find(k->cli, k->place, k->word, &k->target, err))
		return false;
	collect(k);
	if (k->n == 0)
		return err_set(
			err, ERR_NOT_FOUND,
			"Nothing of %.*s is left to commit: it was undone, or changed nothing.",
			SLICE_ARG(k->target.id));
	if (!list(k, "--cached", &k->tracked, err) || !list(k, "--others", &k->fresh, err))
		return false;
	if (k->tracked.len + k->fresh.len == 0)
		return err_set(err, ERR_NOT_FOUND,
			       "git ignores all that %.*s changed: there is nothing to commit.",
			       SLICE_ARG(k->target.id));
	return true;
}

/* git with a list of names on GIT_CMD_LIST; the exit status, -1 and *err. copy: with the copy of the index, if there
 * is one. */
static int with_list(struct commit *k, const char *const *args, struct slice names, bool captured,
		     bool copy, struct err *err)
{
	struct git_cmd git = { .dir = k->place->workspace.ptr,
			       .args = args,
			       .list = names,
			       .captured = captured,
			       .index = copy && k->index.len > 0 ? k->index.ptr : NULL };
	int status;

	return git_cmd_run(&k->cli->arena, &git, &status, NULL, err) ? status : -1;
}

/* What the message says if nobody writes a better one. */
static const char *subject(struct commit *k)
{
	struct session_info s;
	struct err ignored = { 0 };

	if (k->message)
		return k->message;
	if (session_info(&k->cli->arena, k->place->state, k->target.history.session, &s,
			 &ignored) &&
	    s.title.len > 0)
		return arena_cstr(&k->cli->arena, s.title);
	return arena_printf(&k->cli->arena, "Changes of %.*s", SLICE_ARG(k->target.id)).ptr;
}

/* --- a copy of the index --- */

/* What git prints in one line; "" where it has nothing to say. */
static struct slice line_of(struct commit *k, const char *const *args)
{
	struct git_cmd git = { .dir = k->place->workspace.ptr, .args = args, .captured = true };
	struct err ignored = { 0 };
	struct slice out = SLICE("");
	int status;

	if (!git_cmd_run(&k->cli->arena, &git, &status, &out, &ignored) || status != 0)
		return SLICE("");
	return slice_trim(out);
}

static struct slice head_of(struct commit *k)
{
	static const char *const args[] = { "rev-parse", "-q", "--verify", "HEAD", NULL };

	return line_of(k, args);
}

static bool copy_bytes(int from, int to)
{
	char some[65536];
	ssize_t n;

	while ((n = read(from, some, sizeof(some))) != 0) {
		ssize_t at = 0;

		if (n < 0 && errno == EINTR)
			continue;
		while (n > 0 && at < n) {
			ssize_t put = write(to, some + at, (size_t)(n - at));

			if (put < 0 && errno != EINTR)
				return false;
			at += put > 0 ? put : 0;
		}
		if (n < 0)
			return false;
	}
	return true;
}

/* Beside the index itself, where git looks for what belongs to it (split index). A repository without an index is
 * one in which nothing was added yet: then the copy is made by git. */
static bool copy_index(struct commit *k, struct err *err)
{
	static const char *const args[] = { "rev-parse", "--git-path", "index", NULL };
	struct arena *a = &k->cli->arena;
	struct slice path = line_of(k, args), copy;
	int from, to;
	bool ok;

	if (path.len == 0)
		return err_set(err, ERR_IO, "git does not say where its index is.");
	if (path.ptr[0] != '/')
		path = arena_printf(a, "%.*s/%.*s", SLICE_ARG(k->place->workspace),
				    SLICE_ARG(path));
	path = slice_of(arena_cstr(a, path));
	copy = arena_printf(a, "%s.emend-%ld", path.ptr, (long)getpid());
	from = open(path.ptr, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (from < 0 && errno == ENOENT) {
		k->index = copy;
		return true;
	}
	to = open(copy.ptr, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	ok = from >= 0 && to >= 0 && copy_bytes(from, to);
	if (from >= 0)
		(void)close(from);
	if (to >= 0 && close(to) != 0)
		ok = false;
	if (to >= 0)
		k->index = copy; /* to be removed, whatever it holds */
	return ok || err_set(err, ERR_IO, "Cannot copy the index of git: %s.", strerror(errno));
}

/* The commit is made: the user's index has of its files what the commit has. */
static void settle(struct commit *k, struct err *err)
{
	static const char from_list[] = "--pathspec-from-file=" GIT_CMD_LIST;
	const char *reset[] = { "--literal-pathspecs", "reset", "-q", from_list,
				"--pathspec-file-nul", NULL };

	if (with_list(k, reset, buf_slice(&k->tracked), true, false, err) != 0)
		term_error(&k->cli->log,
			   "The commit is made, but git's index could not be brought up "
			   "to date with it: `git reset` does that.");
}

/* New files: a copy of the index, to which they are added (add -N), then commit --only with that
 * copy, then the user's index is brought up to date (settle). Without new files the commit alone.
 * Whether the commit was made is read from HEAD and not from the status: a hook that runs after
 * it may fail. */
static int commit(struct commit *k, struct err *err)
{
	bool quiet = cli_given(k->cli, OPT_QUIET) || cli_given(k->cli, OPT_JSON);
	bool edit =
		!k->message && !quiet && isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1;
	static const char from_list[] = "--pathspec-from-file=" GIT_CMD_LIST;
	const char *add[] = { "--literal-pathspecs", "add", "-N", from_list,
			      "--pathspec-file-nul", NULL };
	const char *make[] = { "--literal-pathspecs",
			       "commit",
			       "--only",
			       from_list,
			       "--pathspec-file-nul",
			       "-m",
			       subject(k),
			       edit ? "--edit" : "--no-edit",
			       edit    ? "--verbose"
			       : quiet ? "--quiet"
				       : NULL,
			       NULL };
	struct slice fresh = buf_slice(&k->fresh), head = head_of(k);
	struct err ignored = { 0 };
	int status = 0;

	buf_append(&k->tracked, fresh);
	if (fresh.len > 0)
		status = copy_index(k, err) ? with_list(k, add, fresh, true, true, err) : -1;
	if (status == 0)
		status = with_list(k, make, buf_slice(&k->tracked), false, true, err);
	/* Also where git was interrupted after it: a hook, for instance. */
	if (k->index.len > 0 && !slice_eq(head, head_of(k)))
		settle(k, &ignored);
	if (k->index.len > 0)
		(void)unlink(k->index.ptr);
	if (status == GIT_CMD_SIGNAL + SIGINT) {
		(void)err_set(err, ERR_CANCELLED, "The commit was interrupted.");
		status = -1;
	}
	return status;
}

static void tell(struct commit *k)
{
	const char *args[] = { "rev-parse", "HEAD", NULL };
	struct git_cmd git = { .dir = k->place->workspace.ptr, .args = args, .captured = true };
	struct err ignored = { 0 };
	struct json_line l;
	struct slice id;
	struct jw *w;
	int status;

	if (!cli_given(k->cli, OPT_JSON) ||
	    !git_cmd_run(&k->cli->arena, &git, &status, &id, &ignored) || status != 0)
		return;
	w = json_line_begin(&l, "commit");
	jw_kstr(w, "id", slice_trim(id));
	jw_kstr(w, "task", k->target.id);
	json_line_end(&l, &k->cli->out);
}

static int commit_changes(struct cli *c, const struct place *p, const char *word,
			  const char *message, struct err *err)
{
	struct commit k = { .cli = c, .place = p, .word = word, .message = message };
	int status;

	buf_init(&k.tracked, GIT_CMD_MAX_BYTES);
	buf_init(&k.fresh, GIT_CMD_MAX_BYTES);
	status = find(&k, err) ? commit(&k, err) : -1;
	if (status == 0)
		tell(&k);
	buf_release(&k.tracked);
	buf_release(&k.fresh);
	return status;
}

int cmd_commit(struct cli *c)
{
	struct place p = { .loaded = false };
	struct err err = { 0 };
	int status = -1;

	if (place_init(&p, c, &err))
		status = commit_changes(c, &p, c->args.n_words ? c->args.words[0] : "",
					c->args.message, &err);
	if (status != 0)
		status = status < 0 ? cli_fail(c, &err) : 1; /* git has said why */
	place_release(&p);
	return status;
}
