/* markdown.c - see markdown.h: cuts what arrives into pieces that can be shown. */
#include "agent/cli/screen/markdown.h"

#include "protocol/base/limits.h"

/* A piece of a paragraph that is shown before its end has at least so many bytes. */
enum { PIECE_BYTES = 40 };

void markdown_init(struct markdown *m, struct term *t)
{
	*m = (struct markdown){ .t = t, .try_at = PIECE_BYTES };
	buf_init(&m->ready, 4 * (size_t)LIMIT_TURN_BYTES);
	buf_init(&m->line, LIMIT_TURN_BYTES);
	buf_init(&m->block, LIMIT_TURN_BYTES);
	buf_init(&m->cell, LIMIT_TURN_BYTES);
	arena_init(&m->cells_arena);
	m->rows = *t;
	m->rows.into = &m->ready;
	flow_init(&m->flow, &m->rows);
}

void markdown_release(struct markdown *m)
{
	buf_release(&m->ready);
	buf_release(&m->line);
	buf_release(&m->block);
	buf_release(&m->cell);
	arena_release(&m->cells_arena);
}

/* --- what a line is --- */

static size_t indent_of(struct slice line)
{
	size_t n = 0;

	while (n < line.len && line.ptr[n] == ' ')
		n++;
	return n;
}

/* Three or more of "`" or "~": how many, else 0. */
static size_t fence_of(struct slice line, char *mark)
{
	size_t from = indent_of(line), n = from;

	*mark = from < line.len ? line.ptr[from] : '\0';
	if (*mark != '`' && *mark != '~')
		return 0;
	while (n < line.len && line.ptr[n] == *mark)
		n++;
	/* "```x```" is code in a line. */
	if (*mark == '`' && slice_find_byte(line, '`', n) != SIZE_MAX)
		return 0;
	return n - from >= 3 ? n - from : 0;
}

static bool is_item(struct slice line)
{
	size_t at = indent_of(line), digits = at;

	if (at + 1 < line.len && strchr("-*+", line.ptr[at]) && line.ptr[at + 1] == ' ')
		return true;
	while (digits < line.len && line.ptr[digits] >= '0' && line.ptr[digits] <= '9')
		digits++;
	return digits > at && digits - at < 9 && digits + 1 < line.len &&
	       (line.ptr[digits] == '.' || line.ptr[digits] == ')') && line.ptr[digits + 1] == ' ';
}

/* By its beginning alone. OTHER is what cannot be shown before it is whole: a heading may become
 * one by the line below it, a table by its second line. */
static enum markdown_kind kind_of(struct slice line)
{
	if (is_item(line))
		return MARKDOWN_LIST;
	if (line.len == 0 || strchr("#>|=-*+_<~ \t", line.ptr[0]) ||
	    slice_find_byte(line, '|', 0) != SIZE_MAX)
		return MARKDOWN_OTHER;
	return MARKDOWN_PARAGRAPH;
}

/* --- blocks --- */

static void show_block(struct markdown *m)
{
	struct slice text = buf_slice(&m->block);

	if (slice_trim(text).len > 0)
		markdown_block(m, text, false);
	else if (m->begun)
		markdown_row_end(m);
	buf_clear(&m->block);
	m->kind = MARKDOWN_NONE;
	m->begun = m->list_gap = m->in_list_code = false;
	m->try_at = PIECE_BYTES;
}

/* After a piece, what comes next must not look like the beginning of another block. */
static bool is_letter(char c)
{
	return ((c | 32) >= 'a' && (c | 32) <= 'z') || (unsigned char)c >= 0x80;
}

/* The last blank before which nothing is open that a later mark may close; 0: there is none. */
static size_t last_cut(struct slice text)
{
	unsigned odd = 0; /* a bit for each mark that was seen an odd number of times */
	int brackets = 0;
	size_t cut = 0;

	for (size_t i = 0; i + 1 < text.len; i++) {
		char c = text.ptr[i];

		if (i == 0 || text.ptr[i - 1] != c) /* a run of them is one mark */
			odd ^= c == '*' || c == '_' ? 1 : c == '`' ? 2 : c == '~' ? 4 : 0;
		brackets += c == '[' || c == '(' || c == '<'   ? 1
			    : c == ']' || c == ')' || c == '>' ? -1
							       : 0;
		if ((c == ' ' || c == '\n') && odd == 0 && brackets == 0 &&
		    is_letter(text.ptr[i + 1]))
			cut = i;
	}
	return cut;
}

static bool in_paragraph(const struct markdown *m)
{
	return (m->kind == MARKDOWN_PARAGRAPH || m->kind == MARKDOWN_NONE) &&
	       kind_of(buf_slice(&m->line)) == MARKDOWN_PARAGRAPH;
}

