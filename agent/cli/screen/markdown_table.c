/* markdown_table.c - a table of Markdown: in columns where they fit the terminal, else each row as "head: value". */
#include "agent/cli/screen/markdown.h"

#include "protocol/base/visible.h"

enum { GAP = 2 };

/* Cells come in the order of reading; which column one is in follows from its number. */
void markdown_cell(struct markdown *m, struct slice text)
{
	if (m->n_cells == m->cap_cells) {
		size_t cap = m->cap_cells ? 2 * m->cap_cells : 64;
		struct slice *more = arena_array(&m->cells_arena, cap, sizeof(*more));

		if (m->n_cells > 0)
			memcpy(more, m->cells, m->n_cells * sizeof(*more));
		m->cells = more;
		m->cap_cells = cap;
	}
	m->cells[m->n_cells++] = arena_dup(&m->cells_arena, text);
}

static void measure(const struct markdown *m, unsigned *widths)
{
	for (size_t k = 0; k < m->n_columns; k++)
		widths[k] = 0;
	for (size_t i = 0; i < m->n_cells; i++) {
		unsigned w = visible_width(m->cells[i]);

		if (w > widths[i % m->n_columns])
			widths[i % m->n_columns] = w;
	}
}

static void put_columns(struct markdown *m, const unsigned *widths)
{
	for (size_t i = 0; i < m->n_cells; i++) {
		size_t k = i % m->n_columns;
		bool last = k + 1 == m->n_columns;

		term_line(&m->rows, i < m->n_columns ? TERM_BOLD : TERM_PLAIN, m->cells[i],
			  m->cells[i].len);
		if (!last)
			term_printf(&m->rows, "%*s",
				    (int)(widths[k] - visible_width(m->cells[i]) + GAP), "");
		else
			term_raw(&m->rows, SLICE("\n"));
	}
}

/* flow_line() takes its prefix for clean; this one is the model's. */
static const char *clean_head(struct markdown *m, size_t column)
{
	struct slice head = m->cells[column];
	struct buf b;
	const char *out;

	buf_init(&b, 3 * head.len + 16);
	term_clean(&b, head, true);
	out = arena_printf(&m->cells_arena, "%s%.*s: ", column ? "  " : "",
			   SLICE_ARG(buf_slice(&b)))
		      .ptr;
	buf_release(&b);
	return out;
}

static void put_rows(struct markdown *m)
{
	for (size_t i = m->n_columns; i < m->n_cells; i++)
		if (m->cells[i].len > 0)
			flow_line(&m->rows, TERM_PLAIN, clean_head(m, i % m->n_columns), TERM_BOLD,
				  m->cells[i]);
}

void markdown_table(struct markdown *m)
{
	unsigned widths[MARKDOWN_COLUMNS], all = 0;

	if (m->n_columns > MARKDOWN_COLUMNS)
		put_rows(m);
	else if (m->n_columns > 0) {
		measure(m, widths);
		for (size_t k = 0; k < m->n_columns; k++)
			all += widths[k] + (k ? GAP : 0);
		if (all < m->flow.columns)
			put_columns(m, widths);
		else
			put_rows(m);
	}
	m->n_cells = m->cap_cells = 0;
	arena_release(&m->cells_arena);
	arena_init(&m->cells_arena);
}
