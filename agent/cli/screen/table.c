/* table.c - see table.h */
#include "agent/cli/screen/table.h"

#include <assert.h>

#include "agent/cli/screen/flow.h"
#include "protocol/base/visible.h"

enum { GAP = 2, LEAST_CUT = 16 };

void table_init(struct table *t, struct arena *a, const struct table_column *columns, size_t n)
{
	assert(n <= TABLE_COLUMNS);
	*t = (struct table){ .arena = a, .columns = columns, .n_columns = n };
}

/* Made safe when it comes in, so that its width is that of what is printed. */
void table_cell(struct table *t, enum term_style style, struct slice text)
{
	struct buf b;

	if (t->n == t->cap) {
		size_t cap = t->cap ? 2 * t->cap : 64;
		struct table_cell *more = arena_array(t->arena, cap, sizeof(*more));

		if (t->n > 0)
			memcpy(more, t->cells, t->n * sizeof(*more));
		t->cells = more;
		t->cap = cap;
	}
	buf_init(&b, 3 * text.len + 16);
	term_clean(&b, text, true);
	t->cells[t->n++] = (struct table_cell){ style, arena_dup(t->arena, buf_slice(&b)) };
	buf_release(&b);
}

static void measure(const struct table *t, unsigned *widths)
{
	for (size_t k = 0; k < t->n_columns; k++) {
		widths[k] = visible_width(slice_of(t->columns[k].head));
		for (size_t i = k; i < t->n; i += t->n_columns) {
			unsigned w = visible_width(t->cells[i].text);

			if (w > widths[k])
				widths[k] = w;
		}
	}
}

/* False: it does not fit, whatever is cut. */
static bool fit(const struct table *t, unsigned *widths, unsigned columns)
{
	unsigned all = GAP * (unsigned)(t->n_columns - 1), over;

	for (size_t k = 0; k < t->n_columns; k++)
		all += widths[k];
	if (columns == 0 || all <= columns)
		return true;
	over = all - columns;
	for (size_t k = 0; k < t->n_columns; k++) {
		if (!t->columns[k].gives || widths[k] < over + LEAST_CUT)
			continue;
		widths[k] -= over;
		return true;
	}
	return false;
}

static struct slice cut(const struct table *t, struct slice text, unsigned width)
{
	if (visible_width(text) <= width)
		return text;
	return arena_printf(t->arena, "%.*s...", (int)visible_fit(text, width - 3), text.ptr);
}

static void put_row(const struct table *t, struct term *out, const unsigned *widths,
		    const struct table_cell *cells)
{
	for (size_t k = 0; k < t->n_columns; k++) {
		struct slice text = cut(t, cells[k].text, widths[k]);
		int gap = (int)(widths[k] - visible_width(text));

		if (t->columns[k].right)
			term_printf(out, "%*s", gap, "");
		term_clean_text(out, cells[k].style, text);
		if (k + 1 < t->n_columns)
			term_printf(out, "%*s", GAP + (t->columns[k].right ? 0 : gap), "");
	}
	term_raw(out, SLICE("\n"));
}

/* What does not give way on as many lines as it needs, the rest below. */
static void put_stacked(const struct table *t, struct term *out, const struct table_cell *cells)
{
	unsigned columns = term_columns(out), at = 0;

	for (size_t k = 0; k < t->n_columns; k++) {
		unsigned w = visible_width(cells[k].text);

		if (t->columns[k].gives || w == 0)
			continue;
		if (at > 0 && at + GAP + w > columns)
			at = 0;
		term_raw(out, at > 0 ? SLICE("  ") : out->mid_line ? SLICE("\n  ") : SLICE(""));
		term_clean_text(out, cells[k].style, cells[k].text);
		at += w + GAP;
	}
	term_raw(out, SLICE("\n"));
	for (size_t k = 0; k < t->n_columns; k++)
		if (t->columns[k].gives && cells[k].text.len > 0)
			flow_line(out, cells[k].style, "  ", TERM_PLAIN, cells[k].text);
}

/* Where a terminal is too narrow for columns, each row is a few lines with the heads in front. */
void table_put(const struct table *t, struct term *out)
{
	struct table_cell heads[TABLE_COLUMNS];
	unsigned widths[TABLE_COLUMNS];
	bool fits, has_head = false;

	measure(t, widths);
	fits = fit(t, widths, term_columns(out));
	for (size_t k = 0; k < t->n_columns; k++) {
		heads[k] = (struct table_cell){ TERM_DIM, slice_of(t->columns[k].head) };
		has_head = has_head || heads[k].text.len > 0;
	}
	if (fits && has_head && t->n > 0)
		put_row(t, out, widths, heads);
	for (size_t i = 0; i + t->n_columns <= t->n; i += t->n_columns) {
		if (fits)
			put_row(t, out, widths, t->cells + i);
		else
			put_stacked(t, out, t->cells + i);
	}
}
