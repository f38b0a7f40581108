/* cmd_diff.c - emend diff [TASK|SESSION|STEP]: what it changed, from the first pre-image of each file
 * to the last post-image.
 *
 * Everything comes from the log and the stored contents, not from the files: it is what the task
 * did, also where somebody has changed the file since. */
#include "agent/base/git_path.h"
#include "agent/cli/json_line.h"
#include "agent/cli/screen/pager.h"
#include "agent/cli/target.h"
#include "agent/edit/encoding.h"
#include "agent/edit/later.h"
#include "agent/store/event_log.h"
#include "protocol/base/utf8.h"

/* The last content that was given to the file of edit i. */
static struct slice last_after(const struct target *t, size_t i)
{
	const struct past_edit *edits = t->history.edits;
	struct slice after = edits[i].after;

	for (size_t k = edits[i].next; k != SIZE_MAX; k = edits[k].next)
		if (target_stands(t, &edits[k]))
			after = edits[k].after;
	return after;
}

/* The bytes of a file that is not text stay as they are. */
static struct slice decoded(struct arena *a, struct slice bytes)
{
	struct err ignored = { 0 };
	struct slice text;
	enum encoding e;

	return bytes.ptr && encoding_decode(a, bytes, &e, &text, &ignored) ? text : bytes;
}

/* An empty hash: there was no file, which is another thing than an empty one. */
static bool content(struct arena *a, const struct place *p, const struct history *h,
		    struct slice hash, struct slice *out, struct err *err)
{
	*out = (struct slice){ NULL, 0 };
	if (hash.len == 0)
		return true;
	if (!blob_get(p->state, h->session, hash, a, out, err))
		return false;
	*out = decoded(a, *out);
	return true;
}

static void put_json(struct cli *c, struct slice path, const char *what, struct slice diff)
{
	struct json_line l;
	struct jw *w = json_line_begin(&l, "diff");

	jw_kstr(w, "path", path);
	jw_kcstr(w, "what", what);
	jw_kstr(w, "diff", diff);
	json_line_end(&l, &c->out);
}

/* What is shown by lines; no file is fine. */
static bool is_text(struct slice s)
{
	return utf8_valid(s) && slice_find_byte(s, 0, 0) == SIZE_MAX;
}

static void put_what(struct cli *c, struct slice path, const char *what)
{
	if (cli_given(c, OPT_JSON)) {
		put_json(c, path, what, SLICE(""));
		return;
	}
	term_printf(&c->out, "%s: ", what);
	term_line(&c->out, TERM_PLAIN, path, 4096);
	term_raw(&c->out, SLICE("\n"));
}

static void put_text(struct cli *c, struct slice path, struct slice before, struct slice after,
		     struct arena *a)
{
	struct slice diff;

	if (!is_text(before) || !is_text(after)) {
		put_what(c, path,
			 !before.ptr  ? "binary file made"
			 : !after.ptr ? "binary file removed"
				      : "binary file changed");
		return;
	}
	diff = later_diff(a, path, before, after);
	if (cli_given(c, OPT_JSON))
		put_json(c, path, "text", diff);
	else
		term_diff(&c->out, diff);
}

void diff_put(struct cli *c, struct slice path, struct slice before, struct slice after)
{
	struct arena a;

	arena_init(&a);
	put_text(c, path, decoded(&a, before), decoded(&a, after), &a);
	arena_release(&a);
}

static bool put_file(struct cli *c, const struct place *p, const struct target *t, size_t i,
		     struct err *err)
{
	const struct history *h = &t->history;
	struct slice before, after;
	struct arena a;
	bool ok;

	arena_init(&a);
	ok = content(&a, p, h, h->edits[i].before, &before, err) &&
	     content(&a, p, h, last_after(t, i), &after, err);
	if (ok)
		put_text(c, h->edits[i].path, before, after, &a);
	arena_release(&a);
	return ok;
}

static void put_other(struct cli *c, const struct past_edit *e)
{
	char what[64];

	if (e->entry.kind == RESTORE_MODE)
		(void)snprintf(what, sizeof(what), "permissions %03o -> %03o", e->mode,
			       e->entry.left_mode);
	else if (e->entry.kind == RESTORE_BUNDLE)
		(void)snprintf(what, sizeof(what), "new files, ignored by git, in");
	else
		(void)snprintf(what, sizeof(what), "link %s",
			       e->entry.left != ENTRY_LINK     ? "removed"
			       : e->entry.before == ENTRY_LINK ? "changed"
							       : "made");
	put_what(c, e->path, what);
}

/* Links and permissions, that a command changed. */
static size_t put_others(struct cli *c, const struct target *t)
{
	size_t n = 0;

	for (size_t i = 0; i < t->history.n; i++) {
		const struct past_edit *e = &t->history.edits[i];

		if (!target_has(t, e) || !e->made || e->undone || e->entry.kind == RESTORE_TEXT)
			continue;
		n++;
		put_other(c, e);
	}
	return n;
}

/* A file that was changed several times is shown once. Files of git itself are only counted, but
 * for programs that want all (--json). */
static bool put_all(struct cli *c, const struct place *p, const char *word, struct err *err)
{
	struct target t;
	size_t shown = 0, git = 0;

	if (!target_find(c, p, word, &t, err))
		return false;
	for (size_t i = 0; i < t.history.n; i++) {
		if (!target_stands(&t, &t.history.edits[i]) || !target_first(&t, i))
			continue;
		shown++;
		if (!cli_given(c, OPT_JSON) &&
		    git_path_of(t.history.edits[i].path).kind != GIT_NONE) {
			git++;
			continue;
		}
		if (!put_file(c, p, &t, i, err))
			return false;
	}
	shown += put_others(c, &t);
	if (git > 0 && !cli_given(c, OPT_QUIET))
		term_printf(&c->out,
			    "git: %zu file%s of the repository (`git log` and `git status` "
			    "say more)\n",
			    git, git == 1 ? "" : "s");
	if (shown == 0 && !cli_given(c, OPT_QUIET))
		term_printf(&c->log,
			    "Nothing of %.*s is left: it was undone, or changed nothing.\n",
			    SLICE_ARG(t.id));
	return true;
}

/* What is longer than the screen goes through the pager. */
static bool show(struct cli *c, const struct place *p, const char *word, struct err *err)
{
	struct buf b;
	bool ok;

	if (cli_given(c, OPT_JSON) || !pager_begin(&c->out, &b))
		return put_all(c, p, word, err);
	ok = put_all(c, p, word, err);
	return pager_end(&c->out, &b) ? ok : put_all(c, p, word, err);
}

int cmd_diff(struct cli *c)
{
	struct place p = { .loaded = false };
	struct err err = { 0 };
	int status = 0;

	if (!place_init(&p, c, &err) || !show(c, &p, c->args.n_words ? c->args.words[0] : "", &err))
		status = cli_fail(c, &err);
	place_release(&p);
	return status;
}
