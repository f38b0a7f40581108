/* cmd_code.c - emend explain, refactor, ... (agent/session/actions.def) FILE[:LINE[-LINE]] [INSTRUCTION]
 *
 * FILE is looked for from where the user stands, or from --dir, and must lie in the workspace: it
 * is the worker that will read it. A range of lines becomes a range of bytes of the file as it is
 * on the disk; the task refuses it if the editor holds a shorter text by then. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include "agent/base/path.h"
#include "agent/cli/task/task_cmd.h"
#include "agent/session/code_action.h"
#include "agent/store/store_path.h"
#include "protocol/base/limits.h"

struct file_lines {
	struct slice path;  /* as typed, then absolute */
	size_t first, last; /* lines, 1-based; first 0: the whole file */
};

static bool digits(struct slice s, size_t *n)
{
	*n = 0;
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] < '0' || s.ptr[i] > '9' || s.len > 9)
			return false;
		*n = *n * 10 + (size_t)(s.ptr[i] - '0');
	}
	return *n > 0;
}

/* "FILE:12-40"; a file whose own name ends like that is taken whole. */
static void split(struct slice word, struct file_lines *t)
{
	size_t colon = word.len, dash;
	struct slice lines;

	*t = (struct file_lines){ .path = word };
	while (colon > 0 && word.ptr[colon - 1] != ':')
		colon--;
	if (colon < 2)
		return;
	lines = slice_sub(word, colon, word.len);
	dash = slice_find_byte(lines, '-', 0);
	if (dash == SIZE_MAX) /* one line is from itself to itself */
		dash = 0;
	if (digits(dash ? slice_sub(lines, 0, dash) : lines, &t->first) &&
	    digits(dash ? slice_sub(lines, dash + 1, lines.len) : lines, &t->last))
		t->path = slice_sub(word, 0, colon - 1);
	else
		t->first = t->last = 0;
}

/* Bytes of the lines first to last in text. */
static bool find_lines(const struct file_lines *t, struct slice text, size_t *start, size_t *end,
		       struct err *err)
{
	size_t line = 1, at = 0, nl;

	if (t->last < t->first)
		return err_set(err, ERR_USAGE, "%.*s: the range %zu-%zu ends before it begins.",
			       SLICE_ARG(t->path), t->first, t->last);
	for (; line < t->first && (nl = slice_find_byte(text, '\n', at)) != SIZE_MAX; line++)
		at = nl + 1;
	if (line < t->first || (at >= text.len && t->first > 1))
		return err_set(err, ERR_USAGE, "%.*s has no line %zu.", SLICE_ARG(t->path),
			       t->first);
	*start = at;
	for (; line <= t->last && at < text.len; line++) {
		nl = slice_find_byte(text, '\n', at);
		at = nl == SIZE_MAX ? text.len : nl + 1;
	}
	*end = at;
	return true;
}

static bool resolve(struct cli *c, const struct place *p, struct file_lines *t, struct err *err)
{
	const char *typed = arena_cstr(&c->arena, t->path);
	struct slice path = slice_of(typed);
	char full[PATH_MAX];

	if (typed[0] != '/' && c->args.dir)
		path = arena_printf(&c->arena, "%s/%s", p->workspace.ptr, typed);
	if (!realpath(path.ptr, full))
		return err_set(err, ERR_USAGE, "Cannot open %s: %s.", typed, strerror(errno));
	if (!path_below(p->workspace, slice_of(full)))
		return err_set(err, ERR_DENIED, "%s lies outside of %s; name its folder with -C.",
			       typed, p->workspace.ptr);
	t->path = slice_of(arena_cstr(&c->arena, slice_of(full)));
	return true;
}

static bool fill(struct cli *c, const struct place *p, struct task_spec *spec, struct err *err)
{
	struct slice text;
	struct file_lines t;

	split(slice_of(c->args.words[0]), &t);
	if (!resolve(c, p, &t, err))
		return false;
	spec->path = t.path;
	if (t.first == 0)
		return true;
	if (!read_whole(t.path, LIMIT_READ_BYTES, &c->arena, &text, err))
		return false;
	spec->has_range = true;
	return find_lines(&t, text, &spec->start, &spec->end, err);
}

int cmd_code(struct cli *c)
{
	struct task_spec spec = { .action = code_action_named(slice_of(c->command.name)),
				  .instruction = task_words(c, 1) };
	struct place p = { .loaded = false };
	struct err err = { 0 };
	int status;

	if (review_is_of_changes(c))
		return cmd_review(c);
	if (c->args.n_words == 0)
		return cli_usage(c, "Which file? For example: emend %s src/main.c:10-40",
				 c->command.name);
	if (place_init(&p, c, &err) && fill(c, &p, &spec, &err) && task_given(c, &spec.given, &err))
		status = task_cmd(c, &p, &spec, spec.action->reports);
	else
		status = cli_fail(c, &err);
	place_release(&p);
	return status;
}
