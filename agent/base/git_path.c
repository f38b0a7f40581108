/* git_path.c - see git_path.h
 *
 * A path in a repository's own folder decides how a command's change to it is judged: refs and the
 * index are shown to the user as what they mean, objects are data that nobody reads, and everything
 * else (hooks, configuration) may make git execute something. */
#include "agent/base/git_path.h"

#include <strings.h>

#include "protocol/base/base.h"

static const char *const at_top[] = { "HEAD",	     "index",	    "config",	 "objects",
				      "refs",	     "logs",	    "hooks",	 "info",
				      "packed-refs", "description", "ORIG_HEAD", "FETCH_HEAD",
				      "modules" };

static struct slice component(struct slice s)
{
	size_t slash = slice_find_byte(s, '/', 0);

	return slice_sub(s, 0, slash == SIZE_MAX ? s.len : slash);
}

static bool is(struct slice s, const char *name)
{
	return s.len == strlen(name) && strncasecmp(s.ptr, name, s.len) == 0;
}

/* Behind the first component; empty if there is none. */
static struct slice behind(struct slice s)
{
	return slice_sub(s, component(s).len + 1, s.len);
}

static bool is_at_top(struct slice name)
{
	for (size_t i = 0; i < ARRAY_LEN(at_top); i++)
		if (is(name, at_top[i]))
			return true;
	return false;
}

/* The part below the innermost repository: modules/NAME/ (a name may have several components) and
 * worktrees/NAME/ are repositories, too. */
static struct slice innermost(struct slice rest)
{
	for (;;) {
		struct slice name = component(rest), inner;

		if (is(name, "worktrees") && behind(behind(rest)).len > 0) {
			rest = behind(behind(rest));
			continue;
		}
		if (!is(name, "modules"))
			return rest;
		inner = behind(behind(rest));
		while (inner.len > 0 && !is_at_top(component(inner)))
			inner = behind(inner);
		if (inner.len == 0)
			return rest;
		rest = inner;
	}
}

static bool all_hex(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!strchr("0123456789abcdef", s.ptr[i]))
			return false;
	return true;
}

/* below: objects/ */
static enum git_kind object_kind(struct slice below)
{
	struct slice folder = component(below), name = behind(below);

	if (folder.len == 2 && all_hex(folder)) {
		if ((name.len == 38 || name.len == 62) && all_hex(name))
			return GIT_OBJECT;
		return slice_starts(name, SLICE("tmp_obj_")) ? GIT_AUXILIARY : GIT_OTHER;
	}
	if (is(folder, "pack")) {
		if (slice_starts(name, SLICE("pack-")) &&
		    (slice_ends(name, SLICE(".pack")) || slice_ends(name, SLICE(".idx"))))
			return GIT_OBJECT;
		return slice_starts(name, SLICE("pack-")) || slice_starts(name, SLICE("tmp_")) ||
				       slice_starts(name, SLICE(".tmp-"))
			       ? GIT_AUXILIARY
			       : GIT_OTHER;
	}
	/* alternates, commit-graph, multi-pack-index: they say where objects are, or what is in them */
	return is(folder, "info") && is(name, "packs") ? GIT_AUXILIARY : GIT_OTHER;
}

static enum git_kind kind_of(struct slice rest)
{
	struct slice first = component(rest);
	bool alone = first.len == rest.len;

	if (rest.len == 0)
		return GIT_FOLDER;
	if (alone && is(first, "HEAD"))
		return GIT_HEAD;
	if (alone && is(first, "index"))
		return GIT_INDEX;
	if (is(first, "refs") || is(first, "reftable") || (alone && is(first, "packed-refs")))
		return GIT_REF;
	if (is(first, "logs"))
		return GIT_LOG;
	return is(first, "objects") && !alone ? object_kind(behind(rest)) : GIT_OTHER;
}

struct git_path git_path_of(struct slice path)
{
	struct git_path p = { .kind = GIT_NONE };
	struct slice rest = path;

	while (rest.len > 0 && !is(component(rest), ".git"))
		rest = behind(rest);
	if (rest.len == 0)
		return p;
	p.repository = path.len - rest.len + 4;
	rest = innermost(behind(rest));
	p.rest = path.len - rest.len;
	p.kind = kind_of(rest);
	return p;
}
