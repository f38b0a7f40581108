/* patch_apply.c - see patch.h: the hunks of one file onto its text.
 *
 * `at` goes forward through the base text: "@@" lines move it behind the line that they name, a
 * hunk moves it behind its match. So hunks never overlap, and the changes come out in order. */
#include "agent/edit/edit.h"
#include "agent/edit/hint.h"
#include "agent/edit/lines.h"
#include "agent/edit/match.h"
#include "agent/edit/patch.h"
#include "agent/edit/splice.h"
#include "protocol/base/buf.h"
#include "protocol/base/limits.h"

enum { NOTES_MAX = 64 * 1024 };

/* The result grows in `after`; the base is copied up to a hunk when the hunk is placed. */
struct applier {
	struct arena *arena;
	struct slice base;
	struct text_style style;
	size_t at;   /* bytes of base that are behind us */
	size_t done; /* bytes of base that stand in `after` already, or were replaced there */
	struct buf after, notes;
	struct slice *hint;
};

/* The first line behind `at` that is the anchor, or, failing that, holds it. */
static bool find_anchor(struct applier *p, struct slice anchor, size_t *behind)
{
	for (int loose = 0; loose < 2; loose++) {
		struct slice rest = slice_sub(p->base, p->at, p->base.len), line;

		while (slice_next_line(&rest, &line)) {
			struct slice text = slice_trim(line);

			if (!(loose ? slice_find(text, anchor, 0) != SIZE_MAX
				    : slice_eq(text, anchor)))
				continue;
			*behind = p->base.len - rest.len;
			return true;
		}
	}
	return false;
}

/* Each "@@" line is looked for behind the one before it. */
static bool seek(struct applier *p, const struct patch_hunk *h, struct err *err)
{
	for (size_t i = 0; i < h->n_anchors; i++)
		if (!find_anchor(p, h->anchors[i], &p->at))
			return err_set(err, ERR_NOT_FOUND,
				       "Line %zu of the patch: no line \"%.*s\" stands in the file "
				       "after line %zu. Read the file again.",
				       h->line, SLICE_ARG(slice_sub(h->anchors[i], 0, 80)),
				       lines_number(p->base, p->at));
	return true;
}

/* Puts text in the place of [start, end) of the base, and goes behind it. */
static void replace(struct applier *p, size_t start, size_t end, struct slice text)
{
	buf_append(&p->after, slice_sub(p->base, p->done, start));
	buf_append(&p->after, text);
	p->done = end;
	p->at = end;
}

/* Lines without any old ones: behind the "@@" line, else at the end of the file. */
static void insert(struct applier *p, const struct patch_hunk *h)
{
	size_t where = h->n_anchors > 0 && !h->at_end ? p->at : p->base.len;
	struct slice text = text_with_eol(p->arena, h->new_text, p->style.eol);
	bool open_line =
		where > 0 && p->base.ptr[where - 1] != '\n' && p->base.ptr[where - 1] != '\r';
	struct slice eol = p->style.eol == EOL_CRLF ? SLICE("\r\n")
			   : p->style.eol == EOL_CR ? SLICE("\r")
						    : SLICE("\n");

	if (open_line) /* the last line has no end: it gets one, and the new last line has none */
		text = arena_printf(p->arena, "%.*s%.*s", SLICE_ARG(eol),
				    SLICE_ARG(slice_sub(text, 0, text.len - eol.len)));
	replace(p, where, where, text);
}

/* The nearest text goes to the model as a hint, since a patch has no line numbers to tell it by. */
static bool not_found(struct applier *p, const struct patch_hunk *h, struct err *err)
{
	size_t line = 0;

	*p->hint = hint_nearest(p->arena, p->base, h->old_text, &line);
	if (line == 0)
		return err_set(err, ERR_NOT_FOUND,
			       "Line %zu of the patch: the old lines of this hunk are not in the "
			       "file, and nothing looks like them. Read the file again.",
			       h->line);
	return err_set(err, ERR_NOT_FOUND,
		       "Line %zu of the patch: the old lines of this hunk are not in the file "
		       "after line %zu; the nearest text starts at line %zu.",
		       h->line, lines_number(p->base, p->at), line);
}

