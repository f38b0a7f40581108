/* box.c - see box.h */
#include "agent/cli/chat/box.h"

#include "protocol/base/utf8.h"
#include "protocol/base/visible.h"

enum { INDENT = 2, TAB_COLUMNS = 4, ROOM_FOR_TEXT = 24 };

/* One walk over the text; rows from..to are written, the others only counted. */
struct walk {
	struct buf *out; /* NULL: nothing is written */
	unsigned from, to, columns, row, column;
	bool started; /* a row was written: a line feed comes before the next */
};

static void begin_row(struct walk *w)
{
	w->column = INDENT;
	if (!w->out || w->row < w->from || w->row >= w->to)
		return;
	buf_puts(w->out, w->started ? "\n" : "");
	buf_puts(w->out, w->row == 0 ? "> " : "  ");
	w->started = true;
}

static void put_piece(struct walk *w, struct slice piece, unsigned wide)
{
	if (w->column + wide >= w->columns) { /* the last column stays free */
		w->row++;
		begin_row(w);
	}
	if (w->out && w->row >= w->from && w->row < w->to)
		buf_append(w->out, piece);
	w->column += wide;
}

/* Nothing that was pasted reaches the terminal as an order. */
static void put_char(struct walk *w, struct slice s, uint32_t cp, bool valid)
{
	char control[2] = { '^', (char)(cp + '@') };

	if (cp == '\t')
		put_piece(w, SLICE("    "), TAB_COLUMNS);
	else if (!valid || visible_is_trick(cp))
		put_piece(w, SLICE("\xef\xbf\xbd"), 1);
	else if (cp < ' ')
		put_piece(w, slice_make(control, 2), 2);
	else
		put_piece(w, s, visible_columns(cp));
}

/* Leaves in *at where the cursor is. The first walk finds out how many rows there are and where
 * the cursor is, the second writes those that are shown. */
static void walk(struct walk *w, const struct line *l, struct live_place *at)
{
	struct slice s = buf_slice(&l->text);

	w->row = 0;
	w->started = false;
	begin_row(w);
	for (size_t i = 0; i < s.len;) {
		uint32_t cp = 0;
		size_t n = utf8_decode(s, i, &cp);

		if (i == l->at)
			*at = (struct live_place){ 0, w->row, w->column };
		if (cp == '\n' && n == 1) {
			w->row++;
			begin_row(w);
		} else {
			put_char(w, slice_sub(s, i, i + (n ? n : 1)), cp, n > 0);
		}
		i += n ? n : 1;
	}
	if (l->at == s.len)
		*at = (struct live_place){ 0, w->row, w->column };
}

/* The hint is brief, or left out, where it would leave too little room for the text. */
static void put_dim(const struct box *b, struct buf *out, const char *indent,
		    const struct box_note *note, unsigned columns)
{
	unsigned fits = columns - 1 - (unsigned)strlen(indent);
	struct slice hint = note->hint;
	struct buf clean;

	if (visible_width(hint) + ROOM_FOR_TEXT > fits)
		hint = note->brief;
	if (visible_width(hint) + ROOM_FOR_TEXT > fits)
		hint = SLICE("");
	buf_init(&clean, 4 * note->text.len + 64);
	term_clean(&clean, note->text, true);
	buf_puts(out, b->colour ? "\033[2m" : "");
	buf_puts(out, indent);
	term_fit(out, buf_slice(&clean), fits - visible_width(hint));
	buf_append(out, hint);
	buf_puts(out, b->colour ? "\033[0m" : "");
	buf_release(&clean);
}

void box_draw(void *self, struct buf *out, unsigned columns, struct live_place *cursor)
{
	const struct box *b = self;
	struct walk w = { .columns = columns };
	unsigned rows, from;

	walk(&w, b->line, cursor);
	rows = w.row + 1;
	from = cursor->row >= BOX_ROWS ? cursor->row - BOX_ROWS + 1 : 0;
	if (b->head.len > 0) {
		put_dim(b, out, "", &(struct box_note){ .text = b->head }, columns);
		buf_putc(out, '\n');
	}
	w = (struct walk){ .out = out, .from = from, .to = from + BOX_ROWS, .columns = columns };
	walk(&w, b->line, cursor);
	for (size_t i = 0; i < b->n_notes; i++) {
		buf_putc(out, '\n');
		put_dim(b, out, "  ", &b->notes[i], columns);
	}
	cursor->row = cursor->row - from + (b->head.len > 0);
	cursor->rows = (b->head.len > 0) + (rows - from > BOX_ROWS ? BOX_ROWS : rows - from) +
		       (unsigned)b->n_notes;
}
