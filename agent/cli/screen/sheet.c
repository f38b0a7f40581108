/* sheet.c - see sheet.h */
#include "agent/cli/screen/sheet.h"

#include "protocol/base/utf8.h"
#include "protocol/base/visible.h"

enum { MIN_COLUMNS = 20, MAX_COLUMNS = 400, TAB = 8 };

void sheet_init(struct sheet *s, struct arena *a, unsigned columns)
{
	if (columns < MIN_COLUMNS)
		columns = MIN_COLUMNS;
	*s = (struct sheet){ .arena = a, .columns = columns > MAX_COLUMNS ? MAX_COLUMNS : columns };
}

static void add_row(struct sheet *s, enum term_style style, const char *prefix, struct slice text)
{
	if (s->n == s->cap) {
		size_t cap = s->cap ? s->cap * 2 : 64;
		struct sheet_row *more = arena_array(s->arena, cap, sizeof(*more));

		if (s->n > 0)
			memcpy(more, s->rows, s->n * sizeof(*more));
		s->rows = more;
		s->cap = cap;
	}
	s->rows[s->n++] = (struct sheet_row){ style, arena_printf(s->arena, "%s%.*s", prefix,
								  SLICE_ARG(text)) };
}

/* How much of the text fits into the columns: at least one character. A tab was expanded before. */
static size_t fitting(struct slice text, size_t columns, bool words)
{
	size_t used = 0, at = 0, blank = 0;

	while (at < text.len) {
		uint32_t cp = 0;
		size_t n = utf8_decode(text, at, &cp);
		unsigned wide = visible_columns(cp);

		if (used + wide > columns && at > 0)
			return words && blank > 0 ? blank : at;
		if (text.ptr[at] == ' ')
			blank = at + 1;
		used += wide;
		at += n ? n : 1;
	}
	return at;
}

/* A prefix never takes all of the room: at least one character of the text is on each row, so
 * that this ends. */
static void wrap(struct sheet *s, enum term_style style, const char *const prefix[2],
		 struct slice text, bool words)
{
	bool later = false;

	do {
		const char *p = prefix[later];
		size_t room = s->columns - (strlen(p) < MIN_COLUMNS ? strlen(p) : MIN_COLUMNS - 1);
		size_t n = fitting(text, room, words);

		add_row(s, style, p, slice_sub(text, 0, n));
		text = slice_sub(text, n, text.len);
		later = true;
	} while (text.len > 0);
}

/* Blanks in place of tabs, as the width of a tab follows from the column in which it ends up. */
static struct slice without_tabs(struct arena *a, struct slice text)
{
	struct slice out;
	size_t column = 0;
	struct buf b;

	if (slice_find_byte(text, '\t', 0) == SIZE_MAX)
		return text;
	buf_init(&b, TAB * text.len);
	for (size_t at = 0; at < text.len;) {
		uint32_t cp = 0;
		size_t n = utf8_decode(text, at, &cp);

		n = n ? n : 1;
		if (cp != '\t')
			buf_append(&b, slice_sub(text, at, at + n));
		else
			buf_printf(&b, "%*s", (int)(TAB - column % TAB), "");
		column += cp == '\t' ? TAB - column % TAB : visible_columns(cp);
		at += n;
	}
	out = arena_dup(a, buf_slice(&b));
	buf_release(&b);
	return out;
}

/* Made visible once, before it is measured: no byte of it can then be more or fewer columns than
 * was counted. */
static struct slice seen(struct sheet *s, struct slice line)
{
	struct slice out;
	struct buf b;

	buf_init(&b, 8 * line.len + 64);
	visible_line(&b, line);
	out = arena_dup(s->arena, buf_slice(&b));
	buf_release(&b);
	return without_tabs(s->arena, out);
}

static void sheet_line(struct sheet *s, enum term_style style, const char *first, const char *next,
		       struct slice line)
{
	wrap(s, style, (const char *const[2]){ first, next }, seen(s, line), false);
}

void sheet_text(struct sheet *s, enum term_style style, const char *first, const char *next,
		struct slice text)
{
	struct slice line;

	while (slice_next_line(&text, &line))
		sheet_line(s, style, first, next, line);
}

void sheet_diff(struct sheet *s, const char *first, const char *next, struct slice diff)
{
	struct slice line;

	while (slice_next_line(&diff, &line)) {
		bool sign = line.len > 0 && (line.ptr[0] == '+' || line.ptr[0] == '-');

		sheet_line(s, term_diff_style(line), first,
			   sign ? arena_printf(s->arena, "%s%c", next, line.ptr[0]).ptr : next,
			   line);
	}
}

void sheet_prose(struct sheet *s, enum term_style style, const char *first, const char *next,
		 struct slice text)
{
	struct slice one = arena_dup(s->arena, slice_trim(text));
	char *c = arena_cstr(s->arena, one);

	for (size_t i = 0; i < one.len; i++)
		if (c[i] == '\n' || c[i] == '\t')
			c[i] = ' ';
	wrap(s, style, (const char *const[2]){ first, next }, seen(s, slice_make(c, one.len)),
	     true);
}

void sheet_put(const struct sheet *s, struct term *t, size_t from, size_t to)
{
	for (size_t i = from; i < to && i < s->n; i++) {
		term_text(t, s->rows[i].style, s->rows[i].text);
		term_raw(t, SLICE("\n"));
	}
}
