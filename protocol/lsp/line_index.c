/* line_index.c - see position.h: where each line begins, kept up while the text changes.
 *
 * Whether a line begins at p (p > 0) depends on the bytes p-1 and p alone: p-1 is "\n", or it is
 * "\r" and p is not "\n". So an edit of [start, old_end) can only change what is known about
 * the places in [start, old_end]; everything before stays, everything behind moves. */
#include <assert.h>
#include <stdlib.h>

#include "protocol/base/mem.h"
#include "protocol/lsp/position.h"

void line_index_init(struct line_index *ix)
{
	*ix = (struct line_index){ 0 };
}

void line_index_release(struct line_index *ix)
{
	free(ix->starts);
	line_index_init(ix);
}

void line_index_clear(struct line_index *ix)
{
	ix->lines = 0;
}

static void reserve(struct line_index *ix, size_t n)
{
	if (n <= ix->cap)
		return;
	ix->cap = n + n / 2 + 16;
	ix->starts = xrealloc(ix->starts, ix->cap * sizeof(*ix->starts));
}

/* Finds line begins in order. The next "\n" and "\r" are remembered, so that a text without one
 * of them is searched for it once. SIZE_MAX: none is left. */
struct scan {
	struct slice text;
	size_t nl, cr;
};

static void scan_init(struct scan *s, struct slice text, size_t from)
{
	s->text = text;
	s->nl = slice_find_byte(text, '\n', from);
	s->cr = slice_find_byte(text, '\r', from);
}

/* The first line begin that follows from a line end which the scan has not passed. */
static size_t scan_next(struct scan *s)
{
	size_t at;

	if (s->nl == SIZE_MAX && s->cr == SIZE_MAX)
		return SIZE_MAX;
	if (s->cr < s->nl) {
		at = s->cr + 1;
		s->cr = slice_find_byte(s->text, '\r', at);
		if (at != s->nl)
			return at;
	}
	at = s->nl + 1;
	s->nl = slice_find_byte(s->text, '\n', at);
	return at;
}

static void build(struct line_index *ix, struct slice text)
{
	struct scan s;
	size_t at;

	assert(text.len < UINT32_MAX); /* LIMIT_DOC_BYTES was checked before */
	reserve(ix, text.len / 40 + 16);
	ix->starts[0] = 0;
	ix->lines = 1;
	scan_init(&s, text, 0);
	while ((at = scan_next(&s)) != SIZE_MAX) {
		reserve(ix, ix->lines + 1);
		ix->starts[ix->lines++] = (uint32_t)at;
	}
}

/* The first line whose begin is >= offset, counted from line 1; ix->lines if there is none. */
static size_t lower_bound(const struct line_index *ix, size_t offset)
{
	size_t lo = 1, hi = ix->lines;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (ix->starts[mid] < offset)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* Line begins in [from, to] of the text, from >= 1; written to out unless that is NULL. */
static size_t begins_between(struct slice text, size_t from, size_t to, uint32_t *out)
{
	/* one byte more: it tells whether a "\r" at its end is half of a "\r\n" */
	struct slice part = slice_sub(text, 0, to < text.len ? to + 1 : text.len);
	struct scan s;
	size_t at, n = 0;

	if (from > to)
		return 0;
	scan_init(&s, part, from - 1);
	while ((at = scan_next(&s)) <= to) {
		if (out)
			out[n] = (uint32_t)at;
		n++;
	}
	return n;
}

void line_index_edit(struct line_index *ix, struct slice after, size_t start, size_t old_end,
		     size_t new_end)
{
	size_t from = start > 0 ? start : 1, lo, hi, n, tail;
	uint32_t delta = (uint32_t)new_end - (uint32_t)old_end; /* modulo 2^32, as the sums below */

	if (ix->lines == 0)
		return;
	assert(start <= old_end && start <= new_end && new_end <= after.len);
	assert(after.len < UINT32_MAX);
	lo = lower_bound(ix, from);
	hi = lower_bound(ix, old_end + 1);
	tail = ix->lines - hi;
	n = begins_between(after, from, new_end, NULL);
	reserve(ix, lo + n + tail);
	if (tail > 0)
		memmove(ix->starts + lo + n, ix->starts + hi, tail * sizeof(*ix->starts));
	ix->lines = lo + n + tail;
	for (uint32_t *p = ix->starts + lo + n, *end = p + tail; delta != 0 && p < end; p++)
		*p += delta;
	(void)begins_between(after, from, new_end, ix->starts + lo);
}

size_t line_index_lines(struct line_index *ix, struct slice text)
{
	if (ix->lines == 0)
		build(ix, text);
	return ix->lines;
}

size_t line_index_find(struct line_index *ix, struct slice text, size_t offset)
{
	(void)line_index_lines(ix, text);
	return lower_bound(ix, offset + (offset < SIZE_MAX)) - 1;
}

void line_index_bounds(struct line_index *ix, struct slice text, size_t line, size_t *start,
		       size_t *end)
{
	*start = *end = text.len;
	if (line >= line_index_lines(ix, text))
		return;
	*start = ix->starts[line];
	if (line + 1 == ix->lines)
		return;
	*end = ix->starts[line + 1] - 1;
	if (text.ptr[*end] == '\n' && *end > *start && text.ptr[*end - 1] == '\r')
		(*end)--;
}
