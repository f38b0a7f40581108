/* live.c - see live.h */
#include "agent/cli/task/live.h"

#include <stdlib.h>

#include "protocol/base/limits.h"
#include "protocol/base/utf8.h"
#include "protocol/base/visible.h"

/* What is over at once needs no line. */
enum { TICK_MS = 500, LEAST_COLUMNS = 20, LEAST_HALF = 12, TAIL_LEVELS = 4 };

/* --- the rows of the box, also after the terminal was made narrower --- */

/* Columns of a row that was drawn: without our own colours. */
static unsigned row_width(struct slice row)
{
	unsigned columns = 0;

	for (size_t i = 0; i < row.len;) {
		size_t end = i;

		if (row.ptr[i] == '\033') {
			while (end < row.len && row.ptr[end] != 'm')
				end++;
			i = end + 1;
			continue;
		}
		while (end < row.len && row.ptr[end] != '\033')
			end++;
		columns += (unsigned)visible_width(slice_sub(row, i, end));
		i = end;
	}
	return columns;
}

static void note_rows(struct live *l, struct slice drawn, unsigned above, unsigned column)
{
	struct slice row;

	l->above = above < LIVE_ROWS ? above : LIVE_ROWS;
	l->column = column;
	for (unsigned i = 0; i < l->above; i++)
		l->widths[i] = slice_next_line(&drawn, &row) ? row_width(row) : 0;
}

/* A terminal that was made narrower has wrapped the rows that we drew: the box begins further up
 * than it did. */
static unsigned rows_over_cursor(const struct live *l)
{
	unsigned columns = term_columns(l->log), rows = 0;

	if (columns == 0)
		return l->above;
	for (unsigned i = 0; i < l->above; i++)
		rows += l->widths[i] > columns ? (l->widths[i] + columns - 1) / columns : 1;
	return rows + l->column / columns;
}

/* The cursor stands in the box. */
static void wipe_box(struct live *l, struct buf *out)
{
	unsigned rows = rows_over_cursor(l);

	if (!l->box_drawn)
		return;
	buf_puts(out, "\r");
	if (rows > 0)
		buf_printf(out, "\033[%uA", rows);
	buf_puts(out, "\033[J");
	l->box_drawn = false;
}

static void put(struct live *l, const struct buf *b)
{
	(void)fwrite(b->data, 1, b->len, l->log->file);
	(void)fflush(l->log->file);
}

/* Both may be there, the line above the box; afterwards the cursor is where the first of them
 * began. */
void live_hide(struct live *l)
{
	struct buf b;

	if (l->box_drawn) {
		buf_init(&b, 64);
		wipe_box(l, &b);
		put(l, &b);
		buf_release(&b);
	}
	if (!l->on || l->drawn == 0)
		return;
	(void)fprintf(l->log->file, "\r%*s\r", (int)l->drawn, "");
	(void)fflush(l->log->file);
	l->drawn = 0;
}

/* What stands behind `what`, the less the narrower the terminal is; returns its columns. */
static unsigned put_tail(const struct live *l, int level, char *out, size_t size)
{
	uint64_t now = uv_now(l->timer.loop);
	int n = snprintf(out, size, "   %.0f s", (double)(now - l->since_ms) / 1000.0);

	if (l->tokens > 0 && level < 2)
		n += snprintf(out + n, size - (size_t)n, "   %llu tokens",
			      (unsigned long long)l->tokens);
	if (l->tokens > 0 && level < 4)
		n += snprintf(out + n, size - (size_t)n, "   $%.2f", l->usd);
	if (l->tokens > 0 && level < 3 && l->limit_usd > 0)
		n += snprintf(out + n, size - (size_t)n, " of %.2f", l->limit_usd);
	if (level < 1)
		n += snprintf(out + n, size - (size_t)n, "   Ctrl-C stops");
	return (unsigned)n;
}

/* The last line that is not empty; of one that was drawn over itself, what stands there now. */
static struct slice last_line(const struct buf *b)
{
	struct slice s = b ? slice_trim(buf_slice(b)) : SLICE("");
	size_t at = s.len;

	while (at > 0 && s.ptr[at - 1] != '\n' && s.ptr[at - 1] != '\r')
		at--;
	return slice_sub(s, at, s.len);
}

/* What is done, and what it printed last. */
static void put_what(const struct live *l, struct slice what, unsigned columns, struct buf *out)
{
	struct slice line = last_line(l->printed);
	unsigned half = columns / 2, used;
	struct buf b;

	if (line.len == 0 || half < LEAST_HALF) {
		term_fit(out, what, columns);
		return;
	}
	used = visible_width(what) < half ? (unsigned)visible_width(what) : half;
	term_fit(out, what, used);
	buf_puts(out, " | ");
	buf_init(&b, 8 * line.len + 64);
	visible_line(&b, line);
	term_fit(out, buf_slice(&b), columns - used - 3);
	buf_release(&b);
}

