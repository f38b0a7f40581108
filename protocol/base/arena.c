/* arena.c - see arena.h */
#include "protocol/base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "protocol/base/mem.h"

enum { BLOCK_BYTES = 16 * 1024, ALIGN = _Alignof(max_align_t) };

struct arena_block {
	struct arena_block *next;
	size_t used, cap;
	max_align_t data[];
};

void arena_init(struct arena *a)
{
	*a = (struct arena){ 0 };
}

void arena_release(struct arena *a)
{
	struct arena_block *b = a->head;

	while (b) {
		struct arena_block *next = b->next;

		free(b);
		b = next;
	}
	*a = (struct arena){ 0 };
}

/* A large object gets a block of its own behind the head, so that the head's rest is not lost.
 * `a->total` counts what was asked for, not the blocks: limits of callers are in those bytes. */
static struct arena_block *add_block(struct arena *a, size_t size)
{
	size_t cap = size > BLOCK_BYTES / 4 ? size : BLOCK_BYTES - sizeof(struct arena_block);
	struct arena_block *b = xmalloc(sizeof(*b) + cap);

	b->used = 0;
	b->cap = cap;
	if (a->head && size > BLOCK_BYTES / 4) {
		b->next = a->head->next;
		a->head->next = b;
	} else {
		b->next = a->head;
		a->head = b;
	}
	return b;
}

/* Never NULL: memory that is really short ends the program in xmalloc(). */
void *arena_alloc(struct arena *a, size_t size)
{
	struct arena_block *b = a->head;
	void *p;

	if (size > SIZE_MAX / 2)
		abort(); /* our bug: a peer's size is checked against limits.h before */
	size = (size + ALIGN - 1) / ALIGN * ALIGN;
	if (!b || b->cap - b->used < size)
		b = add_block(a, size);
	p = (char *)b->data + b->used;
	b->used += size;
	a->total += size;
	return memset(p, 0, size);
}

void *arena_array(struct arena *a, size_t n, size_t size)
{
	if (size && n > SIZE_MAX / 2 / size)
		abort();
	return arena_alloc(a, n * size);
}

char *arena_cstr(struct arena *a, struct slice s)
{
	char *p = arena_alloc(a, s.len + 1);

	if (s.len)
		memcpy(p, s.ptr, s.len);
	return p;
}

struct slice arena_dup(struct arena *a, struct slice s)
{
	return slice_make(arena_cstr(a, s), s.len);
}

struct slice arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap, again;
	char *p;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		n = 0;
	p = arena_alloc(a, (size_t)n + 1);
	(void)vsnprintf(p, (size_t)n + 1, fmt, again);
	va_end(again);
	return slice_make(p, (size_t)n);
}
