/* merge.c - three-way merge by lines: see edit.h
 *
 *   base  ----[ a ]--------[ b ]----[ c ]----
 *   mine  ----[ A ]--------[ b ]----[ C ]----	changes of one side only are taken;
 *   theirs ---[ a ]--------[ B ]----[ C ]----	the same change on both sides is taken once
 *
 * Changes of both sides that overlap or touch and do not say the same are a conflict: nobody
 * guesses. To take a change back, touching is no conflict (edit_merge_beside). Every byte of the
 * result is a byte of one of the three texts, line ends included. */
#include "agent/edit/edit.h"
#include "agent/edit/lines.h"

struct line_range { /* [from, to), from 0 */
	size_t from, to;
};

/* One of the two changed texts, on its way along the base. Groups are taken from the top to the end; at goes
 * ahead of first while a group is made, and side_range() lets first catch up. */
struct side {
	struct lines lines;
	struct line_hunk *hunks;
	size_t n, at;	 /* hunks; the next one */
	size_t first;	 /* the first hunk of the group in hand */
	ptrdiff_t shift; /* line number here minus line number in base, before the group */
};

/* The hunks lead from the base to this side's text. */
static void side_init(struct arena *a, struct side *s, const struct lines *base, struct slice text)
{
	*s = (struct side){ 0 };
	lines_of(a, text, &s->lines);
	s->n = lines_diff(a, base, &s->lines, &s->hunks);
}

/* Does a hunk belong to the group of base lines? Right beside it is another place, where nobody can
 * be in doubt which text comes first: unless both only insert there. beside: that counts (edit_merge_beside). */
static bool meets(const struct line_hunk *h, const struct line_range *group, bool beside)
{
	if (!beside)
		return h->a <= group->to;
	return h->a < group->to || (h->a == group->from && h->a == group->to && h->na == 0);
}

/* Takes the hunks of s that meet the group into it. */
static bool side_absorb(struct side *s, struct line_range *group, bool beside)
{
	bool grew = false;

	while (s->at < s->n && meets(&s->hunks[s->at], group, beside)) {
		const struct line_hunk *h = &s->hunks[s->at++];

		if (h->a + h->na > group->to)
			group->to = h->a + h->na;
		grew = true;
	}
	return grew;
}

/* The lines that this side has for base lines [lo, hi); moves the side behind them. */
static struct line_range side_range(struct side *s, size_t lo, size_t hi)
{
	struct line_range r = { .from = (size_t)((ptrdiff_t)lo + s->shift) };

	for (; s->first < s->at; s->first++)
		s->shift += (ptrdiff_t)s->hunks[s->first].nb - (ptrdiff_t)s->hunks[s->first].na;
	r.to = (size_t)((ptrdiff_t)hi + s->shift);
	return r;
}

static size_t next_start(const struct side *s)
{
	return s->at < s->n ? s->hunks[s->at].a : SIZE_MAX;
}

/* The first hunk of the group: where both start at the same line, an insertion comes before what
 * changes that line. */
static void first_hunk(struct side *mine, struct side *theirs, struct line_range *group)
{
	size_t a = next_start(mine), b = next_start(theirs);
	bool take_mine = a != b ? a < b :
				  mine->hunks[mine->at].na <= theirs->hunks[theirs->at].na;
	struct side *s = take_mine ? mine : theirs;
	const struct line_hunk *h = &s->hunks[s->at++];

	*group = (struct line_range){ h->a, h->a + h->na };
}

/* The group of changes that starts first; at[0] gets its lines of the base, at[1] those of `mine`,
 * *text what to put there. False: both sides changed them. */
static bool next_group(struct side *mine, struct side *theirs, bool beside,
		       struct line_range at[2], struct slice *text)
{
	size_t was_a = mine->at, was_b = theirs->at;
	struct line_range *base = &at[0], other;
	struct slice m, t;

	first_hunk(mine, theirs, base);
	while ((int)side_absorb(mine, base, beside) | (int)side_absorb(theirs, base, beside))
		;
	at[1] = side_range(mine, base->from, base->to);
	other = side_range(theirs, base->from, base->to);
	m = lines_range(&mine->lines, at[1].from, at[1].to);
	t = lines_range(&theirs->lines, other.from, other.to);
	if (mine->at > was_a && theirs->at > was_b && !slice_eq(m, t))
		return false;
	*text = mine->at > was_a ? m : t;
	return true;
}

static size_t append(char *out, size_t at, struct slice s)
{
	if (s.len)
		memcpy(out + at, s.ptr, s.len);
	return at + s.len;
}

/* beside: changes that only touch do not conflict. at: where they conflict, [0] of the base, [1] of
 * `mine`. */
static bool merge(struct arena *a, const struct slice texts[3], bool beside, struct slice *out,
		  struct line_range at[2])
{
	struct slice base = texts[0], mine = texts[1], theirs = texts[2];
	size_t line = 0, len = 0;
	struct side sides[2];
	struct lines b;
	char *text;

	if (slice_eq(base, mine) || slice_eq(mine, theirs)) {
		*out = theirs;
		return true;
	}
	if (slice_eq(base, theirs)) {
		*out = mine;
		return true;
	}
	lines_of(a, base, &b);
	side_init(a, &sides[0], &b, mine);
	side_init(a, &sides[1], &b, theirs);
	text = arena_alloc(a, base.len + mine.len + theirs.len + 1);
	while (sides[0].at < sides[0].n || sides[1].at < sides[1].n) {
		struct slice group = { 0 };

		if (!next_group(&sides[0], &sides[1], beside, at, &group))
			return false;
		len = append(text, len, lines_range(&b, line, at[0].from));
		len = append(text, len, group);
		line = at[0].to;
	}
	len = append(text, len, lines_range(&b, line, b.n));
	*out = slice_make(text, len);
	return true;
}

bool edit_merge_beside(struct arena *a, struct slice base, struct slice mine, struct slice theirs,
		       struct slice *out, struct merge_conflict *c)
{
	struct line_range at[2];

	if (merge(a, (const struct slice[3]){ base, mine, theirs }, true, out, at))
		return true;
	*c = (struct merge_conflict){ at[1].from + 1, at[1].to };
	return false;
}

bool edit_merge(struct arena *a, struct slice base, struct slice mine, struct slice theirs,
		struct slice *out, struct err *err)
{
	struct line_range at[2];

	if (merge(a, (const struct slice[3]){ base, mine, theirs }, false, out, at))
		return true;
	if (at[0].to <= at[0].from + 1)
		return err_set(err, ERR_STALE,
			       "Line %zu was changed by both sides since it was read. "
			       "Read the file again and repeat the edit.",
			       at[0].from + 1);
	return err_set(err, ERR_STALE,
		       "Lines %zu-%zu were changed by both sides since they were "
		       "read. Read the file again and repeat the edit.",
		       at[0].from + 1, at[0].to);
}
