/* suggest.c - see suggest.h
 *
 * The distance of Damerau and Levenshtein, in the form that swaps neighbours only (optimal string
 * alignment); three rows of the matrix are enough for it. */
#include "agent/config/suggest.h"

enum { WORD_MAX = 63 };

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

size_t suggest_distance(struct slice a, struct slice b)
{
	size_t row[3][WORD_MAX + 1] = { { 0 } }; /* of the matrix: i - 2, i - 1, i */
	size_t max = a.len < 3 ? 1 : (a.len + 2) / 3;

	if (a.len > WORD_MAX || b.len > WORD_MAX || a.len == 0)
		return SIZE_MAX;
	for (size_t k = 0; k <= b.len; k++)
		row[2][k] = k;
	for (size_t i = 1; i <= a.len; i++) {
		memcpy(row[0], row[1], sizeof(row[0]));
		memcpy(row[1], row[2], sizeof(row[1]));
		row[2][0] = i;
		for (size_t k = 1; k <= b.len; k++) {
			bool same = lower(a.ptr[i - 1]) == lower(b.ptr[k - 1]);

			row[2][k] =
				least(row[1][k - 1] + !same, least(row[1][k], row[2][k - 1]) + 1);
			if (i > 1 && k > 1 && lower(a.ptr[i - 1]) == lower(b.ptr[k - 2]) &&
			    lower(a.ptr[i - 2]) == lower(b.ptr[k - 1]))
				row[2][k] = least(row[2][k], row[0][k - 2] + 1);
		}
	}
	return row[2][b.len] <= max ? row[2][b.len] : SIZE_MAX;
}

const char *suggest(struct slice word, const char *const *names, size_t n)
{
	const char *best = NULL;
	size_t least_so_far = SIZE_MAX;

	for (size_t i = 0; i < n; i++) {
		size_t d = names[i] ? suggest_distance(word, slice_of(names[i])) : SIZE_MAX;

		if (d < least_so_far) {
			least_so_far = d;
			best = names[i];
		}
	}
	return best;
}
