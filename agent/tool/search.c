/* search.c - a regular expression over the workspace: files by the runner, open buffers (with their
 * unsaved text) here. */
#include "agent/tool/tools.h"

#include <fnmatch.h>

#include "agent/base/path.h"
#include "agent/host.h"
#include "agent/runner/runner.h"
#include "agent/tool/search_text.h"
#include "protocol/base/limits.h"

enum { MAX_BUFFERS = 256 };

struct searching {
	struct search_query q;
	struct search_text *text;
	struct slice skip[MAX_BUFFERS];
	size_t n_skip, hits;
	struct buf out;
};

static void release(struct tool_run *r)
{
	struct searching *s = r->state;

	search_text_free(s->text);
	buf_release(&s->out);
}

static bool wanted(const struct searching *s, struct arena *a, struct slice path)
{
	int flags = slice_find(s->q.glob, SLICE("**"), 0) == SIZE_MAX ? FNM_PATHNAME : 0;
	struct slice subject =
		slice_find_byte(s->q.glob, '/', 0) == SIZE_MAX ? path_base(path) : path;

	if (s->q.path.len > 0 && !slice_eq(path, s->q.path) &&
	    !(slice_starts(path, s->q.path) && path.ptr[s->q.path.len] == '/'))
		return false;
	return s->q.glob.len == 0 ||
	       fnmatch(arena_cstr(a, s->q.glob), arena_cstr(a, subject), flags) == 0;
}

static void search_buffer(void *payload, struct slice path, struct snapshot *text)
{
	struct tool_run *r = payload;
	struct searching *s = r->state;
	struct decision d = { 0 };
	struct slice rel;

	if (s->n_skip >= MAX_BUFFERS ||
	    !path_relative(&r->arena, r->env->workspace.root, path, &rel, NULL))
		return;
	s->skip[s->n_skip++] = rel;
	policy_path(r->env->policy, ACCESS_READ, rel, &r->arena, &d);
	if (d.verdict != VERDICT_DENY && wanted(s, &r->arena, rel) && s->hits < LIMIT_SEARCH_HITS)
		s->hits += search_text_run(s->text, rel, snapshot_text(text),
					   LIMIT_SEARCH_HITS - s->hits, &s->out);
}

static void put_context(struct buf *out, struct slice path, struct json lines, int64_t first,
			struct arena *a)
{
	for (struct json_iter it = json_iter(lines); json_next(&it); first++)
		buf_printf(out, "%.*s-%lld- %.*s\n", SLICE_ARG(path), (long long)first,
			   SLICE_ARG(json_str_or(it.value, a, "")));
}

static void put_hit(struct buf *out, struct json hit, struct arena *a)
{
	struct slice path = json_str_or(json_get(hit, "path"), a, "?");
	struct json before = json_get(hit, "before"), after = json_get(hit, "after");
	int64_t line = json_i64_or(json_get(hit, "line"), 0);

	put_context(out, path, before, line - (int64_t)json_len(before), a);
	buf_printf(out, "%.*s:%lld: %.*s\n", SLICE_ARG(path), (long long)line,
		   SLICE_ARG(json_str_or(json_get(hit, "text"), a, "")));
	put_context(out, path, after, line + 1, a);
	if (json_len(before) + json_len(after) > 0)
		buf_puts(out, "--\n");
}

/* Where no match means nothing. */
static void put_skipped(struct tool_run *r, struct json root)
{
	struct slice names = json_str_or(json_get(root, "skipped"), &r->arena, ""), line;
	int64_t left = json_i64_or(json_get(root, "skippedFiles"), 0);
	struct searching *s = r->state;

	if (left > 0)
		buf_puts(&s->out, "These files were not searched:\n");
	for (; slice_next_line(&names, &line); left--)
		buf_printf(&s->out, "  %.*s\n", SLICE_ARG(line));
	if (left > 0)
		buf_printf(&s->out, "  and %lld more\n", (long long)left);
}

static void searched(void *payload, struct slice text, const struct err *err)
{
	struct tool_run *r = payload;
	struct searching *s = r->state;
	struct err why = { 0 };
	struct json root;

	r->call = NULL;
	if (err || !json_parse(&r->arena, text, &root, &why)) {
		tool_fail(r, err ? err : &why);
		return;
	}
	for (struct json_iter it = json_iter(json_get(root, "hits")); json_next(&it); s->hits++)
		put_hit(&s->out, it.value, &r->arena);
	if (s->hits == 0)
		buf_puts(&s->out, "(no match)\n");
	if (json_bool_or(json_get(root, "truncated"), false))
		buf_puts(&s->out,
			 "(more matches are left out: narrow the pattern, the path or the glob)\n");
	put_skipped(r, root);
	tool_finish(r, true, buf_slice(&s->out), arena_printf(&r->arena, "%zu matches", s->hits));
}

void search_start(struct tool_run *r)
{
	struct searching *s = arena_alloc(&r->arena, sizeof(*s));
	struct host *h = &r->env->workspace.host;
	struct err err = { 0 };
	int64_t context;

	r->state = s;
	buf_init(&s->out, LIMIT_MESSAGE_BYTES);
	r->release = release;
	if (!arg_str(r, "pattern", true, &s->q.pattern) ||
	    !arg_path(r, "path", false, &s->q.path) || !arg_str(r, "glob", false, &s->q.glob) ||
	    !arg_bool(r, "literal", &s->q.literal) ||
	    !arg_bool(r, "ignore_case", &s->q.ignore_case) ||
	    !arg_int(r, "context", 0, 0, 5, &context))
		return;
	s->q.context = (uint32_t)context;
	if (s->q.pattern.len == 0) {
		tool_failf(r, "pattern is empty");
	} else if (!r->env->workspace.runner) {
		tool_failf(r, "the file runner is not available");
	} else if (!search_text_new(s->q.pattern, s->q.literal, s->q.ignore_case, &s->text, &err)) {
		tool_fail(r, &err);
	} else {
		h->ops->each_buffer(h->self, r->env->workspace.root, search_buffer, r);
		s->q.skip = s->skip;
		s->q.n_skip = s->n_skip;
		r->call = runner_search(r->env->workspace.runner, &s->q, searched, r);
	}
}
