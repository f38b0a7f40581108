/* json_private.h - what the check of a text tells the tokenizer (json_check.c to json.c). */
#ifndef EMEND_JSON_PRIVATE_H
#define EMEND_JSON_PRIVATE_H

#include "protocol/json/json.h"

/* The first strings that are so long that reading them once more would cost: a document's text, or what
 * many files hold. */
enum { LONG_STRING_BYTES = 1024, LONG_STRINGS = 4096 };

struct long_string {
	size_t start, end; /* offsets of the quotes: text[start] and text[end] */
};
struct long_strings {
	struct long_string *s;
	size_t n, cap; /* LONG_STRINGS at most */
};

/* json_check(), which also lists the long strings. */
NODISCARD bool json_check_listing(struct slice text, size_t *tokens, struct long_strings *longs,
				  struct err *err);

#endif
