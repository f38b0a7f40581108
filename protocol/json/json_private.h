/* json_private.h - what the check of a text tells the tokenizer (json_check.c to json.c). */
#ifndef EMEND_JSON_PRIVATE_H
#define EMEND_JSON_PRIVATE_H

#include "protocol/json/json.h"

/* The first few strings that are so long that reading them once more would cost: a document's text. */
enum { LONG_STRING_BYTES = 64 * 1024, LONG_STRINGS = 8 };

struct long_strings {
	struct {
		size_t start, end; /* offsets of the quotes: text[start] and text[end] */
	} s[LONG_STRINGS];
	size_t n;
};

/* json_check(), which also lists the long strings. */
NODISCARD bool json_check_listing(struct slice text, size_t *tokens, struct long_strings *longs,
				  struct err *err);

#endif
