/* hint.c - see hint.h
 *
 * Lines that are equal but for white space vote for the place where old would start; if no line is
 * equal, the line that shares the longest head and tail with the longest line of old wins. */
#include "agent/edit/hint.h"

#include "agent/edit/lines.h"
#include "protocol/base/utf8.h"

enum {
	HINT_LINES = 40,
	HINT_LINE_BYTES = 400,
	HINT_WANTED = 64,	 /* lines of old that vote */
	HINT_LEAST_LIKENESS = 5, /* tenths of a line that must agree */
};

static struct slice bare(const struct lines *l, size_t i)
{
	return slice_trim(lines_range(l, i, i + 1));
}

/* Weighted votes: long equal lines say more than a lone brace. */
static size_t vote(struct arena *a, const struct lines *have, const struct lines *want, bool *any)
{
	size_t *votes = arena_array(a, have->n + 1, sizeof(*votes)), best = 0;
	size_t n = want->n < HINT_WANTED ? want->n : HINT_WANTED;

	for (size_t k = 0; k < n; k++) {
		struct slice w = bare(want, k);

		for (size_t i = k; w.len > 0 && i < have->n; i++) {
			struct slice h = bare(have, i);

			if (h.len == w.len && slice_eq(h, w))
				votes[i - k] += w.len < 4 ? 1 : w.len;
		}
	}
	for (size_t i = 0; i < have->n; i++) {
		if (votes[i] > votes[best])
			best = i;
	}
	*any = have->n > 0 && votes[best] >= 4;
	return best;
}

/* In tenths: how much of the longer one the two share at both ends. */
static size_t likeness(struct slice a, struct slice b)
{
	size_t least = a.len < b.len ? a.len : b.len, head = 0, tail = 0;

	while (head < least && a.ptr[head] == b.ptr[head])
		head++;
	while (tail < least - head && a.ptr[a.len - 1 - tail] == b.ptr[b.len - 1 - tail])
		tail++;
	return 10 * (head + tail) / ((a.len > b.len ? a.len : b.len) + 1);
}

/* The line that is most like the longest one of old; old would then start so many lines above. */
static size_t most_alike(const struct lines *have, const struct lines *want, bool *any)
{
	size_t longest = 0, best = 0, score = HINT_LEAST_LIKENESS - 1;

	*any = false;
	for (size_t k = 0; k < want->n; k++) {
		if (bare(want, k).len > bare(want, longest).len)
			longest = k;
	}
	for (size_t i = 0; want->n > 0 && i < have->n; i++) {
		size_t s = likeness(bare(have, i), bare(want, longest));

		if (s > score) {
			score = s;
			best = i;
			*any = true;
		}
	}
	return best > longest ? best - longest : 0;
}

/* Two lines more on either side, as the model may have left out the first or the last one. */
struct slice hint_nearest(struct arena *a, struct slice base, struct slice old, size_t *line)
{
	struct lines have, want;
	size_t at, from, to;
	struct slice out;
	struct buf b;
	bool any;

	*line = 0;
	lines_of(a, base, &have);
	lines_of(a, old, &want);
	at = vote(a, &have, &want, &any);
	if (!any)
		at = most_alike(&have, &want, &any);
	if (!any)
		return SLICE("");
	*line = at + 1;
	from = at > 2 ? at - 2 : 0;
	to = at + want.n + 2 < have.n ? at + want.n + 2 : have.n;
	if (to - from > HINT_LINES)
		to = from + HINT_LINES;
	buf_init(&b, (size_t)HINT_LINES * (HINT_LINE_BYTES + 64));
	buf_puts(&b, "The nearest lines of the file are:\n");
	for (size_t i = from; i < to; i++) {
		struct slice text = lines_range(&have, i, i + 1);

		while (text.len > 0 &&
		       (text.ptr[text.len - 1] == '\n' || text.ptr[text.len - 1] == '\r'))
			text.len--;
		if (text.len > HINT_LINE_BYTES)
			text.len = utf8_complete_prefix(slice_sub(text, 0, HINT_LINE_BYTES));
		buf_printf(&b, "%zu\t%.*s\n", i + 1, SLICE_ARG(text));
	}
	out = arena_dup(a, buf_slice(&b));
	buf_release(&b);
	return out;
}
