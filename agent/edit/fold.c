/* fold.c - see fold.h. Two passes with the same step(): the first counts, the second writes the simpler text
 * and, for each byte that is dropped, the offset in the simpler text at which that happened. Bytes are only
 * dropped or replaced one by one, never added, so an offset there plus the number of drops before it is the
 * offset in the original. */
#include "agent/edit/fold.h"

/* One pass over the text. */
struct pass {
	char *text; /* NULL: only count */
	size_t *cut;
	size_t len, n_cut;
};

static void emit(struct pass *p, char c)
{
	if (p->text)
		p->text[p->len] = c;
	p->len++;
}

/* n bytes of the original have no counterpart here. */
static void drop(struct pass *p, size_t n)
{
	for (; n > 0; n--) {
		if (p->cut)
			p->cut[p->n_cut] = p->len;
		p->n_cut++;
	}
}

/* Length of the typographic character at text[at], 0 if it is none; *plain gets its ASCII. */
static size_t typographic(struct slice text, size_t at, char *plain)
{
	static const struct {
		struct slice from;
		char to;
	} table[] = {
		{ { "\xe2\x80\x98", 3 }, '\'' }, { { "\xe2\x80\x99", 3 }, '\'' },
		{ { "\xe2\x80\x9a", 3 }, '\'' }, { { "\xe2\x80\x9b", 3 }, '\'' },
		{ { "\xe2\x80\x9c", 3 }, '"' },	 { { "\xe2\x80\x9d", 3 }, '"' },
		{ { "\xe2\x80\x9e", 3 }, '"' },	 { { "\xe2\x80\x9f", 3 }, '"' },
		{ { "\xe2\x80\x90", 3 }, '-' },	 { { "\xe2\x80\x91", 3 }, '-' },
		{ { "\xe2\x80\x92", 3 }, '-' },	 { { "\xe2\x80\x93", 3 }, '-' },
		{ { "\xe2\x80\x94", 3 }, '-' },	 { { "\xe2\x80\x95", 3 }, '-' },
		{ { "\xe2\x88\x92", 3 }, '-' },	 { { "\xe2\x80\xaf", 3 }, ' ' },
		{ { "\xc2\xa0", 2 }, ' ' },
	};
	unsigned char first = (unsigned char)text.ptr[at];

	if (first != 0xe2 && first != 0xc2)
		return 0;
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		if (slice_starts(slice_sub(text, at, text.len), table[i].from)) {
			*plain = table[i].to;
			return table[i].from.len;
		}
	}
	return 0;
}

/* Length of the line end at text[at]; 0: none begins there. */
static size_t line_end(struct slice text, size_t at, unsigned flags)
{
	if (text.ptr[at] == '\n')
		return 1;
	if (text.ptr[at] != '\r')
		return 0;
	if (at + 1 < text.len && text.ptr[at + 1] == '\n')
		return 2;
	return flags & FOLD_CR ? 1 : 0;
}

static size_t blanks(struct slice text, size_t at)
{
	size_t n = 0;

	while (at + n < text.len && (text.ptr[at + n] == ' ' || text.ptr[at + n] == '\t'))
		n++;
	return n;
}

/* One step of the walk: consumes at least one byte of text, returns how many. */
static size_t step(struct pass *p, struct slice text, size_t at, unsigned flags)
{
	size_t n = flags & FOLD_EOL ? line_end(text, at, flags) : 0;
	char plain;

	if (n > 0) {
		drop(p, n - 1);
		emit(p, '\n');
		return n;
	}
	n = flags & FOLD_TRAIL ? blanks(text, at) : 0;
	if (n > 0) {
		bool trailing = at + n == text.len || line_end(text, at + n, flags) > 0;

		if (trailing)
			drop(p, n);
		for (size_t i = 0; !trailing && i < n; i++)
			emit(p, text.ptr[at + i]);
		return n;
	}
	n = flags & FOLD_TYPO ? typographic(text, at, &plain) : 0;
	if (n > 0) {
		emit(p, plain);
		p->len--; /* the dropped bytes belong to this character: an offset behind it */
		drop(p, n - 1);
		p->len++;
		return n;
	}
	emit(p, text.ptr[at]);
	return 1;
}

/* Without anything to fold, the usual case for the first steps, the text itself is the fold. */
void fold_make(struct arena *a, struct slice text, unsigned flags, struct fold *out)
{
	struct pass count = { 0 }, p = { 0 };

	if (!(flags & (FOLD_TRAIL | FOLD_TYPO)) && slice_find_byte(text, '\r', 0) == SIZE_MAX) {
		*out = (struct fold){ .text = text };
		return;
	}
	for (size_t i = 0; i < text.len;)
		i += step(&count, text, i, flags);
	p.text = arena_alloc(a, count.len + 1);
	p.cut = arena_array(a, count.n_cut + 1, sizeof(*p.cut));
	for (size_t i = 0; i < text.len;)
		i += step(&p, text, i, flags);
	*out = (struct fold){ slice_make(p.text, p.len), p.cut, p.n_cut };
}

/* The number of drops before an offset, by binary search: `cut` is sorted, as it is filled from left to
 * right. */
size_t fold_origin(const struct fold *f, size_t at)
{
	size_t lo = 0, hi = f->n_cut;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (f->cut[mid] < at)
			lo = mid + 1;
		else
			hi = mid;
	}
	return at + lo;
}
