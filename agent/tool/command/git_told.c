/* git_told.c - see git_told.h. Branches, tags and HEAD come first, by name; of the other files of git the
 * first few are named and the rest is counted; objects are counted only. */
#include "agent/tool/command/git_told.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "agent/base/git_path.h"

/* Names in the line, and bytes of what a ref points to. */
enum { NAMED = 6, VALUE_BYTES = 200 };

static enum git_kind kind_of(const struct git_told_file *f)
{
	return git_path_of(f->path).kind;
}

static bool is_ref(const struct git_told_file *f)
{
	return kind_of(f) == GIT_REF || kind_of(f) == GIT_HEAD;
}

/* What a ref points to is one short line. */
static struct slice value(struct arena *a, struct slice content)
{
	content = slice_trim(content);
	return content.len <= VALUE_BYTES && slice_find_byte(content, '\n', 0) == SIZE_MAX
		       ? arena_dup(a, content)
		       : SLICE("");
}

/* The path is borrowed; it lives as long as the arena. */
void git_told_add(struct git_told *t, struct arena *a, const struct view_change *c,
		  struct slice before, struct slice after)
{
	struct git_told_file f = { .path = c->path, .kind = c->kind };

	f.before = is_ref(&f) ? value(a, before) : SLICE("");
	f.after = is_ref(&f) ? value(a, after) : SLICE("");
	if (git_path_of(c->path).kind == GIT_REF && slice_ends(c->path, SLICE("/packed-refs")))
		t->packed = arena_dup(a, after);
	if (t->n == t->cap) {
		struct git_told_file *more = arena_array(a, t->cap * 2 + 16, sizeof(*more));

		if (t->n > 0)
			memcpy(more, t->files, t->n * sizeof(*more));
		t->files = more;
		t->cap = t->cap * 2 + 16;
	}
	t->files[t->n++] = f;
}

/* What git writes along with everything else: the log has it, a person need not. */
static bool goes_without_saying(const struct git_told_file *f)
{
	static const char *const with[] = { "COMMIT_EDITMSG", "ORIG_HEAD", "FETCH_HEAD", "gc.log" };
	struct git_path p = git_path_of(f->path);
	struct slice rest = slice_sub(f->path, p.rest, f->path.len);

	for (size_t i = 0; i < ARRAY_LEN(with); i++)
		if (slice_eq_cstr(rest, with[i]))
			return true;
	return p.kind == GIT_LOG;
}

/* Below the workspace's own repository, without `.git/`. */
static struct slice name_of(const struct git_told_file *f)
{
	return slice_starts(f->path, SLICE(".git/")) ? slice_sub(f->path, 5, f->path.len) : f->path;
}

/* `git pack-refs` and `git gc` move refs into one file. */
static bool is_packed(const struct git_told *t, const struct git_told_file *f)
{
	struct git_path p = git_path_of(f->path);
	struct slice rest = t->packed, line, name = slice_sub(f->path, p.rest, f->path.len);

	if (f->kind != VIEW_REMOVED || p.kind != GIT_REF)
		return false;
	while (slice_next_line(&rest, &line))
		if (slice_ends(line, name) && line.len > name.len &&
		    line.ptr[line.len - name.len - 1] == ' ')
			return true;
	return false;
}

static const char *verb_of(const struct git_told *t, const struct git_told_file *f)
{
	static const char *const verbs[] = { "created", "changed", "removed",
					     "given other permissions" };
	bool moved = f->kind == VIEW_CHANGED && kind_of(f) == GIT_REF &&
		     !slice_ends(f->path, SLICE("/packed-refs"));

	if (slice_ends(f->path, SLICE("/info/exclude")) && f->kind == VIEW_CHANGED)
		return "changed (its ignore rules count from the next session)";
	return moved ? "moved" : is_packed(t, f) ? "packed" : verbs[f->kind];
}

static void part(struct buf *b, const char *fmt, ...) PRINTF(2, 3);

static void part(struct buf *b, const char *fmt, ...)
{
	char text[700];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	buf_printf(b, "%s%s", b->len ? ", " : "git: ", text);
}

static void objects(struct buf *b, uint64_t n, const char *what)
{
	if (n > 0)
		part(b, "%" PRIu64 " object%s %s", n, n == 1 ? "" : "s", what);
}

/* Branches and tags first: they are what it is about. */
static size_t files(const struct git_told *t, struct buf *b)
{
	size_t named = 0, rest = 0;

	for (int pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < t->n; i++) {
			const struct git_told_file *f = &t->files[i];

			if ((pass == 0) != is_ref(f))
				continue;
			if (goes_without_saying(f) || named == NAMED)
				rest++;
			else if (++named)
				part(b, "%.*s %s", SLICE_ARG(name_of(f)), verb_of(t, f));
		}
	}
	return rest;
}

struct slice git_told_line(const struct git_told *t, struct arena *a)
{
	struct slice line;
	size_t rest;
	struct buf b;

	buf_init(&b, 16 * 1024);
	rest = files(t, &b);
	objects(&b, t->added, "added");
	objects(&b, t->removed, "removed, as others hold the same");
	if (rest > 0)
		part(&b, "%zu other file%s of git", rest, rest == 1 ? "" : "s");
	line = arena_dup(a, buf_slice(&b));
	buf_release(&b);
	return line;
}

struct slice git_told_held(uint64_t held, struct arena *a)
{
	if (held == 0)
		return SLICE("");
	return arena_printf(a,
			    "the command removed or changed %" PRIu64
			    " object%s of a repository that nothing else holds",
			    held, held == 1 ? "" : "s");
}

void git_told_refs(const struct git_told *t, struct jw *w)
{
	static const char *const kinds[] = { "created", "changed", "removed", "mode" };

	for (size_t i = 0; i < t->n; i++) {
		const struct git_told_file *f = &t->files[i];

		if (!is_ref(f))
			continue;
		jw_object(w);
		jw_kstr(w, "ref", name_of(f));
		jw_kcstr(w, "kind", kinds[f->kind]);
		jw_kstr(w, "before", f->before);
		jw_kstr(w, "after", f->after);
		jw_end(w);
	}
}
