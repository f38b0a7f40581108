/* random_text.h - reproducible random documents that are hard on positions: few but all kinds of
 * line ends, code points of one to four bytes, and bytes that are not UTF-8. */
#ifndef EMEND_TEST_RANDOM_TEXT_H
#define EMEND_TEST_RANDOM_TEXT_H

#include "protocol/base/buf.h"

static inline uint32_t random_next(uint32_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

static inline size_t random_below(uint32_t *seed, size_t n)
{
	return random_next(seed) % n;
}

/* Appends about n pieces. */
static inline void random_text(struct buf *out, uint32_t *seed, size_t n)
{
	static const char *const pieces[] = { "a", "bc", "plain words, twelve", "\n", "\r\n", "\r", "\xc3\xa9",
					      "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\t", "\xff", "\xe2\x82", "\n\r",
					      "\xef\xbf\xbd", "e\xcc\x81" };

	for (size_t i = 0; i < n; i++)
		buf_puts(out, pieces[random_below(seed, ARRAY_LEN(pieces))]);
}

#endif
