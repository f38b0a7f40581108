/* glob.c - see glob.h
 *
 * One place to go back to, the last '*': that is enough, as an earlier '*' can never need more. */
#include "agent/policy/glob.h"

static char lower(char c, bool fold)
{
	return fold && c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Length of the bracket expression at p, 0 if it never closes. A ']' directly behind the '[' or
 * its '!' is a member, as in shells. */
static size_t bracket_len(struct slice p)
{
	size_t i = 1;

	if (i < p.len && (p.ptr[i] == '!' || p.ptr[i] == '^'))
		i++;
	if (i < p.len && p.ptr[i] == ']')
		i++;
	while (i < p.len && p.ptr[i] != ']')
		i++;
	return i < p.len ? i + 1 : 0;
}

static bool bracket_match(struct slice set, char c, bool fold)
{
	bool negate = set.ptr[1] == '!' || set.ptr[1] == '^', hit = false;
	size_t i = negate ? 2 : 1;

	while (i < set.len - 1) {
		char lo = lower(set.ptr[i], fold), hi = lo;

		if (i + 2 < set.len - 1 && set.ptr[i + 1] == '-') {
			hi = lower(set.ptr[i + 2], fold);
			i += 2;
		}
		i++;
		if (c >= lo && c <= hi)
			hit = true;
	}
	return hit != negate;
}

/* Does the head of the pattern match this byte? *used gets the length of that head. */
static bool match_one(struct slice p, char c, bool fold, size_t *used)
{
	size_t n;

	*used = 1;
	c = lower(c, fold);
	if (p.ptr[0] == '?')
		return true;
	n = p.ptr[0] == '[' ? bracket_len(p) : 0;
	if (n == 0)
		return lower(p.ptr[0], fold) == c;
	*used = n;
	return bracket_match(slice_sub(p, 0, n), c, fold);
}

/* '*', '?', and brackets, which end in ']'. */
static bool is_special(char c)
{
	return c == '*' || c == '?' || c == '[' || c == ']';
}

bool glob_begins(struct slice pattern, char first, bool fold)
{
	char c = pattern.len > 0 ? pattern.ptr[0] : '\0';

	return is_special(c) || lower(c, fold) == lower(first, fold);
}

/* "*.pem" and the like: the end tells most names apart. */
static bool may_end(struct slice pattern, struct slice text, bool fold)
{
	char c = pattern.len > 0 ? pattern.ptr[pattern.len - 1] : '*';

	return is_special(c) ||
	       (text.len > 0 && lower(c, fold) == lower(text.ptr[text.len - 1], fold));
}

/* On a mismatch the last '*' takes one byte more, and all behind it begins anew: at worst the
 * product of both lengths, and no recursion. */
bool glob_match(struct slice pattern, struct slice text, bool fold)
{
	size_t p = 0, t = 0, star = SIZE_MAX, mark = 0, used;

	if (!may_end(pattern, text, fold))
		return false;
	while (t < text.len) {
		if (p < pattern.len && pattern.ptr[p] == '*') {
			star = ++p;
			mark = t;
		} else if (p < pattern.len && match_one(slice_sub(pattern, p, pattern.len),
							text.ptr[t], fold, &used)) {
			p += used;
			t++;
		} else if (star != SIZE_MAX) {
			p = star;
			t = ++mark;
		} else {
			return false;
		}
	}
	while (p < pattern.len && pattern.ptr[p] == '*')
		p++;
	return p == pattern.len;
}
