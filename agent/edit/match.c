/* match.c - see match.h. Each step of the ladder but the exact one searches in a simpler text (fold.h), of
 * the file and of what the model wrote; matches are brought back to offsets of the file. Folds of the file
 * are made once and kept in the match_base, because a call may have many edits. */
#include "agent/edit/match.h"

#include "agent/edit/lines.h"

static const unsigned fold_flags[MATCH_STEPS] = {
	[MATCH_EXACT] = 0,
	[MATCH_EOL] = FOLD_EOL,
	[MATCH_TRAIL] = FOLD_EOL | FOLD_TRAIL,
	[MATCH_INDENT] = FOLD_EOL | FOLD_TRAIL,
	[MATCH_TYPO] = FOLD_EOL | FOLD_TRAIL | FOLD_TYPO,
};

const char *match_step_note(enum match_step step)
{
	static const char *const notes[MATCH_STEPS] = {
		[MATCH_EXACT] = "nothing",
		[MATCH_EOL] = "line ends",
		[MATCH_TRAIL] = "trailing white space",
		[MATCH_INDENT] = "a uniform difference of indentation",
		[MATCH_TYPO] = "typographic quotes, dashes or spaces",
	};

	return notes[step];
}

void match_base_init(struct match_base *b, struct arena *a, struct slice text)
{
	*b = (struct match_base){ .arena = a, .text = text };
	text_style(text, &b->style);
}

/* In a file of lone '\r' these are its line ends; everywhere else a lone '\r' is a character like others. */
static unsigned flags_of(const struct match_base *b, enum match_step step)
{
	return fold_flags[step] | (b->style.eol == EOL_CR ? FOLD_CR : 0);
}

/* Steps that fold alike share the fold: that of MATCH_INDENT is that of MATCH_TRAIL. */
static const struct fold *base_fold(struct match_base *b, enum match_step step)
{
	if (step == MATCH_EXACT)
		b->fold[step] = (struct fold){ .text = b->text };
	else if (step == MATCH_INDENT)
		return base_fold(b, MATCH_TRAIL);
	else if (!b->folded[step])
		fold_make(b->arena, b->text, flags_of(b, step), &b->fold[step]);
	b->folded[step] = true;
	return &b->fold[step];
}

/* Collects the matches, as spans of the file. */
struct finder {
	struct arena *arena;
	struct span *spans;
	size_t n, cap;
};

static void found(struct finder *f, const struct fold *fold, size_t start, size_t end)
{
	if (f->n == f->cap) {
		size_t cap = f->cap ? f->cap * 2 : 8;
		struct span *more = arena_array(f->arena, cap, sizeof(*more));

		if (f->n > 0)
			memcpy(more, f->spans, f->n * sizeof(*more));
		f->spans = more;
		f->cap = cap;
	}
	f->spans[f->n++] =
		(struct span){ .start = fold_origin(fold, start), .end = fold_origin(fold, end) };
}

static bool at_line_end(struct slice text, size_t at)
{
	return at == text.len || text.ptr[at] == '\n';
}

/* "\r\n" is one line end: what begins or ends between the two is found on the next step, whole. */
static bool splits_crlf(struct slice text, size_t start, size_t end)
{
	return (start > 0 && start < text.len && text.ptr[start] == '\n' &&
		text.ptr[start - 1] == '\r') ||
	       (end > 0 && end < text.len && text.ptr[end] == '\n' && text.ptr[end - 1] == '\r');
}

/* Every place of old in the folded text; whole_end: it must end where a line ends. */
static void find_all(struct finder *f, const struct fold *fold, struct slice old, bool apart,
		     bool whole_end)
{
	size_t at = 0;

	while (old.len > 0 && (at = slice_find(fold->text, old, at)) != SIZE_MAX) {
		if ((!whole_end || at_line_end(fold->text, at + old.len)) &&
		    !splits_crlf(fold->text, at, at + old.len)) {
			found(f, fold, at, at + old.len);
			at += apart ? old.len : 1;
		} else {
			at++;
		}
	}
}

/* old ends with a newline and the file does not: it may match at the very end without it. */
static bool find_at_end(struct finder *f, const struct fold *fold, struct slice old)
{
	struct slice bare = slice_sub(old, 0, old.len - 1);

	if (bare.len == 0 || old.ptr[old.len - 1] != '\n' || !slice_ends(fold->text, bare))
		return false;
	found(f, fold, fold->text.len - bare.len, fold->text.len);
	return true;
}

/* Re-indented matches are whole lines, so they are found line by line. */
static void find_indented(struct finder *f, struct match_base *b, struct slice old, bool apart,
			  struct match *out)
{
	const struct fold *fold = base_fold(b, MATCH_INDENT);
	bool newline = old.ptr[old.len - 1] == '\n';
	struct lines have, want;
	struct reindent rule;

	lines_of(b->arena, fold->text, &have);
	lines_of(b->arena, old, &want);
	for (size_t i = 0; i + want.n <= have.n; i++) {
		size_t end = have.at[i + want.n];
		bool ended = fold->text.ptr[end - 1] == '\n';

		if (!reindent_between(&have, i, &want, &rule))
			continue;
		if (newline && !ended && f->n > 0)
			break; /* at the end of the file, and not like the matches before */
		out->drop_newline = newline && !ended;
		found(f, fold, have.at[i], end - (ended && !newline));
		f->spans[f->n - 1].indent = rule;
		if (apart)
			i += want.n - 1;
	}
}

/* The model's text is folded like the file's: both lose the same. */
static void find_step(struct match_base *b, struct slice old, bool apart, enum match_step step,
		      struct finder *f, struct match *out)
{
	const struct fold *fold = base_fold(b, step);
	struct fold want;
	bool cut_end;

	fold_make(b->arena, old, flags_of(b, step), &want);
	if (want.text.len == 0)
		return;
	if (step == MATCH_INDENT) {
		find_indented(f, b, want.text, apart, out);
		return;
	}
	/* Blanks taken off the end of an unfinished last line: then the line must end there. */
	cut_end = want.n_cut > 0 && want.cut[want.n_cut - 1] == want.text.len;
	find_all(f, fold, want.text, apart, cut_end);
	if (f->n == 0 && step != MATCH_EXACT)
		out->drop_newline = find_at_end(f, fold, want.text);
}

void match_ladder(struct match_base *b, struct slice old, bool apart, struct match *out)
{
	struct finder f = { .arena = b->arena };

	*out = (struct match){ 0 };
	if (old.len == 0)
		return;
	for (int step = MATCH_EXACT; step < MATCH_STEPS && f.n == 0; step++) {
		out->step = (enum match_step)step;
		find_step(b, old, apart, out->step, &f, out);
	}
	out->spans = f.spans;
	out->n = f.n;
}
