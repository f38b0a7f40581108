/* buf.c - see buf.h
 *
 * The memory grows by doubling, so a run of appends costs linear time; it is given back by
 * buf_release() only. One byte more than `cap` is always there, for the NUL. */
#include "protocol/base/buf.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "protocol/base/mem.h"

void buf_init(struct buf *b, size_t max)
{
	*b = (struct buf){ .max = max };
}

void buf_release(struct buf *b)
{
	size_t max = b->max;

	free(b->data);
	*b = (struct buf){ .max = max };
}

void buf_clear(struct buf *b)
{
	buf_truncate(b, 0);
}

void buf_truncate(struct buf *b, size_t len)
{
	assert(len <= b->len);
	b->len = len;
	b->full = false;
	if (b->data)
		b->data[len] = '\0';
}

/* Room for n more bytes and the NUL; false (and full) if the maximum forbids it. */
static bool reserve(struct buf *b, size_t n)
{
	size_t cap = b->cap ? b->cap : 64;

	if (b->full || n > b->max - b->len) {
		b->full = true;
		return false;
	}
	while (cap < b->len + n)
		cap = cap > b->max / 2 ? b->max : cap * 2;
	if (cap != b->cap || !b->data) {
		b->data = xrealloc(b->data, cap + 1);
		b->cap = cap;
	}
	return true;
}

void buf_append(struct buf *b, struct slice s)
{
	if (!reserve(b, s.len))
		return;
	if (s.len)
		memcpy(b->data + b->len, s.ptr, s.len);
	b->len += s.len;
	b->data[b->len] = '\0';
}

void buf_puts(struct buf *b, const char *cstr)
{
	buf_append(b, slice_of(cstr));
}

void buf_putc(struct buf *b, char c)
{
	buf_append(b, slice_make(&c, 1));
}

/* Measured first, as nothing may be appended if it does not fit as a whole. */
void buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap, again;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n >= 0 && reserve(b, (size_t)n)) {
		(void)vsnprintf(b->data + b->len, (size_t)n + 1, fmt, again);
		b->len += (size_t)n;
	}
	va_end(again);
}

void buf_consume(struct buf *b, size_t n)
{
	if (n > b->len)
		n = b->len;
	if (n == 0)
		return;
	memmove(b->data, b->data + n, b->len - n + 1);
	b->len -= n;
}

struct slice buf_slice(const struct buf *b)
{
	return slice_make(b->data ? b->data : "", b->len);
}

const char *buf_cstr(struct buf *b)
{
	return b->data ? b->data : "";
}

char *buf_take(struct buf *b)
{
	char *p = b->data ? b->data : xstrdup("");
	size_t max = b->max;

	*b = (struct buf){ .max = max };
	return p;
}
