/* diagnostics.c - the problems that the editor shows: as a tool, and below the result of an edit.
 *
 * They are the cheapest test of a change, but only if they are about the text that stands there now: a
 * language server looks at it some time after the edit. The face waits for that (lookup.settle), and
 * where it did not happen in time the model is told so, and not that all is well. */
#include "agent/tool/tools.h"

#include <stdlib.h>

#include "agent/base/path.h"
#include "agent/tool/lookup.h"
#include "protocol/base/limits.h"

enum { SHOWN = 100, SHOWN_AFTER = 10, MESSAGE_BYTES = 600 };

/* --- what the other tools use too --- */

void lookup_ask(struct tool_run *r, const struct lookup *q, lookup_cb *done)
{
	struct host *h = &r->env->workspace.host;

	r->ask = h->ops->lookup(h->self, q, done, r);
}

bool lookup_name(struct tool_run *r, struct slice path, struct slice *name)
{
	struct decision d = { 0 };
	struct err err;

	if (!path_relative(&r->arena, r->env->workspace.root, path, name, &err)) {
		*name = path;
		return true;
	}
	policy_path(r->env->policy, ACCESS_READ, *name, &r->arena, &d);
	return d.verdict != VERDICT_DENY;
}

static int by_place(const void *va, const void *vb)
{
	const struct lookup_item *a = va, *b = vb;
	int c = slice_cmp(a->path, b->path);

	return c ? c : position_cmp(a->range.start, b->range.start);
}

struct lookup_item *lookup_sorted(struct tool_run *r, const struct lookup_result *result)
{
	struct lookup_item *items = arena_array(&r->arena, result->n + 1, sizeof(*items));

	for (size_t i = 0; i < result->n; i++) {
		items[i] = result->items[i];
		items[i].path = arena_dup(&r->arena, items[i].path);
		items[i].text = arena_dup(&r->arena, items[i].text);
		items[i].source = arena_dup(&r->arena, items[i].source);
	}
	qsort(items, result->n, sizeof(*items), by_place);
	return items;
}

/* --- the list --- */

static const char *word(int severity)
{
	switch (severity) {
	case LSP_SEVERITY_WARNING:
		return "warning";
	case LSP_SEVERITY_INFORMATION:
		return "information";
	case LSP_SEVERITY_HINT:
		return "hint";
	default:
		return "error";
	}
}

/* One line a problem: messages of several lines are joined. */
static void put_item(struct buf *out, struct slice name, const struct lookup_item *it)
{
	struct slice rest = slice_sub(slice_trim(it->text), 0, MESSAGE_BYTES), line;

	buf_printf(out, "%.*s:%u: %s:", SLICE_ARG(name), it->range.start.line + 1,
		   word(it->severity));
	while (slice_next_line(&rest, &line))
		buf_printf(out, " %.*s", SLICE_ARG(slice_trim(line)));
	if (it->source.len)
		buf_printf(out, " (%.*s)", SLICE_ARG(it->source));
	buf_putc(out, '\n');
}

/* How many there are; those over `most` are counted only. */
static size_t put_items(struct tool_run *r, struct buf *out, const struct lookup_result *result,
			int least, size_t most, bool (*wanted)(struct tool_run *, struct slice))
{
	struct lookup_item *items = lookup_sorted(r, result);
	struct slice name;
	size_t n = 0;

	for (size_t i = 0; i < result->n; i++) {
		if (items[i].severity > least || !lookup_name(r, items[i].path, &name) ||
		    (wanted && !wanted(r, name)))
			continue;
		if (n++ < most)
			put_item(out, name, &items[i]);
	}
	if (n > most)
		buf_printf(out, "(%zu more are not shown)\n", n - most);
	return n;
}

/* --- the tool --- */

/* Whether anybody checks this file, whether the check is of the present text, and whether there is a problem
 * are three things, and the model is told all three. */
