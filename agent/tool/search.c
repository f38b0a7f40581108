/* search.c - a regular expression over the workspace. The worker does all of it: it is sent the text
 * of the open buffers and searches it in place of their files, so that what is unsaved is found like
 * the rest, in one order, and a costly pattern never runs here.
 *
 * What does not fit into the result is counted: how many matches there are, and in which files. */
#include "agent/tool/tools.h"

#include "agent/base/path.h"
#include "agent/host.h"
#include "agent/policy/secret_file.h"
#include "agent/runner/runner.h"
#include "agent/tool/scratch.h"
#include "protocol/base/limits.h"

enum {
	MAX_BUFFERS = 256,
	HITS_BYTES = LIMIT_RESULT_BYTES - 8 * 1024, /* so that what follows is never cut */
	REST_FILES = 30, /* whose matches are not shown, and are counted by name */
};

/* Of one call, in its arena. `texts` are slices of the snapshots in `held`, which are let go when the
 * request is written. */
struct searching {
	struct search_query q;
	struct unsaved_text texts[MAX_BUFFERS];
	struct snapshot *held[MAX_BUFFERS]; /* the owners of these texts, until they are sent */
	size_t n_texts, bytes;
	size_t too_many; /* open files that are not sent */
	struct buf out;
	size_t shown;

	/* Matches that are not shown, file by file as they come. */
	struct slice rest_path;
	int64_t rest_count, rest_files;
	struct buf rest;
};

static void release(struct tool_run *r)
{
	struct searching *s = r->state;

	buf_release(&s->out);
	buf_release(&s->rest);
}

/* A secret is kept from the search by its name and by what it holds, as the file below it would be. */
static void take_buffer(void *payload, struct slice path, struct snapshot *text)
{
	struct tool_run *r = payload;
	struct searching *s = r->state;
	struct decision d = { 0 };
	struct slice rel, bytes;

	if (!text || !path_relative(&r->arena, r->env->workspace.root, path, &rel, NULL))
		return;
	bytes = snapshot_text(text);
	policy_path(r->env->policy, ACCESS_READ, rel, &r->arena, &d);
	if (d.verdict == VERDICT_DENY ||
	    (policy_looks_into(r->env->policy, rel) && secret_file_holds(rel, bytes)))
		return;
	if (s->n_texts == MAX_BUFFERS || bytes.len > LIMIT_UNSAVED_BYTES - s->bytes) {
		s->too_many++;
		return;
	}
	s->bytes += bytes.len;
	s->held[s->n_texts] = snapshot_ref(text);
	s->texts[s->n_texts++] = (struct unsaved_text){ rel, bytes };
}

/* As grep -C writes it: '-' where a hit has ':'. */
static void put_context(struct buf *out, struct slice path, struct json lines, int64_t first,
			struct arena *a)
{
	for (struct json_iter it = json_iter(lines); json_next(&it); first++)
		buf_printf(out, "%.*s-%lld- %.*s\n", SLICE_ARG(path), (long long)first,
			   SLICE_ARG(json_str_or(it.value, a, "")));
}

static void put_hit(struct buf *out, struct slice path, struct json hit, struct arena *a)
{
	struct json before = json_get(hit, "before"), after = json_get(hit, "after");
	int64_t line = json_i64_or(json_get(hit, "line"), 0);

	put_context(out, path, before, line - (int64_t)json_len(before), a);
	buf_printf(out, "%.*s:%lld: %.*s\n", SLICE_ARG(path), (long long)line,
		   SLICE_ARG(json_str_or(json_get(hit, "text"), a, "")));
	put_context(out, path, after, line + 1, a);
	if (json_len(before) + json_len(after) > 0)
		buf_puts(out, "--\n");
}

/* n more matches in this file are not shown; path "": that was all. */
static void count_rest(struct searching *s, struct slice path, int64_t n)
{
	if (!slice_eq(path, s->rest_path)) {
		if (s->rest_count > 0 && s->rest_files++ < REST_FILES)
			buf_printf(&s->rest, "  %.*s: %lld\n", SLICE_ARG(s->rest_path),
				   (long long)s->rest_count);
		s->rest_path = path;
		s->rest_count = 0;
	}
	s->rest_count += n;
}

/* As many as fit, whole ones. */
static void put_hits(struct tool_run *r, struct json root)
{
	struct searching *s = r->state;
	bool full = false;

	for (struct json_iter it = json_iter(json_get(root, "hits")); json_next(&it);) {
		struct slice path = json_str_or(json_get(it.value, "path"), &r->arena, "?");
		size_t len = s->out.len;

		if (!full)
			put_hit(&s->out, path, it.value, &r->arena);
		full = full || s->out.full;
		if (s->out.full)
			buf_truncate(&s->out, len);
		if (full)
			count_rest(s, path, 1);
		else
			s->shown++;
	}
}

