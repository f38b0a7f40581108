/* buf.h - a growing byte buffer that is born with its maximum.
 *
 * Invariants: len <= max; data is NUL-terminated behind len whenever it is not NULL. An append
 * that would pass the maximum changes nothing and sets `full`, which stays set until buf_clear():
 * so a run of appends needs one check, at its end. */
#ifndef EMEND_BUF_H
#define EMEND_BUF_H

#include "protocol/base/slice.h"

struct buf {
	char *data;
	size_t len, cap, max; /* bytes, without the final NUL */
	bool full;
};

void buf_init(struct buf *b, size_t max);
void buf_release(struct buf *b); /* frees the content; the buffer may be initialised again */
void buf_clear(struct buf *b);	 /* length 0, memory kept */
/* Takes back the end: keeps the first len bytes (len <= b->len) and is no longer full. */
void buf_truncate(struct buf *b, size_t len);
void buf_append(struct buf *b, struct slice s);
void buf_puts(struct buf *b, const char *cstr);
void buf_putc(struct buf *b, char c);
void buf_printf(struct buf *b, const char *fmt, ...) PRINTF(2, 3);
/* Removes the first n bytes; the rest moves to the front. */
void buf_consume(struct buf *b, size_t n);
struct slice buf_slice(const struct buf *b); /* borrowed until the next change */
const char *buf_cstr(struct buf *b);	     /* never NULL; borrowed until the next change */
/* Takes the memory out (caller frees, NUL-terminated); the buffer is empty afterwards. */
char *buf_take(struct buf *b);

#endif
