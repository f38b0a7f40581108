/* transaction_tell.c - what a transaction says, to the model and to people: see transaction_own.h */
#include "agent/tool/transaction_own.h"

#include "agent/edit/edit.h"
#include "agent/tool/lookup.h"
#include "protocol/base/limits.h"

enum { DIFF_LINES = 60 };

/* What became of the file, as the first word of its line. */
static const char *verb(const struct change *c)
{
	return !c->after.ptr ? "Deleted" : c->now ? "Changed" : "Created";
}

/* Editors, terminals and services hear of each file with its hashes and its diff. */
static void tell_face(struct tool_run *r, const struct change *c)
{
	struct sha256_hex before = { "" }, after = { "" };

	if (c->before_bytes.ptr)
		before = sha256(c->before_bytes);
	if (c->after_bytes.ptr)
		after = sha256(c->after_bytes);
	env_file_changed(r->env, c->spec->path);
	tool_emit(r, &(struct task_event){ .kind = TASK_FILE_CHANGED,
					   .path = c->spec->path,
					   .before = slice_of(before.s),
					   .after = slice_of(after.s),
					   .diff = c->diff });
}

/* What the model takes the file for from now on. The lines that it has seen have other numbers after an
 * edit; a file that it wrote as a whole it knows from end to end. */
static void remember(struct tool_run *r, const struct change *c)
{
	struct snapshot *known = c->after.ptr && c->known.ptr ? snapshot_new(c->known, 0) : NULL;

	workspace_saw(&r->env->workspace, c->spec->path, known);
	workspace_saw_change(&r->env->workspace, c->spec->path, c->spec->rule != CHANGE_SEEN);
	snapshot_unref(known);
}

/* A last line without its line end counts. */
static size_t lines_of(struct slice s)
{
	size_t n = s.len > 0 && !slice_ends(s, SLICE("\n"));

	for (size_t at = 0; (at = slice_find_byte(s, '\n', at)) != SIZE_MAX; at++)
		n++;
	return n;
}

static const char *plural(size_t n)
{
	return n == 1 ? "" : "s";
}

/* A file that was written as a whole: the model has just sent its text and needs no diff of it. */
static void tell_whole(const struct change *c, struct buf *out)
{
	size_t n = lines_of(c->after);
	const char *where = c->is_buffer ? " in the editor's buffer (not saved yet)" : "";

	if (c->now)
		buf_printf(out, "Replaced %.*s (%zu -> %zu line%s)%s\n%.*s",
			   SLICE_ARG(c->spec->path), lines_of(snapshot_text(c->now)), n, plural(n),
			   where, SLICE_ARG(c->notes));
	else
		buf_printf(out, "Created %.*s (%zu line%s)%s\n%.*s", SLICE_ARG(c->spec->path), n,
			   plural(n), where, SLICE_ARG(c->notes));
}

/* The diff within DIFF_LINES; the model knows most of it, the person sees it whole. */
static void tell_diff(struct slice diff, struct buf *out)
{
	struct slice rest = diff, line;
	size_t n = 0;

	while (n < DIFF_LINES && slice_next_line(&rest, &line)) {
		buf_append(out, line);
		buf_putc(out, '\n');
		n++;
	}
	n = lines_of(rest);
	if (n > 0)
		buf_printf(out, "(%zu more line%s of the diff not shown)\n", n, plural(n));
}

/* One file's lines of the result; *summary grows by a few words. */
static void tell_one(struct tool_run *r, const struct change *c, struct buf *out,
		     struct slice *summary)
{
	size_t added, removed;

	if (c->same) {
		buf_printf(out, "%.*s is already as you want it; nothing was changed.\n",
			   SLICE_ARG(c->spec->path));
		return;
	}
	edit_diff_stat(c->diff, &added, &removed);
	if (c->spec->rule == CHANGE_SEEN) {
		tell_whole(c, out);
	} else {
		buf_printf(out, "%s %.*s (+%zu -%zu)%s\n%.*s", verb(c), SLICE_ARG(c->spec->path),
			   added, removed,
			   c->is_buffer ? " in the editor's buffer (not saved yet)" : "",
			   SLICE_ARG(c->notes));
		tell_diff(c->diff, out);
	}
	*summary = arena_printf(&r->arena, "%.*s%s%.*s +%zu -%zu", SLICE_ARG(*summary),
				summary->len ? ", " : "", SLICE_ARG(c->spec->path), added, removed);
}

/* Of an open document the editor's language servers tell what the change broke. */
void transaction_succeeded(struct tool_run *r, struct transaction *t)
{
	struct slice *open = arena_array(&r->arena, t->n, sizeof(*open)), summary = SLICE("");
	struct buf out;
	size_t n = 0;

	buf_init(&out, (size_t)LIMIT_PATCH_FILES * LIMIT_WRITE_BYTES);
	for (size_t i = 0; i < t->n; i++) {
		const struct change *c = &t->changes[i];

		remember(r, c);
		if (!c->same)
			tell_face(r, c);
		if (!c->same && c->is_buffer)
			open[n++] = c->spec->path;
		tell_one(r, c, &out, &summary);
	}
	diagnostics_after(r, open, n, buf_slice(&out), summary.len ? summary : SLICE("no change"));
	buf_release(&out);
}

/* The model gets the reason, then the hint of the plan (the nearest lines), then what became of the files;
 * people only the reason. */
void transaction_failed(struct tool_run *r, struct transaction *t, struct slice report)
{
	struct slice why = slice_of(t->why.msg);

	if (t->hint.len == 0 && report.len == 0)
		tool_fail(r, &t->why);
	else
		tool_finish(r, false,
			    arena_printf(&r->arena, "%.*s\n%.*s%.*s", SLICE_ARG(why),
					 SLICE_ARG(t->hint), SLICE_ARG(report)),
			    why);
}

/* The paths, for the question and for the rule that the user may say "always" to. */
struct slice transaction_subject(struct tool_run *r, const struct transaction *t)
{
	struct slice s = SLICE("");

	for (size_t i = 0; i < t->n; i++)
		if (!t->changes[i].same || t->n == 1)
			s = arena_printf(&r->arena, "%.*s%s%.*s", SLICE_ARG(s), s.len ? ", " : "",
					 SLICE_ARG(t->changes[i].spec->path));
	return s;
}

/* A script is named as one in the title: a yes to it is more than a yes to a text. */
struct slice transaction_title(struct tool_run *r, const struct transaction *t)
{
	const struct change *c = &t->changes[0];
	bool script = false;

	for (size_t i = 0; i < t->n; i++)
		script = script || change_is_script(&t->changes[i]);
	if (t->n > 1)
		return arena_printf(&r->arena, "Change %zu files%s", t->n,
				    script ? ", one of them a new script" : "");
	if (script)
		return c->now ? SLICE("Rewrite a script") : SLICE("Create a script");
	return !c->after.ptr ? SLICE("Delete a file")
	       : c->now	     ? SLICE("Edit a file")
			     : SLICE("Create a file");
}

struct slice transaction_diff(struct tool_run *r, const struct transaction *t)
{
	struct slice all = t->changes[0].diff;
	struct buf b;

	if (t->n == 1)
		return all;
	buf_init(&b, (size_t)LIMIT_PATCH_FILES * LIMIT_WRITE_BYTES);
	for (size_t i = 0; i < t->n; i++)
		buf_append(&b, t->changes[i].diff);
	all = arena_dup(&r->arena, buf_slice(&b));
	buf_release(&b);
	return all;
}