/* Where some are not shown: how many, and in which files. */
static void put_rest(struct tool_run *r, struct json root, int64_t matches, int64_t files)
{
	struct json rest = json_get(root, "rest");
	bool truncated = json_bool_or(json_get(root, "truncated"), false);
	struct searching *s = r->state;

	for (struct json_iter it = json_iter(rest); json_next(&it);)
		count_rest(s, json_str_or(json_get(it.value, "path"), &r->arena, "?"),
			   json_i64_or(json_get(it.value, "matches"), 0));
	count_rest(s, SLICE(""), 0);
	s->rest_files += json_i64_or(json_get(root, "restFiles"), 0) - (int64_t)json_len(rest);
	if (s->rest_files == 0)
		return;
	buf_printf(&s->out,
		   "\n%zu of %s%lld matches are shown, which are in %s%lld files. Narrow the "
		   "pattern, the path or the glob. Not shown are:\n%.*s",
		   s->shown, truncated ? "more than " : "", (long long)matches,
		   truncated ? "more than " : "", (long long)files, SLICE_ARG(buf_slice(&s->rest)));
	if (s->rest_files > REST_FILES)
		buf_printf(&s->out, "  and those in %lld more files\n",
			   (long long)(s->rest_files - REST_FILES));
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
	if (json_bool_or(json_get(root, "cut"), false))
		buf_printf(
			&s->out,
			"Only the first %d files and folders of the workspace were searched: give a path.\n",
			LIMIT_WALK_ENTRIES);
	if (s->too_many > 0)
		buf_printf(
			&s->out,
			"Of %zu files that are open in the editor, the text on disk was searched "
			"and not what is unsaved.\n",
			s->too_many);
}

/* A pattern that is no regular expression is mostly meant as plain text. */
static void fail(struct tool_run *r, const struct err *err)
{
	const struct searching *s = r->state;

	if (err->code == ERR_INVALID && !s->q.literal)
		tool_failf(r, "%s Or set literal to true, to search for the pattern as plain text.",
			   err->msg);
	else
		tool_fail(r, err);
}

/* The result is limited to HITS_BYTES while hits are written, and then opened for the sentences behind them. */
static void searched(void *payload, struct slice text, const struct err *err)
{
	struct tool_run *r = payload;
	struct searching *s = r->state;
	int64_t matches, files;
	struct err why = { 0 };
	struct json root;

	r->call = NULL;
	if (err || !json_parse(&r->arena, text, &root, &why)) {
		fail(r, err ? err : &why);
		return;
	}
	matches = json_i64_or(json_get(root, "matches"), 0);
	files = json_i64_or(json_get(root, "files"), 0);
	put_hits(r, root);
	s->out.max = LIMIT_MESSAGE_BYTES;
	if (matches == 0)
		buf_puts(&s->out, "(no match)\n");
	put_rest(r, root, matches, files);
	put_skipped(r, root);
	tool_finish(r, true, buf_slice(&s->out),
		    arena_printf(&r->arena, "%lld match%s in %lld file%s", (long long)matches,
				 matches == 1 ? "" : "es", (long long)files,
				 files == 1 ? "" : "s"));
}

/* The snapshots can go as soon as the request is written. */
static void take_buffers(struct tool_run *r)
{
	struct searching *s = r->state;
	struct host *h = &r->env->workspace.host;

	h->ops->each_buffer(h->self, r->env->workspace.root, take_buffer, r);
	s->q.texts = s->texts;
	s->q.n_texts = s->n_texts;
	r->call = runner_search(r->env->workspace.runner, &s->q, searched, r);
	while (s->n_texts > 0)
		snapshot_unref(s->held[--s->n_texts]);
}

/* The worker cannot see that folder, but searches the text like one of the editor's. */
static void scratch_was_read(struct tool_run *r, struct slice text, bool cut)
{
	struct searching *s = r->state;

	if (cut)
		buf_printf(&s->out, "Only the first %zu bytes of the file were searched.\n",
			   text.len);
	s->texts[0] = (struct unsaved_text){ s->q.path, text };
	s->q.texts = s->texts;
	s->q.n_texts = 1;
	s->q.texts_only = true;
	s->q.path = s->q.glob = SLICE("");
	r->call = runner_search(r->env->workspace.runner, &s->q, searched, r);
}

static void ask_worker(struct tool_run *r)
{
	tool_fresh(r, take_buffers);
}

/* A file of the commands' own /tmp is read by a command first; all else the worker searches by itself. */
void search_start(struct tool_run *r)
{
	struct searching *s = arena_alloc(&r->arena, sizeof(*s));
	int64_t context;

	r->state = s;
	buf_init(&s->out, HITS_BYTES);
	buf_init(&s->rest, (REST_FILES + 1) * LIMIT_PATH_BYTES);
	s->rest_path = SLICE("");
	r->release = release;
	if (!arg_str(r, "pattern", true, &s->q.pattern) ||
	    !arg_readable(r, "path", false, &s->q.path) || !arg_str(r, "glob", false, &s->q.glob) ||
	    !arg_bool(r, "literal", &s->q.literal) ||
	    !arg_bool(r, "ignore_case", &s->q.ignore_case) ||
	    !arg_int(r, "context", 0, 0, 5, &context))
		return;
	s->q.context = (uint32_t)context;
	if (s->q.pattern.len == 0)
		tool_failf(r, "pattern is empty");
	else if (!r->env->workspace.runner)
		tool_failf(r, "the file runner is not available");
	else if (scratch_is(s->q.path))
		scratch_read(r, s->q.path, scratch_was_read);
	else
		ask_worker(r);
}
