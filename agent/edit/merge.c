/* merge.c - three-way merge by lines: see edit.h
 *
 *   base  ----[ a ]--------[ b ]----[ c ]----
 *   mine  ----[ A ]--------[ b ]----[ C ]----	changes of one side only are taken;
 *   theirs ---[ a ]--------[ B ]----[ C ]----	the same change on both sides is taken once
 *
 * Changes of both sides that overlap or touch and do not say the same are a conflict: nobody
 * guesses. Every byte of the result is a byte of one of the three texts, line ends included. */
#include "agent/edit/edit.h"
#include "agent/edit/lines.h"

struct side {
	struct lines lines;
	struct line_hunk *hunks;
	size_t n, at;	 /* hunks; the next one */
	size_t first;	 /* the first hunk of the group in hand */
	ptrdiff_t shift; /* line number here minus line number in base, before the group */
};

static void side_init(struct arena *a, struct side *s, const struct lines *base, struct slice text)
{
	*s = (struct side){ 0 };
	lines_of(a, text, &s->lines);
	s->n = lines_diff(a, base, &s->lines, &s->hunks);
}

/* Takes the hunks of s that overlap or touch base lines [*lo, *hi) into the group. */
static bool side_absorb(struct side *s, size_t *hi)
{
	bool grew = false;

	while (s->at < s->n && s->hunks[s->at].a <= *hi) {
		const struct line_hunk *h = &s->hunks[s->at++];

		if (h->a + h->na > *hi)
			*hi = h->a + h->na;
		grew = true;
	}
	return grew;
}

/* What this side has for base lines [lo, hi); moves the side behind them. */
static struct slice side_text(struct side *s, size_t lo, size_t hi)
{
	size_t from = (size_t)((ptrdiff_t)lo + s->shift), to;

	for (; s->first < s->at; s->first++)
		s->shift += (ptrdiff_t)s->hunks[s->first].nb - (ptrdiff_t)s->hunks[s->first].na;
	to = (size_t)((ptrdiff_t)hi + s->shift);
	return lines_range(&s->lines, from, to);
}

static size_t next_start(const struct side *s)
{
	return s->at < s->n ? s->hunks[s->at].a : SIZE_MAX;
}

static bool conflict(struct err *err, size_t lo, size_t hi)
{
	if (hi <= lo + 1)
		return err_set(err, ERR_STALE,
			       "Line %zu was changed by both sides since it was read. "
			       "Read the file again and repeat the edit.",
			       lo + 1);
	return err_set(err, ERR_STALE,
		       "Lines %zu-%zu were changed by both sides since they were "
		       "read. Read the file again and repeat the edit.",
		       lo + 1, hi);
}

/* The group of changes that starts first; *lo and *hi get its base lines, *text what to put there. */
static bool next_group(struct side *mine, struct side *theirs, size_t *lo, size_t *hi,
		       struct slice *text, struct err *err)
{
	size_t a = next_start(mine), b = next_start(theirs), was_a = mine->at, was_b = theirs->at;
	struct slice m, t;

	*lo = *hi = a < b ? a : b;
	while ((int)side_absorb(mine, hi) | (int)side_absorb(theirs, hi))
		;
	m = side_text(mine, *lo, *hi);
	t = side_text(theirs, *lo, *hi);
	if (mine->at > was_a && theirs->at > was_b && !slice_eq(m, t))
		return conflict(err, *lo, *hi);
	*text = mine->at > was_a ? m : t;
	return true;
}

static size_t append(char *out, size_t at, struct slice s)
{
	if (s.len)
		memcpy(out + at, s.ptr, s.len);
	return at + s.len;
}

bool edit_merge(struct arena *a, struct slice base, struct slice mine, struct slice theirs,
		struct slice *out, struct err *err)
{
	size_t line = 0, len = 0, lo, hi;
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

		if (!next_group(&sides[0], &sides[1], &lo, &hi, &group, err))
			return false;
		len = append(text, len, lines_range(&b, line, lo));
		len = append(text, len, group);
		line = hi;
	}
	len = append(text, len, lines_range(&b, line, b.n));
	*out = slice_make(text, len);
	return true;
}
