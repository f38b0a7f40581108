/* ignore.c - see ignore.h. The rules of all folders on the way to the last question are kept as a stack of
 * levels: a question about a neighbour reads nothing, one about another folder pops and pushes levels. */
#include "agent/worker/ignore/ignore.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "agent/worker/file/files.h"
#include "agent/worker/ignore/ignore_rule.h"
#include "protocol/base/mem.h"

enum { RULES_BYTES = 1024 * 1024 /* of one file; a larger one is nobody's honest list */ };

/* The rules of one file. */
struct rules {
	struct buf text; /* the rules borrow it */
	struct ignore_rule *of;
	size_t n, cap;
};

/* A folder on the way to the one that was asked about last. */
struct level {
	size_t len; /* of its path; 0: the workspace */
	struct rules rules;
};

struct ignore {
	const struct root *root;
	struct rules exclude; /* .git/info/exclude: the user's own, not versioned rules */
	struct level *levels; /* from the workspace down, folders without rules too */
	size_t n, cap;
	char folder[LIMIT_PATH_BYTES]; /* the last level's path */
};

/* A file that is missing, no ordinary file or too large has no rules. */
static void rules_read(struct rules *rules, const struct root *r, const char *rel)
{
	struct ignore_rule rule;
	struct slice rest;
	int fd = root_open_file(r, rel, true, NULL);

	*rules = (struct rules){ .of = NULL };
	buf_init(&rules->text, RULES_BYTES);
	if (fd < 0)
		return;
	if (!file_slurp(fd, rel, &rules->text, NULL))
		buf_clear(&rules->text);
	(void)close(fd);
	rest = buf_slice(&rules->text);
	if (slice_starts(rest, SLICE("\xef\xbb\xbf")))
		rest = slice_sub(rest, 3, rest.len);
	while (ignore_rule_next(&rest, &rule)) {
		if (rules->n == rules->cap) {
			rules->cap = rules->cap ? rules->cap * 2 : 16;
			rules->of = xrealloc(rules->of, rules->cap * sizeof(*rules->of));
		}
		rules->of[rules->n++] = rule;
	}
}

static void rules_release(struct rules *rules)
{
	buf_release(&rules->text);
	free(rules->of);
}

/* The folder of `len` bytes of rel becomes the last level. */
static void enter(struct ignore *ig, const char *rel, size_t len)
{
	char path[LIMIT_PATH_BYTES];
	int n;

	if (ig->n == ig->cap) {
		ig->cap = ig->cap ? ig->cap * 2 : 16;
		ig->levels = xrealloc(ig->levels, ig->cap * sizeof(*ig->levels));
	}
	memcpy(ig->folder, rel, len);
	ig->folder[len] = 0;
	ig->levels[ig->n].len = len;
	n = snprintf(path, sizeof(path), "%s%s.gitignore", ig->folder, len ? "/" : "");
	if (n < 0 || (size_t)n >= sizeof(path))
		path[0] = 0; /* the workspace itself: a folder, so no rules */
	rules_read(&ig->levels[ig->n++].rules, ig->root, path);
}

/* Makes the folder of rel, whose path has len bytes, the last level. */
/* Pops what is not on the way to the folder, then pushes what is missing. */
static void go_to(struct ignore *ig, const char *rel, size_t len)
{
	size_t at;

	while (ig->n > 1) {
		at = ig->levels[ig->n - 1].len;
		if (at <= len && memcmp(ig->folder, rel, at) == 0 && (at == len || rel[at] == '/'))
			break;
		rules_release(&ig->levels[--ig->n].rules);
	}
	at = ig->levels[ig->n - 1].len;
	while (at < len) {
		size_t end = at + (at > 0); /* behind the '/' */

		while (end < len && rel[end] != '/')
			end++;
		enter(ig, rel, end);
		at = end;
	}
}

/* The last rule that matches, or NULL. */
/* From the last rule to the first, since the last one that matches counts. */
static const struct ignore_rule *decide(const struct rules *rules, struct slice path,
					struct slice name, bool is_dir)
{
	for (size_t i = rules->n; i > 0; i--) {
		if (ignore_rule_match(&rules->of[i - 1], path, name, is_dir))
			return &rules->of[i - 1];
	}
	return NULL;
}

struct ignore *ignore_new(const struct root *r)
{
	struct ignore *ig = xcalloc(1, sizeof(*ig));

	ig->root = r;
	rules_read(&ig->exclude, r, ".git/info/exclude");
	enter(ig, "", 0);
	return ig;
}

void ignore_free(struct ignore *ig)
{
	if (!ig)
		return;
	while (ig->n > 0)
		rules_release(&ig->levels[--ig->n].rules);
	rules_release(&ig->exclude);
	free(ig->levels);
	free(ig);
}

/* From the innermost folder outwards: the first level that has a rule for the path decides. */
bool ignore_match(struct ignore *ig, const char *rel, bool is_dir)
{
	struct slice path = slice_of(rel), name;
	const char *slash = strrchr(rel, '/');
	const struct ignore_rule *rule = NULL;

	name = slash ? slice_of(slash + 1) : path;
	if (slice_eq_cstr(name, ".git") || path.len >= LIMIT_PATH_BYTES)
		return true;
	go_to(ig, rel, slash ? (size_t)(slash - rel) : 0);
	for (size_t i = ig->n; i > 0 && !rule; i--) {
		size_t len = ig->levels[i - 1].len;

		rule = decide(&ig->levels[i - 1].rules, slice_sub(path, len + (len > 0), path.len),
			      name, is_dir);
	}
	if (!rule)
		rule = decide(&ig->exclude, path, name, is_dir);
	return rule && !rule->negated;
}
