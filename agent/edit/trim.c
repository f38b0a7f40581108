/* trim.c - makes a change as small as it can be: see change.h. An editor keeps the cursor and the folds of
 * what it is not told to replace. A cut is moved back until an editor has a position there: not inside a
 * code point, and not between '\r' and '\n', neither in the old text nor in the new one. */
#include "agent/edit/change.h"

/* May a text be cut between these two bytes? -1 stands for its edge. */
static bool may_cut(int left, int right)
{
	if (right >= 0 && (right & 0xc0) == 0x80)
		return false;
	return !(left == '\r' && right == '\n');
}

static int byte_at(struct slice s, size_t i)
{
	return i < s.len ? (unsigned char)s.ptr[i] : -1;
}

/* n bytes are taken off the head. What follows the cut is the rest of the new text, or, if that is used up,
 * what stands behind the change. */
static bool head_ok(struct slice base, const struct text_change *c, size_t n)
{
	int left = byte_at(base, c->start + n - 1);
	int after = n < c->text.len ? byte_at(c->text, n) : byte_at(base, c->end);

	return may_cut(left, byte_at(base, c->start + n)) && may_cut(left, after);
}

/* The same at the tail: what comes before the cut is the rest of the new text, or what stands before the
 * change. */
static bool tail_ok(struct slice base, const struct text_change *c, size_t n)
{
	size_t cut = c->text.len - n;
	int right = byte_at(base, c->end - n);
	int before = cut > 0	    ? byte_at(c->text, cut - 1)
		     : c->start > 0 ? byte_at(base, c->start - 1)
				    : -1;

	return may_cut(c->end - n > 0 ? byte_at(base, c->end - n - 1) : -1, right) &&
	       may_cut(before, right);
}

/* The head first, then of what remains the tail: bytes may not count twice, as in "aa" to "a". */
void change_trim(struct slice base, struct text_change *c)
{
	size_t least = c->end - c->start < c->text.len ? c->end - c->start : c->text.len;
	size_t n = 0;

	while (n < least && base.ptr[c->start + n] == c->text.ptr[n])
		n++;
	while (n > 0 && !head_ok(base, c, n))
		n--;
	c->start += n;
	c->text = slice_sub(c->text, n, c->text.len);
	least -= n;
	n = 0;
	while (n < least && base.ptr[c->end - 1 - n] == c->text.ptr[c->text.len - 1 - n])
		n++;
	while (n > 0 && !tail_ok(base, c, n))
		n--;
	c->end -= n;
	c->text.len -= n;
}
