/* flow.c - see flow.h */
#include "agent/cli/screen/flow.h"

#include <sys/ioctl.h>

#include "protocol/base/utf8.h"
#include "protocol/base/visible.h"

enum { LEAST_COLUMNS = 20 };

void flow_init(struct flow *f, struct term *t)
{
	struct winsize w = { .ws_col = 0 };

	*f = (struct flow){ .t = t };
	if (t->tty && ioctl(fileno(t->file), TIOCGWINSZ, &w) == 0 && w.ws_col >= LEAST_COLUMNS)
		f->columns = w.ws_col;
}

static unsigned width_of(struct slice s)
{
	unsigned width = 0;

	for (size_t at = 0; at < s.len;) {
		uint32_t cp = 0;
		size_t n = utf8_decode(s, at, &cp);

		width += visible_columns(cp);
		at += n ? n : 1;
	}
	return width;
}

void flow_end(struct flow *f)
{
	struct slice word = slice_make(f->word, f->n);
	unsigned width = width_of(word);

	if (f->n == 0)
		return;
	if (!f->t->mid_line)
		f->at = 0; /* something else was printed since */
	/* A word that fits no line begins where it stands: the terminal breaks it anyway. */
	if (f->at > 0 && f->at + width > f->columns && width <= f->columns) {
		term_raw(f->t, SLICE("\n"));
		f->at = 0;
	}
	term_raw(f->t, word);
	f->at = (f->at + width) % f->columns;
	f->n = 0;
}

static void put_space(struct flow *f, char c)
{
	flow_end(f);
	if (c == '\n') {
		term_raw(f->t, SLICE("\n"));
		f->at = 0;
	} else if (f->at + 1 < f->columns) {
		term_raw(f->t, slice_make(&c, 1));
		f->at = c == '\t' ? (f->at / 8 + 1) * 8 : f->at + 1;
	} else {
		f->at = f->columns; /* the next word begins a line of its own */
	}
}

void flow_text(struct flow *f, struct slice text)
{
	struct slice s;
	struct buf b;

	if (f->columns == 0) {
		term_text(f->t, TERM_PLAIN, text);
		return;
	}
	buf_init(&b, 3 * text.len + 16);
	term_clean(&b, text, false);
	s = buf_slice(&b);
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] == ' ' || s.ptr[i] == '\n' || s.ptr[i] == '\t') {
			put_space(f, s.ptr[i]);
			continue;
		}
		if (f->n == sizeof(f->word))
			flow_end(f);
		f->word[f->n++] = s.ptr[i];
	}
	buf_release(&b);
}