/* The line into the buffer; returns its columns, 0 if there is no room for one. */
static unsigned compose(const struct live *l, unsigned width, struct buf *out)
{
	unsigned least, columns = 0;
	char tail[128] = "";
	struct buf b;
	size_t from = out->len;

	buf_init(&b, 8 * sizeof(l->what));
	visible_line(&b, slice_of(l->what));
	least = visible_width(buf_slice(&b));
	if (least > LEAST_COLUMNS)
		least = LEAST_COLUMNS;
	for (int level = 0; level <= TAIL_LEVELS && columns == 0; level++) {
		unsigned n = put_tail(l, level, tail, sizeof(tail));

		/* The last column stays free: some terminals go to the next line when it is filled. */
		if (width > least + n)
			columns = width - 1 - n;
	}
	if (columns > 0) {
		put_what(l, buf_slice(&b), columns, out);
		buf_puts(out, tail);
		columns = visible_width(slice_sub(buf_slice(out), from, out->len));
	}
	buf_release(&b);
	return columns;
}

static void draw(struct live *l)
{
	struct buf b;
	unsigned used;

	buf_init(&b, 8 * sizeof(l->what) + 256);
	used = compose(l, term_columns(l->log), &b);
	if (used > 0) {
		live_hide(l);
		put(l, &b);
		l->drawn = used;
	}
	buf_release(&b);
}

/* Wiped and drawn in one write, so that nothing flickers. */
static void draw_box(struct live *l)
{
	struct live_place at = { 0 };
	unsigned columns = term_columns(l->log), lines = 0;
	struct buf b;
	size_t from;

	buf_init(&b, LIMIT_SELECTION_BYTES);
	wipe_box(l, &b);
	from = b.len;
	if (l->what[0] && compose(l, columns, &b) > 0) {
		buf_puts(&b, "\n");
		lines = 1;
	}
	l->box->draw(l->box->self, &b, columns, &at);
	note_rows(l, slice_sub(buf_slice(&b), from, b.len), lines + at.row, at.column);
	if (at.rows > at.row + 1)
		buf_printf(&b, "\033[%uA", at.rows - at.row - 1);
	buf_puts(&b, "\r");
	if (at.column > 0)
		buf_printf(&b, "\033[%uC", at.column);
	put(l, &b);
	buf_release(&b);
	l->box_drawn = true;
}

static bool has_box(const struct live *l)
{
	return l->box && (!l->box->wanted || l->box->wanted(l->box->self));
}

/* Nothing stands in the way of drawing. */
static bool is_free(const struct live *l)
{
	return l->on && l->asker->state == ASKER_IDLE && !l->log->mid_line && !l->answer->mid_line;
}

void live_show(struct live *l)
{
	if (!is_free(l) || !l->box)
		return;
	if (has_box(l)) {
		if (l->drawn > 0) /* it stands where the box begins */
			live_hide(l);
		draw_box(l);
	} else if (l->box_drawn) {
		live_hide(l);
	}
}

/* The timer is not counted by the loop (uv_unref): a command that has nothing else to do ends. */
static void on_tick(uv_timer_t *h)
{
	struct live *l = h->data;

	if (has_box(l)) {
		if (l->what[0] || !l->box_drawn)
			live_show(l);
	} else if (l->what[0] && is_free(l)) {
		draw(l);
	}
}

void live_init(struct live *l, uv_loop_t *loop, struct term *log, struct term *answer,
	       struct asker *asker)
{
	const char *kind = getenv("TERM");

	*l = (struct live){ .log = log, .answer = answer, .asker = asker };
	if (!log->tty || (kind && strcmp(kind, "dumb") == 0))
		return;
	l->on = true;
	(void)uv_timer_init(loop, &l->timer);
	l->timer.data = l;
	l->since_ms = uv_now(loop);
	(void)uv_timer_start(&l->timer, on_tick, TICK_MS, TICK_MS);
	uv_unref((uv_handle_t *)&l->timer);
}

void live_say(struct live *l, struct slice what)
{
	if (!l->on)
		return;
	l->since_ms = uv_now(l->timer.loop);
	(void)snprintf(l->what, sizeof(l->what), "%.*s", SLICE_ARG(what));
	l->what[utf8_complete_prefix(slice_of(l->what))] = '\0';
}

void live_usage(struct live *l, const struct usage *u)
{
	l->tokens = u->input + u->cache_read + u->cache_write + u->output;
	l->usd = u->usd;
}

void live_close(struct live *l)
{
	if (!l->on)
		return;
	live_hide(l);
	l->on = false;
	uv_close((uv_handle_t *)&l->timer, NULL);
}
