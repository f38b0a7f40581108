/* diff.c - differences as changes and as a unified diff: see edit.h. Both are made from lines_diff(): the
 * changes are trimmed to bytes, for editors; the diff has whole lines with their context, for people and for
 * the model. */
#include <stdio.h>

#include "agent/edit/change.h"
#include "agent/edit/edit.h"
#include "agent/edit/lines.h"

/* Lines of context, as diff -u and git have them. */
enum { CONTEXT = 3 };

/* The hunks by lines, trimmed to the bytes that differ. */
void edit_changes(struct arena *a, struct slice base, struct slice after, struct text_change **out,
		  size_t *n)
{
	struct line_hunk *hunks;
	struct lines x, y;
	size_t n_hunks;

	lines_of(a, base, &x);
	lines_of(a, after, &y);
	n_hunks = lines_diff(a, &x, &y, &hunks);
	*out = arena_array(a, n_hunks + 1, sizeof(**out));
	*n = 0;
	for (size_t i = 0; i < n_hunks; i++) {
		const struct line_hunk *h = &hunks[i];
		struct text_change c = { x.at[h->a], x.at[h->a + h->na],
					 lines_range(&y, h->b, h->b + h->nb) };

		change_trim(base, &c);
		if (c.end > c.start || c.text.len > 0)
			(*out)[(*n)++] = c;
	}
}

/* One unified diff being written: first counted (p is NULL), then written. */
struct out {
	char *p;
	size_t len;
};

static void put(struct out *o, struct slice s)
{
	if (o->p && s.len)
		memcpy(o->p + o->len, s.ptr, s.len);
	o->len += s.len;
}

static void put_lines(struct out *o, char sign, const struct lines *l, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++) {
		struct slice line = lines_range(l, i, i + 1);

		put(o, slice_make(&sign, 1));
		put(o, line);
		if (line.ptr[line.len - 1] != '\n')
			put(o, SLICE("\n\\ No newline at end of file\n"));
	}
}

/* As in every unified diff: "-3,7" is lines 3 to 9, "-3" is line 3 alone, and "-3,0" is the place behind
 * line 3. */
static void put_range(struct out *o, char sign, size_t from, size_t n)
{
	char text[64];
	int len = n == 1 ? snprintf(text, sizeof(text), "%c%zu", sign, from + 1)
			 : snprintf(text, sizeof(text), "%c%zu,%zu", sign, from + (n > 0), n);

	put(o, slice_make(text, (size_t)len));
}

/* Hunks [h, h + n) stand so near to each other that they share their context. */
static void put_group(struct out *o, const struct lines *x, const struct lines *y,
		      const struct line_hunk *h, size_t n)
{
	size_t lead = h[0].a < CONTEXT ? h[0].a : CONTEXT;
	size_t end = h[n - 1].a + h[n - 1].na;
	size_t trail = x->n - end < CONTEXT ? x->n - end : CONTEXT;
	size_t from = h[0].a - lead, from_y = h[0].b - lead;

	put(o, SLICE("@@ "));
	put_range(o, '-', from, end + trail - from);
	put(o, SLICE(" "));
	put_range(o, '+', from_y, h[n - 1].b + h[n - 1].nb + trail - from_y);
	put(o, SLICE(" @@\n"));
	for (size_t i = 0; i < n; i++) {
		put_lines(o, ' ', x, from, h[i].a);
		put_lines(o, '-', x, h[i].a, h[i].a + h[i].na);
		put_lines(o, '+', y, h[i].b, h[i].b + h[i].nb);
		from = h[i].a + h[i].na;
	}
	put_lines(o, ' ', x, from, end + trail);
}

/* A side that does not exist is /dev/null, which is how patch(1) and git know a new or removed file. */
static void put_name(struct out *o, const char *lead, const char *side, struct slice path,
		     bool exists)
{
	put(o, slice_of(lead));
	if (exists) {
		put(o, slice_of(side));
		put(o, path);
	} else {
		put(o, SLICE("/dev/null"));
	}
	put(o, SLICE("\n"));
}

/* Two passes over the same code: the first only counts, so that the text is one allocation of the right
 * size. */
struct slice edit_diff(struct arena *a, struct slice path, struct slice before, struct slice after)
{
	struct line_hunk *hunks;
	struct lines x, y;
	struct out o = { 0 };
	size_t n;

	if (slice_eq(before, after) && !before.ptr == !after.ptr)
		return SLICE("");
	lines_of(a, before, &x);
	lines_of(a, after, &y);
	n = lines_diff(a, &x, &y, &hunks);
	for (int pass = 0; pass < 2; pass++) {
		put_name(&o, "--- ", "a/", path, before.ptr != NULL);
		put_name(&o, "+++ ", "b/", path, after.ptr != NULL);
		for (size_t i = 0, k; i < n; i = k) {
			for (k = i + 1; k < n; k++) {
				if (hunks[k].a - (hunks[k - 1].a + hunks[k - 1].na) > 2 * CONTEXT)
					break;
			}
			put_group(&o, &x, &y, hunks + i, k - i);
		}
		if (pass == 0)
			o = (struct out){ .p = arena_alloc(a, o.len + 1) };
	}
	return slice_make(o.p, o.len);
}

static bool names(struct slice line, struct slice lead, const char *side, struct slice path)
{
	struct slice name = slice_sub(line, lead.len, line.len);

	return slice_starts(line, lead) &&
	       (slice_eq_cstr(name, "/dev/null") || (slice_starts(name, slice_of(side)) &&
						     slice_eq(slice_sub(name, 2, name.len), path)));
}

struct slice edit_diff_body(struct slice diff, struct slice path)
{
	struct slice rest = diff, line;

	if (slice_next_line(&rest, &line) && names(line, SLICE("--- "), "a/", path) &&
	    slice_next_line(&rest, &line) && names(line, SLICE("+++ "), "b/", path))
		return rest;
	return diff;
}

/* The lines of "-3,7" in the head of a hunk: 7; without a comma: 1. */
static size_t hunk_lines(struct slice head, char sign)
{
	size_t at = slice_find_byte(head, sign, 0), n = 0;

	while (at < head.len && head.ptr[at] != ',' && head.ptr[at] != ' ')
		at++;
	if (at >= head.len || head.ptr[at] == ' ')
		return 1;
	while (++at < head.len && head.ptr[at] >= '0' && head.ptr[at] <= '9' && n < SIZE_MAX / 20)
		n = n * 10 + (size_t)(head.ptr[at] - '0');
	return n;
}

/* Counts by the heads of the hunks, as a removed "-- x" looks like the head of a file. */
void edit_diff_stat(struct slice diff, size_t *added, size_t *removed)
{
	size_t old = 0, new = 0;
	struct slice line;

	*added = *removed = 0;
	while (slice_next_line(&diff, &line)) {
		char c = line.len > 0 ? line.ptr[0] : ' ';

		if (old == 0 && new == 0) {
			if (slice_starts(line, SLICE("@@ "))) {
				old = hunk_lines(line, '-');
				new = hunk_lines(line, '+');
			}
			continue;
		}
		*added += c == '+';
		*removed += c == '-';
		old -= old > 0 && (c == '-' || c == ' ');
		new -= new > 0 && (c == '+' || c == ' ');
	}
}
