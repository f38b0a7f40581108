/* step.c - see step.h. From the cheap to the dear: what is there is what the step left (take the other
 * image), or is as it shall be already; then the cases in which a file came or went; at last a merge of
 * texts. */
#include "agent/change/step.h"

#include "agent/base/git_index.h"
#include "agent/base/git_path.h"
#include "agent/edit/edit.h"

static const struct slice nothing = { NULL, 0 };

struct standing standing_of(const struct workspace_text *t)
{
	return (struct standing){ .exists = t->exists,
				  .is_buffer = t->is_buffer,
				  .bytes = t->exists ? t->bytes : nothing,
				  .text = t->text ? snapshot_text(t->text) : nothing,
				  .encoding = t->encoding };
}

static bool same(struct slice a, struct slice b)
{
	return !a.ptr == !b.ptr && (!a.ptr || slice_eq(a, b));
}

/* ptr NULL: the bytes are not text. */
static struct slice text_of(struct arena *a, struct slice bytes, enum encoding *e)
{
	struct err ignored = { 0 };
	struct slice text;

	if (!bytes.ptr || !encoding_decode(a, bytes, e, &text, &ignored))
		return nothing;
	return text.ptr ? text : SLICE("");
}

/* The bytes as they are: their encoding comes with them. An editor takes only text. */
static void put_bytes(struct arena *a, struct standing *now, struct slice bytes)
{
	now->exists = bytes.ptr != NULL;
	now->text = text_of(a, bytes, &now->encoding);
	now->bytes = bytes;
	if (!now->is_buffer)
		return;
	now->encoding = ENCODING_UTF8;
	if (now->text.ptr)
		now->bytes = now->text;
}

/* A text in the encoding that the file has now: the user may have chosen another since. */
static bool put_text(struct arena *a, struct standing *now, struct slice text, struct err *err)
{
	struct slice bytes = text;

	if (!now->is_buffer && !workspace_encode(a, now->encoding, text, &bytes, err))
		return false;
	now->text = text;
	now->bytes = bytes;
	return true;
}

static bool conflict(struct err *err, const struct merge_conflict *c)
{
	if (c->last <= c->first)
		return err_set(err, ERR_STALE,
			       "line %zu was changed since, in the same place; it is left as it is",
			       c->first);
	return err_set(err, ERR_STALE,
		       "lines %zu-%zu were changed since, in the same place; they are left as they "
		       "are",
		       c->first, c->last);
}

static bool turn_text(struct arena *a, struct standing *now, struct slice from, struct slice to,
		      struct err *err)
{
	struct merge_conflict at;
	struct slice merged;

	if (!edit_merge_beside(a, from, now->text, to, &merged, &at))
		return conflict(err, &at);
	return same(merged, now->text) || put_text(a, now, merged, err);
}

/* The order of the tests matters: bytes are compared before anything is decoded, so that a binary file goes
 * back, too, as long as nobody has changed it. */
bool step_turn(struct arena *a, struct standing *now, struct slice from, struct slice to,
	       struct err *err)
{
	struct slice from_text, to_text;
	enum encoding e;

	if (same(now->bytes, from)) {
		put_bytes(a, now, to);
		return true;
	}
	if (same(now->bytes, to))
		return true;
	if (!now->exists)
		return err_set(err, ERR_STALE, "the file was removed since");
	if (!from.ptr)
		return err_set(err, ERR_STALE, "the file was removed by Emend and is there again");
	from_text = text_of(a, from, &e);
	if (!to.ptr && now->text.ptr && from_text.ptr && slice_eq(now->text, from_text)) {
		put_bytes(a, now, to); /* the same text in another encoding, or in a buffer */
		return true;
	}
	if (!to.ptr)
		return err_set(err, ERR_STALE, "the file was changed since Emend created it");
	to_text = text_of(a, to, &e);
	if (!now->text.ptr || !from_text.ptr || !to_text.ptr)
		return err_set(err, ERR_STALE, "it was changed since and is not text");
	return turn_text(a, now, from_text, to_text, err);
}

/* git writes the times of files into its index whenever somebody runs `git status`; that is no change of the
 * user's. */
static bool says_the_same(struct slice a, struct slice b)
{
	struct sha256_hex x, y;

	return a.ptr && b.ptr && git_index_digest(a, &x) && git_index_digest(b, &y) &&
	       strcmp(x.s, y.s) == 0;
}

static bool turn_git(struct arena *a, struct standing *now, struct slice from, struct slice to,
		     bool is_index, struct err *err)
{
	if (same(now->bytes, to))
		return true;
	if (!same(now->bytes, from) && !(is_index && says_the_same(now->bytes, from)))
		return err_set(err, ERR_STALE, "it was changed since; it is left as it is");
	put_bytes(a, now, to);
	return true;
}

bool step_turn_path(struct arena *a, struct slice path, struct standing *now, struct slice from,
		    struct slice to, struct err *err)
{
	enum git_kind git = git_path_of(path).kind;

	return git == GIT_NONE ? step_turn(a, now, from, to, err)
			       : turn_git(a, now, from, to, git == GIT_INDEX, err);
}
