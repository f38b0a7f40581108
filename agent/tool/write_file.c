/* write_file.c - create a file, or replace all of its content. */
#include "agent/tool/tools.h"

#include "agent/edit/edit.h"
#include "agent/tool/change.h"

static bool plan(struct tool_run *r, struct slice base, struct slice *after, struct slice *notes,
		 struct slice *hint, struct err *err)
{
	struct slice *content = change_plan_state(r);
	struct text_style style;

	(void)hint;
	(void)err;
	*notes = SLICE("");
	*after = *content;
	if (!base.ptr)
		return true;
	text_style(base, &style); /* the file keeps its line ends */
	if (style.eol != EOL_LF && !style.mixed_eol)
		*after = text_with_eol(&r->arena, *content, style.eol);
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
		change_start(r, path, false, true, plan, content);
}