static void listed(void *payload, const struct lookup_result *result, const struct err *err)
{
	struct tool_run *r = payload;
	struct buf out;
	size_t n;

	r->ask = NULL;
	if (err) {
		tool_fail(r, err);
		return;
	}
	buf_init(&out, LIMIT_RESULT_BYTES);
	n = put_items(r, &out, result, LSP_SEVERITY_HINT, SHOWN, NULL);
	if (!result->checked)
		buf_puts(&out, "Nobody in the editor looks at this: no language server or linter "
			       "is there for it. Run a check by run_command.\n");
	else if (n == 0)
		buf_puts(&out, "The editor shows no problem.\n");
	if (result->checked && !result->current)
		buf_puts(&out, "(The text of now is not checked yet: this is about an older one. "
			       "Ask again later.)\n");
	r->progress = !result->current; /* it may be asked for again */
	tool_finish(r, true, buf_slice(&out),
		    arena_printf(&r->arena, "%zu problem%s", n, n == 1 ? "" : "s"));
	buf_release(&out);
}

static struct slice absolute(struct tool_run *r, struct slice path)
{
	return arena_printf(&r->arena, "%.*s/%.*s", SLICE_ARG(r->env->workspace.root),
			    SLICE_ARG(path));
}

void diagnostics_start(struct tool_run *r)
{
	struct lookup q = { .kind = LOOKUP_DIAGNOSTICS, .path = SLICE(""), .settle = true };
	struct slice path, name;

	if (!arg_path(r, "path", false, &path))
		return;
	if (path.len)
		q.path = absolute(r, path);
	if (path.len && !lookup_name(r, q.path, &name))
		tool_failf(r, "%.*s is not accessible", SLICE_ARG(path));
	else
		lookup_ask(r, &q, listed);
}

/* --- after an edit --- */

/* In the run's arena, in place of the state of what made the edit. */
struct after {
	const struct slice *paths;
	size_t n;
	struct slice result, summary;
};

/* Problems in other files are not told after an edit; the tool tells them. */
static bool was_edited(struct tool_run *r, struct slice name)
{
	const struct after *s = r->state;

	for (size_t i = 0; i < s->n; i++)
		if (slice_eq(s->paths[i], name))
			return true;
	return false;
}

/* Where the language server has not checked the new text in time, silence would look like "no problem". */
static void looked(void *payload, const struct lookup_result *result, const struct err *err)
{
	struct tool_run *r = payload;
	struct after *s = r->state;
	struct slice said = SLICE("");
	struct buf list;

	r->ask = NULL;
	buf_init(&list, LIMIT_RESULT_BYTES);
	if (!err && result->checked && !result->current)
		said = SLICE("(The editor has not checked the new text yet: see the tool "
			     "diagnostics.)\n");
	else if (!err && result->checked &&
		 put_items(r, &list, result, LSP_SEVERITY_WARNING, SHOWN_AFTER, was_edited) == 0)
		said = SLICE("The editor shows no problem in it.\n");
	else if (list.len)
		said = arena_printf(&r->arena, "The editor now shows:\n%.*s",
				    SLICE_ARG(buf_slice(&list)));
	tool_finish(r, true,
		    arena_printf(&r->arena, "%.*s%.*s", SLICE_ARG(s->result), SLICE_ARG(said)),
		    s->summary);
	buf_release(&list);
}

/* The state of the tool that made the edit is released first: its place in the run is needed. */
void diagnostics_after(struct tool_run *r, const struct slice *paths, size_t n, struct slice result,
		       struct slice summary)
{
	struct lookup q = { .kind = LOOKUP_DIAGNOSTICS, .path = SLICE(""), .settle = true };
	struct after *s;

	if (n == 0 || !host_knows(&r->env->workspace.host, LOOKUP_DIAGNOSTICS)) {
		tool_finish(r, true, result, summary);
		return;
	}
	s = arena_alloc(&r->arena, sizeof(*s));
	*s = (struct after){ paths, n, arena_dup(&r->arena, result), summary };
	if (r->release) /* of what made the edit: it is over */
		r->release(r);
	r->release = NULL;
	r->state = s;
	if (n == 1)
		q.path = absolute(r, paths[0]);
	lookup_ask(r, &q, looked);
}
