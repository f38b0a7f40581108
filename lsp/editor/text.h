/* text.h - the changing text of one open document: a gap buffer and, beside it, the line starts.
 *
 * Keystrokes fall near each other, so both keep a hole where the last change was made: the text as
 * bytes before and behind the hole; the line starts as offsets from the front before it and as
 * distances from the end behind it. So a change costs its own size plus the way from the last one,
 * whatever the size of the document.
 *
 * Lines end in \n, \r\n or \r. Offsets are bytes; a document has at most LIMIT_DOC_BYTES. */
#ifndef EMEND_LSP_TEXT_H
#define EMEND_LSP_TEXT_H

#include "protocol/base/slice.h"

struct text {
	char *data;	  /* len + hole bytes */
	size_t len;	  /* bytes of text, without the hole */
	size_t gap, hole; /* where the hole is, and its size */
	uint32_t *lines;  /* head entries from the front, tail entries up to cap */
	size_t head, tail, cap;
};

/* A text in memory of its own, on the way into a document. */
struct owned_text {
	char *data; /* from malloc; cap bytes, of which len are the text */
	size_t len, cap;
};

void text_take(struct text *t, struct owned_text content);
void text_init(struct text *t, struct slice content); /* copies */
void text_release(struct text *t);

size_t text_lines(const struct text *t); /* at least 1 */
/* Bytes [*start, *end) of the line, without its line end; false if there is no such line. */
bool text_line(const struct text *t, size_t line, size_t *start, size_t *end);
size_t text_line_at(const struct text *t,
		    size_t offset); /* the line that holds the byte; O(log lines) */

/* A contiguous view of [start, end), borrowed until the next call with this text. It may move the
 * hole; the text stays the same. */
struct slice text_view(struct text *t, size_t start, size_t end);
/* Replaces [start, end) by `with`, which is not a view of the same text. */
void text_splice(struct text *t, size_t start, size_t end, struct slice with);
bool text_equals(const struct text *t, struct slice other);
char *text_copy(const struct text *t); /* NUL-terminated behind len; the caller frees it */

#endif
