/* flow.c - see flow.h */
#include "agent/cli/screen/flow.h"

#include "protocol/base/utf8.h"
#include "protocol/base/visible.h"

void flow_init(struct flow *f, struct term *t)
{
	*f = (struct flow){ .t = t, .columns = term_columns(t) };
}

void flow_hang(struct flow *f, const char *hang)
{
	(void)snprintf(f->hang, sizeof(f->hang), "%s", hang);
}

static void new_line(struct flow *f)
{
	term_raw(f->t, SLICE("\n"));
	f->at = 0;
	f->indent_due = true;
}

/* The indent is written when something follows it: no line ends with blanks. */
static void indent(struct flow *f)
{
	if (!f->indent_due)
		return;
	f->indent_due = false;
	term_clean_text(f->t, TERM_DIM, slice_of(f->hang));
	f->at = visible_width(slice_of(f->hang));
}

static void put_word(struct flow *f)
{
	struct slice word = slice_make(f->word, f->n);

	for (size_t i = 0; i < f->n_runs; i++) {
		size_t end = i + 1 < f->n_runs ? f->runs[i + 1].from : f->n;

		f->style = f->runs[i].style;
		term_clean_text(f->t, f->style, slice_sub(word, f->runs[i].from, end));
	}
}

/* The word is known to be whole: now it is clear whether it fits the line. */
void flow_end(struct flow *f)
{
	unsigned width = visible_width(slice_make(f->word, f->n));
	unsigned hang = visible_width(slice_of(f->hang));

	if (f->n == 0)
		return;
	if (!f->t->mid_line)
		f->at = 0; /* something else was printed since */
	/* A word that fits no line begins where it stands, if there is room: the terminal breaks it anyway. */
	if (f->at > hang && f->at + width > f->columns &&
	    (width + hang <= f->columns || f->at == f->columns))
		new_line(f);
	indent(f);
	put_word(f);
	f->at += width; /* a line that is just full is not yet the next one */
	if (f->at > f->columns)
		f->at %= f->columns;
	f->n = f->n_runs = 0;
}

static void put_space(struct flow *f, char c)
{
	flow_end(f);
	if (c == '\n') {
		new_line(f);
		return;
	}
	if (f->at + 1 >= f->columns) {
		f->at = f->columns; /* the next word begins a line of its own */
		return;
	}
	indent(f);
	term_clean_text(f->t, f->style, slice_make(&c, 1));
	f->at = c == '\t' ? (f->at / 8 + 1) * 8 : f->at + 1;
}

/* Punctuation that begins no line. */
static bool closes(uint32_t cp)
{
	static const uint32_t all[] = { 0x3001, 0x3002, 0x300d, 0x300f, 0x3009, 0x300b,
					0x3011, 0x3015, 0x30fb, 0x30fc, 0xff01, 0xff09,
					0xff0c, 0xff0e, 0xff1a, 0xff1b, 0xff1f, 0xff5d };

	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		if (cp == all[i])
			return true;
	return false;
}

/* Beside a wide character a line may end. */
static void may_break(struct flow *f, uint32_t cp)
{
	bool wide = visible_columns(cp) == 2;

	if (f->n > 0 && (wide || f->wide) && !closes(cp))
		flow_end(f);
	f->wide = wide;
}

static void put_char(struct flow *f, enum term_style style, struct slice bytes, uint32_t cp)
{
	may_break(f, cp);
	if (f->n + bytes.len > sizeof(f->word) || f->n_runs == FLOW_RUNS)
		flow_end(f);
	if (f->n_runs == 0 || f->runs[f->n_runs - 1].style != style)
		f->runs[f->n_runs++] = (struct flow_run){ f->n, style };
	memcpy(f->word + f->n, bytes.ptr, bytes.len);
	f->n += bytes.len;
}

/* Made safe first, so that what is measured is what will be seen. */
void flow_text(struct flow *f, enum term_style style, struct slice text)
{
	struct slice s;
	struct buf b;

	if (f->columns == 0) {
		term_text(f->t, style, text);
		return;
	}
	buf_init(&b, 3 * text.len + 16);
	term_clean(&b, text, false);
	s = buf_slice(&b);
	for (size_t i = 0, n; i < s.len; i += n) {
		uint32_t cp = 0;

		n = utf8_decode(s, i, &cp);
		n = n ? n : 1;
		if (cp == ' ' || cp == '\n' || cp == '\t')
			put_space(f, (char)cp);
		else
			put_char(f, style, slice_sub(s, i, i + n), cp);
	}
	buf_release(&b);
}

void flow_line(struct term *t, enum term_style style, const char *prefix,
	       enum term_style prefix_style, struct slice text)
{
	unsigned width = visible_width(slice_of(prefix));
	struct flow f;
	struct buf b;

	term_clean_text(t, prefix_style, slice_of(prefix));
	flow_init(&f, t);
	f.at = width;
	/* Where the prefix takes half of a narrow terminal, what follows it needs the room. */
	if (width > FLOW_HANG || 2 * width > f.columns)
		width = 2;
	(void)snprintf(f.hang, sizeof(f.hang), "%*s", (int)width, "");
	buf_init(&b, 3 * text.len + 16);
	term_clean(&b, text, true);
	flow_text(&f, style, buf_slice(&b));
	flow_end(&f);
	term_raw(t, SLICE("\n"));
	buf_release(&b);
}
