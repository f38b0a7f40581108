/* cmd_review.c - emend review [--staged | RANGE] [INSTRUCTION]
 *
 * The model looks at the changes itself, by git in the sandbox: git runs programs that the repository's settings name
 * (filters, text conversion) when it compares files, so a strange repository is never compared outside. Here is only
 * checked whether there is something to compare. */
#include <unistd.h>

#include "agent/cli/git/git_cmd.h"
#include "agent/cli/task/task_cmd.h"
#include "agent/session/code_action.h"

struct changes {
	const char *range; /* NULL: none was named */
	size_t words;	   /* how many of the words say which changes */
};

/* Only to tell a file from a range of commits; a file with such a name wins. */
static bool is_file(struct cli *c, const char *word)
{
	struct slice s = slice_of(word);
	const char *path = word;

	/* "src/a.c:10-20": what stands before the last colon */
	for (size_t at = s.len; at > 1; at--)
		if (s.ptr[at - 1] == ':') {
			path = arena_cstr(&c->arena, slice_sub(s, 0, at - 1));
			break;
		}
	if (c->args.dir && word[0] != '/') {
		word = arena_printf(&c->arena, "%s/%s", c->args.dir, word).ptr;
		path = arena_printf(&c->arena, "%s/%s", c->args.dir, path).ptr;
	}
	return access(word, F_OK) == 0 || access(path, F_OK) == 0;
}

bool review_is_of_changes(struct cli *c)
{
	return strcmp(c->command.name, "review") == 0 &&
	       (cli_given(c, OPT_STAGED) || c->args.n_words == 0 || !is_file(c, c->args.words[0]));
}

/* False: *err says why there is nothing to review. Only questions that git answers from its
 * objects and its index are asked here, for the reason on top. */
static bool find(struct cli *c, const char *dir, struct changes *ch, struct err *err)
{
	const char *range =
		c->args.n_words > 0 && !cli_given(c, OPT_STAGED) ? c->args.words[0] : NULL;
	const char *inside[] = { "rev-parse", "--is-inside-work-tree", NULL };
	const char *staged[] = { "diff", "--cached", "--quiet", "--no-ext-diff", NULL };
	const char *known[] = { "rev-list", "-n1", "--end-of-options", range, "--", NULL };
	struct git_cmd git = { .dir = dir, .args = inside, .captured = true };
	int status;

	*ch = (struct changes){ .range = range, .words = range ? 1 : 0 };
	if (!git_cmd_run(&c->arena, &git, &status, NULL, err))
		return false;
	if (status != 0)
		return err_set(err, ERR_USAGE, "%s is in no git repository; name a file to review.",
			       dir);
	git.args = range ? known : staged;
	if (!range && !cli_given(c, OPT_STAGED))
		return true;
	if (!git_cmd_run(&c->arena, &git, &status, NULL, err))
		return false;
	if (range && status != 0)
		return err_set(err, ERR_USAGE,
			       "\"%.200s\" is neither a file nor something git knows as a commit "
			       "or a range of commits (main..topic, HEAD~3).",
			       range);
	if (!range && status == 0)
		return err_set(err, ERR_USAGE,
			       "Nothing is staged: `git add` does that; `emend review` alone takes "
			       "all changes that are not committed.");
	return true;
}

/* The model is told by which commands it sees the changes, and gets no diff from us: what is
 * large it can look at in parts. */
static void describe(struct cli *c, const struct changes *ch, struct task_spec *spec)
{
	struct arena *a = &c->arena;
	struct slice range = slice_of(ch->range ? ch->range : "");

	if (cli_given(c, OPT_STAGED)) {
		spec->title = SLICE("Review the staged changes");
		spec->given = SLICE("What to review are the staged changes: `git diff --staged`.");
	} else if (!ch->range) {
		spec->title = SLICE("Review the uncommitted changes");
		spec->given =
			SLICE("What to review are the changes that are not committed: `git diff "
			      "HEAD`, and the new files that `git status --short` names.");
	} else if (strstr(ch->range, "..")) {
		spec->title = arena_printf(a, "Review %s", ch->range);
		spec->given =
			arena_printf(a,
				     "What to review are the commits of %.*s: `git log %.*s`, "
				     "`git diff %.*s`.",
				     SLICE_ARG(range), SLICE_ARG(range), SLICE_ARG(range));
	} else {
		spec->title = arena_printf(a, "Review what changed since %s", ch->range);
		spec->given =
			arena_printf(a,
				     "What to review is all that changed since %.*s, committed "
				     "or not: `git diff %.*s`, and the new files that `git status "
				     "--short` names.",
				     SLICE_ARG(range), SLICE_ARG(range));
	}
	spec->given = arena_printf(a,
				   "%.*s Look at them first, then at the code around them. Name "
				   "file and line with each finding.",
				   SLICE_ARG(spec->given));
}

int cmd_review(struct cli *c)
{
	struct task_spec spec = { .action = code_action_named(SLICE("review")) };
	struct place p = { .loaded = false };
	struct err err = { 0 };
	struct changes ch;
	int status;

	if (place_init(&p, c, &err) && find(c, p.workspace.ptr, &ch, &err)) {
		describe(c, &ch, &spec);
		spec.instruction = task_words(c, ch.words);
		status = task_given(c, &spec.given, &err) ? task_cmd(c, &p, &spec, true)
							  : cli_fail(c, &err);
	} else {
		status = cli_fail(c, &err);
	}
	place_release(&p);
	return status;
}
