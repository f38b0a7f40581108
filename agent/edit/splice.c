/* splice.c - see splice.h. From old to new text there is a diff by lines, which is laid over the place of
 * the match: lines that the diff leaves come from the file, lines that it adds from the model. An exact
 * match in a file with one kind of line end needs none of that, and its text is made once for all places. */
#include "agent/edit/splice.h"

/* Where the match ends at the end of a file without a final newline, the new text ends so, too. */
static struct slice drop_newline(struct slice s, bool drop)
{
	return drop && s.len > 0 && s.ptr[s.len - 1] == '\n' ? slice_sub(s, 0, s.len - 1) : s;
}

/* '\n' into eol. A lone '\r' in the text stays what it is. */
static struct slice with_eol(struct arena *a, struct slice text, enum eol eol)
{
	size_t n = 0, ends = 0;
	char *out;

	if (eol == EOL_LF)
		return text;
	for (size_t i = 0; i < text.len; i++)
		ends += text.ptr[i] == '\n';
	out = arena_alloc(a, text.len + ends + 1);
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] != '\n') {
			out[n++] = text.ptr[i];
			continue;
		}
		out[n++] = '\r';
		if (eol == EOL_CRLF)
			out[n++] = '\n';
	}
	return slice_make(out, n);
}

/* Where the match is exact the model's new text is right as it is, but for the line ends. */
void splice_init(struct splice *s, const struct match_base *b, const struct match *m,
		 struct slice old, struct slice new_text)
{
	unsigned flags = FOLD_EOL | (b->style.eol == EOL_CR ? FOLD_CR : 0);
	struct fold o, n;

	*s = (struct splice){ .arena = b->arena, .base = b, .match = m };
	fold_make(b->arena, old, flags, &o);
	fold_make(b->arena, new_text, flags, &n);
	n.text = drop_newline(n.text, m->drop_newline);
	if (m->step == MATCH_EXACT && !b->style.mixed_eol) {
		s->shared = with_eol(b->arena, n.text, b->style.eol);
		return;
	}
	lines_of(b->arena, drop_newline(o.text, m->drop_newline), &s->old_lines);
	lines_of(b->arena, n.text, &s->new_lines);
	s->n_hunks = lines_diff(b->arena, &s->old_lines, &s->new_lines, &s->hunks);
}

/* In a file of mixed line ends the new text takes the one that stands nearest. */
static enum eol eol_near(const struct match_base *b, size_t at)
{
	size_t nl = slice_find_byte(b->text, '\n', at);

	if (!b->style.mixed_eol || b->style.eol == EOL_CR || nl == SIZE_MAX)
		return b->style.eol;
	return nl > 0 && b->text.ptr[nl - 1] == '\r' ? EOL_CRLF : EOL_LF;
}

/* The text of the splice as pieces: first counted, then copied. */
struct pieces {
	char *out;
	size_t len;
};

static void piece(struct pieces *p, struct slice s)
{
	if (p->out && s.len)
		memcpy(p->out + p->len, s.ptr, s.len);
	p->len += s.len;
}

/* The new lines of one hunk, with the indentation and the line end of their place. */
static void put_new(struct splice *s, struct pieces *p, const struct line_hunk *h,
		    const struct span *at)
{
	enum eol eol = eol_near(s->base, at->start);

	for (size_t i = h->b; i < h->b + h->nb; i++) {
		struct slice line = lines_range(&s->new_lines, i, i + 1);

		line = reindent_line(s->arena, &at->indent, line);
		piece(p, with_eol(s->arena, line, eol));
	}
}

/* Two passes, as in diff.c: count, then copy. */
struct slice splice_text(struct splice *s, const struct span *at)
{
	struct slice region = slice_sub(s->base->text, at->start, at->end);
	struct pieces p = { 0 };
	struct lines have;

	if (s->match->step == MATCH_EXACT && !s->base->style.mixed_eol)
		return s->shared;
	lines_of_cr(s->arena, region, s->base->style.eol == EOL_CR, &have);
	if (have.n != s->old_lines.n) { /* cannot be, but must not cost the user's text */
		struct line_hunk all = { 0, 0, 0, s->new_lines.n };

		put_new(s, &p, &all, at);
		p = (struct pieces){ arena_alloc(s->arena, p.len + 1), 0 };
		put_new(s, &p, &all, at);
		return slice_make(p.out, p.len);
	}
	for (int pass = 0; pass < 2; pass++) {
		size_t line = 0;

		for (size_t i = 0; i < s->n_hunks; i++) {
			piece(&p, lines_range(&have, line, s->hunks[i].a));
			put_new(s, &p, &s->hunks[i], at);
			line = s->hunks[i].a + s->hunks[i].na;
		}
		piece(&p, lines_range(&have, line, have.n));
		if (pass == 0)
			p = (struct pieces){ arena_alloc(s->arena, p.len + 1), 0 };
	}
	return slice_make(p.out, p.len);
}
