/* line.c - see line.h
 *
 * Bytes are UTF-8 of any kind, also broken: the cursor stands only between characters, which are
 * found by their first byte. `text` never holds more than LIMIT_SELECTION_BYTES. */
#include "agent/cli/chat/line.h"

#include "protocol/base/limits.h"

enum {
	CTRL_A = 1,
	CTRL_B = 2,
	CTRL_C = 3,
	CTRL_D = 4,
	CTRL_E = 5,
	CTRL_F = 6,
	CTRL_G = 7,
	BACKSPACE = 8,
	TAB = 9,
	NEW_LINE = 10,
	CTRL_K = 11,
	CTRL_L = 12,
	ENTER = 13,
	CTRL_N = 14,
	CTRL_P = 16,
	CTRL_R = 18,
	CTRL_U = 21,
	CTRL_W = 23,
	CTRL_Y = 25,
	CTRL_Z = 26,
	ESCAPE = 27,
	DELETE = 127,
};

void line_init(struct line *l, struct past *past)
{
	*l = (struct line){ .past = past, .shown = past->n };
	buf_init(&l->text, LIMIT_SELECTION_BYTES);
	buf_init(&l->draft, LIMIT_SELECTION_BYTES);
	buf_init(&l->killed, LIMIT_SELECTION_BYTES);
}

void line_release(struct line *l)
{
	buf_release(&l->text);
	buf_release(&l->draft);
	buf_release(&l->killed);
}

void line_set(struct line *l, struct slice text)
{
	buf_clear(&l->text);
	buf_append(&l->text, text);
	l->at = l->text.len;
	l->shown = l->past->n;
}

/* --- editing --- */

static void replace(struct line *l, size_t from, size_t to, struct slice with)
{
	struct slice old = buf_slice(&l->text);
	struct buf b;

	buf_init(&b, LIMIT_SELECTION_BYTES);
	buf_append(&b, slice_sub(old, 0, from));
	buf_append(&b, with);
	buf_append(&b, slice_sub(old, to, old.len));
	if (!b.full) { /* else there is no more room, and the key does nothing */
		buf_clear(&l->text);
		buf_append(&l->text, buf_slice(&b));
		l->at = from + with.len;
	}
	buf_release(&b);
}

/* What is taken out at once can be put back with Ctrl-Y. */
static void kill_text(struct line *l, size_t from, size_t to)
{
	if (from == to)
		return;
	buf_clear(&l->killed);
	buf_append(&l->killed, slice_sub(buf_slice(&l->text), from, to));
	replace(l, from, to, SLICE(""));
}

static size_t before(const struct line *l, size_t at)
{
	while (at > 0 && ((unsigned char)l->text.data[--at] & 0xc0) == 0x80)
		;
	return at;
}

static size_t after(const struct line *l, size_t at)
{
	if (at < l->text.len)
		at++;
	while (at < l->text.len && ((unsigned char)l->text.data[at] & 0xc0) == 0x80)
		at++;
	return at;
}

static bool is_gap(const struct line *l, size_t at)
{
	return l->text.data[at] == ' ' || l->text.data[at] == '\n';
}

static size_t word_before(const struct line *l)
{
	size_t at = l->at;

	while (at > 0 && is_gap(l, at - 1))
		at--;
	while (at > 0 && !is_gap(l, at - 1))
		at--;
	return at;
}

static size_t word_after(const struct line *l)
{
	size_t at = l->at;

	while (at < l->text.len && is_gap(l, at))
		at++;
	while (at < l->text.len && !is_gap(l, at))
		at++;
	return at;
}

static size_t row_start(const struct line *l, size_t at)
{
	while (at > 0 && l->text.data[at - 1] != '\n')
		at--;
	return at;
}

static size_t row_end(const struct line *l, size_t at)
{
	while (at < l->text.len && l->text.data[at] != '\n')
		at++;
	return at;
}

struct slice line_word(const struct line *l)
{
	size_t from = l->at;

	while (from > 0 && !is_gap(l, from - 1))
		from--;
	return slice_sub(buf_slice(&l->text), from, l->at);
}