/* As much of an unfinished paragraph as nothing is open in. */
static void show_piece(struct markdown *m)
{
	struct buf all;
	size_t at;

	if (!in_paragraph(m) || m->block.len + m->line.len < m->try_at)
		return;
	buf_init(&all, LIMIT_TURN_BYTES);
	buf_append(&all, buf_slice(&m->block));
	buf_append(&all, buf_slice(&m->line));
	at = last_cut(buf_slice(&all));
	/* What is open in a long text is not looked for again at each word. */
	m->try_at = at > PIECE_BYTES / 2 ? PIECE_BYTES : all.len + all.len / 4 + 1;
	if (at > PIECE_BYTES / 2) {
		markdown_block(m, slice_sub(buf_slice(&all), 0, at), true);
		m->kind = MARKDOWN_PARAGRAPH;
		m->begun = true;
		if (at < m->block.len) {
			buf_consume(&m->block, at + 1);
		} else {
			buf_consume(&m->line, at + 1 - m->block.len);
			buf_clear(&m->block);
		}
	}
	buf_release(&all);
}

static void add_line(struct markdown *m, struct slice line)
{
	buf_append(&m->block, line);
	buf_putc(&m->block, '\n');
}

/* False: the list ends before this line. */
static bool goes_on(struct markdown *m, struct slice line)
{
	char mark;
	bool fence = fence_of(line, &mark) > 0;

	if (m->in_list_code) {
		m->in_list_code = !fence;
		return true;
	}
	if (slice_trim(line).len == 0) {
		m->list_gap = true;
		return true;
	}
	if (indent_of(line) < 2 && (m->list_gap || is_item(line) || fence || line.ptr[0] == '#'))
		return false;
	m->list_gap = false;
	m->in_list_code = fence;
	return true;
}

/* A whole line. It ends the block before it, goes on with it, or begins one; inside of a fence
 * it is code, whatever it looks like. */
static void take_line(struct markdown *m, struct slice line)
{
	enum markdown_kind kind = kind_of(line);
	bool blank = slice_trim(line).len == 0;
	char mark;
	size_t fence = fence_of(line, &mark);

	if (m->fence) {
		if (fence >= m->fence_len && mark == m->fence)
			m->fence = 0;
		else
			markdown_code_row(m, line);
		return;
	}
	if (m->kind == MARKDOWN_LIST && goes_on(m, line)) {
		add_line(m, line);
		return;
	}
	if (blank || fence > 0 || m->kind == MARKDOWN_LIST || kind == MARKDOWN_LIST ||
	    line.ptr[0] == '#' ||
	    (m->kind == MARKDOWN_PARAGRAPH && (line.ptr[0] == '|' || line.ptr[0] == '>')))
		show_block(m);
	if (fence > 0) {
		m->fence = mark;
		m->fence_len = fence;
		if (m->last != MARKDOWN_NONE)
			term_raw(&m->rows, SLICE("\n"));
		m->last = MARKDOWN_OTHER;
	} else if (!blank) {
		if (m->kind == MARKDOWN_NONE)
			m->kind = kind;
		add_line(m, line);
	}
}

/* Without columns there is no layout at all, as when a file is written. */
bool markdown_text(struct markdown *m, struct slice text)
{
	if (m->flow.columns == 0) {
		term_text(&m->rows, TERM_PLAIN, text);
		return m->ready.len > 0;
	}
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] != '\n') {
			buf_putc(&m->line, text.ptr[i]);
			continue;
		}
		take_line(m, buf_slice(&m->line));
		buf_clear(&m->line);
	}
	if (!m->fence)
		show_piece(m);
	for (size_t i = m->ready.len; i > 0; i--)
		if (m->ready.data[i - 1] == '\n')
			return true;
	return false;
}

/* What is open is shown as it is; the next text begins anew. */
bool markdown_end(struct markdown *m)
{
	if (m->flow.columns > 0) {
		if (m->line.len > 0)
			take_line(m, buf_slice(&m->line));
		buf_clear(&m->line);
		show_block(m);
		m->fence = 0;
		m->last = MARKDOWN_NONE;
		markdown_row_end(m);
	}
	return m->ready.len > 0;
}

/* On a terminal an unfinished row stays. */
void markdown_put(struct markdown *m)
{
	size_t n = m->ready.len;

	while (m->flow.columns > 0 && n > 0 && m->ready.data[n - 1] != '\n')
		n--;
	term_raw(m->t, slice_sub(buf_slice(&m->ready), 0, n));
	buf_consume(&m->ready, n);
}
