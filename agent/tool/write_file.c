/* write_file.c - create a file, or replace all of its content. */
#include "agent/tool/tools.h"

#include "agent/edit/edit.h"
#include "agent/tool/transaction.h"

/* The byte order mark in UTF-8. */
static const char bom[] = "\xef\xbb\xbf";

/* What the model sends has '\n' and no mark; the file keeps its own. */
static bool plan(struct tool_run *r, void *state, struct slice base, struct slice *after,
		 struct slice *notes, struct slice *hint, struct err *err)
{
	struct slice *content = state;
	struct text_style style;

	(void)hint;
	(void)err;
	*notes = SLICE("");
	*after = content->ptr ? *content : SLICE("");
	if (!base.ptr)
		return true;
	text_style(base, &style); /* the file keeps its line ends and its byte order mark */
	if (style.eol != EOL_LF && !style.mixed_eol)
		*after = text_with_eol(&r->arena, *content, style.eol);
	if (style.bom && !slice_starts(*after, slice_of(bom)))
		*after = arena_printf(&r->arena, "%s%.*s", bom, SLICE_ARG(*after));
	return true;
}

void write_file_start(struct tool_run *r)
{
	struct slice *content = arena_alloc(&r->arena, sizeof(*content));
	struct slice path;

	if (!arg_path(r, "path", true, &path) || !arg_str(r, "content", true, content))
		return;
	if (path.len == 0)
		tool_failf(r, "path names the workspace itself: give a file");
	else
		change_start(r, path, CHANGE_SEEN, plan, content);
}
