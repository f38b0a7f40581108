/* table.c - see table.h */
#include "agent/cli/screen/table.h"

#include <assert.h>

#include "agent/cli/screen/flow.h"
#include "protocol/base/visible.h"

enum { GAP = 2, LEAST_CUT = 16, LEAST_PATH = 24 };

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

/* Takes of this column what it can spare. */
static void narrow(unsigned *width, unsigned least, unsigned *over)
{
	unsigned spare = *width > least ? *width - least : 0;
	unsigned taken = spare < *over ? spare : *over;

	*width -= taken;
	*over -= taken;
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
	for (size_t k = t->n_columns; k-- > 0;)
		if (t->columns[k].gives)
			narrow(&widths[k], LEAST_CUT, &over);
	for (size_t k = 0; k < t->n_columns; k++)
		if (t->columns[k].path && !t->columns[k].gives)
			narrow(&widths[k], LEAST_PATH, &over);
	return over == 0;
}

/* The end of a path, from a slash on where there is one. */
static struct slice cut_path(const struct table *t, struct slice path, unsigned width)
{
	size_t from = 0;
	const char *slash;

	while (from < path.len && visible_width(slice_sub(path, from, path.len)) > width - 3)
		for (from++; from < path.len && ((unsigned char)path.ptr[from] & 0xc0) == 0x80;)
			from++;
	slash = memchr(path.ptr + from, '/', path.len - from);
	if (slash && slash + 1 < path.ptr + path.len)
		from = (size_t)(slash - path.ptr);
	return arena_printf(t->arena, "...%.*s", SLICE_ARG(slice_sub(path, from, path.len)));
}

static struct slice cut(const struct table *t, size_t column, struct slice text, unsigned width)
{
	if (visible_width(text) <= width)
		return text;
	if (t->columns[column].path)
		return cut_path(t, text, width);
	return arena_printf(t->arena, "%.*s...", (int)visible_fit(text, width - 3), text.ptr);
}

static void put_row(const struct table *t, struct term *out, const unsigned *widths,
		    const struct table_cell *cells)
{
	for (size_t k = 0; k < t->n_columns; k++) {
		struct slice text = cut(t, k, cells[k].text, widths[k]);
		int gap = (int)(widths[k] - visible_width(text));

		if (t->columns[k].right)
			term_printf(out, "%*s", gap, "");
		term_clean_text(out, cells[k].style, text);
		if (k + 1 < t->n_columns)
			term_printf(out, "%*s", GAP + (t->columns[k].right ? 0 : gap), "");
	}
	term_raw(out, SLICE("\n"));
}

/* A line of its own. */
static void put_long(const struct table *t, struct term *out, size_t k, struct slice text,
		     enum term_style style)
{
	const char *prefix = k > 0 ? "  " : "";
	unsigned columns = term_columns(out) - (unsigned)strlen(prefix);

	if (text.len == 0)
		return;
	if (t->columns[k].path)
		text = cut(t, k, text, columns);
	flow_line(out, style, prefix, TERM_PLAIN, text);
}

static bool is_long(const struct table *t, size_t k)
{
	return t->columns[k].gives || t->columns[k].path;
}

/* A number alone says nothing where its heading does not stand above it. */
static struct slice with_head(const struct table *t, size_t k, struct slice text)
{
	struct slice head = slice_trim(slice_of(t->columns[k].head));

	text = slice_trim(text);
	if (!t->columns[k].right || head.len == 0 || text.len == 0)
		return text;
	return arena_printf(t->arena, "%.*s %.*s", SLICE_ARG(head), SLICE_ARG(text));
}

/* What does not give way on as many lines as it needs, the rest below, but for the first column. */
static void put_stacked(const struct table *t, struct term *out, const struct table_cell *cells)
{
	unsigned columns = term_columns(out), at = 0;
	bool first = true;

	if (is_long(t, 0)) {
		put_long(t, out, 0, cells[0].text, cells[0].style);
		first = false;
	}
	for (size_t k = 0; k < t->n_columns; k++) {
		struct slice text = with_head(t, k, cells[k].text);
		unsigned w = visible_width(text);

		if (is_long(t, k) || w == 0)
			continue;
		if (at > 0 && at + GAP + w > columns) {
			term_raw(out, SLICE("\n"));
			at = 0;
		}
		if (at > 0 || !first)
			term_raw(out, SLICE("  "));
		term_clean_text(out, cells[k].style, text);
		at += w + GAP;
		first = false;
	}
	term_fresh_line(out);
	for (size_t k = 1; k < t->n_columns; k++)
		if (is_long(t, k))
			put_long(t, out, k, cells[k].text, cells[k].style);
}

/* Where a terminal is too narrow for columns, each row is a few lines. */
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
