/* hunk_add.c - see hunk_track.h: how a task's change becomes hunks.
 *
 *   before   ....[ H1 ]..[ H2 ]........[ H3 ]....    hunks that the task made earlier
 *   change   .......[   C1   ]...[ C2 ].........
 *   after    ....[     one     ]..[ two ][ H3 ]..    what meets, is one hunk from now on: its old
 *                                                    text is that of before the task */
#include <stdlib.h>

#include "agent/base/sha256.h"
#include "agent/edit/edit.h"
#include "agent/change/hunk_track.h"
#include "protocol/base/buf.h"
#include "protocol/base/limits.h"
#include "protocol/base/mem.h"

/* Whole lines [a, b) of the text before became [fa, fb) of the one after. */
struct line_span {
	size_t a, b, fa, fb;
};

static bool line_begins(struct slice text, size_t at)
{
	return at == 0 || text.ptr[at - 1] == '\n';
}

/* Grows a change to whole lines on both sides; never past its neighbours. */
static void align(struct line_span *s, size_t from, size_t to, struct slice before,
		  struct slice after)
{
	while (s->a > from && !line_begins(before, s->a)) {
		s->a--;
		s->fa--;
	}
	while (s->b < to && !(line_begins(before, s->b) && line_begins(after, s->fb))) {
		s->b++;
		s->fb++;
	}
}

/* The changes from before to after as whole lines, sorted; two that share a line become one. A hunk is shown
 * and judged by lines, and a line must not belong to two of them. */
static size_t spans_of(struct arena *a, struct slice before, struct slice after,
		       struct line_span **out)
{
	struct text_change *c;
	size_t n, kept = 0, at = 0, shifted;
	ptrdiff_t shift = 0;

	edit_changes(a, before, after, &c, &n);
	*out = arena_array(a, n + 1, sizeof(**out));
	for (size_t i = 0; i < n; i++) {
		struct line_span s = { .a = c[i].start, .b = c[i].end };

		s.fa = (size_t)((ptrdiff_t)s.a + shift);
		s.fb = s.fa + c[i].text.len;
		align(&s, at, i + 1 < n ? c[i + 1].start : before.len, before, after);
		shifted = kept ? (*out)[kept - 1].b : SIZE_MAX;
		if (shifted == s.a) { /* they share a line */
			(*out)[kept - 1].b = s.b;
			(*out)[kept - 1].fb = s.fb;
		} else {
			(*out)[kept++] = s;
		}
		at = s.b;
		shift += (ptrdiff_t)c[i].text.len - (ptrdiff_t)(c[i].end - c[i].start);
	}
	return kept;
}

/* Only hunks that this task made, that have no id yet and in which the user has not typed may grow. The
 * others were shown to the user as they are, or hold the user's words. */
static bool is_own(const struct hunk *h, struct slice task)
{
	return !h->id && !h->touched && slice_eq_cstr(task, h->task);
}

