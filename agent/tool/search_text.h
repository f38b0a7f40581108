/* search_text.h - search one text with a regular expression: what the runner does for files, done
 * here for open buffers, whose text the runner does not have. */
#ifndef EMEND_SEARCH_TEXT_H
#define EMEND_SEARCH_TEXT_H

#include "protocol/base/buf.h"
#include "protocol/base/err.h"

struct search_text;

NODISCARD bool search_text_new(struct slice pattern, bool literal, bool ignore_case,
			       struct search_text **out, struct err *err);
void search_text_free(struct search_text *s); /* NULL is fine */
/* Appends "path:line: text" for each matching line, at most `max`; returns how many. */
size_t search_text_run(struct search_text *s, struct slice path, struct slice text, size_t max,
		       struct buf *out);

#endif
