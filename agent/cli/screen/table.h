/* table.h - rows of cells under headings, in columns as wide as what they hold.
 *
 * On a terminal that is too narrow what `gives` is cut first, with "..."; then paths, from the
 * left, as their end says most; where even that is not enough, each row becomes lines of its own: what
 * does not give way first, what does below it. Ids and numbers are never cut. Into a file or a pipe
 * nothing is. */
#ifndef EMEND_CLI_TABLE_H
#define EMEND_CLI_TABLE_H

#include "agent/cli/screen/term.h"
#include "protocol/base/arena.h"

enum { TABLE_COLUMNS = 16 };

struct table_column {
	const char *head;
	bool right; /* numbers */
	bool gives; /* the last of several first */
	bool path;
};

struct table_cell {
	enum term_style style;
	struct slice text;
};

struct table {
	struct arena *arena; /* borrowed */
	const struct table_column *columns;
	size_t n_columns;
	struct table_cell *cells;
	size_t n, cap;
};

/* Borrows the columns; at most TABLE_COLUMNS. */
void table_init(struct table *t, struct arena *a, const struct table_column *columns, size_t n);
/* The next cell, from left to right and row by row. Copies; the text is made safe. */
void table_cell(struct table *t, enum term_style style, struct slice text);
void table_put(const struct table *t, struct term *out);

#endif