void line_replace_word(struct line *l, struct slice with)
{
	replace(l, l->at - line_word(l).len, l->at, with);
}

/* --- what was sent before --- */

/* What was typed and not sent is kept as the draft, behind the newest line of the past, and
 * comes back with Down. */
static void show_past(struct line *l, size_t i)
{
	if (i > l->past->n)
		return;
	if (l->shown == l->past->n) {
		buf_clear(&l->draft);
		buf_append(&l->draft, buf_slice(&l->text));
	}
	line_set(l, i == l->past->n ? buf_slice(&l->draft) : l->past->lines[i]);
	l->shown = i;
}

/* In a text of several rows the cursor moves; from the first one on it is the history. */
static enum line_event up(struct line *l)
{
	size_t start = row_start(l, l->at), column = l->at - start;

	if (l->text.len == 0 && l->shown == l->past->n)
		return LINE_TAKE_BACK;
	if (start == 0 || l->shown < l->past->n) {
		show_past(l, l->shown ? l->shown - 1 : 0);
		return LINE_MORE;
	}
	l->at = row_start(l, start - 1) + column;
	if (l->at > start - 1)
		l->at = start - 1;
	l->at = before(l, after(l, l->at)); /* on a whole character */
	return LINE_MORE;
}

static enum line_event down(struct line *l)
{
	size_t end = row_end(l, l->at), column = l->at - row_start(l, l->at), next;

	if (end == l->text.len || l->shown < l->past->n) {
		show_past(l, l->shown + 1);
		return LINE_MORE;
	}
	next = row_end(l, end + 1);
	l->at = end + 1 + column > next ? next : end + 1 + column;
	l->at = before(l, after(l, l->at));
	return LINE_MORE;
}

/* The next older line that holds what was typed; again and again, as the draft keeps that. A line of the past that
 * was changed since is what was typed. Nothing is found: all stays. */
static void search_past(struct line *l)
{
	size_t i;

	if (l->shown < l->past->n && !slice_eq(buf_slice(&l->text), l->past->lines[l->shown]))
		l->shown = l->past->n;
	i = l->shown;
	while (i-- > 0) {
		struct slice was = l->past->lines[i], text = buf_slice(&l->text);
		struct slice needle = l->shown == l->past->n ? text : buf_slice(&l->draft);

		if (slice_find(was, needle, 0) == SIZE_MAX || slice_eq(was, text))
			continue;
		show_past(l, i);
		return;
	}
}

/* --- keys --- */

static bool is_key(const struct line *l, const char *name)
{
	return slice_eq_cstr(slice_make(l->key, l->n_key), name);
}

/* The sequences of xterm, of the Linux console and of rxvt: terminals send one or the other. */
static bool move_key(struct line *l)
{
	if (is_key(l, "\033[D") || is_key(l, "\033OD"))
		l->at = before(l, l->at);
	else if (is_key(l, "\033[C") || is_key(l, "\033OC"))
		l->at = after(l, l->at);
	else if (is_key(l, "\033[1;5D") || is_key(l, "\033[1;3D") || is_key(l, "\033b"))
		l->at = word_before(l);
	else if (is_key(l, "\033[1;5C") || is_key(l, "\033[1;3C") || is_key(l, "\033f"))
		l->at = word_after(l);
	else if (is_key(l, "\033[H") || is_key(l, "\033OH") || is_key(l, "\033[1~"))
		l->at = row_start(l, l->at);
	else if (is_key(l, "\033[F") || is_key(l, "\033OF") || is_key(l, "\033[4~"))
		l->at = row_end(l, l->at);
	else
		return false;
	return true;
}