/* Which of the matches is meant; SIZE_MAX: it cannot be known. */
static size_t choose(const struct applier *p, const struct patch_hunk *h, const struct match *m)
{
	size_t rest = p->base.len - p->at, end = m->spans[m->n - 1].end;

	if (h->at_end)
		return end == rest || slice_trim(slice_sub(p->base, p->at + end, p->base.len))
						       .len == 0
			       ? m->n - 1
			       : SIZE_MAX;
	return m->n == 1 || h->n_anchors > 0 ? 0 : SIZE_MAX;
}

/* The matches that begin where a line begins: hunks are whole lines. */
static void whole_lines(const struct match_base *b, struct match *m)
{
	size_t n = 0;

	for (size_t i = 0; i < m->n; i++) {
		size_t start = m->spans[i].start;

		if (start == 0 || b->text.ptr[start - 1] == '\n' ||
		    (b->style.eol == EOL_CR && b->text.ptr[start - 1] == '\r'))
			m->spans[n++] = m->spans[i];
	}
	m->n = n;
}

/* Searched is only what lies behind `at`, and the first of several matches is taken only where a "@@" line
 * says from where on. */
static bool one_hunk(struct applier *p, const struct patch_hunk *h, struct err *err)
{
	struct slice rest;
	struct match_base b;
	struct match m;
	struct splice s;
	size_t which;

	if (!seek(p, h, err))
		return false;
	if (h->old_text.len == 0) {
		insert(p, h);
		return true;
	}
	rest = slice_sub(p->base, p->at, p->base.len);
	match_base_init(&b, p->arena, rest);
	b.style = p->style;
	match_ladder(&b, h->old_text, false, &m);
	whole_lines(&b, &m);
	if (m.n == 0)
		return not_found(p, h, err);
	which = choose(p, h, &m);
	if (which == SIZE_MAX)
		return err_set(err, ERR_INVALID,
			       h->at_end ? "Line %zu of the patch: the old lines of this hunk do "
					   "not end the file."
					 : "Line %zu of the patch: the old lines of this hunk "
					   "stand in the file more than once. Put an @@ line with "
					   "the function or class before it, or give more context.",
			       h->line);
	if (m.step != MATCH_EXACT)
		buf_printf(&p->notes, "Line %zu of the patch: matched only without regard to %s.\n",
			   h->line, match_step_note(m.step));
	splice_init(&s, &b, &m, h->old_text, h->new_text);
	replace(p, p->at + m.spans[which].start, p->at + m.spans[which].end,
		splice_text(&s, &m.spans[which]));
	return true;
}

bool patch_apply(struct arena *a, struct slice base, const struct patch_file *f,
		 struct slice *after, struct slice *notes, struct slice *hint, struct err *err)
{
	struct applier p = { .arena = a, .base = base, .hint = hint };
	bool ok = true;

	text_style(base, &p.style);
	p.at = p.style.bom ? 3 : 0; /* the byte order mark is no part of the first line */
	buf_init(&p.after, LIMIT_DOC_BYTES);
	buf_init(&p.notes, NOTES_MAX);
	for (size_t i = 0; ok && i < f->n_hunks; i++)
		ok = one_hunk(&p, &f->hunks[i], err);
	if (ok) {
		buf_append(&p.after, slice_sub(base, p.done, base.len));
		ok = !p.after.full ||
		     err_set(err, ERR_TOO_LARGE, "The result would be larger than %d MiB.",
			     LIMIT_DOC_BYTES / (1024 * 1024));
	}
	if (ok) {
		*after = arena_dup(a, buf_slice(&p.after));
		*notes = arena_dup(a, buf_slice(&p.notes));
	}
	buf_release(&p.after);
	buf_release(&p.notes);
	return ok;
}
