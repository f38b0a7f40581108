/* markdown_block.c - one block of Markdown as rows, by md4c: see markdown.h.
 *
 * What comes from md4c is text that a model wrote: all of it goes through flow_text() or term_clean(). */
#include "agent/cli/screen/markdown.h"

#include <md4c.h>

#include "protocol/base/limits.h"
#include "protocol/base/visible.h"

void markdown_row_end(struct markdown *m)
{
	flow_end(&m->flow);
	if (m->rows.mid_line)
		term_raw(&m->rows, SLICE("\n"));
	m->flow.at = 0;
	m->flow.indent_due = false;
	m->at_marker = false;
}

static void row_begin(struct markdown *m, const char *marker)
{
	char head[2 * FLOW_HANG + 2];

	markdown_row_end(m);
	(void)snprintf(head, sizeof(head), "%s%s", m->indent, marker);
	term_clean_text(&m->rows, TERM_DIM, slice_of(head));
	m->flow.at = visible_width(slice_of(head));
}

/* Deeper than MARKDOWN_DEPTH the indent only grows up to its buffer, and goes back with the
 * outer level: a text of a thousand quotes must not write past the array. */
static void push(struct markdown *m, const char *more)
{
	size_t len = strlen(m->indent);

	if (m->depth < MARKDOWN_DEPTH)
		m->indents[m->depth] = len;
	m->depth++;
	(void)snprintf(m->indent + len, sizeof(m->indent) - len, "%s", more);
	flow_hang(&m->flow, m->indent);
}

static void pop(struct markdown *m)
{
	m->depth--;
	if (m->depth < MARKDOWN_DEPTH)
		m->indent[m->indents[m->depth]] = '\0';
	flow_hang(&m->flow, m->indent);
}

void markdown_code_row(struct markdown *m, struct slice text)
{
	markdown_row_end(m);
	term_clean_text(&m->rows, TERM_PLAIN, slice_of(m->indent));
	term_clean_text(&m->rows, TERM_DIM, SLICE("  | "));
	term_text(&m->rows, TERM_PLAIN, text);
	term_raw(&m->rows, SLICE("\n"));
}

/* --- what md4c says --- */

static void begin_item(struct markdown *m, const MD_BLOCK_LI_DETAIL *li)
{
	char marker[24] = "- ";
	unsigned at = m->lists ? m->lists - 1 : 0;

	if (m->lists && at < MARKDOWN_DEPTH && m->list[at].ordered)
		(void)snprintf(marker, sizeof(marker), "%u%c ", m->list[at].number++,
			       m->list[at].mark);
	row_begin(m, marker);
	if (li->is_task)
		term_raw(&m->rows, li->task_mark == ' ' ? SLICE("[ ] ") : SLICE("[x] "));
	m->flow.at += li->is_task ? 4 : 0;
	(void)snprintf(marker, sizeof(marker), "%*s", (int)strlen(marker), "");
	push(m, marker);
	m->at_marker = true;
}

static void begin_list(struct markdown *m, bool ordered, unsigned number, char mark)
{
	if (m->lists < MARKDOWN_DEPTH) {
		m->list[m->lists].ordered = ordered;
		m->list[m->lists].number = number;
		m->list[m->lists].mark = mark;
	}
	m->lists++;
}

