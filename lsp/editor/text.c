/* text.c - see text.h
 *
 * A gap buffer: the text lies in two parts with a hole between them, at the place of the last
 * change. The starts of lines lie in the same way: those before the hole as offsets from the
 * beginning, those behind it as distances from the end, so that typing changes none of them. */
#include "lsp/editor/text.h"

#include <assert.h>
#include <stdlib.h>

#include "protocol/base/mem.h"

static char byte_at(const struct text *t, size_t at)
{
	return t->data[at < t->gap ? at : at + t->hole];
}

/* --- the bytes --- */

static void move_gap(struct text *t, size_t to)
{
	if (to < t->gap)
		memmove(t->data + to + t->hole, t->data + to, t->gap - to);
	else if (to > t->gap)
		memmove(t->data + t->gap, t->data + t->gap + t->hole, to - t->gap);
	t->gap = to;
}

/* A hole of at least `need` bytes; it grows with the text, so that typing is amortised O(1). */
static void widen_gap(struct text *t, size_t need)
{
	size_t hole = need + t->len / 8 + 256, behind = t->len - t->gap;

	if (t->hole >= need)
		return;
	t->data = xrealloc(t->data, t->len + hole);
	memmove(t->data + t->gap + hole, t->data + t->gap + t->hole, behind);
	t->hole = hole;
}

/* --- the line starts --- */

/* An entry of the tail is the distance from the end of the text. */
static size_t start_of(const struct text *t, size_t line)
{
	if (line < t->head)
		return t->lines[line];
	return t->len - t->lines[t->cap - t->tail + (line - t->head)];
}

size_t text_lines(const struct text *t)
{
	return t->head + t->tail;
}

/* The number of lines that start before `offset`. */
static size_t lines_before(const struct text *t, size_t offset)
{
	size_t lo = 0, hi = text_lines(t);

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (start_of(t, mid) < offset)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

size_t text_line_at(const struct text *t, size_t offset)
{
	return lines_before(t, offset + 1) - 1;
}

/* Afterwards exactly `head` entries stand in front of the hole.
 * An entry that changes sides changes from one kind of number to the other. */
static void move_lines(struct text *t, size_t head)
{
	while (t->head > head) {
		t->tail++;
		t->lines[t->cap - t->tail] = (uint32_t)(t->len - t->lines[--t->head]);
	}
	while (t->head < head) {
		t->lines[t->head++] = (uint32_t)(t->len - t->lines[t->cap - t->tail]);
		t->tail--;
	}
}

static void push_line(struct text *t, size_t start)
{
	if (t->head + t->tail == t->cap) {
		size_t cap = t->cap * 2;

		t->lines = xrealloc(t->lines, cap * sizeof(*t->lines));
		memmove(t->lines + cap - t->tail, t->lines + t->cap - t->tail,
			t->tail * sizeof(*t->lines));
		t->cap = cap;
	}
	t->lines[t->head++] = (uint32_t)start;
}

/* Does a line start at p > 0? It depends on the bytes p - 1 and p only. */
static bool starts_line(const struct text *t, size_t p)
{
	char before = byte_at(t, p - 1);

	return before == '\n' || (before == '\r' && (p == t->len || byte_at(t, p) != '\n'));
}

/* Adds the line starts p with from <= p <= the hole; they follow the entries in front of theirs. */
static void scan_lines(struct text *t, size_t from)
{
	for (size_t p = from ? from : 1; p <= t->gap; p++)
		if ((unsigned char)t->data[p - 1] <= '\r' && starts_line(t, p))
			push_line(t, p);
}

/* The same for a whole text of n bytes, where the usual one has no '\r' at all. */
static void scan_all(struct text *t)
{
	const char *end = t->data + t->len, *p = t->data;

	if (t->len == 0 || memchr(p, '\r', t->len)) {
		scan_lines(t, 1);
		return;
	}
	while (p < end && (p = memchr(p, '\n', (size_t)(end - p))) != NULL)
		push_line(t, (size_t)(++p - t->data));
}

/* --- the whole --- */

void text_init(struct text *t, struct slice content)
{
	struct owned_text own = { .len = content.len, .cap = content.len + 256 };

	own.data = xmalloc(own.cap);
	if (content.len)
		memcpy(own.data, content.ptr, content.len);
	text_take(t, own);
}

void text_take(struct text *t, struct owned_text content)
{
	assert(content.len < UINT32_MAX && content.cap >= content.len);
	*t = (struct text){ .data = content.data,
			    .len = content.len,
			    .gap = content.len,
			    .hole = content.cap - content.len };
	t->cap = 64 + content.len / 40;
	t->lines = xmalloc(t->cap * sizeof(*t->lines));
	push_line(t, 0);
	scan_all(t);
}

void text_release(struct text *t)
{
	free(t->data);
	free(t->lines);
	*t = (struct text){ 0 };
}

bool text_line(const struct text *t, size_t line, size_t *start, size_t *end)
{
	if (line >= text_lines(t))
		return false;
	*start = start_of(t, line);
	*end = t->len;
	if (line + 1 < text_lines(t)) {
		*end = start_of(t, line + 1) - 1;
		if (*end > *start && byte_at(t, *end) == '\n' && byte_at(t, *end - 1) == '\r')
			(*end)--;
	}
	return true;
}

/* Borrowed until the next change or view: to show what crosses the hole it is moved. */
struct slice text_view(struct text *t, size_t start, size_t end)
{
	assert(start <= end && end <= t->len);
	if (start < t->gap && end > t->gap)
		move_gap(t, end);
	return slice_make(t->data + (start < t->gap ? start : start + t->hole), end - start);
}

void text_splice(struct text *t, size_t start, size_t end, struct slice with)
{
	size_t gone;

	assert(start <= end && end <= t->len && t->len - (end - start) + with.len < UINT32_MAX);
	/* What starts in [start, end] depends on a byte that changes; 0 always starts a line. */
	move_lines(t, lines_before(t, start ? start : 1));
	gone = lines_before(t, end + 1) - t->head;
	t->tail -= gone;
	move_gap(t, start);
	t->hole += end - start;
	t->len -= end - start;
	widen_gap(t, with.len);
	if (with.len)
		memcpy(t->data + t->gap, with.ptr, with.len);
	t->gap += with.len;
	t->hole -= with.len;
	t->len += with.len;
	scan_lines(t, start);
}

bool text_equals(const struct text *t, struct slice other)
{
	return t->len == other.len && (t->gap == 0 || memcmp(t->data, other.ptr, t->gap) == 0) &&
	       (t->len == t->gap ||
		memcmp(t->data + t->gap + t->hole, other.ptr + t->gap, t->len - t->gap) == 0);
}

char *text_copy(const struct text *t)
{
	char *copy = xmalloc(t->len + 1);

	memcpy(copy, t->data, t->gap);
	memcpy(copy + t->gap, t->data + t->gap + t->hole, t->len - t->gap);
	copy[t->len] = '\0';
	return copy;
}
