/* plan.c - several replacements of one text, all or none: see edit.h
 *
 * For each edit: the raw text down the whole ladder first, then with one artefact undone after the
 * other; the first form that matches anywhere decides, and must match exactly once. */
#include <stdio.h>
#include <stdlib.h>

#include "agent/edit/change.h"
#include "agent/edit/edit.h"
#include "agent/edit/hint.h"
#include "agent/edit/lines.h"
#include "agent/edit/match.h"
#include "agent/edit/splice.h"
#include "agent/edit/unescape.h"
#include "protocol/base/buf.h"
#include "protocol/base/limits.h"

enum { NAMED_MATCHES = 8, NOTES_MAX = 64 * 1024 };

/* A change, and which of the edits it comes from. */
struct planned {
	struct text_change change;
	size_t edit; /* index, for messages */
};

/* All lives in the arena of the base but the notes. */
struct plan {
	struct match_base base;
	struct planned *list;
	size_t n, cap;
	size_t bytes; /* of all new texts */
	struct buf notes;
};

/* The lines are named, so that the model can tell them apart by more context. */
static bool too_many(struct plan *p, size_t i, const struct match *m, struct err *err)
{
	char lines[NAMED_MATCHES * 24] = "";
	size_t len = 0, n = m->n < NAMED_MATCHES ? m->n : NAMED_MATCHES;

	for (size_t k = 0; k < n; k++)
		len += (size_t)snprintf(lines + len, sizeof(lines) - len, "%s%zu", k ? ", " : "",
					lines_number(p->base.text, m->spans[k].start));
	return err_set(err, ERR_INVALID,
		       "edits[%zu].old_text: %zu matches at lines %s%s. Add "
		       "surrounding lines until it is unique, or set replace_all.",
		       i, m->n, lines, m->n > n ? " and more" : "");
}

static bool not_found(struct plan *p, size_t i, struct slice old, struct slice *hint,
		      struct err *err)
{
	size_t line = 0;

	*hint = hint_nearest(p->base.arena, p->base.text, old, &line);
	if (line == 0)
		return err_set(err, ERR_NOT_FOUND,
			       "edits[%zu].old_text is not in the file, and nothing "
			       "looks like it. Read the file again.",
			       i);
	return err_set(err, ERR_NOT_FOUND,
		       "edits[%zu].old_text is not in the file; the nearest text "
		       "starts at line %zu.",
		       i, line);
}

static void push(struct plan *p, struct text_change c, size_t edit)
{
	if (p->n == p->cap) {
		size_t cap = p->cap ? p->cap * 2 : 16;
		struct planned *more = arena_array(p->base.arena, cap, sizeof(*more));

		if (p->n > 0)
			memcpy(more, p->list, p->n * sizeof(*more));
		p->list = more;
		p->cap = cap;
	}
	p->list[p->n++] = (struct planned){ c, edit };
}

/* The model is told where its text was not exact, so that it does not go on with a wrong picture of the
 * file. */
static void note(struct plan *p, size_t i, const struct match *m, enum artefact art)
{
	if (m->step == MATCH_EXACT && art == ARTEFACT_NONE)
		return;
	buf_printf(&p->notes, "edits[%zu]: old_text matched only without regard to %s%s%s.\n", i,
		   art != ARTEFACT_NONE ? artefact_note(art) : "",
		   art != ARTEFACT_NONE && m->step != MATCH_EXACT ? " and " : "",
		   m->step != MATCH_EXACT ? match_step_note(m->step) : "");
}

/* The limit is checked after each place: replace_all in a large file could else make a text without bounds. */
static bool take(struct plan *p, size_t i, const struct match *m, struct slice old,
		 struct slice new_text, struct err *err)
{
	struct splice s;

	splice_init(&s, &p->base, m, old, new_text);
	for (size_t k = 0; k < m->n; k++) {
		struct text_change c = { m->spans[k].start, m->spans[k].end, { 0 } };

		c.text = splice_text(&s, &m->spans[k]);
		p->bytes += c.text.len;
		if (p->bytes > LIMIT_DOC_BYTES)
			return err_set(err, ERR_TOO_LARGE,
				       "edits[%zu]: the result would be larger than "
				       "%d MiB.",
				       i, LIMIT_DOC_BYTES / (1024 * 1024));
		push(p, c, i);
	}
	return true;
}

/* Each artefact is tried with the whole ladder before the next; more than one match in a form ends the
 * search, since a looser form could only be less certain. */
static bool plan_one(struct plan *p, size_t i, const struct replace_edit *e, struct slice *hint,
		     struct err *err)
{
	struct match m = { 0 };

