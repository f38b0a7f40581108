/* edit_file.c - replace exact texts in an existing file; all edits or none. */
#include "agent/tool/tools.h"

#include "agent/edit/edit.h"
#include "agent/tool/transaction.h"
#include "protocol/base/limits.h"

/* In the run's arena, with the texts. */
struct edits {
	struct replace_edit *e;
	size_t n;
};

/* The edits are checked and planned as one: none is made if one of them does not fit. */
static bool plan(struct tool_run *r, void *state, struct slice base, struct slice *after,
		 struct slice *notes, struct slice *hint, struct err *err)
{
	struct edits *s = state;
	struct edit_plan p = { 0 };

	if (!edit_plan(&r->arena, base, s->e, s->n, &p, hint, err)) {
		if (s->n > 1) /* else it may take the others for made */
			(void)err_set(err, err->code, "%.*s None of the %zu edits was made.",
				      SLICE_ARG(arena_dup(&r->arena, slice_of(err->msg))), s->n);
		return false;
	}
	*after = p.after;
	*notes = p.notes;
	return true;
}

static bool one_edit(struct tool_run *r, struct json v, size_t i, struct replace_edit *out)
{
	struct json all = json_get(v, "replace_all");

	if (!json_str(json_get(v, "old_text"), &r->arena, &out->old_text)) {
		tool_failf(r, "edits[%zu].old_text must be a string", i);
		return false;
	}
	if (!json_str(json_get(v, "new_text"), &r->arena, &out->new_text)) {
		tool_failf(r, "edits[%zu].new_text must be a string", i);
		return false;
	}
	if (out->old_text.len == 0) {
		tool_failf(
			r,
			"edits[%zu].old_text is empty: give the text to replace, or use write_file",
			i);
		return false;
	}
	out->replace_all = json_bool_or(all, json_is(all, "true"));
	return true;
}

/* Also one edit without the array, as an object or as arguments of the call. */
static bool parse_edits(struct tool_run *r, struct edits *s)
{
	struct json list = json_get(r->input, "edits");
	struct json one = json_type(list) == JSON_OBJECT ? list
			  : json_present(list)		 ? (struct json){ 0 }
							 : r->input;
	size_t i = 0;

	if (json_type(list) != JSON_ARRAY) { /* models send a single edit bare now and then */
		s->e = arena_alloc(&r->arena, sizeof(*s->e));
		s->n = 1;
		if (json_type(one) == JSON_OBJECT && json_present(json_get(one, "old_text")))
			return one_edit(r, one, 0, s->e);
		tool_failf(r, "edits must be an array of {old_text, new_text}");
		return false;
	}
	s->n = json_len(list);
	if (s->n == 0 || s->n > LIMIT_EDITS_PER_CALL) {
		tool_failf(r, "edits must have 1 to %d elements", LIMIT_EDITS_PER_CALL);
		return false;
	}
	s->e = arena_array(&r->arena, s->n, sizeof(*s->e));
	for (struct json_iter it = json_iter(list); json_next(&it); i++)
		if (!one_edit(r, it.value, i, &s->e[i]))
			return false;
	return true;
}

void edit_file_start(struct tool_run *r)
{
	struct edits *s = arena_alloc(&r->arena, sizeof(*s));
	struct slice path;

	if (arg_path(r, "path", true, &path) && parse_edits(r, s))
		change_start(r, path, CHANGE_EXISTING, plan, s);
}
