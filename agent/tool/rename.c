/* rename.c - a symbol gets another name, in all files at once or in none.
 *
 * The language server says what to replace; the change is ours: one transaction, with its approval, its
 * place in the log and its undo. The places are those of the text that the server saw. Whether that is
 * what stands there is checked: each holds the old name, or nothing is changed. */
#include "agent/tool/tools.h"

#include "agent/base/path.h"
#include "agent/edit/change.h"
#include "agent/tool/lookup.h"
#include "agent/tool/symbol.h"
#include "agent/tool/transaction.h"
#include "protocol/base/limits.h"

/* The places in one file; the items are those of symbol.c. */
struct file_rename {
	const struct lookup_item *items; /* of one file, by place */
	size_t n;
	struct slice old_name;
	enum position_encoding encoding;
};

/* Not exactly the name: a place may be a qualified name, of which the language server replaces a part. */
static bool place(const struct file_rename *f, struct line_index *ix, struct slice base, size_t i,
		  struct text_change *out, struct err *err)
{
	struct err why;

	out->text = f->items[i].text;
	if (!range_to_offsets(ix, base, f->encoding, f->items[i].range, &out->start, &out->end,
			      &why) ||
	    slice_find(slice_sub(base, out->start, out->end), f->old_name, 0) == SIZE_MAX ||
	    (i > 0 && out->start < out[-1].end))
		return err_set(
			err, ERR_STALE,
			"line %u does not hold %.*s where the language server has it: its text "
			"is another one. Try again, or use edit_file",
			f->items[i].range.start.line + 1, SLICE_ARG(f->old_name));
	return true;
}

/* The base with all places replaced, in one copy. */
static struct slice replaced(struct tool_run *r, struct slice base, const struct text_change *c,
			     size_t n)
{
	struct slice out;
	size_t from = 0;
	struct buf b;

	buf_init(&b, (size_t)2 * LIMIT_DOC_BYTES);
	for (size_t i = 0; i < n; i++) {
		buf_append(&b, slice_sub(base, from, c[i].start));
		buf_append(&b, c[i].text);
		from = c[i].end;
	}
	buf_append(&b, slice_sub(base, from, base.len));
	out = arena_dup(&r->arena, buf_slice(&b));
	buf_release(&b);
	return out;
}

/* Planned for the text that is there now (CHANGE_NOW): the language server knows that one, not what the
 * model saw. */
static bool plan(struct tool_run *r, void *state, struct slice base, struct slice *after,
		 struct slice *notes, struct slice *hint, struct err *err)
{
	const struct file_rename *f = state;
	struct text_change *changes = arena_array(&r->arena, f->n, sizeof(*changes));
	struct line_index ix;
	bool ok = true;

	(void)hint;
	*notes = SLICE("");
	line_index_init(&ix);
	for (size_t i = 0; ok && i < f->n; i++)
		ok = place(f, &ix, base, i, &changes[i], err);
	line_index_release(&ix);
	if (ok)
		*after = replaced(r, base, changes, f->n);
	return ok;
}

/* The items come by path, so the files are the runs of equal paths. */
static void found(struct tool_run *r, const struct lookup_item *items, size_t n,
		  enum position_encoding e)
{
	struct symbol *s = r->state;
	struct change_spec *specs = arena_array(&r->arena, LIMIT_PATCH_FILES, sizeof(*specs));
	struct err err = { 0 };
	size_t files = 0, end;

	for (size_t i = 0; i < n; i = end) {
		struct file_rename *f = arena_alloc(&r->arena, sizeof(*f));

		for (end = i; end < n && slice_eq(items[end].path, items[i].path);)
			end++;
		if (files == LIMIT_PATCH_FILES) {
			tool_failf(
				r,
				"%.*s is used in more than %d files, which is more than one call "
				"changes: use run_command, with sed",
				SLICE_ARG(s->name), LIMIT_PATCH_FILES);
			return;
		}
		*f = (struct file_rename){ items + i, end - i, s->name, e };
		specs[files] = (struct change_spec){ .rule = CHANGE_NOW, .plan = plan, .state = f };
		if (!path_relative(&r->arena, r->env->workspace.root, items[i].path,
				   &specs[files++].path, &err)) {
			tool_fail(r, &err);
			return;
		}
	}
	transaction_start(r, specs, files);
}

void rename_start(struct tool_run *r)
{
	struct symbol *s = arena_alloc(&r->arena, sizeof(*s));

	s->kind = LOOKUP_RENAME;
	s->found = found;
	if (!arg_str(r, "new_name", true, &s->new_name))
		return;
	if (s->new_name.len == 0)
		tool_failf(r, "new_name is empty: give the name");
	else
		symbol_start(r, s);
}