static int enter_block(MD_BLOCKTYPE type, void *detail, void *payload)
{
	const MD_BLOCK_OL_DETAIL *ol = detail;
	struct markdown *m = payload;

	switch (type) {
	case MD_BLOCK_QUOTE:
		push(m, "| ");
		break;
	case MD_BLOCK_UL:
		begin_list(m, false, 0, '-');
		break;
	case MD_BLOCK_OL:
		begin_list(m, true, ol->start, ol->mark_delimiter);
		break;
	case MD_BLOCK_LI:
		begin_item(m, detail);
		break;
	case MD_BLOCK_H:
		m->heading++;
		row_begin(m, "");
		break;
	case MD_BLOCK_P:
		if (!m->at_marker && !m->begun)
			row_begin(m, "");
		break;
	case MD_BLOCK_HR:
		row_begin(m, "---");
		break;
	case MD_BLOCK_CODE:
		m->code = true;
		break;
	case MD_BLOCK_TABLE:
		m->n_cells = 0;
		m->n_columns = ((MD_BLOCK_TABLE_DETAIL *)detail)->col_count;
		break;
	case MD_BLOCK_TH:
	case MD_BLOCK_TD:
		m->in_cell = true;
		buf_clear(&m->cell);
		break;
	case MD_BLOCK_DOC:
	case MD_BLOCK_HTML:
	case MD_BLOCK_THEAD:
	case MD_BLOCK_TBODY:
	case MD_BLOCK_TR:
		break;
	}
	return 0;
}

static int leave_block(MD_BLOCKTYPE type, void *detail, void *payload)
{
	struct markdown *m = payload;

	(void)detail;
	switch (type) {
	case MD_BLOCK_QUOTE:
		markdown_row_end(m);
		pop(m);
		break;
	case MD_BLOCK_UL:
	case MD_BLOCK_OL:
		m->lists--;
		break;
	case MD_BLOCK_LI:
		markdown_row_end(m);
		pop(m);
		break;
	case MD_BLOCK_H:
		m->heading--;
		markdown_row_end(m);
		break;
	case MD_BLOCK_CODE:
		if (m->cell.len > 0)
			markdown_code_row(m, buf_slice(&m->cell));
		buf_clear(&m->cell);
		m->code = false;
		break;
	case MD_BLOCK_TABLE:
		markdown_row_end(m);
		markdown_table(m);
		break;
	case MD_BLOCK_TH:
	case MD_BLOCK_TD:
		m->in_cell = false;
		markdown_cell(m, slice_trim(buf_slice(&m->cell)));
		buf_clear(&m->cell);
		break;
	case MD_BLOCK_P: /* the caller knows whether it goes on */
		if (m->depth > 0)
			markdown_row_end(m);
		break;
	case MD_BLOCK_DOC:
	case MD_BLOCK_HR:
	case MD_BLOCK_HTML:
	case MD_BLOCK_THEAD:
	case MD_BLOCK_TBODY:
	case MD_BLOCK_TR:
		break;
	}
	return 0;
}

static void put(struct markdown *m, struct slice text)
{
	enum term_style style = m->span_code		  ? TERM_CYAN
				: m->strong || m->heading ? TERM_BOLD
							  : TERM_PLAIN;

	if (m->in_cell)
		buf_append(&m->cell, text);
	else
		flow_text(&m->flow, style, text);
	m->at_marker = false;
}

/* Where no colour tells code from words, its marks stay. */
static void put_tick(struct markdown *m)
{
	if (!m->rows.colour || m->in_cell)
		put(m, SLICE("`"));
}

static int enter_span(MD_SPANTYPE type, void *detail, void *payload)
{
	struct markdown *m = payload;

	(void)detail;
	if (type == MD_SPAN_STRONG)
		m->strong++;
	if (type == MD_SPAN_DEL)
		put(m, SLICE("~~"));
	if (type == MD_SPAN_CODE) {
		put_tick(m);
		m->span_code++;
	}
	return 0;
}

static int leave_span(MD_SPANTYPE type, void *detail, void *payload)
{
	const MD_SPAN_A_DETAIL *a = detail;
	struct markdown *m = payload;

	if (type == MD_SPAN_STRONG)
		m->strong--;
	if (type == MD_SPAN_DEL)
		put(m, SLICE("~~"));
	if (type == MD_SPAN_CODE) {
		m->span_code--;
		put_tick(m);
	}
	/* Where it leads must be seen. */
	if (type == MD_SPAN_A && !slice_eq(m->said, slice_make(a->href.text, a->href.size))) {
		put(m, SLICE(" ("));
		put(m, slice_make(a->href.text, a->href.size));
		put(m, SLICE(")"));
	}
	if (type == MD_SPAN_IMG) {
		const MD_SPAN_IMG_DETAIL *img = detail;

		put(m, SLICE(" ("));
		put(m, slice_make(img->src.text, img->src.size));
		put(m, SLICE(")"));
	}
	return 0;
}

