/* list_files.c - names below a path, as the runner finds them. */
#include "agent/tool/tools.h"

#include <inttypes.h>

#include "agent/runner/runner.h"
#include "protocol/base/limits.h"

/* A folder ends in '/', a file has its size in bytes behind a tab. */
static void put_entry(struct buf *out, struct json e, struct arena *a)
{
	struct slice path = json_str_or(json_get(e, "path"), a, "?");

	buf_append(out, path);
	if (json_is(json_get(e, "kind"), "dir"))
		buf_putc(out, '/');
	else if (json_is(json_get(e, "kind"), "symlink"))
		buf_puts(out, " (symlink)");
	else
		buf_printf(out, "\t%" PRId64, json_i64_or(json_get(e, "size"), 0));
	buf_putc(out, '\n');
}

static void listed(void *payload, struct slice text, const struct err *err)
{
	struct tool_run *r = payload;
	struct err why = { 0 };
	struct json root;
	struct buf out;
	size_t n;

	r->call = NULL;
	if (err || !json_parse(&r->arena, text, &root, &why)) {
		tool_fail(r, err ? err : &why);
		return;
	}
	buf_init(&out, LIMIT_MESSAGE_BYTES);
	n = json_len(json_get(root, "entries"));
	for (struct json_iter it = json_iter(json_get(root, "entries")); json_next(&it);)
		put_entry(&out, it.value, &r->arena);
	if (n == 0)
		buf_puts(&out, "(nothing found)\n");
	if (json_bool_or(json_get(root, "truncated"), false))
		buf_puts(&out, "(more entries are left out: narrow the path or the glob)\n");
	tool_finish(r, true, buf_slice(&out),
		    arena_printf(&r->arena, "%zu entr%s", n, n == 1 ? "y" : "ies"));
	buf_release(&out);
}

/* A glob without a depth means: files at any depth. */
void list_files_start(struct tool_run *r)
{
	struct list_query q = { 0 };
	int64_t depth;

	if (!arg_path(r, "path", false, &q.path) || !arg_str(r, "glob", false, &q.glob) ||
	    !arg_int(r, "depth", 0, 0, 64, &depth))
		return;
	q.depth = (uint32_t)depth;
	if (q.glob.len > 0 && depth == 0)
		q.files_only = true;
	if (!r->env->workspace.runner)
		tool_failf(r, "the file runner is not available");
	else
		r->call = runner_list(r->env->workspace.runner, &q, listed, r);
}