	if (slice_eq(e->old_text, e->new_text))
		return err_set(err, ERR_INVALID,
			       "edits[%zu]: old_text and new_text are equal, so there "
			       "is nothing to change.",
			       i);
	if (e->old_text.len == 0) {
		if (p->base.text.len > 0)
			return err_set(err, ERR_INVALID,
				       "edits[%zu].old_text is empty. Give the text to "
				       "replace, or use write_file for a whole file.",
				       i);
		push(p, (struct text_change){ 0, 0, e->new_text }, i);
		p->bytes += e->new_text.len;
		return true;
	}
	for (int art = ARTEFACT_NONE; art < ARTEFACTS; art++) {
		struct slice old = e->old_text, new_text = e->new_text;

		if (!unescape(p->base.arena, (enum artefact)art, &old, &new_text))
			continue;
		match_ladder(&p->base, old, e->replace_all, &m);
		if (m.n > 1 && !e->replace_all)
			return too_many(p, i, &m, err);
		if (m.n > 0) {
			note(p, i, &m, (enum artefact)art);
			return take(p, i, &m, old, new_text, err);
		}
	}
	return not_found(p, i, e->old_text, hint, err);
}

static int by_start(const void *x, const void *y)
{
	const struct planned *a = x, *b = y;

	if (a->change.start != b->change.start)
		return a->change.start < b->change.start ? -1 : 1;
	if (a->change.end != b->change.end)
		return a->change.end < b->change.end ? -1 : 1;
	return (a->edit > b->edit) - (a->edit < b->edit);
}

/* Edits are planned independently on the base, so two of them may want the same text. */
static bool check_overlap(struct plan *p, struct err *err)
{
	if (p->n > 1)
		qsort(p->list, p->n, sizeof(*p->list), by_start);
	for (size_t i = 1; i < p->n; i++) {
		const struct planned *a = &p->list[i - 1], *b = &p->list[i];

		if (b->change.start < a->change.end || b->change.start == a->change.start)
			return err_set(err, ERR_INVALID,
				       "edits[%zu] and edits[%zu] overlap at line %zu. "
				       "Join them into one edit.",
				       a->edit < b->edit ? a->edit : b->edit,
				       a->edit < b->edit ? b->edit : a->edit,
				       lines_number(p->base.text, b->change.start));
	}
	return true;
}

/* The base with all changes, in one copy. The list is sorted and does not overlap. */
static struct slice apply(struct plan *p)
{
	struct slice base = p->base.text;
	char *out = arena_alloc(p->base.arena, base.len + p->bytes + 1);
	size_t len = 0, at = 0;

	for (size_t i = 0; i <= p->n; i++) {
		struct text_change end = { base.len, base.len, SLICE("") };
		const struct text_change *c = i < p->n ? &p->list[i].change : &end;

		if (c->start > at)
			memcpy(out + len, base.ptr + at, c->start - at);
		len += c->start - at;
		if (c->text.len > 0)
			memcpy(out + len, c->text.ptr, c->text.len);
		len += c->text.len;
		at = c->end;
	}
	return slice_make(out, len);
}

/* The changes for the editor: their texts become slices of the result, and are trimmed. */
static void finish(struct plan *p, struct edit_plan *out)
{
	size_t shift = 0; /* offset in the result minus offset in the base; wraps below zero */

	*out = (struct edit_plan){ 0 };
	out->after = apply(p);
	out->notes = arena_dup(p->base.arena, buf_slice(&p->notes));
	out->changes = arena_array(p->base.arena, p->n + 1, sizeof(*out->changes));
	for (size_t i = 0; i < p->n; i++) {
		struct text_change c = p->list[i].change;

		c.text = slice_sub(out->after, c.start + shift, c.start + shift + c.text.len);
		shift += c.text.len - (c.end - c.start);
		change_trim(p->base.text, &c);
		if (c.end > c.start || c.text.len > 0)
			out->changes[out->n_changes++] = c;
	}
}

bool edit_plan(struct arena *a, struct slice base, const struct replace_edit *edits, size_t n,
	       struct edit_plan *out, struct slice *hint, struct err *err)
{
	struct plan p = { 0 };
	bool ok = false;

	*hint = SLICE("");
	match_base_init(&p.base, a, base);
	buf_init(&p.notes, NOTES_MAX);
	for (size_t i = 0; i < n; i++) {
		if (!plan_one(&p, i, &edits[i], hint, err))
			goto out;
	}
	if (!check_overlap(&p, err))
		goto out;
	finish(&p, out);
	ok = true;
out:
	buf_release(&p.notes);
	return ok;
}