/* A sequence that begins with escape is whole: what it does. */
static enum line_event do_key(struct line *l)
{
	if (is_key(l, "\033\r") || is_key(l, "\033\n"))
		replace(l, l->at, l->at, SLICE("\n"));
	else if (is_key(l, "\033[200~"))
		l->pasting = true;
	else if (is_key(l, "\033[201~"))
		l->pasting = false;
	else if (is_key(l, "\033[A") || is_key(l, "\033OA"))
		return up(l);
	else if (is_key(l, "\033[B") || is_key(l, "\033OB"))
		return down(l);
	else if (is_key(l, "\033[3~"))
		replace(l, l->at, after(l, l->at), SLICE(""));
	else if (is_key(l, "\033\177"))
		kill_text(l, word_before(l), l->at);
	else if (is_key(l, "\033[Z"))
		return LINE_MODE;
	else if (is_key(l, "\033\033") && l->text.len == 0)
		return LINE_REWIND;
	else if (is_key(l, "\033\033"))
		kill_text(l, 0, l->text.len);
	else
		(void)move_key(l);
	return LINE_MORE;
}

/* Escape, then one character; or "[" or "O", and all up to a letter or "~". A key that is longer
 * than LINE_KEY_BYTES is none that we know, and is dropped. */
static enum line_event escape_byte(struct line *l, char c)
{
	bool begun = l->n_key == 1 && (c == '[' || c == 'O');
	enum line_event e;

	if (l->n_key < LINE_KEY_BYTES)
		l->key[l->n_key++] = c;
	if (begun || (l->n_key > 2 && (c < '@' || c > '~') && l->n_key < LINE_KEY_BYTES))
		return LINE_MORE;
	e = do_key(l);
	l->n_key = 0;
	return e;
}

static enum line_event enter(struct line *l)
{
	if (l->at == l->text.len && l->at > 0 && l->text.data[l->at - 1] == '\\') {
		replace(l, l->at - 1, l->at, SLICE("\n"));
		return LINE_MORE;
	}
	return LINE_SENT;
}

static enum line_event edit(struct line *l, char c)
{
	switch (c) {
	case CTRL_K:
		kill_text(l, l->at, row_end(l, l->at));
		break;
	case CTRL_U:
		kill_text(l, row_start(l, l->at), l->at);
		break;
	case CTRL_W:
		kill_text(l, word_before(l), l->at);
		break;
	case CTRL_Y:
		replace(l, l->at, l->at, buf_slice(&l->killed));
		break;
	case BACKSPACE:
	case DELETE:
		replace(l, before(l, l->at), l->at, SLICE(""));
		break;
	default: /* others do nothing */
		break;
	}
	return LINE_MORE;
}

/* As in a shell's line: what a person's fingers know. In a text of several rows, the ends are
 * those of the row. */
static enum line_event control(struct line *l, char c)
{
	switch (c) {
	case ENTER:
	case NEW_LINE: /* of a program that drives us, or of Enter before the terminal was set up */
		return enter(l);
	case TAB:
		return LINE_TAB;
	case CTRL_C:
		return LINE_INTERRUPT;
	case CTRL_L:
		return LINE_REDRAW;
	case CTRL_Z:
		return LINE_SUSPEND;
	case CTRL_G:
		return LINE_EDITOR;
	case CTRL_P:
		return up(l);
	case CTRL_N:
		return down(l);
	case CTRL_R:
		search_past(l);
		break;
	case CTRL_D:
		if (l->text.len == 0)
			return LINE_END;
		replace(l, l->at, after(l, l->at), SLICE(""));
		break;
	case CTRL_A:
		l->at = row_start(l, l->at);
		break;
	case CTRL_E:
		l->at = row_end(l, l->at);
		break;
	case CTRL_B:
		l->at = before(l, l->at);
		break;
	case CTRL_F:
		l->at = after(l, l->at);
		break;
	default:
		return edit(l, c);
	}
	return LINE_MORE;
}

enum line_event line_byte(struct line *l, char c)
{
	bool text = (unsigned char)c >= ' ' && c != DELETE;

	if (l->n_key > 0)
		return escape_byte(l, c);
	if (c == ESCAPE) {
		l->key[l->n_key++] = c;
		return LINE_MORE;
	}
	if (l->pasting && c == ENTER)
		c = NEW_LINE;
	if (!text && !(l->pasting && (c == TAB || c == NEW_LINE)))
		return l->pasting ? LINE_MORE : control(l, c);
	replace(l, l->at, l->at, slice_make(&c, 1));
	return LINE_MORE;
}