static void put_code(struct markdown *m, struct slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] != '\n') {
			buf_putc(&m->cell, text.ptr[i]);
			continue;
		}
		markdown_code_row(m, buf_slice(&m->cell));
		buf_clear(&m->cell);
	}
}

static struct slice entity(struct slice text)
{
	static const struct {
		const char *name, *text;
	} known[] = { { "&amp;", "&" },	  { "&lt;", "<" },   { "&gt;", ">" },
		      { "&quot;", "\"" }, { "&nbsp;", " " }, { "&#39;", "'" } };

	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (slice_eq_cstr(text, known[i].name))
			return slice_of(known[i].text);
	return text;
}

/* Lines of the source are no lines of the output, but for hard breaks; in a cell not even those. */
static int on_text(MD_TEXTTYPE type, const MD_CHAR *bytes, MD_SIZE n, void *payload)
{
	struct slice text = slice_make(bytes, n);
	struct markdown *m = payload;

	m->said = text;
	if (m->code)
		put_code(m, text);
	else if (type == MD_TEXT_BR)
		put(m, m->in_cell ? SLICE(" ") : SLICE("\n"));
	else if (type == MD_TEXT_SOFTBR)
		put(m, SLICE(" "));
	else if (type == MD_TEXT_ENTITY)
		put(m, entity(text));
	else if (type == MD_TEXT_NULLCHAR)
		put(m, SLICE("\xef\xbf\xbd"));
	else
		put(m, text);
	return 0;
}

/* "__init__.py" is a name and nothing that is strong. Code keeps what stands in it. */
static void put_escaped(struct buf *out, struct slice text)
{
	bool code = false;

	for (size_t i = 0; i < text.len; i++) {
		bool pair = text.ptr[i] == '_' && ((i + 1 < text.len && text.ptr[i + 1] == '_') ||
						   (i > 0 && text.ptr[i - 1] == '_'));

		code = code != (text.ptr[i] == '`');
		if (pair && !code && (i == 0 || text.ptr[i - 1] != '\\'))
			buf_putc(out, '\\');
		buf_putc(out, text.ptr[i]);
	}
}

/* md4c is given no HTML and no indented code: neither is meant where a model writes, and both
 * would swallow text. */
void markdown_block(struct markdown *m, struct slice text, bool more)
{
	const MD_PARSER parser = { .flags = MD_FLAG_TABLES | MD_FLAG_STRIKETHROUGH |
					    MD_FLAG_TASKLISTS | MD_FLAG_NOHTML |
					    MD_FLAG_NOINDENTEDCODEBLOCKS,
				   .enter_block = enter_block,
				   .leave_block = leave_block,
				   .enter_span = enter_span,
				   .leave_span = leave_span,
				   .text = on_text };
	bool items = m->kind == MARKDOWN_LIST && m->last == MARKDOWN_LIST;
	struct buf b;

	if (m->begun)
		put(m, SLICE(" "));
	else if (m->last != MARKDOWN_NONE && !items)
		term_raw(&m->rows, SLICE("\n"));
	m->last = m->kind == MARKDOWN_NONE ? MARKDOWN_PARAGRAPH : m->kind;
	m->indent[0] = '\0';
	flow_hang(&m->flow, "");
	m->depth = m->lists = m->strong = m->span_code = m->heading = 0;
	m->at_marker = m->code = m->in_cell = false;
	m->said = SLICE("");
	buf_init(&b, 2 * (size_t)LIMIT_TURN_BYTES);
	put_escaped(&b, text);
	(void)md_parse(buf_cstr(&b), (MD_SIZE)b.len, &parser, m);
	buf_release(&b);
	m->said = SLICE(""); /* it stood in what was parsed */
	if (!more)
		markdown_row_end(m);
}
