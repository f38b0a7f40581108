/* transaction_plan.c - what shall stand in each file: see transaction_own.h. For each file: does the rule
 * allow it, may it be written, what does the tool make of it (plan_text), then all are encoded and compared
 * with what is there. Nothing is changed here, and it is done anew whenever the files were read anew. */
#include "agent/tool/transaction_own.h"

#include <inttypes.h>

#include "agent/edit/edit.h"
#include "protocol/base/limits.h"

/* The text that was read; ptr NULL: there is no file. */
static struct slice now_of(const struct change *c)
{
	return c->now ? snapshot_text(c->now) : (struct slice){ NULL, 0 };
}

/* Of a whole file that is to be replaced: text that the model never saw would go. */
static bool all_seen(struct tool_run *r, struct slice path, struct err *err)
{
	const char *first = r->env->guest.len ? "" : "read it before you replace its content, or ";
	struct line_range shown;

	if (!workspace_seen(&r->env->workspace, path))
		return err_set(err, ERR_STALE, "%.*s exists: %schange a part of it",
			       SLICE_ARG(path), first);
	if (!workspace_saw_partly(&r->env->workspace, path, &shown))
		return true;
	if (shown.to <= shown.from)
		return err_set(err, ERR_STALE,
			       "You have not read all of %.*s: read it from its first line to its "
			       "last before you replace its content, or change a part of it",
			       SLICE_ARG(path));
	return err_set(err, ERR_STALE,
		       "You have read only lines %" PRId64 " to %" PRId64 " of %.*s: read the rest "
		       "before you replace its content, or change a part of it",
		       shown.from, shown.to - 1, SLICE_ARG(path));
}

/* What the tool demands of the file, in words for the model. */
static bool allowed_by_rule(struct tool_run *r, const struct change *c, struct err *err)
{
	struct slice path = c->spec->path;

	switch (c->spec->rule) {
	case CHANGE_ANY:
		return true;
	case CHANGE_EXISTING:
	case CHANGE_NOW:
		return c->now ||
		       err_set(err, ERR_NOT_FOUND,
			       "%.*s does not exist; use write_file to create it", SLICE_ARG(path));
	case CHANGE_SEEN:
		return !c->now || all_seen(r, path, err);
	case CHANGE_NEW:
	case CHANGE_MOVED_HERE:
		return !c->now || err_set(err, ERR_STALE,
					  "%.*s exists already: update it, or take another name",
					  SLICE_ARG(path));
	}
	return true;
}

/* A file that nobody may write is one that somebody protected: a rename would get around that. */
static bool writable(const struct change *c, struct err *err)
{
	if (!c->now || c->is_buffer || (c->mode & 0222) != 0)
		return true;
	return err_set(err, ERR_DENIED,
		       "%.*s is read-only (mode %03o) and is left as it is; the user can make it "
		       "writable",
		       SLICE_ARG(c->spec->path), c->mode & 0777);
}

/* The tool's own part; what it notes goes into the result. */
static bool call_plan(struct tool_run *r, struct transaction *t, struct change *c,
		      struct slice base, struct slice *after, struct err *err)
{
	return c->spec->plan(r, c->spec->state, base, after, &c->notes, &t->hint, err);
}

/* From the text that the model saw to the one that it wants, laid over the one that is there now. */
static bool merge(struct tool_run *r, struct change *c, struct slice seen, struct slice wanted,
		  struct err *err)
{
	if (!wanted.ptr)
		return err_set(err, ERR_STALE, "what it holds now was never read");
	return edit_merge(&r->arena, seen, now_of(c), wanted, &c->planned, err);
}

/* From the text that the model saw to the text that shall stand there: *err says why not.
 *
 * What it takes the file for is what it saw with its own changes, never what others wrote into it since: else it
 * could write the whole file from its old picture, and nothing would say that this throws their words away. */
