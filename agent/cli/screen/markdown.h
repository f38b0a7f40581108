/* markdown.h - Markdown as it arrives, as text for a terminal: wrapped between words, without the marks.
 *
 *   text --lines--> block --whole, or as far as nothing in it is open--> md4c --> rows --> the terminal
 *
 * Only whole rows come out, so that whatever stands below them can be drawn between two. A block is shown when it is
 * whole; a paragraph and a block of code do not wait for that, since they may be long. Into a file or a pipe the text
 * goes as it comes. */
#ifndef EMEND_CLI_MARKDOWN_H
#define EMEND_CLI_MARKDOWN_H

#include "agent/cli/screen/flow.h"
#include "protocol/base/arena.h"

enum { MARKDOWN_DEPTH = 16, MARKDOWN_COLUMNS = 32 };

enum markdown_kind { MARKDOWN_NONE, MARKDOWN_PARAGRAPH, MARKDOWN_LIST, MARKDOWN_OTHER };

struct markdown {
	struct term *t;	  /* where it is shown; borrowed */
	struct term rows; /* gathers what is to be shown */
	struct buf ready; /* of `rows` */
	struct flow flow; /* on `rows` */

	/* what has come: markdown.c */
	struct buf line;  /* the last one, without an end so far */
	struct buf block; /* whole lines that are not shown yet */
	enum markdown_kind kind;
	bool begun;	   /* the start of this paragraph is shown already */
	size_t try_at;	   /* bytes of an unfinished paragraph that are worth a look */
	bool list_gap;	   /* an empty line stands behind the list: it may be its end */
	bool in_list_code; /* a fence was opened in the list */
	char fence;	   /* '`' or '~': inside a block of code; else 0 */
	size_t fence_len;
	enum markdown_kind last; /* of the block that was shown last */

	/* the block that is being shown: markdown_block.c */
	char indent[FLOW_HANG + 1];
	size_t indents[MARKDOWN_DEPTH]; /* lengths of it, to go back to */
	unsigned depth, lists;
	struct {
		bool ordered;
		unsigned number;
		char mark;
	} list[MARKDOWN_DEPTH];
	struct slice said; /* the last text, for links that are their own name */
	bool at_marker;	   /* of an item, nothing stands behind it yet */
	bool code;
	unsigned strong, span_code, heading;
	struct arena cells_arena; /* a table: markdown_table.c */
	struct buf cell;
	struct slice *cells;
	size_t n_cells, cap_cells, n_columns;
	bool in_cell;
};

void markdown_init(struct markdown *m, struct term *t);
void markdown_release(struct markdown *m);
/* True: there are rows for markdown_put(). */
bool markdown_text(struct markdown *m, struct slice text);
bool markdown_end(struct markdown *m); /* what was held back, too */
void markdown_put(struct markdown *m);

/* --- internal --- */

/* Shows a text that is whole in itself. more: the paragraph goes on with the next one. */
void markdown_block(struct markdown *m, struct slice text, bool more);
void markdown_code_row(struct markdown *m, struct slice text);
void markdown_row_end(struct markdown *m);
void markdown_cell(struct markdown *m, struct slice text);
void markdown_table(struct markdown *m); /* all cells of one */

#endif
