/* apply_patch.c - several files by one patch, all or none. Offered to GPT models, which are trained
 * on this form, in place of edit_file. */
#include "agent/tool/tools.h"

#include "agent/base/path.h"
#include "agent/edit/patch.h"
#include "agent/tool/transaction.h"
#include "protocol/base/limits.h"

/* The lines of the section are the whole file. */
static bool plan_add(struct tool_run *r, void *state, struct slice base, struct slice *after,
		     struct slice *notes, struct slice *hint, struct err *err)
{
	const struct patch_file *f = state;

	(void)r, (void)base, (void)hint, (void)err;
	*after = f->content;
	*notes = SLICE("");
	return true;
}

static bool plan_update(struct tool_run *r, void *state, struct slice base, struct slice *after,
			struct slice *notes, struct slice *hint, struct err *err)
{
	const struct patch_file *f = state;
	struct err why;

	if (patch_apply(&r->arena, base, f, after, notes, hint, &why))
		return true;
	return err_set(err, why.code, "%.*s: %s Nothing of the patch was done.", SLICE_ARG(f->path),
		       why.msg);
}

static bool plan_delete(struct tool_run *r, void *state, struct slice base, struct slice *after,
			struct slice *notes, struct slice *hint, struct err *err)
{
	(void)r, (void)state, (void)base, (void)hint, (void)err;
	*after = (struct slice){ NULL, 0 };
	*notes = SLICE("");
	return true;
}

/* The changes of one patch, in its order; a move is two that follow each other. */
struct specs {
	struct change_spec *list;
	size_t n;
};

/* A path twice would be planned twice from the same text, and the second would win. */
static bool add(struct tool_run *r, struct specs *s, struct slice path, enum change_rule rule,
		change_plan_fn *plan, struct patch_file *f)
{
	struct err err = { 0 };
	struct slice rel;

	if (!path_relative(&r->arena, r->env->workspace.root, path, &rel, &err)) {
		tool_fail(r, &err);
		return false;
	}
	if (rel.len == 0) {
		tool_failf(r, "%.*s names the workspace itself: give a file", SLICE_ARG(path));
		return false;
	}
	for (size_t i = 0; i < s->n; i++)
		if (slice_eq(s->list[i].path, rel)) {
			tool_failf(r,
				   "%.*s stands in the patch twice: put all of it in one section",
				   SLICE_ARG(rel));
			return false;
		}
	if (s->n == LIMIT_PATCH_FILES) {
		tool_failf(r, "the patch changes more than %d files: send it in parts",
			   LIMIT_PATCH_FILES);
		return false;
	}
	s->list[s->n++] =
		(struct change_spec){ .path = rel, .rule = rule, .plan = plan, .state = f };
	return true;
}

/* Deleting and updating need a file that is there, adding one that is not. */
static bool add_file(struct tool_run *r, struct specs *s, struct patch_file *f)
{
	switch (f->kind) {
	case PATCH_ADD:
		return add(r, s, f->path, CHANGE_NEW, plan_add, f);
	case PATCH_DELETE:
		return add(r, s, f->path, CHANGE_EXISTING, plan_delete, f);
	case PATCH_UPDATE:
		break;
	}
	return add(r, s, f->path, CHANGE_EXISTING, plan_update, f) &&
	       (f->move_to.len == 0 || add(r, s, f->move_to, CHANGE_MOVED_HERE, NULL, NULL));
}

void apply_patch_start(struct tool_run *r)
{
	struct specs s = { 0 };
	struct patch *p = arena_alloc(&r->arena, sizeof(*p));
	struct err err = { 0 };
	struct slice text;

	if (!arg_str(r, "patch", true, &text))
		return;
	if (!patch_parse(&r->arena, text, p, &err)) {
		tool_fail(r, &err);
		return;
	}
	s.list = arena_array(&r->arena, LIMIT_PATCH_FILES, sizeof(*s.list));
	for (size_t i = 0; i < p->n_files; i++)
		if (!add_file(r, &s, &p->files[i]))
			return;
	transaction_start(r, s.list, s.n);
}