static bool plan_text(struct tool_run *r, struct transaction *t, struct change *c, struct err *err)
{
	struct snapshot *seen = workspace_seen(&r->env->workspace, c->spec->path);
	struct slice now = now_of(c), wanted;
	bool sees = seen && c->now && slice_eq(snapshot_text(seen), now);

	c->known = seen ? arena_dup(&r->arena, snapshot_text(seen)) : (struct slice){ NULL, 0 };
	if (!seen || !c->now || c->spec->rule == CHANGE_NOW || sees) {
		if (!call_plan(r, t, c, now, &c->planned, err))
			return false;
		if (sees || !c->now)
			c->known = c->planned;
		return true;
	}
	/* The user changed it since the model read it. */
	if (call_plan(r, t, c, snapshot_text(seen), &wanted, err) &&
	    merge(r, c, snapshot_text(seen), wanted, err)) {
		c->known = wanted;
		c->notes = arena_printf(
			&r->arena,
			"%.*sThe user changed this file after you read it; your change was "
			"merged with theirs.\n",
			SLICE_ARG(c->notes));
		return true;
	}
	/* What the model wants to replace may still stand there untouched, just elsewhere. */
	if (c->spec->rule == CHANGE_EXISTING &&
	    call_plan(r, t, c, now, &c->planned, &(struct err){ 0 }) && c->planned.ptr)
		return true;
	workspace_saw(&r->env->workspace, c->spec->path, NULL);
	return err_wrap(err,
			"%.*s was changed by the user after you read it, and your change conflicts "
			"with that: read it again",
			SLICE_ARG(c->spec->path));
}

/* The file before this one moves here. */
static void take_moved(struct change *c)
{
	struct change *from = c - 1;

	c->planned = from->planned;
	c->known = from->known;
	c->notes = SLICE("");
	c->encoding = from->encoding;
	c->mode = from->mode;
	from->after = (struct slice){ NULL, 0 };
}

/* The bytes of both images, for the log and for the disk; of a buffer they are its text. */
static bool encode(struct tool_run *r, struct change *c, struct err *err)
{
	enum encoding e = c->is_buffer ? ENCODING_UTF8 : c->encoding;

	c->before_bytes = c->after_bytes = (struct slice){ NULL, 0 };
	if (c->now && !workspace_encode(&r->arena, e, now_of(c), &c->before_bytes, err))
		return false;
	if (c->after.ptr && !workspace_encode(&r->arena, e, c->after, &c->after_bytes, err))
		return err_wrap(err, "%.*s is not changed", SLICE_ARG(c->spec->path));
	if (c->after_bytes.len <= LIMIT_WRITE_BYTES)
		return true;
	return err_set(err, ERR_TOO_LARGE, "%.*s would be larger than %d bytes",
		       SLICE_ARG(c->spec->path), LIMIT_WRITE_BYTES);
}

/* A move is planned after the file that it takes: the two follow each other in the list. */
static bool plan_one(struct tool_run *r, struct transaction *t, struct change *c, struct err *err)
{
	c->notes = SLICE("");
	if (!allowed_by_rule(r, c, err) || !writable(c, err))
		return false;
	if (c->spec->rule == CHANGE_MOVED_HERE)
		take_moved(c);
	else if (!plan_text(r, t, c, err))
		return t->n > 1 ? err_wrap(err, "%.*s", SLICE_ARG(c->spec->path)) : false;
	c->after = c->planned;
	return true;
}

/* All are planned before any is encoded, since a move empties the file before it. */
bool transaction_plan(struct tool_run *r, struct transaction *t, struct err *err)
{
	t->hint = SLICE("");
	for (size_t i = 0; i < t->n; i++)
		if (!plan_one(r, t, &t->changes[i], err))
			return false;
	for (size_t i = 0; i < t->n; i++) {
		struct change *c = &t->changes[i];
		struct slice now = now_of(c);

		if (!encode(r, c, err))
			return false;
		c->same = !now.ptr == !c->after.ptr && (!now.ptr || slice_eq(now, c->after));
		c->diff = c->same ? SLICE("") : later_diff(&r->arena, c->spec->path, now, c->after);
	}
	return true;
}