static int by_start(const void *a, const void *b)
{
	const struct hunk *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

/* Takes the task's own hunks out of the list, sorted. */
static struct hunk_list split_own(struct hunk_list *l, struct slice task)
{
	struct hunk_list mine = { 0 }, rest = { 0 }, one = { 0 };

	for (size_t i = 0; i < l->n; i++) {
		one = (struct hunk_list){ xmalloc(sizeof(*one.items)), 1, 1 };
		one.items[0] = l->items[i];
		hunk_list_take(is_own(&l->items[i], task) ? &mine : &rest, &one);
	}
	l->n = 0;
	hunk_list_take(l, &rest);
	if (mine.n)
		qsort(mine.items, mine.n, sizeof(*mine.items), by_start);
	return mine;
}

/* What put() and its callers share. All is borrowed for the time of hunks_add(). */
struct adding {
	struct hunk_list *out;
	struct slice task, before, after;
	struct hunk_session *session;
	const struct hunk_list *mine;
	const struct line_span *spans;
};

/* A copy goes into the list: the texts of h may be slices of a document. A change that ends where it began
 * (the task took its own words back) leaves no hunk. */
static void put(struct adding *x, struct slice old, struct slice fresh, size_t start)
{
	struct hunk h = { .session = x->session, .start = start, .end = start + fresh.len,
			  .old = old, .fresh = fresh };
	struct hunk_list one = { &h, 1, 1 }, copy = { 0 };

	if (old.ptr && fresh.ptr && slice_eq(old, fresh))
		return;
	h.task = xslicedup(x->task);
	hunk_list_copy(&copy, &one);
	free(h.task);
	hunk_list_take(x->out, &copy);
}

/* Bytes [lo, hi) of the text before, as they were before the task: hunks [i, end) put back. */
static void old_text(struct adding *x, size_t i, size_t end, size_t lo, size_t hi, struct buf *out)
{
	for (; i < end; i++) {
		const struct hunk *h = &x->mine->items[i];

		buf_append(out, slice_sub(x->before, lo, h->start));
		buf_append(out, h->old);
		lo = h->end;
	}
	buf_append(out, slice_sub(x->before, lo, hi));
}

/* Hunks [i, i_end) and changes [j, j_end) meet in [lo, hi); shift: before the first change. */
static ptrdiff_t put_group(struct adding *x, const size_t mine[2], const size_t spans[2],
			   const size_t range[2], ptrdiff_t shift)
{
	size_t start = (size_t)((ptrdiff_t)range[0] + shift);
	struct buf old;

	if (spans[0] == spans[1]) { /* none of them changed again */
		for (size_t i = mine[0]; i < mine[1]; i++)
			put(x, x->mine->items[i].old, x->mine->items[i].fresh,
			    (size_t)((ptrdiff_t)x->mine->items[i].start + shift));
		return shift;
	}
	for (size_t j = spans[0]; j < spans[1]; j++)
		shift += (ptrdiff_t)(x->spans[j].fb - x->spans[j].fa) -
			 (ptrdiff_t)(x->spans[j].b - x->spans[j].a);
	buf_init(&old, 2 * LIMIT_DOC_BYTES);
	old_text(x, mine[0], mine[1], range[0], range[1], &old);
	put(x, slice_make(buf_cstr(&old), old.len),
	    slice_sub(x->after, start, (size_t)((ptrdiff_t)range[1] + shift)), start);
	buf_release(&old);
	return shift;
}

/* Goes through the own hunks and the changes together, by their place in the text before. Those that touch
 * each other are one group; a group ends at the first gap. */
static void compose(struct adding *x, size_t n_spans)
{
	const struct hunk *h = x->mine->items;
	size_t i = 0, j = 0;
	ptrdiff_t shift = 0;

	while (i < x->mine->n || j < n_spans) {
		size_t a = i < x->mine->n ? h[i].start : SIZE_MAX;
		size_t b = j < n_spans ? x->spans[j].a : SIZE_MAX;
		size_t range[2] = { a < b ? a : b, a < b ? a : b };
		size_t mine[2] = { i, i }, spans[2] = { j, j };

		for (bool grew = true; grew;) {
			grew = false;
			for (; i < x->mine->n && h[i].start <= range[1]; i++, grew = true)
				range[1] = h[i].end > range[1] ? h[i].end : range[1];
			for (; j < n_spans && x->spans[j].a <= range[1]; j++, grew = true)
				range[1] = x->spans[j].b > range[1] ? x->spans[j].b : range[1];
		}
		mine[1] = i;
		spans[1] = j;
		shift = put_group(x, mine, spans, range, shift);
	}
}

/* The file appears, or goes. */
static void add_whole(struct adding *x)
{
	const struct hunk *first = x->mine->n ? &x->mine->items[0] : NULL;
	struct buf old;

	if (x->after.ptr && (!first || first->fresh.ptr)) {
		put(x, (struct slice){ NULL, 0 }, x->after, 0);
	} else if (x->after.ptr) { /* it removed the file before */
		put(x, first->old, x->after, 0);
	} else if (!first || first->old.ptr) {
		buf_init(&old, 2 * LIMIT_DOC_BYTES);
		old_text(x, 0, x->mine->n, 0, x->before.len, &old);
		put(x, slice_make(buf_cstr(&old), old.len), (struct slice){ NULL, 0 }, 0);
		buf_release(&old);
	}
}

void hunks_add(struct hunk_list *l, struct slice task, struct hunk_session *session,
	       struct slice before, struct slice after)
{
	struct hunk_list mine = split_own(l, task), made = { 0 };
	struct adding x = { &made, task, before, after, session, &mine, NULL };
	struct line_span *spans;
	struct arena a;
	size_t n;

	arena_init(&a);
	(void)hunks_follow(l, before, after);
	if (!before.ptr || !after.ptr) {
		add_whole(&x);
	} else if (mine.n == 1 && !mine.items[0].old.ptr) {
		put(&x, (struct slice){ NULL, 0 }, after, 0);
		if (made.n > 0)
			made.items[0].folders = mine.items[0].folders;
	} else {
		n = spans_of(&a, before, after, &spans);
		x.spans = spans;
		compose(&x, n);
	}
	hunk_list_release(&mine);
	hunk_list_take(l, &made);
	arena_release(&a);
}

/* --- ids --- */

/* Of path and texts, not of the place: the same hunk has the same id after a restart, also if lines above it
 * came or went in between. */
static struct sha256_hex digest(const struct hunk *h, struct slice path)
{
	struct sha256_hex a = sha256_two(path, h->old.ptr ? SLICE("+") : SLICE("-"));
	struct sha256_hex b = sha256(h->old), c = sha256(h->fresh);

	a = sha256_two(slice_of(a.s), slice_of(b.s));
	return sha256_two(slice_of(a.s), slice_of(c.s));
}

void hunks_seal(struct hunk_list *l, struct slice path)
{
	struct arena a;

	arena_init(&a);
	for (size_t i = 0; i < l->n; i++) {
		struct hunk *h = &l->items[i];
		struct sha256_hex hex;
		struct slice id;
		int again = 1;

		if (h->id)
			continue;
		hex = digest(h, path);
		id = arena_printf(&a, "%s.%.10s", h->task, hex.s);
		while (hunk_list_find(l, id))
			id = arena_printf(&a, "%s.%.10s.%d", h->task, hex.s, ++again);
		h->id = xslicedup(id);
	}
	arena_release(&a);
}
